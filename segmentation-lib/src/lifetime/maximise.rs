//! Newton's method for log-likelihoods of a few positive parameters.
//!
//! It works on the parameters' logarithms, which are free, with second derivatives, and damps a step as
//! Levenberg and Marquardt do until the likelihood rises. Sums are taken per customer, so that one
//! tolerance fits any number of them.

use super::LifetimeError;
use super::moments::Moments;

/// Steps, taken or refused, before the search is given up.
const MOST_STEPS: usize = 300;
/// Gradient per customer, by ln parameter, that counts as flat.
const FLAT: f64 = 1e-11;
/// The same where rounding leaves no way further up.
const NEARLY_FLAT: f64 = 1e-8;
/// The same for a start, which will be left again.
const ROUGHLY_FLAT: f64 = 1e-3;
/// Longest step in ln parameter.
const LONGEST: f64 = 1.5;
/// Parameters that are further than this factor from their unit are at the edge: a likelihood that still
/// rises there has no maximum.
const EDGE: f64 = 1e5;

/// Distinct rows from which on a fit starts from where it comes to rest on a part of them.
pub const MANY: usize = 500;
/// The part: one of so many.
pub const PART: usize = 10;

/// Where the likelihood is highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maximum<const N: usize> {
    pub parameters: [f64; N],
    pub log_likelihood: f64,
    /// Standard errors of the parameters, from the observed information.
    pub standard_errors: [f64; N],
    /// Covariances of the parameters: the inverse of the observed information.
    pub covariances: [[f64; N]; N],
    /// Euclidean norm of the gradient per customer, by ln parameter.
    pub gradient_norm: f64,
    pub steps: usize,
}

/// A log-likelihood to be maximised.
pub struct Problem<'a, const N: usize> {
    pub names: [&'static str; N],
    /// Customers the likelihood is a sum over.
    pub customers: f64,
    /// A usual size of each parameter: the search's edges are far from it.
    pub units: [f64; N],
    pub likelihood: &'a (dyn Fn(&[f64; N]) -> Moments<N> + Sync),
}

impl<const N: usize> Problem<'_, N> {
    /// The maximum, searched from `start`.
    ///
    /// # Errors
    /// [`LifetimeError::Ridge`] where a parameter runs off or is not determined,
    /// [`LifetimeError::NotConverged`] where the search does not come to rest.
    pub fn maximise(&self, start: [f64; N]) -> Result<Maximum<N>, LifetimeError> {
        let rest = self.climb(start, FLAT)?;
        self.examined(&rest)
    }

    /// Where a search from `start` comes to rest, without judging the place; for a start on fewer customers.
    pub fn approach(&self, start: [f64; N]) -> Result<[f64; N], LifetimeError> {
        self.climb(start, ROUGHLY_FLAT).map(|rest| rest.parameters)
    }

    fn climb(&self, start: [f64; N], flat: f64) -> Result<Rest<N>, LifetimeError> {
        let mut place = start.map(f64::ln);
        let mut here = self.at(&place);
        let mut damping = 1e-3;
        for step in 0..MOST_STEPS {
            if norm(&here.gradient) <= flat {
                return Ok(Rest { parameters: place.map(f64::exp), here, steps: step });
            }
            let Some(moved) = damped_step(&here, damping) else {
                damping = (damping * 10.0).max(1e-6);
                continue;
            };
            let next: [f64; N] = std::array::from_fn(|i| place[i] + moved[i]);
            self.within_edges(&next)?;
            let there = self.at(&next);
            if there.value > here.value || is_flatter(&here, &there) {
                (place, here) = (next, there);
                damping = if damping < 1e-7 { 0.0 } else { damping * 0.1 };
            } else if norm(&here.gradient) <= NEARLY_FLAT {
                return Ok(Rest { parameters: place.map(f64::exp), here, steps: step });
            } else {
                damping = (damping * 10.0).max(1e-6);
            }
        }
        Err(LifetimeError::NotConverged { steps: MOST_STEPS, gradient_norm: norm(&here.gradient) })
    }

    /// Value and derivatives per customer, by ln parameter.
    fn at(&self, place: &[f64; N]) -> Moments<N> {
        by_logarithms(&(self.likelihood)(&place.map(f64::exp)), &place.map(f64::exp), self.customers)
    }

    #[allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]
    fn within_edges(&self, place: &[f64; N]) -> Result<(), LifetimeError> {
        for i in 0..N {
            if (place[i] - self.units[i].ln()).abs() > EDGE.ln() {
                return Err(LifetimeError::Ridge { parameter: self.names[i], value: place[i].exp() });
            }
        }
        Ok(())
    }

    /// Standard errors, and a refusal where they say that nothing was learnt about a parameter.
    fn examined(&self, rest: &Rest<N>) -> Result<Maximum<N>, LifetimeError> {
        let Rest { parameters, here, steps } = *rest;
        let information = here.hessian.map(|row| row.map(|v| -v * self.customers));
        let least = (0..N).min_by(|&i, &j| information[i][i].total_cmp(&information[j][j])).unwrap_or(0);
        let ridge = |i: usize| LifetimeError::Ridge { parameter: self.names[i], value: parameters[i] };
        let covariance = inverse(&information).ok_or_else(|| ridge(least))?;
        let relative: [f64; N] = std::array::from_fn(|i| covariance[i][i].sqrt());
        // A 95 % interval over more than four orders of magnitude determines nothing.
        if let Some(i) = (0..N).find(|&i| relative[i] > 2.5 || !relative[i].is_finite()) {
            return Err(ridge(i));
        }
        let natural = |i: usize, j: usize| covariance[i][j] * parameters[i] * parameters[j];
        let covariances = std::array::from_fn(|i| std::array::from_fn(|j| natural(i, j)));
        let standard_errors = std::array::from_fn(|i| relative[i] * parameters[i]);
        let gradient_norm = norm(&here.gradient);
        Ok(Maximum {
            parameters,
            log_likelihood: here.value * self.customers,
            standard_errors,
            covariances,
            gradient_norm,
            steps,
        })
    }
}

/// Where a search came to rest.
struct Rest<const N: usize> {
    parameters: [f64; N],
    /// Value and derivatives per customer, by ln parameter.
    here: Moments<N>,
    steps: usize,
}

/// From derivatives of a sum by the parameters to those per customer by their logarithms.
fn by_logarithms<const N: usize>(sum: &Moments<N>, parameters: &[f64; N], customers: f64) -> Moments<N> {
    let mut by = Moments { value: sum.value / customers, ..Moments::default() };
    for i in 0..N {
        by.gradient[i] = sum.gradient[i] * parameters[i] / customers;
        for j in 0..N {
            by.hessian[i][j] = sum.hessian[i][j] * parameters[i] * parameters[j] / customers;
        }
        by.hessian[i][i] += by.gradient[i];
    }
    by
}

/// Near the maximum the value no longer tells two places apart; the gradient still does.
fn is_flatter<const N: usize>(here: &Moments<N>, there: &Moments<N>) -> bool {
    let indistinct = (there.value - here.value).abs() <= 1e-13 * here.value.abs();
    indistinct && norm(&there.gradient) < 0.5 * norm(&here.gradient)
}

/// Newton's step with `damping` added to the curvature; None where the curvature is still not downward.
#[allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]
fn damped_step<const N: usize>(here: &Moments<N>, damping: f64) -> Option<[f64; N]> {
    let mut curvature = here.hessian.map(|row| row.map(|v| -v));
    for i in 0..N {
        curvature[i][i] += damping * curvature[i][i].abs().max(1e-3);
    }
    let mut step = solve(&cholesky(&curvature)?, &here.gradient);
    let longest = step.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
    if longest > LONGEST {
        step = step.map(|s| s * (LONGEST / longest));
    }
    longest.is_finite().then_some(step)
}

fn norm<const N: usize>(vector: &[f64; N]) -> f64 {
    vector.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Lower triangle L with L Lᵀ = matrix; None where the matrix is not positive definite.
#[allow(
    clippy::needless_range_loop,
    clippy::neg_cmp_op_on_partial_ord,
    reason = "rows and columns of a small matrix; what is no number is refused"
)]
fn cholesky<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i == j {
                // Below this the pivot is rounding.
                if !(rest > 1e-14 * matrix[i][i].abs()) {
                    return None;
                }
                lower[i][i] = rest.sqrt();
            } else {
                lower[i][j] = rest / lower[j][j];
            }
        }
    }
    Some(lower)
}

/// The solution of L Lᵀ y = right.
fn solve<const N: usize>(lower: &[[f64; N]; N], right: &[f64; N]) -> [f64; N] {
    let mut y = *right;
    for i in 0..N {
        y[i] = (y[i] - (0..i).map(|k| lower[i][k] * y[k]).sum::<f64>()) / lower[i][i];
    }
    for i in (0..N).rev() {
        y[i] = (y[i] - (i + 1..N).map(|k| lower[k][i] * y[k]).sum::<f64>()) / lower[i][i];
    }
    y
}

/// The inverse of a positive definite matrix; None where it is not.
fn inverse<const N: usize>(matrix: &[[f64; N]; N]) -> Option<[[f64; N]; N]> {
    let lower = cholesky(matrix)?;
    let column = |j: usize| solve(&lower, &std::array::from_fn(|i| f64::from(u8::from(i == j))));
    Some(std::array::from_fn(column))
}
