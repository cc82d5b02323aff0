//! k-means: greedy k-means++ seeding (Arthur & Vassilvitskii 2007), Lloyd's iterations (Lloyd 1982).

mod blocks;
mod estimator;
mod kernel;
mod lloyd;
pub mod minibatch;
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
use crate::progress::Progress;

/// Largest number of clusters: labels are kept in sixteen bits.
const MOST_CLUSTERS: usize = u16::MAX as usize;

/// Parameters of k-means, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams(KMeansValidParams);

/// Parameters of k-means, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansValidParams {
    k: usize,
    seed: u64,
    starts: usize,
    max_iterations: usize,
    tolerance: f64,
}

impl KMeansParams {
    /// `k` clusters; seed 42, 10 starts, at most 300 iterations, tolerance 1e-4.
    pub fn new(k: usize) -> Self {
        let (seed, starts, max_iterations, tolerance) = (42, 10, 300, 1e-4);
        Self(KMeansValidParams { k, seed, starts, max_iterations, tolerance })
    }

    /// Seed of all random choices.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Independent seedings, of which the one with the lowest inertia is kept.
    pub fn starts(mut self, starts: usize) -> Self {
        self.0.starts = starts;
        self
    }

    /// Most Lloyd iterations of a start.
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.0.max_iterations = max_iterations;
        self
    }

    /// A start stops when its centroids moved, squared and summed, no more than `tolerance` times the
    /// mean variance of the columns; the best start then goes on to the fixed point.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Fails when a parameter is out of its range.
    pub fn check(self) -> Result<KMeansValidParams, EngineError> {
        self.0.verify()?;
        Ok(self.0)
    }

    /// Checks, then fits: see [`KMeansValidParams::fit`].
    pub fn fit(&self, points: ArrayView2<'_, f64>, progress: &Progress) -> Result<KMeans, EngineError> {
        self.0.verify()?;
        self.0.fit(points, progress)
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

impl KMeansValidParams {
    fn verify(&self) -> Result<(), EngineError> {
        let parameter = |name, value, allowed| Err(EngineError::Parameter { name, value, allowed });
        if self.k == 0 {
            return Err(EngineError::ZeroClusters);
        }
        if self.k > MOST_CLUSTERS {
            return parameter("k", self.k as f64, "1 to 65535");
        }
        if self.starts == 0 {
            return parameter("starts", 0.0, "1 or more");
        }
        if self.max_iterations == 0 {
            return parameter("max_iterations", 0.0, "1 or more");
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return parameter("tolerance", self.tolerance, "a finite number, 0 or more");
        }
        Ok(())
    }

    /// Fits k-means to `points` (customers by features).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, fewer rows or distinct rows than k, cancellation.
    pub fn fit(&self, points: ArrayView2<'_, f64>, progress: &Progress) -> Result<KMeans, EngineError> {
        self.fit_blocks(points, None, progress)
    }

    /// Fits k-means to `points` of which each counts as many times as its weight says.
    ///
    /// # Errors
    /// As [`KMeansValidParams::fit`], and weights of another length, not finite or not above 0.
    pub fn fit_weighted(
        &self,
        points: ArrayView2<'_, f64>,
        weights: &[f64],
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        check_length("sample weights", weights.len(), points.nrows())?;
        let bad = |w: &f64| !(w.is_finite() && *w > 0.0);
        match weights.iter().position(bad) {
            Some(row) => Err(EngineError::Weight { row, value: weights[row] }),
            None => self.fit_blocks(points, Some(weights), progress),
        }
    }

    /// Fits from given centroids (k × d, matrix units) instead of seeds: one start.
    ///
    /// # Errors
    /// As [`KMeansValidParams::fit`], and centroids that are not finite or of another shape.
    pub fn fit_from(
        &self,
        points: ArrayView2<'_, f64>,
        centroids: ArrayView2<'_, f64>,
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        self.check_data(points)?;
        check_points(centroids)?;
        check_length("the centroids given", centroids.nrows(), self.k)?;
        check_columns(centroids, points.ncols())?;
        let blocks = Blocks::new(points, None);
        let start = blocks.scale(centroids);
        self.iterate(&blocks, vec![start], progress)
    }

    fn check_data(&self, points: ArrayView2<'_, f64>) -> Result<(), EngineError> {
        check_points(points)?;
        check_k(self.k, points.nrows())?;
        check_distinct(points, self.k)
    }

    fn fit_blocks(
        &self,
        points: ArrayView2<'_, f64>,
        weights: Option<&[f64]>,
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        self.check_data(points)?;
        let blocks = Blocks::new(points, weights);
        let seeds = seeding::seeds(&blocks, self.k, self.starts, self.seed, progress)?;
        self.iterate(&blocks, seeds, progress)
    }

    /// Runs all starts to the tolerance, then the best one to its fixed point.
    fn iterate(
        &self,
        blocks: &Blocks,
        seeds: Vec<Vec<f64>>,
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        let mean_variance = blocks.spread / blocks.mass / blocks.dims as f64;
        let tolerance = self.tolerance * mean_variance;
        let mut lloyd = Lloyd::new(blocks, seeds);
        lloyd.run(Limits { max_iterations: self.max_iterations, tolerance }, progress)?;
        let inertia = |s: &usize| lloyd.starts[*s].inertia;
        let best = (0..lloyd.starts.len()).min_by(|a, b| inertia(a).total_cmp(&inertia(b)));
        lloyd.keep(best.expect("there is one start or more"));
        let to_the_end = Limits { max_iterations: self.max_iterations, tolerance: -1.0 };
        lloyd.run(to_the_end, progress)?;
        lloyd.settle(to_the_end, progress)?;
        Ok(self.model(blocks, &lloyd))
    }

    fn model(&self, blocks: &Blocks, lloyd: &Lloyd<'_>) -> KMeans {
        let start = &lloyd.starts[0];
        let labels: Vec<u32> = lloyd.labels(0).map(u32::from).collect();
        let mut counts = vec![0; self.k];
        labels.iter().for_each(|&label| counts[label as usize] += 1);
        let centroids = Array2::from_shape_vec((self.k, blocks.dims), blocks.restore(&start.centroids));
        KMeans {
            labels,
            counts,
            centroids: centroids.expect("k rows of d columns"),
            inertia: blocks.restore_squares(lloyd.inertia()),
            iterations: start.iterations,
            converged: start.converged,
        }
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

impl KMeans {
    /// Nearest centroid of every row of `points`, the first of equally near ones. Cost: O(n k d).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, or of another width.
    pub fn predict(&self, points: ArrayView2<'_, f64>) -> Result<Vec<u32>, EngineError> {
        check_points(points)?;
        check_columns(points, self.centroids.ncols())?;
        Ok(nearest_centroids(points, self.centroids.view()))
    }
}

fn check_columns(points: ArrayView2<'_, f64>, expected: usize) -> Result<(), EngineError> {
    let given = points.ncols();
    if given == expected { Ok(()) } else { Err(EngineError::Columns { given, expected }) }
}

/// Nearest centroid of every row, the first of equally near ones; NaN centroids are nobody's.
pub(crate) fn nearest_centroids(points: ArrayView2<'_, f64>, centroids: ArrayView2<'_, f64>) -> Vec<u32> {
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

/// Fits every k of `ks`, otherwise with the parameters of `params`; the same results as one by one.
/// The points are arranged and checked once, and the seeds for each k are the first of those for the
/// largest.
///
/// # Errors
/// As [`KMeansValidParams::fit`]; an empty range gives no clusterings.
pub fn sweep(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<Vec<KMeans>, EngineError> {
    check_points(points)?;
    let for_k = |k| KMeansValidParams { k, ..params.0.clone() };
    for k in ks.clone() {
        for_k(k).verify()?;
        check_k(k, points.nrows())?;
        check_distinct(points, k)?;
    }
    let blocks = Blocks::new(points, None);
    let largest = *ks.end();
    let seeds = match ks.is_empty() {
        true => Vec::new(),
        false => seeding::seeds(&blocks, largest, params.0.starts, params.0.seed, progress)?,
    };
    let (begun, total) = (AtomicU64::new(0), ks.clone().count() as u64);
    let fit = |k: usize| {
        progress.report("k-means", begun.fetch_add(1, Ordering::Relaxed), Some(total));
        let first_k = seeds.iter().map(|s| s[..k * blocks.dims].to_vec()).collect();
        for_k(k).iterate(&blocks, first_k, progress)
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
