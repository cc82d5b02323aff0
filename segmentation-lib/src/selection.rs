//! Every clustering compared on the same matrix, and the choice with its reason.
//!
//! The rule, in full: among the candidates with at least `min_k` segments and no segment smaller than
//! `min_share` of the customers, take the highest mean silhouette coefficient (Rousseeuw 1987); equal to
//! nine decimals, the smaller k, then the earlier algorithm in the order of [`Algorithm`]. Where no
//! candidate meets both conditions, the share is dropped first, then the least number of segments, and
//! the reason says so. An algorithm, or a single k, given by the user restricts the candidates before
//! the rule.
//!
//! The rule looks at the silhouette alone. [`decision_sheet`] puts it beside every other method's vote for
//! k, so that a disagreement is seen and the choice can be overruled.

mod comparison;
mod reason;
mod sheet;

use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView2};

use crate::engine::hierarchical::{self, HierarchicalParams, Linkage};
use crate::engine::indices::{Indices, indices_where_defined};
use crate::engine::kmeans::{self, KMeans, KMeansParams};
use crate::engine::silhouette::{Silhouette, silhouettes};
use crate::engine::{EngineError, labels};
use crate::progress::Progress;
use crate::record::{Candidate, DecisionSheet, Localized};

pub use crate::record::Algorithm;

pub use sheet::{ValidationParams, decision_sheet};

impl Algorithm {
    /// Its linkage, where it is hierarchical.
    pub fn linkage(self) -> Option<Linkage> {
        match self {
            Self::KMeans => None,
            Self::Ward => Some(Linkage::Ward),
            Self::Average => Some(Linkage::Average),
            Self::Complete => Some(Linkage::Complete),
            Self::Single => Some(Linkage::Single),
        }
    }
}

/// What is compared and what may be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionParams {
    /// Numbers of clusters compared; more than there are distinct customers are left out, with a note.
    pub k: RangeInclusive<usize>,
    /// Fewest segments that are of use to marketing.
    pub min_k: usize,
    /// Smallest useful share of a segment, in [0, 1).
    pub min_share: f64,
    /// Only this algorithm may be chosen; `None` leaves it to the rule. All are compared either way.
    pub algorithm: Option<Algorithm>,
    /// Seed of k-means.
    pub seed: u64,
    /// Starts of k-means.
    pub starts: usize,
    /// Average and complete linkage hold every pair's distance; beyond this many bytes they are left
    /// out of the comparison, with a note, or refused where they alone were asked for.
    pub memory_limit_bytes: u64,
}

impl Default for SelectionParams {
    /// k from 2 to 10, at least 3 segments of 5 %, any algorithm, seed 42, 10 starts, 1 GiB.
    fn default() -> Self {
        Self {
            k: 2..=10,
            min_k: 3,
            min_share: 0.05,
            algorithm: None,
            seed: 42,
            starts: 10,
            memory_limit_bytes: 1 << 30,
        }
    }
}

/// The comparison or the choice could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// Clustering failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The range of k is empty or starts below 2.
    #[error(
        "the range of k is {first}..={last}; it must start at 2 or more and not be empty, for example 2..=10"
    )]
    Range {
        /// First k.
        first: usize,
        /// Last k.
        last: usize,
    },
    /// The smallest share is no share.
    #[error("the smallest share of a segment is {0}; it must be at least 0 and under 1, for example 0.05")]
    MinShare(f64),
    /// Fewer different customers than clusters.
    #[error(
        "different feature rows among the customers: {distinct}, too few for {k} segments; lower k, \
         or choose features that tell the customers apart"
    )]
    TooFewDistinct {
        /// Distinct rows of the matrix.
        distinct: usize,
        /// Smallest k asked for.
        k: usize,
    },
}

/// One clustering of the comparison.
#[derive(Debug, Clone)]
pub struct Clustering {
    /// How it was made.
    pub algorithm: Algorithm,
    /// Number of clusters.
    pub k: usize,
    /// Label of every customer from 0, by size, largest first.
    pub labels: Vec<u32>,
    /// Silhouette coefficients.
    pub silhouette: Silhouette,
    /// Centroids in matrix units, by label.
    pub centroids: Array2<f64>,
    /// Within-cluster sum of squares in matrix units.
    pub inertia: f64,
    /// Calinski-Harabasz and Davies-Bouldin; none for as many clusters as customers.
    pub indices: Option<Indices>,
}

/// The comparison and the choice.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Every clustering, by algorithm, then k.
    pub clusterings: Vec<Clustering>,
    /// The comparison table: one row a clustering in the same order, then what was left out.
    pub candidates: Vec<Candidate>,
    /// Why the choice.
    pub reason: Localized,
    /// The votes for k, once [`decision_sheet`] made them; published with the run.
    pub decision_sheet: Option<DecisionSheet>,
    chosen: usize,
}

impl Selection {
    /// The chosen clustering.
    pub fn chosen(&self) -> &Clustering {
        &self.clusterings[self.chosen]
    }
}

/// Compares all clusterings of `points` (customers by features, matrix units) and chooses one, by the rule
/// of the module's documentation.
///
/// Cost: O(n² d) for the silhouettes and the linkages, once, whatever the number of candidates.
pub fn select(
    points: &Array2<f64>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Selection, SelectionError> {
    params.check()?;
    let distinct = labels::distinct_rows(points.view());
    if distinct < *params.k.start() {
        return Err(SelectionError::TooFewDistinct { distinct, k: *params.k.start() });
    }
    let ks = *params.k.start()..=(*params.k.end()).min(distinct);
    let mut partitions = by_kmeans(points.view(), &ks, params, progress)?;
    let mut left_out = Vec::new();
    for algorithm in Algorithm::ALL {
        if let Some(linkage) = algorithm.linkage() {
            match skip_note(points.view(), linkage, algorithm, params) {
                Some(note) => left_out.push((algorithm, note)),
                None => partitions.extend(cuts(points.view(), algorithm, linkage, &ks, params, progress)?),
            }
        }
    }
    let clusterings = measured(points.view(), partitions, progress)?;
    let mut candidates = comparison::table(&clusterings, params);
    let (chosen, relaxed) = choose(&candidates, &clusterings, params);
    candidates[chosen].chosen = true;
    let reason = reason::reason(&candidates, chosen, relaxed, params);
    candidates.extend(left_out.into_iter().map(|(algorithm, note)| comparison::absent(algorithm, note)));
    Ok(Selection { clusterings, candidates, reason, decision_sheet: None, chosen })
}

/// Labels before they are measured.
struct Partition {
    algorithm: Algorithm,
    k: usize,
    labels: Vec<u32>,
}

impl SelectionParams {
    fn check(&self) -> Result<(), SelectionError> {
        let (first, last) = (*self.k.start(), *self.k.end());
        if first < 2 || last < first {
            return Err(SelectionError::Range { first, last });
        }
        if !(0.0..1.0).contains(&self.min_share) {
            return Err(SelectionError::MinShare(self.min_share));
        }
        Ok(())
    }
}

fn by_kmeans(
    points: ArrayView2<'_, f64>,
    ks: &RangeInclusive<usize>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<Partition>, SelectionError> {
    let kmeans = KMeansParams { seed: params.seed, starts: params.starts, ..KMeansParams::default() };
    let fitted = kmeans::sweep(points, ks.clone(), &kmeans, progress)?;
    let partition = |(k, model): (usize, KMeans)| Partition {
        algorithm: Algorithm::KMeans,
        k,
        labels: labels::canonical(points, &model.labels),
    };
    Ok(ks.clone().zip(fitted).map(partition).collect())
}

fn cuts(
    points: ArrayView2<'_, f64>,
    algorithm: Algorithm,
    linkage: Linkage,
    ks: &RangeInclusive<usize>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<Partition>, SelectionError> {
    let limits = HierarchicalParams { memory_limit_bytes: params.memory_limit_bytes };
    let dendrogram = hierarchical::dendrogram(points, linkage, &limits, progress)?;
    let partition = |k| Partition { algorithm, k, labels: labels::canonical(points, &dendrogram.cut(k)) };
    Ok(ks.clone().map(partition).collect())
}

/// Why a linkage is left out: it would not fit, and the user did not ask for it alone.
fn skip_note(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    algorithm: Algorithm,
    params: &SelectionParams,
) -> Option<String> {
    let needed = hierarchical::memory_needed(points.nrows(), linkage);
    let fits = needed <= params.memory_limit_bytes;
    let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
    (!fits && params.algorithm != Some(algorithm)).then(|| {
        format!(
            "left out: every pair's distance needs {} MiB, the limit is {} MiB (--memory-limit)",
            mebibytes(needed),
            mebibytes(params.memory_limit_bytes)
        )
    })
}

/// Silhouettes of all partitions in one pass over the pairs, centroids and inertia.
fn measured(
    points: ArrayView2<'_, f64>,
    partitions: Vec<Partition>,
    progress: &Progress,
) -> Result<Vec<Clustering>, SelectionError> {
    let labelings: Vec<&[u32]> = partitions.iter().map(|p| p.labels.as_slice()).collect();
    let silhouettes = silhouettes(points, &labelings, progress)?;
    let indices = indices_where_defined(points, &labelings, progress)?;
    let measure = |((p, silhouette), indices): ((Partition, Silhouette), Option<Indices>)| Clustering {
        centroids: labels::centroids(points, &p.labels, p.k),
        inertia: labels::inertia(points, &p.labels),
        algorithm: p.algorithm,
        k: p.k,
        labels: p.labels,
        silhouette,
        indices,
    };
    Ok(partitions.into_iter().zip(silhouettes).zip(indices).map(measure).collect())
}

/// Which condition had to be dropped to have anything to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relaxed {
    Nothing,
    Share,
    ShareAndLeastK,
}

fn choose(
    candidates: &[Candidate],
    clusterings: &[Clustering],
    params: &SelectionParams,
) -> (usize, Relaxed) {
    let allowed = |c: &Clustering| params.algorithm.is_none_or(|only| only == c.algorithm);
    let best = |pass: &dyn Fn(usize) -> bool| {
        (0..clusterings.len())
            .filter(|&i| pass(i))
            .reduce(|a, b| if better(&clusterings[b], &clusterings[a]) { b } else { a })
    };
    if let Some(i) = best(&|i| candidates[i].eligible) {
        return (i, Relaxed::Nothing);
    }
    if let Some(i) = best(&|i| allowed(&clusterings[i]) && clusterings[i].k >= params.min_k) {
        return (i, Relaxed::Share);
    }
    let i = best(&|i| allowed(&clusterings[i]));
    (
        i.expect("k-means or the algorithm asked for always gives at least one clustering"),
        Relaxed::ShareAndLeastK,
    )
}

fn better(a: &Clustering, b: &Clustering) -> bool {
    let rounded = |c: &Clustering| (c.silhouette.mean * 1e9).round();
    rounded(a).total_cmp(&rounded(b)).then(b.k.cmp(&a.k)).then(b.algorithm.cmp(&a.algorithm)).is_gt()
}

#[cfg(test)]
mod tests;
