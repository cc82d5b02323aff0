//! Foresight: how much of what customers spend later their segments tell.
//!
//! Segments are made of what is known up to a cut-off day. The outcome is what each customer spends from
//! that day on, as log(1 + revenue). A segment foretells the mean outcome of its other customers; the share
//! of the outcome's variance that this explains, R², is the segmentation's foresight. Beside it stands the
//! [`ceiling`]: what a model of each single customer explains on the same features.
//!
//! ```
//! # fn main() -> Result<(), segmentation_lib::engine::EngineError> {
//! use segmentation_lib::engine::foresight::{Outcome, foresight};
//!
//! let later = Outcome::of_pennies(&[0, 0, 100, 90_000, 80_000, 100_000]).expect("it varies");
//! let by_habit = foresight(&[0, 0, 0, 1, 1, 1], &later)?;
//! let by_chance = foresight(&[0, 1, 0, 1, 0, 1], &later)?;
//! assert!(by_habit.r_squared > 0.9 && by_chance.r_squared < 0.0);
//! # Ok(())
//! # }
//! ```

mod boosting;
mod ceiling;
mod linear;

pub use boosting::BoostingParams;
pub use ceiling::{Ceiling, CeilingParams, ceiling, part_of_each_row};

use super::EngineError;
use super::input::{check_length, clusters};

/// What customers spent later, one value a customer, and how much it varies.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    values: Vec<f64>,
    spread: f64,
}

impl Outcome {
    /// log(1 + revenue) of each customer's later net revenue, given in pennies, counted in currency units
    /// and floored at 0. None where no two customers differ: then there is nothing to foretell.
    ///
    /// The logarithm keeps a handful of large customers from being all that counts.
    pub fn of_pennies(later: &[i64]) -> Option<Self> {
        let values: Vec<f64> = later.iter().map(|&pennies| (pennies.max(0) as f64 / 100.0).ln_1p()).collect();
        let spread = squares_around_mean(&values);
        (spread > 0.0).then_some(Self { values, spread })
    }

    /// One value a customer, 0 or more.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Number of customers, 2 or more.
    pub fn customers(&self) -> usize {
        self.values.len()
    }

    /// The outcome of some of the customers; none where no two of them differ.
    pub fn of_rows(&self, rows: &[usize]) -> Option<Self> {
        let values: Vec<f64> = rows.iter().map(|&row| self.values[row]).collect();
        let spread = squares_around_mean(&values);
        (spread > 0.0).then_some(Self { values, spread })
    }

    /// R² of foretold values: 1 − Σ(y − ŷ)² / Σ(y − ȳ)².
    fn r_squared(&self, squared_errors: impl Iterator<Item = f64>) -> f64 {
        1.0 - squared_errors.sum::<f64>() / self.spread
    }
}

fn squares_around_mean(values: &[f64]) -> f64 {
    let alike = values.iter().all(|v| *v == values[0]);
    if alike {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| (v - mean) * (v - mean)).sum()
}

/// What a segmentation foretells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Foresight {
    /// Share of the outcome's variance that the segments explain, at most 1; under 0 where they are worse
    /// than the mean of all customers.
    pub r_squared: f64,
}

/// How well the mean of each segment foretells the outcome of its customers, each left out of the mean that
/// foretells it: no draws, no seed.
///
/// In closed form: of a segment of m customers, the mean without customer i misses y_i by (y_i − ȳ) m / (m − 1).
/// A customer alone in a segment is foretold by the mean of all others. Cost: O(n).
///
/// # Errors
/// Another number of labels than of customers.
pub fn foresight(labels: &[u32], outcome: &Outcome) -> Result<Foresight, EngineError> {
    check_length("the segments", labels.len(), outcome.customers())?;
    let (mut sums, mut sizes) = (vec![0.0; clusters(labels)], vec![0usize; clusters(labels)]);
    for (&label, y) in labels.iter().zip(&outcome.values) {
        sums[label as usize] += y;
        sizes[label as usize] += 1;
    }
    let all = (sums.iter().sum::<f64>(), labels.len());
    let missed = |(&label, &y): (&u32, &f64)| {
        let (sum, size) = match sizes[label as usize] {
            1 => all,
            size => (sums[label as usize], size),
        };
        (y - sum / size as f64) * size as f64 / (size - 1) as f64
    };
    let squared_errors = labels.iter().zip(&outcome.values).map(missed).map(|error| error * error);
    Ok(Foresight { r_squared: outcome.r_squared(squared_errors) })
}

#[cfg(test)]
mod tests;
