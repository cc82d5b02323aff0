//! k-means: greedy k-means++ seeding (Arthur & Vassilvitskii 2007), Lloyd's iterations (Lloyd 1982).

mod blocks;
mod kernel;
mod lloyd;
mod potentials;
mod seeding;
mod sums;

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use self::blocks::Blocks;
use self::lloyd::{Limits, Lloyd};
use super::EngineError;
use super::input::{check_k, check_length, check_points};
use super::labels::squared_distance;
use super::repeat::check_repetitions;
use crate::progress::Progress;

/// Largest number of clusters: labels are kept in sixteen bits.
const MOST_CLUSTERS: usize = u16::MAX as usize;

/// Parameters of k-means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeansParams {
    /// Seed of all random choices.
    pub seed: u64,
    /// Independent seedings, of which the one with the lowest inertia is kept; 1 or more.
    pub starts: usize,
    /// Most Lloyd iterations of a start; 1 or more.
    pub max_iterations: usize,
    /// A start stops when its centroids moved, squared and summed, no more than this times the mean variance of
    /// the columns; the best start then goes on to the fixed point. 0 or more.
    pub tolerance: f64,
}

impl Default for KMeansParams {
    /// Seed 42, 10 starts, at most 300 iterations, tolerance 1e-4.
    fn default() -> Self {
        Self { seed: 42, starts: 10, max_iterations: 300, tolerance: 1e-4 }
    }
}

impl KMeansParams {
    /// Fails when a parameter is out of its range.
    pub fn check(&self) -> Result<(), EngineError> {
        check_repetitions("starts", self.starts, 1, "1 or more")?;
        check_repetitions("max_iterations", self.max_iterations, 1, "1 or more")?;
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            let allowed = "a finite number, 0 or more";
            return Err(EngineError::Parameter { name: "tolerance", value: self.tolerance, allowed });
        }
        Ok(())
    }
}

/// A fitted k-means.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KMeans {
    /// Cluster of every row.
    pub labels: Vec<u32>,
    /// Centroids, k × d.
    pub centroids: Array2<f64>,
    /// Rows in each cluster.
    pub counts: Vec<u64>,
    /// Sum of squared distances to the centroids.
    pub inertia: f64,
    /// Iterations of the best start.
    pub iterations: usize,
    /// Whether the best start reached a fixed point: labels are nearest centroids and centroids are
    /// the means of their rows.
    pub converged: bool,
}

/// Fits k-means with `k` clusters to `points` (customers by features).
///
/// # Errors
/// A matrix that is empty or not finite, fewer rows or distinct rows than k, parameters out of range,
/// cancellation.
///
/// ```
/// use ndarray::array;
/// use segmentation_lib::engine::kmeans::{KMeansParams, fit};
/// use segmentation_lib::progress::Progress;
///
/// let points = array![[0.0], [1.0], [9.0], [10.0]];
/// let model = fit(points.view(), 2, &KMeansParams::default(), &Progress::silent())?;
/// assert_eq!((model.inertia, model.counts), (1.0, vec![2, 2]));
/// # Ok::<(), segmentation_lib::engine::EngineError>(())
/// ```
pub fn fit(
    points: ArrayView2<'_, f64>,
    k: usize,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<KMeans, EngineError> {
    fit_blocks(points, None, k, params, progress)
}

/// Fits k-means to `points` of which each counts as many times as its weight says.
///
/// # Errors
/// As [`fit`], and weights of another length, not finite or not above 0.
pub fn fit_weighted(
    points: ArrayView2<'_, f64>,
    weights: &[f64],
    k: usize,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<KMeans, EngineError> {
    check_length("sample weights", weights.len(), points.nrows())?;
    let bad = |w: &f64| !(w.is_finite() && *w > 0.0);
    match weights.iter().position(bad) {
        Some(row) => Err(EngineError::Weight { row, value: weights[row] }),
        None => fit_blocks(points, Some(weights), k, params, progress),
    }
}

/// Fits from given centroids (k × d, matrix units) instead of seeds: one start.
///
/// # Errors
/// As [`fit`], and centroids that are not finite or of another width.
pub fn fit_from(
    points: ArrayView2<'_, f64>,
    centroids: ArrayView2<'_, f64>,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<KMeans, EngineError> {
    check_points(centroids)?;
    check(points, centroids.nrows(), params)?;
    check_columns(centroids, points.ncols())?;
    let blocks = Blocks::new(points, None);
    let start = blocks.scale(centroids);
    iterate(&blocks, vec![start], params, progress)
}

fn check(points: ArrayView2<'_, f64>, k: usize, params: &KMeansParams) -> Result<(), EngineError> {
    params.check()?;
    check_points(points)?;
    if k > MOST_CLUSTERS {
        return Err(EngineError::Parameter { name: "k", value: k as f64, allowed: "1 to 65535" });
    }
    check_k(k, points.nrows())?;
    check_distinct(points, k)
}

fn fit_blocks(
    points: ArrayView2<'_, f64>,
    weights: Option<&[f64]>,
    k: usize,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<KMeans, EngineError> {
    check(points, k, params)?;
    let blocks = Blocks::new(points, weights);
    let seeds = seeding::seeds(&blocks, k, params.starts, params.seed, progress)?;
    iterate(&blocks, seeds, params, progress)
}

/// Runs all starts to the tolerance, then the best one to its fixed point.
fn iterate(
    blocks: &Blocks,
    seeds: Vec<Vec<f64>>,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<KMeans, EngineError> {
    let max_iterations = params.max_iterations;
    let mean_variance = blocks.spread / blocks.mass / blocks.dims as f64;
    let mut lloyd = Lloyd::new(blocks, seeds);
    lloyd.run(Limits { max_iterations, tolerance: params.tolerance * mean_variance }, progress)?;
    let inertia = |s: &usize| lloyd.starts[*s].inertia;
    let best = (0..lloyd.starts.len()).min_by(|a, b| inertia(a).total_cmp(&inertia(b)));
    lloyd.keep(best.expect("there is one start or more"));
    let to_the_end = Limits { max_iterations, tolerance: -1.0 };
    lloyd.run(to_the_end, progress)?;
    lloyd.settle(to_the_end, progress)?;
    Ok(model(blocks, &lloyd))
}

fn model(blocks: &Blocks, lloyd: &Lloyd<'_>) -> KMeans {
    let start = &lloyd.starts[0];
    let k = start.centroids.len() / blocks.dims;
    let labels: Vec<u32> = lloyd.labels(0).map(u32::from).collect();
    let mut counts = vec![0; k];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    let centroids = Array2::from_shape_vec((k, blocks.dims), blocks.restore(&start.centroids));
    KMeans {
        labels,
        counts,
        centroids: centroids.expect("k rows of d columns"),
        inertia: blocks.restore_squares(lloyd.inertia()),
        iterations: start.iterations,
        converged: start.converged,
    }
}

/// Fails unless k rows differ; stops counting as soon as they do.
fn check_distinct(points: ArrayView2<'_, f64>, k: usize) -> Result<(), EngineError> {
    let mut seen = HashSet::new();
    for row in points.rows() {
        seen.insert(row.iter().map(|v| (v + 0.0).to_bits()).collect::<Vec<u64>>());
        if seen.len() == k {
            return Ok(());
        }
    }
    Err(EngineError::TooFewDistinct { k, distinct: seen.len() })
}

fn check_columns(points: ArrayView2<'_, f64>, expected: usize) -> Result<(), EngineError> {
    let given = points.ncols();
    if given == expected { Ok(()) } else { Err(EngineError::Columns { given, expected }) }
}

/// Nearest centroid of every row of `points`, the first of equally near ones. Cost: O(n k d).
///
/// # Errors
/// A matrix that is empty or not finite, or of another width than the centroids.
pub fn nearest_centroids(
    points: ArrayView2<'_, f64>,
    centroids: ArrayView2<'_, f64>,
) -> Result<Vec<u32>, EngineError> {
    check_points(points)?;
    check_columns(points, centroids.ncols())?;
    Ok(nearest(points, centroids))
}

/// [`nearest_centroids`] of checked points; NaN centroids are nobody's.
pub(crate) fn nearest(points: ArrayView2<'_, f64>, centroids: ArrayView2<'_, f64>) -> Vec<u32> {
    let nearest = |point: ArrayView1<'_, f64>| {
        let squares = centroids.rows().into_iter().map(|c| squared_distance(point, c));
        let closer = |best: (f64, u32), (c, square): (usize, f64)| {
            if square < best.0 { (square, c as u32) } else { best }
        };
        squares.enumerate().fold((f64::INFINITY, 0), closer).1
    };
    let rows = (0..points.nrows()).into_par_iter().with_min_len(1024);
    rows.map(|row| nearest(points.row(row))).collect()
}

/// Fits every k of `ks`; the same results as one by one.
/// The points are arranged and checked once, and the seeds for each k are the first of those for the
/// largest.
///
/// # Errors
/// As [`fit`]; an empty range gives no clusterings.
pub fn sweep(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<Vec<KMeans>, EngineError> {
    check_points(points)?;
    for k in ks.clone() {
        check(points, k, params)?;
    }
    let blocks = Blocks::new(points, None);
    let largest = *ks.end();
    let seeds = match ks.is_empty() {
        true => Vec::new(),
        false => seeding::seeds(&blocks, largest, params.starts, params.seed, progress)?,
    };
    let (begun, total) = (AtomicU64::new(0), ks.clone().count() as u64);
    let fit = |k: usize| {
        progress.report("k-means", begun.fetch_add(1, Ordering::Relaxed), Some(total));
        let first_k = seeds.iter().map(|s| s[..k * blocks.dims].to_vec()).collect();
        iterate(&blocks, first_k, params, progress)
    };
    // An iteration over few points is over before a second thread has begun: then each thread takes a k.
    // Over many, one k after the other needs the least memory.
    if blocks.chunks() <= 4 * rayon::current_num_threads() {
        ks.into_par_iter().map(fit).collect()
    } else {
        ks.map(fit).collect()
    }
}

#[cfg(test)]
mod tests;
