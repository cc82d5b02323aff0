//! The ceiling: what a model of each customer foretells.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::boosting::{self, Binned, BoostingParams};
use super::{Outcome, linear};
use crate::engine::EngineError;
use crate::engine::input::{check_length, check_points};
use crate::progress::Progress;

/// How the ceiling is found.
#[derive(Debug, Clone, PartialEq)]
pub struct CeilingParams {
    /// Parts of the cross-validation, 2 to the number of customers: see [`part_of_each_row`].
    pub folds: usize,
    /// The boosted trees.
    pub boosting: BoostingParams,
}

impl Default for CeilingParams {
    /// 5 parts.
    fn default() -> Self {
        Self { folds: 5, boosting: BoostingParams::default() }
    }
}

/// R² of two models per customer, each customer foretold by a model that has not seen the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ceiling {
    /// Of boosted trees.
    pub boosting: f64,
    /// Of the linear model.
    pub linear: f64,
}

impl Ceiling {
    /// The better of the two.
    pub fn r_squared(&self) -> f64 {
        self.boosting.max(self.linear)
    }
}

/// What a model of each customer foretells of the outcome from `points` (customers by features, matrix
/// units), cross-validated: the better of boosted trees and a linear model.
///
/// Nothing about it is random. Cost: O(folds × trees × depth × n d), as many parts at
/// a time as threads; the number of threads changes nothing.
///
/// # Errors
/// A matrix that is empty, not finite or of another number of customers; parameters out of range;
/// cancellation.
pub fn ceiling(
    points: ArrayView2<'_, f64>,
    outcome: &Outcome,
    params: &CeilingParams,
    progress: &Progress,
) -> Result<Ceiling, EngineError> {
    check_points(points)?;
    check_length("the outcome", outcome.customers(), points.nrows())?;
    params.check(points.nrows())?;
    let binned = Binned::new(points);
    let y = outcome.values();
    progress.report("foresight", 0, Some(params.folds as u64));
    let parts = part_of_each_row(points.nrows(), params.folds);
    let of_part = |part: usize| {
        let in_another = |row: &u32| parts[*row as usize] as usize != part;
        let (kept, held_out): (Vec<u32>, Vec<u32>) = (0..points.nrows() as u32).partition(in_another);
        let boosted = boosting::foretell(&binned, y, &kept, &held_out, &params.boosting, progress)?;
        let straight = linear::foretell(points, y, &kept, &held_out);
        Ok((boosted, straight))
    };
    let found: Result<Vec<_>, EngineError> = (0..params.folds).into_par_iter().map(of_part).collect();
    let (boosted, straight): (Vec<_>, Vec<_>) = found?.into_iter().unzip();
    let r_squared = |foretold: Vec<Vec<f64>>| {
        let mut of_part: Vec<_> = foretold.into_iter().map(Vec::into_iter).collect();
        let mut next = |part: u32| of_part[part as usize].next().expect("each row of a part is foretold");
        let errors: Vec<f64> = y.iter().zip(&parts).map(|(y, &part)| y - next(part)).collect();
        outcome.r_squared(errors.iter().map(|error| error * error))
    };
    Ok(Ceiling { boosting: r_squared(boosted), linear: r_squared(straight) })
}

/// The part of the cross-validation that each row is in: rows are put in the order of splitmix64 of their
/// number (Steele et al. 2014), which has nothing to do with what they hold, and dealt out in turn.
///
/// Cost: O(n log n).
pub fn part_of_each_row(rows: usize, folds: usize) -> Vec<u32> {
    let mut order: Vec<(u64, usize)> = (0..rows).map(|row| (splitmix64(row as u64), row)).collect();
    order.sort_unstable();
    let mut parts = vec![0; rows];
    order.iter().enumerate().for_each(|(place, &(_, row))| parts[row] = (place % folds) as u32);
    parts
}

fn splitmix64(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl CeilingParams {
    fn check(&self, rows: usize) -> Result<(), EngineError> {
        if !(2..=rows).contains(&self.folds) {
            let (name, value) = ("folds", self.folds as f64);
            return Err(EngineError::Parameter { name, value, allowed: "2 to the number of customers" });
        }
        self.boosting.check()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn quick() -> CeilingParams {
        let boosting = BoostingParams { trees: 60, learning_rate: 0.2, leaves: 8, least_in_leaf: 5 };
        CeilingParams { boosting, ..CeilingParams::default() }
    }

    /// Customers on a square grid, and what they spend by a rule.
    fn grid(spend: impl Fn(usize, usize) -> i64) -> (Array2<f64>, Outcome) {
        let points = Array2::from_shape_fn((400, 2), |(i, j)| [i % 20, i / 20][j] as f64);
        let pennies: Vec<i64> = (0..400).map(|i| spend(i % 20, i / 20)).collect();
        (points, Outcome::of_pennies(&pennies).expect("it varies"))
    }

    fn found(points: &Array2<f64>, outcome: &Outcome) -> Ceiling {
        ceiling(points.view(), outcome, &quick(), &Progress::silent()).unwrap()
    }

    #[test]
    fn trees_find_an_island_that_a_line_cannot() {
        let inside = |v: usize| (5..14).contains(&v);
        let (points, outcome) = grid(|x, y| if inside(x) && inside(y) { 100_000 } else { 0 });
        let ceiling = found(&points, &outcome);
        assert!(ceiling.boosting > 0.9 && ceiling.linear < 0.2, "{ceiling:?}");
        assert_eq!(ceiling.r_squared(), ceiling.boosting);
    }

    #[test]
    fn a_line_is_found_by_the_linear_model() {
        let (points, outcome) = grid(|x, y| (((x + 2 * y) as f64 / 10.0).exp_m1() * 100.0).round() as i64);
        let ceiling = found(&points, &outcome);
        assert!(ceiling.linear > 0.999 && ceiling.boosting < ceiling.linear, "{ceiling:?}");
    }

    #[test]
    fn what_has_nothing_to_do_with_the_features_is_not_foretold() {
        let (points, outcome) = grid(|x, y| ((x * 7919 + y * 104_729) % 97 * 100) as i64);
        let ceiling = found(&points, &outcome);
        assert!(ceiling.r_squared() < 0.05, "{ceiling:?}");
    }

    #[test]
    fn parts_are_of_equal_size_and_without_a_pattern() {
        let parts = part_of_each_row(1003, 5);
        let size = |part: u32| parts.iter().filter(|&&p| p == part).count();
        assert_eq!([0, 1, 2, 3, 4].map(size), [201, 201, 201, 200, 200]);
        for step in [1, 2, 5, 7, 20] {
            let alike = parts.iter().zip(&parts[step..]).filter(|(a, b)| a == b).count();
            assert!((140..260).contains(&alike), "{step}: {alike}");
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (points, outcome) = grid(|x, y| (x * y) as i64 * 37);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| found(&points, &outcome))
        };
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn bad_input_is_refused() {
        let outcome = Outcome::of_pennies(&[0, 100, 200]).expect("it varies");
        let refused = |points: Array2<f64>, params: &CeilingParams| {
            ceiling(points.view(), &outcome, params, &Progress::silent()).unwrap_err().to_string()
        };
        let three = || array![[1.0], [2.0], [3.0]];
        let default = CeilingParams::default();
        assert!(refused(array![[1.0], [2.0]], &default).contains("3 entries for 2 rows"));
        assert!(refused(array![[1.0], [f64::NAN], [3.0]], &default).contains("NaN"));
        assert!(refused(three(), &default).contains("folds is 5"));
        let folds = CeilingParams { folds: 1, ..CeilingParams::default() };
        assert!(refused(three(), &folds).contains("folds is 1"));
    }

    #[test]
    fn cancelled_work_stops() {
        let (points, outcome) = grid(|x, _| x as i64);
        let progress = Progress::silent();
        progress.cancel();
        let error = ceiling(points.view(), &outcome, &quick(), &progress).unwrap_err();
        assert!(matches!(error, EngineError::Cancelled(_)));
    }
}
