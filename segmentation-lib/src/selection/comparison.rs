//! The comparison table: every clustering's figures, and whether the rule may take it.

use super::{Algorithm, Clustering, LEAST_CUSTOMERS, SelectionParams};
use crate::engine::agreement;
use crate::record::{Candidate, Recovery};

/// One row a clustering, in order; `r_squared` likewise, where there is a look-back.
pub(super) fn table(
    clusterings: &[Clustering],
    r_squared: Option<&[f64]>,
    params: &SelectionParams,
) -> Vec<Candidate> {
    let row = |(at, c): (usize, &Clustering)| {
        let (smallest_share, largest_share) = shares(c);
        let note = not_useful(c, (smallest_share, largest_share), params);
        let note = note.or_else(|| too_small(c, smallest_share));
        Candidate {
            algorithm: c.algorithm,
            k: c.k,
            silhouette: Some(c.silhouette.mean),
            silhouette_error: c.silhouette.rows.as_ref().map(|_| c.silhouette.standard_error),
            inertia: Some(c.inertia),
            smallest_share: Some(smallest_share),
            largest_share: Some(largest_share),
            r_squared: r_squared.map(|all| all[at]),
            recovery: None,
            agreement: agreement_with_counterpart(c, clusterings),
            calinski_harabasz: c.indices.map(|i| i.calinski_harabasz),
            davies_bouldin: c.indices.map(|i| i.davies_bouldin),
            eligible: note.is_none(),
            chosen: false,
            note,
        }
    };
    clusterings.iter().enumerate().map(row).collect()
}

/// Shares of the smallest and of the largest cluster.
pub(super) fn shares(c: &Clustering) -> (f64, f64) {
    let mut sizes = vec![0usize; c.k];
    c.labels.iter().for_each(|&label| sizes[label as usize] += 1);
    let share = |size: Option<&usize>| size.copied().unwrap_or(0) as f64 / c.labels.len() as f64;
    (share(sizes.iter().min()), share(sizes.iter().max()))
}

fn not_useful(c: &Clustering, (smallest, largest): (f64, f64), params: &SelectionParams) -> Option<String> {
    if params.algorithm.is_some_and(|only| only != c.algorithm) {
        Some("not the algorithm asked for".to_owned())
    } else if smallest < params.min_share {
        Some(format!("a segment under {} % of the customers", percent(params.min_share)))
    } else if largest > params.max_share {
        Some(format!("a segment over {} % of the customers", percent(params.max_share)))
    } else {
        None
    }
}

fn too_small(c: &Clustering, smallest_share: f64) -> Option<String> {
    let smallest = (smallest_share * c.labels.len() as f64).round() as usize;
    (smallest < LEAST_CUSTOMERS).then(|| format!("a segment of fewer than {LEAST_CUSTOMERS} customers"))
}

/// What was found of those that were tried, and a note on those that do not hold.
pub(super) fn add_recovery(candidates: &mut [Candidate], found: Vec<Option<Recovery>>) {
    for (candidate, recovery) in candidates.iter_mut().zip(found) {
        if candidate.note.is_none() {
            candidate.note = recovery.as_ref().and_then(not_holding);
        }
        candidate.recovery = recovery;
    }
}

/// A dendrogram's cuts are refitted together, so that a candidate may be refitted and not resampled.
fn not_holding(recovery: &Recovery) -> Option<String> {
    match recovery.weakest() {
        _ if !recovery.refits_agree() => Some("does not hold: its refits disagree".to_owned()),
        Some(jaccard) if jaccard < Recovery::LEAST_JACCARD => {
            Some("does not hold: a segment is not recovered".to_owned())
        }
        _ => None,
    }
}

/// A share in percent, to a tenth where it is no whole number.
pub(super) fn percent(share: f64) -> f64 {
    (share * 1000.0).round() / 10.0
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
        silhouette_error: None,
        inertia: None,
        smallest_share: None,
        largest_share: None,
        r_squared: None,
        recovery: None,
        agreement: None,
        calinski_harabasz: None,
        davies_bouldin: None,
        eligible: false,
        chosen: false,
        note: Some(note),
    }
}
