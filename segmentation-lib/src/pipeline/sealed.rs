//! What the stages gave becomes a manifest and a sealed snapshot.

use crate::engine::silhouette::SAMPLE_OF_CLUSTER;
use crate::error::Error;
use crate::features::{CustomerTable, FeaturesError};
use crate::lifetime::LifetimeError;
use crate::look_back::LookBack;
use crate::matrix::Matrix;
use crate::model;
use crate::profile::{Profiles, best_products};
use crate::record::{
    Algorithm, Assignment, DataSource, Drift, FORMAT_VERSION, Localized, Manifest, Moved, RedrawnCluster,
    RfmScores, Snapshot,
};
use crate::rfm;
use crate::selection::Selection;
use crate::transactions::Transactions;
use crate::vocabulary::Vocabulary;

use super::forecast::{self, Foreseen};
use super::{Pipeline, Run, co_assigned, forgotten};

/// What the stages gave, before it is sealed.
pub(super) struct Stages {
    pub transactions: Transactions,
    pub customers: CustomerTable,
    pub matrix: Matrix,
    pub selection: Option<Selection>,
    pub look_back: Option<LookBack>,
    pub profiles: Profiles,
    /// The forecast, or why there is none; none where none is wanted.
    pub foreseen: Option<Result<Foreseen, LifetimeError>>,
    /// The clusterings of resamples that go with the model; none where it was not resampled.
    pub resamples: Vec<Vec<RedrawnCluster>>,
}

impl Pipeline {
    /// What every run's manifest says; the choice is left to the caller.
    pub(super) fn manifest(
        &self,
        transactions: &Transactions,
        customers: &CustomerTable,
        matrix: &Matrix,
        silhouettes: &[f64],
    ) -> Result<Manifest, Error> {
        let beginning = || format!("{}T00:00:00Z", customers.reference().day());
        Ok(Manifest {
            format_version: FORMAT_VERSION,
            run_id: String::new(),
            created_at: self.created_at.clone().unwrap_or_else(beginning),
            producer: concat!("segmentation-lib ", env!("CARGO_PKG_VERSION")).to_owned(),
            source: self.source(transactions),
            reference_date: customers.reference().to_string(),
            ledger: forgotten::ledger(transactions, customers, &self.forgotten)?,
            warnings: transactions.warnings().to_vec(),
            parameters: self.parameters_of(transactions, matrix),
            seed: self.selection.seed,
            features: matrix.scalings().to_vec(),
            algorithm: Algorithm::KMeans,
            k: 0,
            silhouette: silhouettes.iter().sum::<f64>() / silhouettes.len() as f64,
            silhouette_sample: (silhouettes.len() > self.selection.exact_silhouettes)
                .then_some(SAMPLE_OF_CLUSTER as u64),
            reason: Localized { en: String::new(), pt_br: String::new() },
            candidates: Vec::new(),
            foresight: None,
            decision_sheet: None,
            model: None,
            drift: None,
            from_run: None,
            naming: None,
            forecast: None,
            lift: None,
            blocks: Default::default(),
            customers: matrix.ids().len() as u64,
            content_sha256: String::new(),
        })
    }

    pub(super) fn sealed(
        &self,
        stages: Stages,
        manifest: Manifest,
        silhouettes: &[f64],
        vocabulary: &Vocabulary,
    ) -> Result<Run, Error> {
        let Stages { transactions, customers, matrix, selection, look_back, mut profiles, .. } = stages;
        let co_assignment = co_assigned::measured(stages.resamples, matrix.values(), &profiles.segment_ids);
        let assignments = assignments(&matrix, &profiles, silhouettes);
        let rfm = Some(rfm::view(&scores(&customers)?, &vocabulary.groups));
        let vocabulary = vocabulary.file.as_ref().map(|_| vocabulary.text.clone());
        let mut segments = profiles.segments.clone();
        let best = best_products(&transactions, &customers, &profiles.segment_ids, segments.len())?;
        for (segment, best_products) in segments.iter_mut().zip(best) {
            (segment.forecast, segment.best_products) = (None, best_products);
        }
        let (forecasts, held_out, changes) = (None, None, None);
        let mut snapshot = Snapshot {
            manifest,
            segments,
            assignments,
            rfm,
            forecasts,
            held_out,
            co_assignment,
            vocabulary,
            changes,
        };
        snapshot.count_placed_alike();
        let foreseen = stages.foreseen.map(|found| found.and_then(|foreseen| foreseen.add_to(&mut snapshot)));
        if let Some(Err(reason)) = foreseen {
            snapshot.manifest.warnings.push(forecast::none(&reason));
        }
        snapshot.held_out = self.held_out(&snapshot);
        snapshot.manifest.lift = self.lift(&transactions, &customers)?;
        profiles.segments.clone_from(&snapshot.segments);
        let moved = self.compare_with_previous(&mut snapshot);
        snapshot.manifest.drift = drift(&snapshot, &matrix, moved);
        snapshot.seal()?;
        let stages = Vec::new();
        Ok(Run { transactions, customers, matrix, selection, look_back, profiles, snapshot, stages })
    }

    /// Puts the changes since the published run into the snapshot; counts them where both runs have the same features.
    fn compare_with_previous(&self, snapshot: &mut Snapshot) -> Option<Moved> {
        let former = self.previous.as_ref()?;
        let model = |snapshot: &Snapshot| snapshot.manifest.model.as_ref().map(|model| model.id.clone());
        let same_model = model(former).is_some() && model(former) == model(snapshot);
        let features = &snapshot.manifest.features;
        let comparable =
            former.manifest.features.iter().map(|f| &f.name).eq(features.iter().map(|f| &f.name));
        let changes = model::changes(former.into(), (&*snapshot).into(), features, same_model);
        let run_id = &former.manifest.run_id;
        let moved = comparable.then(|| model::counted(run_id, &changes, snapshot.manifest.customers));
        snapshot.manifest.from_run = Some(run_id.clone());
        snapshot.changes = Some(changes).filter(|changes| !changes.rows.is_empty());
        moved
    }

    fn source(&self, transactions: &Transactions) -> DataSource {
        let moment = |time: chrono::NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%S").to_string();
        DataSource {
            dataset: self.dataset.clone(),
            inputs: transactions.inputs().to_vec(),
            rows: transactions.ledger().lines.first().map_or(0, |input| input.rows),
            first_transaction: moment(transactions.first()),
            last_transaction: moment(transactions.last()),
            currency: self.currency_of(transactions).map(str::to_owned),
        }
    }

    /// The currency of the amounts: that of the catalogue, else the one that was read.
    pub(super) fn currency_of<'t>(&'t self, transactions: &'t Transactions) -> Option<&'t str> {
        self.currency.as_deref().or_else(|| transactions.currency())
    }
}

/// How far the customers have drifted from the model's; none where the run fitted it and no run was before.
fn drift(snapshot: &Snapshot, matrix: &Matrix, moved: Option<Moved>) -> Option<Drift> {
    let manifest = &snapshot.manifest;
    manifest.from_run.as_ref()?;
    let r_squared = manifest.foresight.as_ref().map(|foretold| foretold.r_squared);
    let comparable = moved.is_some();
    let mut drift = model::drift(manifest.model.as_ref()?, matrix, &snapshot.segments, moved, r_squared);
    if comparable {
        model::count_by_segment(snapshot.changes.as_ref(), &mut drift.segments);
    }
    Some(drift)
}

/// Everybody's RFM scores, whatever the segments are made of. Without money the purchases are the value too, so that
/// the groups rest on recency and frequency alone.
fn scores(customers: &CustomerTable) -> Result<Vec<RfmScores>, FeaturesError> {
    let values = |name| customers.values(name);
    let value = if customers.has_money() { "monetary" } else { "frequency" };
    Ok(rfm::scores(&values("recency")?, &values("frequency")?, &values(value)?))
}

fn assignments(matrix: &Matrix, profiles: &Profiles, silhouettes: &[f64]) -> Vec<Assignment> {
    let rows = matrix.ids().iter().zip(matrix.original().rows());
    rows.zip(profiles.segment_ids.iter().zip(silhouettes))
        .map(|((id, features), (&segment_id, &silhouette))| Assignment {
            customer_id: id.clone(),
            segment_id,
            silhouette: silhouette as f32,
            features: features.to_vec(),
        })
        .collect()
}
