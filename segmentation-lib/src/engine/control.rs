//! Negative control: the same clustering where there is nothing to find.
//!
//! ```
//! use ndarray::Array2;
//! use segmentation_lib::engine::control::{ControlParams, negative_control};
//! use segmentation_lib::engine::partition::Method;
//! use segmentation_lib::progress::Progress;
//!
//! // Three groups, far apart.
//! let points = Array2::from_shape_fn((60, 2), |(i, j)| (i % 3 * 50 + (i * 7 + j * 3) % 11) as f64);
//! let (method, params) = (Method::KMeans { starts: 5, seed: 1 }, ControlParams::default());
//! assert!(negative_control(points.view(), 3, &method, &params, &Progress::silent())?.clearly_worse());
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

use ndarray::{Array2, ArrayView2};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::EngineError;
use super::input::check_points;
use super::partition::{Method, check_ks};
use super::repeat::{check_repetitions, repeat};
use super::silhouette::silhouettes;
use crate::progress::Progress;

/// By how much the silhouette coefficient must lie above that of every shuffled matrix to be clearly
/// better: a choice of this project.
const CLEARLY: f64 = 0.05;

/// Permutations of the negative control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlParams {
    /// Shuffled matrices, 1 or more.
    pub permutations: usize,
    /// Seed of the permutations.
    pub seed: u64,
}

impl Default for ControlParams {
    /// 19 permutations, the fewest that can show 5 % significance; seed 42.
    fn default() -> Self {
        Self { permutations: 19, seed: 42 }
    }
}

/// Mean silhouette coefficients with and without the relation between the columns.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Control {
    /// Of the rows as they are.
    pub silhouette: f64,
    /// Of each shuffled matrix.
    pub shuffled: Vec<f64>,
}

impl Control {
    /// Mean over the shuffled matrices.
    pub fn shuffled_mean(&self) -> f64 {
        self.shuffled.iter().sum::<f64>() / self.shuffled.len() as f64
    }

    /// The best of the shuffled matrices.
    pub fn shuffled_best(&self) -> f64 {
        self.shuffled.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// Share of matrices, the real one included, that score at least as high as the real one: the
    /// permutation test's p, never 0 (Phipson & Smyth 2010).
    pub fn p_value(&self) -> f64 {
        let as_high = self.shuffled.iter().filter(|&&s| s >= self.silhouette).count();
        (as_high + 1) as f64 / (self.shuffled.len() + 1) as f64
    }

    /// Whether every shuffled matrix scores lower by 0.05 or more.
    pub fn clearly_worse(&self) -> bool {
        self.silhouette - self.shuffled_best() >= CLEARLY
    }
}

/// Clusters the rows, and the same rows with each column shuffled independently, by the same method
/// into `k` clusters, and compares the mean silhouette coefficients.
///
/// Shuffling keeps every column's distribution and removes what relates them, so that clusters which
/// rest on single columns (a spike, two humps) survive it: a control that scores as well says that the
/// segments describe the columns one by one, not kinds of customers.
///
/// Cost: (permutations + 1) times the method and the silhouette, O(n² d) each; as many matrices at a
/// time as threads.
///
/// # Errors
/// A matrix that is empty, not finite or of one column; k under 2 or beyond the distinct rows; no
/// permutations; what the method refuses; cancellation.
pub fn negative_control(
    points: ArrayView2<'_, f64>,
    k: usize,
    method: &Method,
    params: &ControlParams,
    progress: &Progress,
) -> Result<Control, EngineError> {
    check_points(points)?;
    check_repetitions("permutations", params.permutations, 1, "1 or more")?;
    check_repetitions("columns", points.ncols(), 2, "2 or more: shuffling one column changes nothing")?;
    check_ks(points, &(k..=k))?;
    let silhouette = mean_silhouette(points, k, method, &progress.quiet())?;
    let shuffled = repeat("control", params.permutations, params.seed, progress, |random, quiet| {
        mean_silhouette(shuffle(points, random).view(), k, method, quiet)
    })?;
    Ok(Control { silhouette, shuffled })
}

fn mean_silhouette(
    points: ArrayView2<'_, f64>,
    k: usize,
    method: &Method,
    progress: &Progress,
) -> Result<f64, EngineError> {
    let partitions = method.partitions(points, k..=k, progress)?;
    let labelings: Vec<&[u32]> = partitions.iter().map(Vec::as_slice).collect();
    Ok(silhouettes(points, &labelings, progress)?.iter().map(|s| s.mean).sum())
}

fn shuffle(points: ArrayView2<'_, f64>, random: &mut Xoshiro256PlusPlus) -> Array2<f64> {
    let mut shuffled = points.to_owned();
    for mut column in shuffled.columns_mut() {
        let mut values = column.to_vec();
        values.shuffle(random);
        column.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
    }
    shuffled
}

#[cfg(test)]
mod tests;
