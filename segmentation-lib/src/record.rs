//! What a run publishes: every customer's segment, the segments' profiles, and the manifest that
//! says where they come from.
//!
//! A [`Snapshot`] is plain data. It knows neither polars nor linfa, so that the server builds
//! without the analysis stack; [`crate::store`] writes it to sled and reads it back.
//!
//! The content (assignments, segments, feature scaling, the choice) is separate from its provenance
//! (file names, checksums, times): [`Manifest::content_sha256`] covers the content alone, so the
//! same customers and parameters give the same digest whatever the order of the input's rows.
//!
//! ```
//! let run = test_support::sample::snapshot(100, 1);
//! run.validate()?;
//! let segment = run.segment_of("C0000007").expect("one of the customers");
//! println!("{}, one of {} customers", segment.name.en, segment.customers);
//! # Ok::<(), segmentation_lib::record::SnapshotError>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod best_product;
mod candidate;
mod changes;
mod check;
mod choice;
mod co_assignment;
mod date_text;
mod digest;
mod forecast;
mod forecast_rows;
mod held_out;
mod kinds;
mod ledger;
mod lift;
pub(crate) mod likeness;
mod model;
mod naming;
mod packed_rows;
mod rfm;
mod run_id;
mod scaling;
mod sheet;
mod trial;
mod warning;
mod without;

pub use best_product::BestProduct;
pub use candidate::Candidate;
pub use changes::{
    Cause, Change, ChangeRows, Changes, ChangesError, ChangesHead, Crossing, NamedFeature, NamedSegment,
    Side, Why,
};
pub(crate) use changes::{part, read_part};
pub use check::{MAX_ID_BYTES, SnapshotError, VOCABULARY_BLOCK};
pub use choice::{Foretold, LEAST_CEILING, Recovery};
pub use co_assignment::{CoAssignment, CoAssignmentError, RedrawnCluster};
pub use digest::{ContentDigest, block_digest, content_digest, hex};
pub use forecast::{
    Family, FittedParameter, FittedPurchases, FittedSpend, Forecast, ForecastModel, ForecastSum, Interval,
    TimeUnit,
};
pub use forecast_rows::{ForecastError, ForecastRow, Forecasts, PackedForecasts};
pub use held_out::{HeldOut, HoldoutError, HoldoutParams, MOST_HELD_OUT};
pub use kinds::{Algorithm, AppliedTransform, Criterion, Unit};
pub use ledger::{Counted, LedgerLine, Rule, leave_out};
pub use lift::{Arm, Effect, GroupLift, Lift, SegmentLift};
pub use likeness::likeness;
pub use model::{Drift, FeatureBaseline, FeatureDrift, Model, Moved, SegmentBaseline, SegmentDrift};
pub use naming::{CameBack, Clock, GapsWithin, LookBackPeriod, Naming};
pub use packed_rows::PackedRows;
pub use rfm::{HIGHEST_SCORE, Rfm, RfmError, RfmGroup, RfmPlace, RfmScores};
pub use run_id::{InvalidRunId, RunId};
pub use sheet::{AlgorithmRow, DecisionSheet, HopkinsStatistic, NegativeControl, SheetRow, Vote};
pub use trial::{Beaten, Forecaster, FrequencyClass, Measure, Score, TrackedWeek, Trial};
pub use warning::{Warning, WarningKind};

/// The format of what is stored. A reader refuses a newer one and says so, and reads all earlier ones.
///
/// 2 added the Calinski-Harabasz and Davies-Bouldin indices of the candidates and the decision sheet to
/// the content. Where they are absent they enter neither the stored text nor the digest, so that a run
/// of format 1 keeps its digest; a reader of format 1 could not verify them.
///
/// 3 added the model that a run applies, whose id is part of the content, the drift from it, what the names rest
/// on with the customers who came back, what they are expected to do next, and blocks beside the assignments that a reader may skip
/// ([`Manifest::blocks`]). All enter neither text nor digest where they are absent.
pub const FORMAT_VERSION: u32 = 3;

/// A text in the languages of the product's users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Localized {
    /// English.
    pub en: String,
    /// Brazilian Portuguese.
    pub pt_br: String,
}

/// A customer's place in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The customer's id, exactly as in the data.
    pub customer_id: String,
    /// The segment's id within the run, from 1.
    pub segment_id: u16,
    /// Silhouette coefficient of the customer in the chosen clustering, in [-1, 1].
    pub silhouette: f32,
    /// The customer's features in original units, in the order of [`Manifest::features`].
    pub features: Vec<f64>,
}

/// How a feature enters the matrix: enough to place a new customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeatureScaling {
    /// The feature's name, as in the data dictionary.
    pub name: String,
    /// The unit of the original value.
    pub unit: Unit,
    /// Original values are first divided by this: 100 for pennies, else 1.
    pub divisor: f64,
    /// What was done to clipped values.
    pub transform: AppliedTransform,
    /// Original values are clipped to at least this, when winsorised.
    pub clip_low: Option<f64>,
    /// Original values are clipped to at most this, when winsorised.
    pub clip_high: Option<f64>,
    /// Subtracted after the transform.
    pub center: f64,
    /// Divided by after centring; never 0.
    pub scale: f64,
}

/// Distribution of one feature within a segment, in original units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeatureSummary {
    /// The feature's name.
    pub name: String,
    /// The feature's unit.
    pub unit: Unit,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// Arithmetic mean.
    pub mean: f64,
}

/// A segment: who is in it and what to call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Segment {
    /// The id within the run, from 1, ordered by business value.
    pub id: u16,
    /// Stable machine name, unique within the run: `champions`, `hibernating-high-spend`, …
    pub key: String,
    /// Name, unique within the run.
    pub name: Localized,
    /// What distinguishes the segment: its medians, one sentence.
    pub description: Localized,
    /// When the name holds, one sentence; none before format 3. Like the name it stays with the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Localized>,
    /// What sales and marketing can do with it.
    pub action: Localized,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in [0, 1].
    pub customer_share: f64,
    /// Net revenue of its customers, in pennies.
    pub revenue_pennies: i64,
    /// Share of net revenue; outside [0, 1] when some segment's revenue is negative.
    pub revenue_share: f64,
    /// Mean silhouette coefficient of its customers.
    pub silhouette: f64,
    /// One summary a feature: those of the matrix first, in its order, then the others.
    pub features: Vec<FeatureSummary>,
    /// Centroid in matrix units, in the order of [`Manifest::features`].
    pub centroid: Vec<f64>,
    /// How many of those who were in the segment on an earlier day purchased again; none before format 3,
    /// and where the history is too short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_back: Option<CameBack>,
    /// Its customers with two purchases or more; none in runs made before it was recorded, and where an erasure leaves it
    /// unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_buyers: Option<u64>,
    /// Share of its customers whom at least three quarters of the bootstrap resamples place in it, in [0, 1]; none where
    /// the chosen clustering was not resampled, and in runs made before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_alike: Option<f64>,
    /// What its customers are expected to do next; none without a forecast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastSum>,
    /// What its customers choose more than others do, the product that stands out most first, at most
    /// [`BestProduct::MOST`]; none where the data name no products, and after an erasure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub best_products: Vec<BestProduct>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InputFile {
    /// File name without its directory.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
}

/// The data a run was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataSource {
    /// Catalogue name, or `custom`.
    pub dataset: String,
    /// The files, in the order read.
    pub inputs: Vec<InputFile>,
    /// Rows read.
    pub rows: u64,
    /// First transaction kept, ISO 8601.
    pub first_transaction: String,
    /// Last transaction kept, ISO 8601.
    pub last_transaction: String,
    /// ISO 4217 code of the amounts, when known.
    pub currency: Option<String>,
}

/// Everything a reader needs to trust, repeat or refuse a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Name of the run: creation time and the first digits of the content's digest.
    pub run_id: String,
    /// Creation time, RFC 3339, UTC; given by the caller.
    pub created_at: String,
    /// Program and version that made the run.
    pub producer: String,
    /// Where the data came from.
    pub source: DataSource,
    /// The date recency is counted to, ISO 8601.
    pub reference_date: String,
    /// Rows, customers and money removed by each cleaning rule.
    pub ledger: Vec<LedgerLine>,
    /// What a reader of the result should know of the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Every parameter of the run by its command-line name.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Seed of everything random.
    pub seed: u64,
    /// The matrix's columns, in order.
    pub features: Vec<FeatureScaling>,
    /// Chosen algorithm.
    pub algorithm: Algorithm,
    /// Chosen number of clusters.
    pub k: usize,
    /// Mean silhouette coefficient of the chosen clustering.
    pub silhouette: f64,
    /// Customers of each segment that every customer's silhouette coefficient was taken against; none where it was
    /// taken against all, and before format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silhouette_sample: Option<u64>,
    /// Why this clustering, one sentence.
    pub reason: Localized,
    /// Every candidate compared.
    pub candidates: Vec<Candidate>,
    /// What the segments foretold in the look-back; none before format 3, and where the history is too short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foresight: Option<Foretold>,
    /// What every method says about the number of segments, where that was asked for (`--validate`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_sheet: Option<DecisionSheet>,
    /// The model that the run applies; none before format 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// How far the customers have drifted from the model's; none where the run fitted it and no run was before,
    /// and after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// Id of the run that was published before: [`Snapshot::changes`] are those since then. None for a first run and
    /// before format 3. After an erasure that run may have another id, of the same creation time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_run: Option<String>,
    /// What the segments' names rest on; none before format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub naming: Option<Naming>,
    /// What customers are expected to do next, and what that rests on; none where nothing could be fitted, of which a
    /// warning says why, and before format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// What an earlier run's campaign brought, where that run held customers out and this one knows what they did next;
    /// none after an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lift: Option<Lift>,
    /// Blocks beside the assignments that a reader may skip, with the SHA-256 of their bytes, hex: `rfm` is
    /// [`Rfm`], `forecast` [`Forecasts`], `holdout` [`HeldOut`], `changes` [`Changes`], `co_assignment`
    /// [`CoAssignment`],
    /// `vocabulary` the text of [`Snapshot::vocabulary`]. The content's digest covers them by theirs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blocks: BTreeMap<String, String>,
    /// Number of customers.
    pub customers: u64,
    /// SHA-256 of the content, hex: see the module's documentation.
    pub content_sha256: String,
}

/// A complete run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Provenance and choice.
    pub manifest: Manifest,
    /// Segments by id.
    pub segments: Vec<Segment>,
    /// Assignments ascending by customer id (byte order), each id once.
    pub assignments: Vec<Assignment>,
    /// The rule view beside the segments; none before format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rfm: Option<Rfm>,
    /// Every customer's forecast; none without [`Manifest::forecast`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecasts: Option<Forecasts>,
    /// Who is held out; none where nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<HeldOut>,
    /// How often each customer is placed alike under resampling; none where the chosen clustering was not resampled, and
    /// in runs made before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub co_assignment: Option<CoAssignment>,
    /// The text of the vocabulary that gave the names, for the runs that follow; none for the bundled one, and before
    /// format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
    /// Who changed segment since [`Manifest::from_run`]; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}
