//! Whether clusters come back when the rows are drawn anew, or a few of them are missing.
//!
//! ```
//! use ndarray::Array2;
//! use segmentation_lib::engine::partition::Method;
//! use segmentation_lib::engine::stability::{StabilityParams, stability};
//! use segmentation_lib::progress::Progress;
//!
//! // Three groups, far apart.
//! let points = Array2::from_shape_fn((60, 2), |(i, j)| (i % 3 * 50 + (i * 7 + j * 3) % 11) as f64);
//! let method = Method::KMeans { starts: 5, seed: 1 };
//! let found = stability(points.view(), 3..=3, &method, &StabilityParams::default(), &Progress::silent())?;
//! assert_eq!(found[0].lowest(), 1.0);
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

mod refits;
mod resampled;

use std::ops::RangeInclusive;

use ndarray::{ArrayView2, Axis};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::EngineError;
use super::input::{check_length, check_points};
use super::labels::canonical;
use super::partition::{Method, check_ks};
use super::repeat::{check_repetitions, repeat};
use crate::progress::Progress;

use resampled::Resample;

pub use refits::{RefitParams, Refits, refits_of};
pub use resampled::ResampledCluster;

/// Resamples of the stability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StabilityParams {
    /// Bootstrap resamples, 1 or more.
    pub resamples: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

impl Default for StabilityParams {
    /// 100 resamples, seed 42.
    fn default() -> Self {
        Self { resamples: 100, seed: 42 }
    }
}

/// How well the clusters of one partition come back.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Stability {
    /// Number of clusters.
    pub k: usize,
    /// Mean over the resamples of each cluster's largest Jaccard similarity with a cluster of the
    /// resample; clusters by size, largest first, as [`canonical`] numbers them.
    pub jaccard: Vec<f64>,
    /// Resamples in which the cluster dissolved: similarity 0.5 or less.
    pub dissolved: Vec<u32>,
    /// Resamples in which the cluster was recovered: similarity above 0.75.
    pub recovered: Vec<u32>,
    /// Resamples.
    pub resamples: usize,
    /// The clusters of each resample: they place any row, also one that was not drawn.
    pub resampled: Vec<Vec<ResampledCluster>>,
}

impl Stability {
    /// Mean Jaccard similarity of the weakest cluster.
    pub fn lowest(&self) -> f64 {
        self.jaccard.iter().copied().fold(1.0, f64::min)
    }
}

/// What a mean Jaccard similarity says of a cluster, by the thresholds of fpc's `clusterboot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Under 0.6.
    Untrustworthy,
    /// 0.6 to 0.75.
    Pattern,
    /// 0.75 to 0.85.
    Stable,
    /// 0.85 and more.
    HighlyStable,
}

impl Verdict {
    /// Of a mean Jaccard similarity.
    pub fn of(jaccard: f64) -> Self {
        match jaccard {
            j if j >= 0.85 => Self::HighlyStable,
            j if j >= 0.75 => Self::Stable,
            j if j >= 0.6 => Self::Pattern,
            _ => Self::Untrustworthy,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Untrustworthy => "not to be trusted",
            Self::Pattern => "a pattern, but who belongs to it is doubtful",
            Self::Stable => "a valid, stable cluster",
            Self::HighlyStable => "highly stable",
        }
    }
}

/// Bootstrap stability of every k of `ks`: the clusterwise Jaccard bootstrap of Hennig (2007), as
/// `clusterboot` of R's package fpc does it by default (`bootmethod = "boot"`, `multipleboot = FALSE`).
///
/// Rows are drawn n times with replacement, rows drawn more than once are used once, and the rest is
/// clustered by the same method; a cluster's similarity in the resample is its largest Jaccard
/// similarity, among the rows drawn, with a cluster found there, and 0 where none of its rows was drawn.
/// One resample serves all k. Clusters can also be stable because the method allows nothing else: a
/// high value is necessary for a good cluster, not sufficient.
///
/// Cost: that of `method` on all rows, and once a resample on about 63 % of them.
///
/// # Errors
/// A matrix that is empty or not finite, k of 0 or beyond the distinct rows, no resamples, what the
/// method refuses, cancellation.
pub fn stability(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    method: &Method,
    params: &StabilityParams,
    progress: &Progress,
) -> Result<Vec<Stability>, EngineError> {
    check_points(points)?;
    check_repetitions("resamples", params.resamples, 1, "1 or more")?;
    check_ks(points, &ks)?;
    let partitions = method.partitions(points, ks.clone(), &progress.quiet())?;
    let partitions: Vec<Vec<u32>> = partitions.iter().map(|labels| canonical(points, labels)).collect();
    stability_of(points, ks, &partitions, method, params, progress)
}

/// As [`stability`], of partitions that are there already: one a k of `ks`, numbered from 0 by size.
/// `method` is what made them, or the same with fewer starts of k-means.
///
/// Cost: that of `method` once a resample on about 63 % of the rows.
///
/// # Errors
/// As [`stability`], and partitions of another number or length.
pub fn stability_of(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    partitions: &[Vec<u32>],
    method: &Method,
    params: &StabilityParams,
    progress: &Progress,
) -> Result<Vec<Stability>, EngineError> {
    check_repetitions("resamples", params.resamples, 1, "1 or more")?;
    check_partitions(points, &ks, partitions)?;
    let resamples = repeat("stability", params.resamples, params.seed, progress, |random, quiet| {
        let rows = drawn(points.nrows(), random);
        let of_drawn = points.select(Axis(0), &rows);
        let found = method.partitions(of_drawn.view(), ks.clone(), quiet)?;
        let compared = |(all, found): (&Vec<u32>, &Vec<u32>)| Resample::of(&of_drawn, &rows, all, found);
        Ok(partitions.iter().zip(&found).map(compared).collect::<Vec<Resample>>())
    })?;
    Ok(ks.enumerate().map(|(i, k)| summary(k, resamples.iter().map(|of_ks| &of_ks[i]))).collect())
}

/// Fails unless there is one partition of all rows for each k, and each k can be.
fn check_partitions(
    points: ArrayView2<'_, f64>,
    ks: &RangeInclusive<usize>,
    partitions: &[Vec<u32>],
) -> Result<(), EngineError> {
    check_points(points)?;
    check_ks(points, ks)?;
    check_length("partitions", partitions.len(), ks.clone().count())?;
    partitions.iter().try_for_each(|labels| check_length("a labeling", labels.len(), points.nrows()))
}

/// The rows that n draws with replacement hit, ascending.
fn drawn(rows: usize, random: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let mut hit = vec![false; rows];
    (0..rows).for_each(|_| hit[random.gen_range(0..rows)] = true);
    (0..rows).filter(|&row| hit[row]).collect()
}

fn summary<'a>(k: usize, resamples: impl Iterator<Item = &'a Resample>) -> Stability {
    let resamples: Vec<&Resample> = resamples.collect();
    let of_cluster = |c: usize| resamples.iter().map(move |resample| resample.jaccard[c]);
    let clusters = resamples[0].jaccard.len();
    let count = |pass: fn(f64) -> bool| -> Vec<u32> {
        (0..clusters).map(|c| of_cluster(c).filter(|&j| pass(j)).count() as u32).collect()
    };
    Stability {
        k,
        jaccard: (0..clusters).map(|c| of_cluster(c).sum::<f64>() / resamples.len() as f64).collect(),
        dissolved: count(|j| j <= 0.5),
        recovered: count(|j| j > 0.75),
        resamples: resamples.len(),
        resampled: resamples.iter().map(|resample| resample.clusters.clone()).collect(),
    }
}

#[cfg(test)]
mod tests;
