//! The comparison table: every clustering's figures, and whether the rule may take it.

use super::{Algorithm, Clustering, SelectionParams};
use crate::engine::agreement;
use crate::record::Candidate;

/// One row a clustering, in order.
pub(super) fn table(clusterings: &[Clustering], params: &SelectionParams) -> Vec<Candidate> {
    let row = |c: &Clustering| {
        let smallest_share = smallest_share(c);
        let note = not_eligible(c, smallest_share, params);
        Candidate {
            algorithm: c.algorithm,
            k: c.k,
            silhouette: Some(c.silhouette.mean),
            inertia: Some(c.inertia),
            smallest_share: Some(smallest_share),
            agreement: agreement_with_counterpart(c, clusterings),
            calinski_harabasz: c.indices.map(|i| i.calinski_harabasz),
            davies_bouldin: c.indices.map(|i| i.davies_bouldin),
            eligible: note.is_none(),
            chosen: false,
            note,
        }
    };
    clusterings.iter().map(row).collect()
}

pub(super) fn smallest_share(c: &Clustering) -> f64 {
    let mut sizes = vec![0usize; c.k];
    c.labels.iter().for_each(|&label| sizes[label as usize] += 1);
    sizes.into_iter().min().unwrap_or(0) as f64 / c.labels.len() as f64
}

fn not_eligible(c: &Clustering, smallest_share: f64, params: &SelectionParams) -> Option<String> {
    if params.algorithm.is_some_and(|only| only != c.algorithm) {
        Some("not the algorithm asked for".to_owned())
    } else if c.k < params.min_k {
        Some(format!("fewer than {} segments", params.min_k))
    } else if smallest_share < params.min_share {
        Some(format!("a segment under {} % of customers", params.min_share * 100.0))
    } else {
        None
    }
}

/// Hierarchical clusterings are compared with k-means at the same k, and k-means with Ward.
fn agreement_with_counterpart(c: &Clustering, all: &[Clustering]) -> Option<f64> {
    let counterpart = if c.algorithm == Algorithm::KMeans { Algorithm::Ward } else { Algorithm::KMeans };
    let other = all.iter().find(|o| o.algorithm == counterpart && o.k == c.k)?;
    Some(agreement::adjusted_rand_index(&c.labels, &other.labels))
}

/// The row of an algorithm that was left out.
pub(super) fn absent(algorithm: Algorithm, note: String) -> Candidate {
    Candidate {
        algorithm,
        k: 0,
        silhouette: None,
        inertia: None,
        smallest_share: None,
        agreement: None,
        calinski_harabasz: None,
        davies_bouldin: None,
        eligible: false,
        chosen: false,
        note: Some(note),
    }
}
