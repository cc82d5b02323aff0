//! The model that a run applies, and how far the run's customers have drifted from those it was fitted on.

use serde::{Deserialize, Serialize};

use super::{Localized, Segment};

/// A fitted segmentation: what makes a customer belong to a segment, and the customers it was fitted on.
///
/// The features with their scaling stand in [`Manifest::features`](super::Manifest::features), names and centroids in
/// the segments; every run that applies the model repeats them unchanged, so that each run holds its model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// First 12 digits of the SHA-256 of the definition: scaling, centroids, names.
    pub id: String,
    /// Name of the data it belongs to; runs of other data are refused.
    pub name: String,
    /// Creation time of the run that fitted it, RFC 3339, UTC.
    pub fitted_at: String,
    /// Reference date of that run, ISO 8601.
    pub reference_date: String,
    /// Customers it was fitted on.
    pub customers: u64,
    /// Share of them whom the nearest centroid puts where the clustering put them, in [0, 1].
    pub agreement: f64,
    /// R² of what they spent in the look-back, by its segments; none where there was no look-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_squared: Option<f64>,
    /// How each feature was distributed among them, in the order of the matrix.
    pub features: Vec<FeatureBaseline>,
    /// How the segments were, by id.
    pub segments: Vec<SegmentBaseline>,
}

/// The distribution of one feature when the model was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeatureBaseline {
    /// The feature's name.
    pub name: String,
    /// Ascending, distinct deciles in original units; a value up to the first lies in the first bin.
    pub edges: Vec<f64>,
    /// Share of the customers in each bin; one more than edges.
    pub shares: Vec<f64>,
}

/// A segment when the model was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentBaseline {
    /// The segment's key.
    pub key: String,
    /// Share of the customers, in [0, 1].
    pub share: f64,
    /// Mean silhouette coefficient of its customers.
    pub silhouette: f64,
    /// Mean Jaccard similarity over bootstrap resamples: how surely the segment comes back when customers are drawn
    /// anew; none where that was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jaccard: Option<f64>,
}

/// What has changed since the model was fitted, and since the run before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drift {
    /// One figure a feature, in the order of the matrix.
    pub features: Vec<FeatureDrift>,
    /// One row a segment, by id.
    pub segments: Vec<SegmentDrift>,
    /// R² of the look-back now less that at the fit; none where one of them has no look-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_squared_change: Option<f64>,
    /// Who changed segment since the run before, where that run had the same model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// What lies beyond a documented limit, one sentence each.
    pub warnings: Vec<Localized>,
}

/// How far a feature has drifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeatureDrift {
    /// The feature's name.
    pub name: String,
    /// Population stability index against the customers of the fit: 0 is no change.
    pub stability_index: f64,
}

/// How far a segment has drifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentDrift {
    /// The segment's key.
    pub key: String,
    /// Share of the customers now less that at the fit.
    pub share_change: f64,
    /// Mean silhouette coefficient now less that at the fit; none where nobody is in the segment.
    pub silhouette_change: Option<f64>,
    /// Customers who are in it now and were not in the run before: from another segment, or new; none where the runs
    /// cannot be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<u64>,
    /// Customers who were in it in the run before and are not now; none as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
}

/// Customers against those of the run before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Moved {
    /// Id of the run before.
    pub from_run: String,
    /// Customers of both runs.
    pub known: u64,
    /// Of these, those in another segment whose purchases changed.
    pub by_purchases: u64,
    /// Of these, those in another segment because days have gone by.
    pub by_ageing: u64,
    /// Of these, those in another segment where the run before had another model: a refit's doing.
    pub by_model: u64,
    /// Customers that the run before did not have.
    pub came: u64,
    /// Customers of the run before that this one does not have.
    pub left: u64,
}

impl Moved {
    /// Share of the known customers who changed segment, in [0, 1].
    pub fn share(&self) -> f64 {
        (self.by_purchases + self.by_ageing + self.by_model) as f64 / self.known.max(1) as f64
    }
}

impl Segment {
    /// The share of the net revenue; none where the data holds no money, rather than one of 0.
    pub fn known_revenue_share(&self) -> Option<f64> {
        self.features.iter().any(|f| f.name == "monetary").then_some(self.revenue_share)
    }

    /// Whether erasure has taken everything from the segment; it keeps its id and name and no place.
    pub fn is_erased(&self) -> bool {
        self.customers == 0 && self.centroid.iter().all(|&value| value == 0.0)
    }
}
