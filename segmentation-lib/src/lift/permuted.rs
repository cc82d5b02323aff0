//! The inverted permutation test: random divisions of the customers, kept as sums, so that every shift is tried at once.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::record::Effect;

/// Random divisions. With 999 of them and the one that came about, 2.5 % are exactly 25.
const DIVISIONS: usize = 999;

/// Share of the divisions beyond a bound, on one side.
const BEYOND: f64 = 0.025;

/// Halvings of the distance to a bound: more than a float has digits to tell.
const HALVINGS: usize = 50;

/// Widenings by half until a bound is passed: beyond any figure.
const WIDENINGS: usize = 60;

/// What is known of the smaller side of a division: sums of the outcomes, their squares, and the same of those who were
/// treated in truth.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    outcomes: f64,
    squares: f64,
    treated: f64,
    treated_outcomes: f64,
}

impl Sums {
    fn add(&mut self, outcome: f64, treated: bool) {
        self.outcomes += outcome;
        self.squares += outcome * outcome;
        if treated {
            self.treated += 1.0;
            self.treated_outcomes += outcome;
        }
    }

    /// Sum and sum of squares with `shift` taken off the treated.
    fn shifted(&self, shift: f64) -> (f64, f64) {
        let squares = self.squares - 2.0 * shift * self.treated_outcomes + shift * shift * self.treated;
        (self.outcomes - shift * self.treated, squares)
    }
}

/// The division that came about and random ones of the same sizes.
pub(super) struct Permuted {
    customers: f64,
    held_out: f64,
    all: Sums,
    seen: Sums,
    divisions: Vec<Sums>,
}

impl Permuted {
    /// Outcomes are best about 0: squares are summed.
    pub fn new(outcomes: &[f64], treated: &[bool], seed: u64) -> Self {
        let (mut all, mut seen) = (Sums::default(), Sums::default());
        for (&outcome, &treated) in outcomes.iter().zip(treated) {
            all.add(outcome, treated);
            if !treated {
                seen.add(outcome, treated);
            }
        }
        let held_out = treated.iter().filter(|&&treated| !treated).count();
        let divisions = divisions(outcomes, treated, held_out, seed);
        Self { customers: outcomes.len() as f64, held_out: held_out as f64, all, seen, divisions }
    }

    /// None where no outcome differs from another.
    pub fn interval(&self) -> Option<Effect> {
        let (mean, error) = self.difference(&self.seen, 0.0);
        if error == 0.0 {
            return None;
        }
        let bound = |direction: f64| self.bound(mean, direction * error);
        Some(Effect { a_head: mean, low: bound(-1.0), high: bound(1.0) })
    }

    /// Difference of the means, treated less held out, and its standard error, with `shift` taken off those who were
    /// treated in truth.
    fn difference(&self, held_out: &Sums, shift: f64) -> (f64, f64) {
        let (all, squares) = self.all.shifted(shift);
        let (apart, apart_squares) = held_out.shifted(shift);
        let (n, m) = (self.held_out, self.customers - self.held_out);
        let (mean_apart, mean) = (apart / n, (all - apart) / m);
        // Rounding can leave a variance of 0 a little below it.
        let variance = |squares: f64, sum: f64, n: f64| ((squares - sum * sum / n) / (n - 1.0)).max(0.0);
        let of_the_mean =
            variance(apart_squares, apart, n) / n + variance(squares - apart_squares, all - apart, m) / m;
        (mean - mean_apart, of_the_mean.sqrt())
    }

    fn statistic(&self, held_out: &Sums, shift: f64) -> f64 {
        let (mean, error) = self.difference(held_out, shift);
        if error > 0.0 { mean / error } else { mean.signum() * f64::INFINITY }
    }

    /// Share of the divisions at or beyond the one that came about, where the effect is `shift`: beyond below it for a
    /// `shift` above the estimate.
    fn beyond(&self, shift: f64, above: bool) -> f64 {
        let seen = self.statistic(&self.seen, shift);
        let is_beyond = |division: &&Sums| {
            let drawn = self.statistic(division, shift);
            if above { drawn <= seen } else { drawn >= seen }
        };
        (1 + self.divisions.iter().filter(is_beyond).count()) as f64 / (1 + self.divisions.len()) as f64
    }

    /// The last shift from the estimate on, in the direction of `step`, that is not rejected.
    fn bound(&self, estimate: f64, step: f64) -> f64 {
        let holds = |distance: f64| self.beyond(estimate + distance, step > 0.0) >= BEYOND;
        let wider = (0..WIDENINGS).map(|i| step * 1.5_f64.powi(i as i32));
        let mut outside = wider.clone().find(|&distance| !holds(distance)).unwrap_or(step * f64::MAX.sqrt());
        let mut inside = 0.0;
        for _ in 0..HALVINGS {
            let middle = inside + (outside - inside) / 2.0;
            if holds(middle) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        estimate + outside
    }
}

/// Sums of random sides as large as the held-out one.
fn divisions(outcomes: &[f64], treated: &[bool], held_out: usize, seed: u64) -> Vec<Sums> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut customers: Vec<(f64, bool)> = outcomes.iter().copied().zip(treated.iter().copied()).collect();
    let n = customers.len();
    let draw = |_| {
        let mut sums = Sums::default();
        // The beginning of a random order is a random side, whatever the order was before.
        for at in 0..held_out {
            customers.swap(at, random.gen_range(at..n));
            let (outcome, treated) = customers[at];
            sums.add(outcome, treated);
        }
        sums
    };
    (0..DIVISIONS).map(draw).collect()
}
