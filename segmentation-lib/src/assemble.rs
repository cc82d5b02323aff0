//! The stages' results joined into the snapshot that is published.

use std::collections::BTreeMap;

use crate::features::CustomerTable;
use crate::matrix::Matrix;
use crate::profile::Profiles;
use crate::record::{Assignment, DataSource, FORMAT_VERSION, Manifest, Snapshot, SnapshotError};
use crate::selection::Selection;
use crate::transactions::Transactions;

/// What the stages do not know of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDetails {
    /// Catalogue name, or `custom`.
    pub dataset: String,
    /// ISO 4217 code of the amounts, when known.
    pub currency: Option<String>,
    /// Creation time, RFC 3339, UTC.
    pub created_at: String,
    /// Every parameter by its command-line name.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Seed of everything random.
    pub seed: u64,
}

/// Joins the stages' results; rows of the table, the matrix and the labels agree.
pub fn snapshot(
    transactions: &Transactions,
    table: &CustomerTable,
    matrix: &Matrix,
    selection: &Selection,
    profiles: &Profiles,
    details: RunDetails,
) -> Result<Snapshot, SnapshotError> {
    let chosen = selection.chosen();
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        run_id: String::new(),
        created_at: details.created_at,
        producer: concat!("segmentation-lib ", env!("CARGO_PKG_VERSION")).to_owned(),
        source: source(transactions, details.dataset, details.currency),
        reference_date: table.reference().to_string(),
        ledger: transactions.ledger().lines.clone(),
        parameters: details.parameters,
        seed: details.seed,
        features: matrix.scalings().to_vec(),
        algorithm: chosen.algorithm,
        k: chosen.k,
        silhouette: chosen.silhouette.mean,
        reason: selection.reason.clone(),
        candidates: selection.candidates.clone(),
        decision_sheet: selection.decision_sheet.clone(),
        customers: matrix.ids().len() as u64,
        content_sha256: String::new(),
    };
    let assignments = assignments(matrix, profiles, &chosen.silhouette.per_point);
    let mut snapshot = Snapshot { manifest, segments: profiles.segments.clone(), assignments };
    snapshot.seal()?;
    Ok(snapshot)
}

fn source(transactions: &Transactions, dataset: String, currency: Option<String>) -> DataSource {
    let moment = |time: chrono::NaiveDateTime| time.format("%Y-%m-%dT%H:%M:%S").to_string();
    DataSource {
        dataset,
        inputs: transactions.inputs().to_vec(),
        rows: transactions.ledger().lines.first().map_or(0, |input| input.rows),
        first_transaction: moment(transactions.first()),
        last_transaction: moment(transactions.last()),
        currency,
    }
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
