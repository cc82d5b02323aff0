//! The gap statistic.
//!
//! ```
//! use ndarray::Array2;
//! use segmentation_lib::engine::gap::{GapParams, gap};
//! use segmentation_lib::engine::partition::Method;
//! use segmentation_lib::progress::Progress;
//!
//! // Three groups at the corners of a triangle.
//! let corners = [[0, 0], [50, 0], [0, 50]];
//! let points = Array2::from_shape_fn((60, 2), |(i, j)| (corners[i % 3][j] + (i * 7 + j * 3) % 11) as f64);
//! let method = Method::KMeans { starts: 5, seed: 1 };
//! let params = GapParams { references: 10, ..GapParams::default() };
//! assert_eq!(gap(points.view(), 5, &method, &params, &Progress::silent())?.k(), Some(3));
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

mod reference;

use ndarray::ArrayView2;

use self::reference::Reference;
use super::EngineError;
use super::input::{check_k, check_points};
use super::labels::{distinct_rows, inertia};
use super::partition::Method;
use super::repeat::{check_repetitions, repeat};
use crate::progress::Progress;

/// Where reference sets are drawn from, uniformly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReferenceBox {
    /// The box of the columns' ranges: variant (a) of the paper.
    Ranges,
    /// The box of the ranges along the principal components: variant (b), which follows the shape of
    /// correlated columns. The set stays in these axes, because no method here depends on a rotation.
    #[default]
    PrincipalComponents,
}

/// Reference sets of the gap statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GapParams {
    /// Reference sets: B in the paper, 2 or more.
    pub references: usize,
    /// Where they are drawn from.
    pub reference_box: ReferenceBox,
    /// Seed of the reference sets.
    pub seed: u64,
}

impl Default for GapParams {
    /// 50 reference sets along the principal components, seed 42.
    fn default() -> Self {
        Self { references: 50, reference_box: ReferenceBox::default(), seed: 42 }
    }
}

/// The gap at one k.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct GapAt {
    /// Number of clusters.
    pub k: usize,
    /// ln W(k): logarithm of the inertia, which is the paper's pooled within-cluster sum of squares.
    pub log_inertia: f64,
    /// Its mean over the reference sets.
    pub expected: f64,
    /// The expected less the observed logarithm.
    pub gap: f64,
    /// s(k): standard deviation over the reference sets times √(1 + 1/B).
    pub error: f64,
}

/// The gap statistic by k.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gap {
    /// From k = 1 on.
    pub curve: Vec<GapAt>,
}

impl Gap {
    /// The one-standard-error rule: the smallest k with Gap(k) ≥ Gap(k + 1) − s(k + 1). None is an
    /// answer: the gap still grows where the curve ends.
    pub fn k(&self) -> Option<usize> {
        self.k_where(|_| true)
    }

    /// The rule among the k for which `allowed` holds.
    pub fn k_where(&self, allowed: impl Fn(usize) -> bool) -> Option<usize> {
        let enough = |pair: &&[GapAt]| pair[0].gap >= pair[1].gap - pair[1].error && allowed(pair[0].k);
        self.curve.windows(2).find(enough).map(|pair| pair[0].k)
    }
}

/// Gap statistic (Tibshirani, Walther & Hastie 2001) for k from 1 to `max_k`, or to one less than the
/// distinct rows where these are fewer: from there on no inertia is left.
///
/// Cost: (B + 1) times that of `method`; B reference sets of n × d, as many at a time as threads.
///
/// # Errors
/// A matrix that is empty or not finite, k out of range, identical rows throughout, fewer than two
/// reference sets, what the method refuses, cancellation.
pub fn gap(
    points: ArrayView2<'_, f64>,
    max_k: usize,
    method: &Method,
    params: &GapParams,
    progress: &Progress,
) -> Result<Gap, EngineError> {
    check_points(points)?;
    check_k(max_k, points.nrows())?;
    check_repetitions("reference sets", params.references, 2, "2 or more")?;
    let distinct = distinct_rows(points);
    if distinct < 2 {
        return Err(EngineError::TooFewDistinct { k: 2, distinct });
    }
    let max_k = max_k.min(distinct - 1);
    let observed = log_inertias(points, max_k, method, &progress.quiet())?;
    let reference = Reference::of(points, params.reference_box)?;
    let expected = repeat("gap", params.references, params.seed, progress, |random, quiet| {
        log_inertias(reference.draw(points.nrows(), random).view(), max_k, method, quiet)
    })?;
    Ok(Gap { curve: (1..=max_k).map(|k| at(k, observed[k - 1], &expected)).collect() })
}

fn log_inertias(
    points: ArrayView2<'_, f64>,
    max_k: usize,
    method: &Method,
    progress: &Progress,
) -> Result<Vec<f64>, EngineError> {
    let partitions = method.partitions(points, 1..=max_k, progress)?;
    Ok(partitions.iter().map(|labels| inertia(points, labels).ln()).collect())
}

fn at(k: usize, log_inertia: f64, references: &[Vec<f64>]) -> GapAt {
    let count = references.len() as f64;
    let logs = || references.iter().map(|r| r[k - 1]);
    let expected = logs().sum::<f64>() / count;
    let variance = logs().map(|l| (l - expected) * (l - expected)).sum::<f64>() / count;
    let error = (variance * (1.0 + 1.0 / count)).sqrt();
    GapAt { k, log_inertia, expected, gap: expected - log_inertia, error }
}

#[cfg(test)]
mod tests;
