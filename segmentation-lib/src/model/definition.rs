//! What a fit leaves behind.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::matrix::Matrix;
use crate::quantile::quantile;
use crate::record::{FeatureBaseline, FeatureScaling, Localized, Model, Segment, SegmentBaseline, hex};

/// Digits of a model's id.
const ID_DIGITS: usize = 12;

/// The model that the segments of a fit are, with the customers of `matrix` as its baseline. `agreement` is the share
/// of them whom the nearest centroid puts where the clustering put them, `r_squared` what its segments foretold. Cost O(n log n) a feature.
pub fn fitted(
    name: &str,
    fitted_at: &str,
    reference_date: &str,
    matrix: &Matrix,
    segments: &[Segment],
    agreement: f64,
    r_squared: Option<f64>,
) -> Model {
    let columns = matrix.scalings().iter().zip(matrix.original().columns());
    let baseline = |s: &Segment| SegmentBaseline {
        key: s.key.clone(),
        share: s.customer_share,
        silhouette: s.silhouette,
        jaccard: None,
    };
    Model {
        id: id(matrix.scalings(), segments),
        name: name.to_owned(),
        fitted_at: fitted_at.to_owned(),
        reference_date: reference_date.to_owned(),
        customers: matrix.ids().len() as u64,
        agreement,
        r_squared,
        features: columns.map(|(scaling, column)| feature(&scaling.name, column.to_vec())).collect(),
        segments: segments.iter().map(baseline).collect(),
    }
}

fn feature(name: &str, mut values: Vec<f64>) -> FeatureBaseline {
    values.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..10).map(|tenth| quantile(&values, f64::from(tenth) / 10.0)).collect();
    edges.dedup();
    FeatureBaseline { name: name.to_owned(), shares: shares(&edges, &values), edges }
}

/// Share of `values` in each bin between the edges; all 0 where there are no values.
pub(super) fn shares(edges: &[f64], values: &[f64]) -> Vec<f64> {
    let mut counts = vec![0u64; edges.len() + 1];
    for value in values {
        counts[edges.partition_point(|edge| edge < value)] += 1;
    }
    counts.into_iter().map(|count| count as f64 / values.len().max(1) as f64).collect()
}

fn id(features: &[FeatureScaling], segments: &[Segment]) -> String {
    #[derive(Serialize)]
    struct Definition<'a> {
        features: &'a [FeatureScaling],
        segments: Vec<(&'a str, &'a Localized, &'a [f64])>,
    }
    let segments = segments.iter().map(|s| (s.key.as_str(), &s.name, s.centroid.as_slice())).collect();
    let text = serde_json::to_vec(&Definition { features, segments });
    let text = text.expect("plain structs with text keys always serialise");
    hex(&Sha256::digest(text))[..ID_DIGITS].to_owned()
}
