//! Hopkins' statistic: whether there is any tendency to cluster.
//!
//! ```
//! use ndarray::Array2;
//! use segmentation_lib::engine::hopkins::{HopkinsParams, hopkins};
//! use segmentation_lib::progress::Progress;
//!
//! // Three groups, far apart.
//! let points = Array2::from_shape_fn((60, 2), |(i, j)| (i % 3 * 50 + (i * 7 + j * 3) % 11) as f64);
//! let found = hopkins(points.view(), &HopkinsParams { sample: Some(30), seed: 1 }, &Progress::silent())?;
//! assert!(found.statistic > 0.9);
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

use ndarray::{ArrayView1, ArrayView2, Axis};
use rand::{Rng, SeedableRng, seq::index};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::EngineError;
use super::input::check_points;
use super::labels::squared_distance;
use crate::progress::Progress;

/// Most rows sampled unless asked for.
const DEFAULT_MOST: usize = 1000;

/// The sample of Hopkins' statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HopkinsParams {
    /// Rows sampled, 1 to n; none for a tenth of the rows, at least 1 and at most 1000.
    pub sample: Option<usize>,
    /// Seed of the sample and of the random places.
    pub seed: u64,
}

impl Default for HopkinsParams {
    /// A tenth of the rows, seed 42.
    fn default() -> Self {
        Self { sample: None, seed: 42 }
    }
}

/// Hopkins' statistic and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Hopkins {
    /// Σ uᵈ / (Σ uᵈ + Σ wᵈ), in [0, 1].
    pub statistic: f64,
    /// Rows sampled, and as many random places.
    pub sample: usize,
    /// Sampled rows with an identical other row, whose distance w is 0.
    pub coincident: usize,
}

/// Hopkins' statistic (Hopkins & Skellam 1954) in the form of Lawson & Jurs (1990) with d-th powers of the
/// distances: Σ uᵈ / (Σ uᵈ + Σ wᵈ) over m sampled rows, w from each to its nearest other row, and m places
/// uniform in the box of the columns' ranges, u from each to its nearest row.
///
/// Near 0.5 for rows uniform in the box (Beta(m, m) distributed but for its edges), towards 1 for
/// clustered ones, towards 0 for a lattice. Columns that do not vary count neither for the box nor for d.
/// R's package hopkins (Wright 2022) defines it alike; 1 minus it where a package puts w above. Rows that
/// coincide, as in tables of whole numbers, push it to 1 without telling of segments: `coincident` says
/// how many did.
///
/// Cost: O(m n d).
///
/// # Errors
/// A matrix that is empty or not finite, fewer than two distinct rows, a sample out of range,
/// cancellation.
pub fn hopkins(
    points: ArrayView2<'_, f64>,
    params: &HopkinsParams,
    progress: &Progress,
) -> Result<Hopkins, EngineError> {
    check_points(points)?;
    let varying: Vec<usize> = (0..points.ncols()).filter(|&c| varies(points.column(c))).collect();
    if varying.is_empty() {
        return Err(EngineError::TooFewDistinct { k: 2, distinct: 1 });
    }
    let sample = sample_size(points.nrows(), params.sample)?;
    // Around the first row, so that random places keep the digits of a large offset.
    let centred = points.select(Axis(1), &varying);
    let centred = &centred - &centred.row(0);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(params.seed);
    let mut rows = index::sample(&mut random, points.nrows(), sample).into_vec();
    rows.sort_unstable();
    let places = uniform_places(centred.view(), sample, &mut random);
    let (u, w) = (
        distances(sample, progress, |i| nearest(centred.view(), &places[i], None))?,
        distances(sample, progress, |i| {
            nearest(centred.view(), &centred.row(rows[i]).to_vec(), Some(rows[i]))
        })?,
    );
    let coincident = w.iter().filter(|&&w| w == 0.0).count();
    Ok(Hopkins { statistic: statistic(&u, &w, varying.len()), sample, coincident })
}

fn varies(column: ArrayView1<'_, f64>) -> bool {
    column.iter().any(|v| *v != column[0])
}

fn sample_size(rows: usize, asked: Option<usize>) -> Result<usize, EngineError> {
    match asked {
        None => Ok((rows / 10).clamp(1, DEFAULT_MOST)),
        Some(sample) if (1..=rows).contains(&sample) => Ok(sample),
        Some(sample) => Err(EngineError::Parameter {
            name: "sample",
            value: sample as f64,
            allowed: "1 to the number of rows",
        }),
    }
}

fn uniform_places(points: ArrayView2<'_, f64>, count: usize, random: &mut impl Rng) -> Vec<Vec<f64>> {
    let range = |column: ArrayView1<'_, f64>| {
        column.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)))
    };
    let ranges: Vec<(f64, f64)> = points.columns().into_iter().map(range).collect();
    let mut place = || ranges.iter().map(|(l, h)| l + (h - l) * random.r#gen::<f64>()).collect();
    (0..count).map(|_| place()).collect()
}

fn distances(
    count: usize,
    progress: &Progress,
    distance: impl Fn(usize) -> f64 + Sync,
) -> Result<Vec<f64>, EngineError> {
    let one = |i| {
        progress.check()?;
        Ok(distance(i))
    };
    (0..count).into_par_iter().map(one).collect()
}

/// Distance to the nearest row but `itself`.
fn nearest(points: ArrayView2<'_, f64>, place: &[f64], itself: Option<usize>) -> f64 {
    let place = ArrayView1::from(place);
    let others = points.rows().into_iter().enumerate().filter(|(row, _)| Some(*row) != itself);
    others.map(|(_, row)| squared_distance(row, place)).fold(f64::INFINITY, f64::min).sqrt()
}

/// Distances relative to the largest, so that their powers neither overflow nor all vanish.
fn statistic(u: &[f64], w: &[f64], columns: usize) -> f64 {
    let largest = u.iter().chain(w).copied().fold(0.0, f64::max);
    let powers =
        |distances: &[f64]| -> f64 { distances.iter().map(|&v| (v / largest).powf(columns as f64)).sum() };
    let (u, w) = (powers(u), powers(w));
    u / (u + w)
}

#[cfg(test)]
mod tests;
