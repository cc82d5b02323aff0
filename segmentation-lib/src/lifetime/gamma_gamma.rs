//! Gamma-Gamma: what a purchase brings.
//!
//! A purchase's value is gamma distributed (shape p) about the customer's own mean, and those means are spread
//! by a gamma distributed rate (shape q, rate γ): Fader & Hardie, "The Gamma-Gamma Model of Monetary Value"
//! (note 025, 2013). With z the mean of a customer's x values,
//!
//! L = Γ(px+q) / (Γ(px) Γ(q)) · γ^q z^(px−1) x^(px) / (γ + xz)^(px+q).
//!
//! The model takes value and number of purchases to be independent; [`SpendFit::correlation`] says how far that
//! holds.

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::LifetimeError;
use super::maximise::{MANY, PART, Problem};
use super::moments::Moments;
use super::special::{digamma, ln_gamma, trigamma};

/// The parameters' places in arrays.
const P: usize = 0;
const Q: usize = 1;
const GAMMA: usize = 2;

/// A Gamma-Gamma model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpendModel {
    p: f64,
    q: f64,
    gamma: f64,
}

/// What a customer's purchases brought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spend {
    /// Purchases that the mean is over: x. 0 where nothing is known.
    pub purchases: u32,
    /// Their mean value: z.
    pub mean: f64,
}

impl Spend {
    /// Number and sum of the purchases; both 0 without purchases or with a mean of 0 or less, which tells nothing.
    pub(super) fn known(&self) -> (f64, f64) {
        let x = f64::from(self.purchases);
        if self.purchases > 0 && self.mean > 0.0 { (x, x * self.mean) } else { (0.0, 0.0) }
    }
}

/// A fit by maximum likelihood, and who was left out of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpendFit {
    /// The model at the maximum.
    pub model: SpendModel,
    /// The maximum of the log-likelihood.
    pub log_likelihood: f64,
    /// Standard errors of p, q, γ, from the observed information.
    pub standard_errors: [f64; 3],
    /// Covariances of p, q, γ, from the observed information.
    pub covariances: [[f64; 3]; 3],
    /// Euclidean norm of the gradient per customer, by the logarithms of the parameters.
    pub gradient_norm: f64,
    /// Steps of Newton's method.
    pub steps: usize,
    /// Customers fitted to: a purchase and a positive mean.
    pub customers: usize,
    /// Left out: no purchase that counts.
    pub without_purchase: usize,
    /// Left out: a mean of 0 or less, from returns or free items. Gamma distributed values are positive.
    pub not_positive: usize,
    /// Pearson's correlation of number and mean value among the customers fitted to; 0 under the model.
    pub correlation: f64,
}

impl SpendModel {
    /// The parameters' names, in order.
    pub const NAMES: [&str; 3] = ["p", "q", "gamma"];

    /// A model with given p, q, γ.
    ///
    /// # Errors
    /// [`LifetimeError::BadParameter`] where one is not a finite number above 0.
    pub fn new(parameters: [f64; 3]) -> Result<Self, LifetimeError> {
        for (parameter, value) in Self::NAMES.into_iter().zip(parameters) {
            if !(value > 0.0 && value.is_finite()) {
                return Err(LifetimeError::BadParameter { parameter, value });
            }
        }
        Ok(Self::of(&parameters))
    }

    fn of(&[p, q, gamma]: &[f64; 3]) -> Self {
        Self { p, q, gamma }
    }

    /// p, q, γ.
    pub fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.gamma]
    }

    /// Fits by maximum likelihood to the customers with purchases and a positive mean. Cost: some ten to
    /// twenty passes.
    ///
    /// # Errors
    /// [`LifetimeError::BadSpend`] for a mean that is no number, [`LifetimeError::NoSpend`] with fewer than
    /// two usable customers, [`LifetimeError::NotConverged`] and [`LifetimeError::Ridge`] where the data do
    /// not determine the parameters.
    pub fn fit(customers: &[Spend]) -> Result<SpendFit, LifetimeError> {
        if let Some((row, bad)) = customers.iter().enumerate().find(|(_, c)| !c.mean.is_finite()) {
            return Err(LifetimeError::BadSpend { row, value: bad.mean });
        }
        let without_purchase = customers.iter().filter(|c| c.purchases == 0).count();
        let usable = Grouped::new(customers);
        let not_positive = customers.len() - without_purchase - usable.customers;
        if usable.customers < 2 {
            return Err(LifetimeError::NoSpend {
                customers: customers.len(),
                usable: usable.customers,
                no_repeat: without_purchase,
                not_positive,
            });
        }
        let mut start = [2.0, 3.0, usable.mean];
        if usable.rows.len() > MANY {
            let part = Grouped::of(usable.rows.iter().copied().step_by(PART).collect());
            start = with_problem(&part, |problem| problem.approach(start)).unwrap_or(start);
        }
        let maximum = with_problem(&usable, |problem| problem.maximise(start))?;
        Ok(SpendFit {
            model: Self::of(&maximum.parameters),
            log_likelihood: maximum.log_likelihood,
            standard_errors: maximum.standard_errors,
            covariances: maximum.covariances,
            gradient_norm: maximum.gradient_norm,
            steps: maximum.steps,
            customers: usable.customers,
            without_purchase,
            not_positive,
            correlation: usable.correlation,
        })
    }

    /// Log-likelihood of the customers with purchases and a positive mean.
    pub fn log_likelihood(&self, customers: &[Spend]) -> f64 {
        self.moments_of(customers).value
    }

    /// The log-likelihood with its derivatives by (p, q, γ).
    pub(super) fn moments_of(&self, customers: &[Spend]) -> Moments<3> {
        self.moments(&Grouped::new(customers))
    }

    fn moments(&self, customers: &Grouped) -> Moments<3> {
        let mut total = Moments::sum(customers.rows.len(), |block, sum| {
            for (row, count) in &customers.rows[block] {
                sum.add(*count, &self.of_values(row));
            }
        });
        for &(x, count) in &customers.by_purchases {
            total.add(count, &self.of_number(x));
        }
        total
    }

    /// The factors that depend on the number of purchases alone.
    fn of_number(&self, x: f64) -> Moments<3> {
        let (px, pxq) = (self.p * x, self.p * x + self.q);
        let mut part = Moments {
            value: ln_gamma(pxq) - ln_gamma(px) - ln_gamma(self.q) + self.q * self.gamma.ln() + px * x.ln(),
            gradient: [
                x * (digamma(pxq) - digamma(px) + x.ln()),
                digamma(pxq) - digamma(self.q) + self.gamma.ln(),
                self.q / self.gamma,
            ],
            ..Moments::default()
        };
        let both = trigamma(pxq);
        part.hessian[P][P] = x * x * (both - trigamma(px));
        part.hessian[P][Q] = x * both;
        part.hessian[Q][P] = x * both;
        part.hessian[Q][Q] = both - trigamma(self.q);
        part.hessian[Q][GAMMA] = 1.0 / self.gamma;
        part.hessian[GAMMA][Q] = 1.0 / self.gamma;
        part.hessian[GAMMA][GAMMA] = -self.q / (self.gamma * self.gamma);
        part
    }

    /// ln [z^(px−1) / (γ + xz)^(px+q)].
    fn of_values(&self, spend: &Spend) -> Moments<3> {
        let (x, z) = (f64::from(spend.purchases), spend.mean);
        let total = self.gamma + x * z;
        let (ln_z, ln_total, shape) = (z.ln(), total.ln(), self.p * x + self.q);
        let mut part = Moments {
            value: (self.p * x - 1.0) * ln_z - shape * ln_total,
            gradient: [x * (ln_z - ln_total), -ln_total, -shape / total],
            ..Moments::default()
        };
        part.hessian[P][GAMMA] = -x / total;
        part.hessian[GAMMA][P] = -x / total;
        part.hessian[Q][GAMMA] = -1.0 / total;
        part.hessian[GAMMA][Q] = -1.0 / total;
        part.hessian[GAMMA][GAMMA] = shape / (total * total);
        part
    }

    /// Expected mean value of the customer's purchases: p(γ + xz) / (px + q − 1), which lies between the
    /// customer's own mean and everybody's. A customer without purchases, or with a mean of 0 or less, is
    /// taken as unknown: pγ / (q − 1).
    ///
    /// # Errors
    /// [`LifetimeError::InfiniteSpend`] where px + q ≤ 1.
    pub fn expected_spend(&self, spend: &Spend) -> Result<f64, LifetimeError> {
        let (x, sum) = spend.known();
        let shape = self.p * x + self.q - 1.0;
        if shape <= 0.0 {
            return Err(LifetimeError::InfiniteSpend { q: self.q });
        }
        Ok(self.p * (self.gamma + sum) / shape)
    }
}

/// Usable customers, equal ones once.
struct Grouped {
    /// Ascending by purchases and mean, each with its number of customers.
    rows: Vec<(Spend, f64)>,
    /// Customers at each number of purchases.
    by_purchases: Vec<(f64, f64)>,
    customers: usize,
    /// Mean of the means.
    mean: f64,
    correlation: f64,
}

impl Grouped {
    fn new(customers: &[Spend]) -> Self {
        let usable = customers.iter().filter(|c| c.purchases > 0 && c.mean > 0.0);
        let mut keys: Vec<(u32, u64)> = usable.map(|c| (c.purchases, c.mean.to_bits())).collect();
        keys.par_sort_unstable();
        let row = |same: &[(u32, u64)]| {
            (Spend { purchases: same[0].0, mean: f64::from_bits(same[0].1) }, same.len() as f64)
        };
        Self::of(keys.chunk_by(|a, b| a == b).map(row).collect())
    }

    /// From distinct rows with their numbers of customers, ascending.
    fn of(rows: Vec<(Spend, f64)>) -> Self {
        let same_number = rows.chunk_by(|a, b| a.0.purchases == b.0.purchases);
        let customers_of = |same: &[(Spend, f64)]| same.iter().map(|row| row.1).sum::<f64>();
        let by_purchases: Vec<(f64, f64)> =
            same_number.map(|same| (f64::from(same[0].0.purchases), customers_of(same))).collect();
        let customers = customers_of(&rows);
        let (mean, correlation) = mean_and_correlation(&rows, customers);
        Self { rows, by_purchases, customers: customers as usize, mean, correlation }
    }
}

/// Runs `search` on the likelihood of the customers.
fn with_problem<T>(
    customers: &Grouped,
    search: impl FnOnce(Problem<'_, 3>) -> Result<T, LifetimeError>,
) -> Result<T, LifetimeError> {
    search(Problem {
        names: SpendModel::NAMES,
        customers: customers.customers as f64,
        units: [1.0, 1.0, customers.mean],
        likelihood: &|parameters| SpendModel::of(parameters).moments(customers),
    })
}

/// Mean of the means, and their correlation with the number of purchases: 0 where one does not vary.
fn mean_and_correlation(rows: &[(Spend, f64)], customers: f64) -> (f64, f64) {
    let average = |of: &dyn Fn(&Spend) -> f64| rows.iter().map(|(s, n)| of(s) * n).sum::<f64>() / customers;
    let number = average(&|s| f64::from(s.purchases));
    let mean = average(&|s| s.mean);
    let product = |f: &dyn Fn(&Spend) -> f64, g: &dyn Fn(&Spend) -> f64| average(&|s| f(s) * g(s));
    let (x, z) = (|s: &Spend| f64::from(s.purchases) - number, |s: &Spend| s.mean - mean);
    let spread = (product(&x, &x) * product(&z, &z)).sqrt();
    (mean, if spread > 0.0 { product(&x, &z) / spread } else { 0.0 })
}
