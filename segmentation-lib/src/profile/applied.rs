//! Segments of a model in force, profiled on the customers of a run.

use super::{Profiles, members_of, repeat_buyers, summaries};
use crate::features::{CustomerTable, FeaturesError};
use crate::matrix::Matrix;
use crate::record::{FeatureSummary, Segment};
use crate::wording::description::description;

/// The segments of `model` with the figures of the customers whom `labels` (positions in `model`) put there. Ids, keys,
/// names, actions and centroids stay; a segment that has nobody has zeros. Cost: n log n a feature.
pub fn applied(
    table: &CustomerTable,
    matrix: &Matrix,
    labels: &[u32],
    silhouettes: &[f64],
    model: &[Segment],
) -> Result<Profiles, FeaturesError> {
    let revenue = table.revenue_pennies()?;
    let total: i64 = revenue.iter().sum();
    let of = |(segment, rows): (&Segment, Vec<usize>)| -> Result<Segment, FeaturesError> {
        let features =
            if rows.is_empty() { nobody(&segment.features) } else { summaries(table, matrix, &rows)? };
        let revenue_pennies: i64 = rows.iter().map(|&row| revenue[row]).sum();
        let silhouette = rows.iter().map(|&row| silhouettes[row]).sum::<f64>() / rows.len().max(1) as f64;
        Ok(Segment {
            description: description(&features),
            customers: rows.len() as u64,
            customer_share: rows.len() as f64 / labels.len() as f64,
            revenue_pennies,
            revenue_share: if total == 0 { 0.0 } else { revenue_pennies as f64 / total as f64 },
            silhouette,
            features,
            repeat_buyers: Some(repeat_buyers(table, &rows)?),
            best_products: Vec::new(),
            ..segment.clone()
        })
    };
    let segments = model.iter().zip(members_of(labels, model.len())).map(of).collect::<Result<_, _>>()?;
    Ok(Profiles { segments, segment_ids: labels.iter().map(|&label| label as u16 + 1).collect() })
}

fn nobody(features: &[FeatureSummary]) -> Vec<FeatureSummary> {
    let zeros = |f: &FeatureSummary| FeatureSummary { q1: 0.0, median: 0.0, q3: 0.0, mean: 0.0, ..f.clone() };
    features.iter().map(zeros).collect()
}
