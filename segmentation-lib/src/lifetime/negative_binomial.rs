//! NBD: nobody leaves.
//!
//! Purchases come at a rate that is gamma distributed over customers (shape r, rate α) for ever: Ehrenberg, "The
//! Pattern of Consumer Purchases", Applied Statistics 8 (1959). It is where the models with leaving end when the data
//! do not show any. The likelihood, with the constant of the others so that they compare:
//!
//! (r)ₓ α^r (α+T)^−(r+x).

use super::histories::{Histories, History};
use super::moments::Moments;
use super::repeats::Repeats;
use super::special::{digamma, ln_gamma, trigamma};

/// The parameters' places in arrays.
const R: usize = 0;
#[cfg(test)]
const ALPHA: usize = 1;

/// An NBD with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct NegativeBinomial {
    pub r: f64,
    pub alpha: f64,
}

impl NegativeBinomial {
    pub fn new([r, alpha]: [f64; 2]) -> Self {
        Self { r, alpha }
    }

    /// The log-likelihood of all customers with its derivatives by (r, α).
    pub fn log_likelihood(&self, histories: &Histories) -> Moments<2> {
        let (rows, counts) = (histories.distinct(), histories.counts());
        let mut total = Moments::sum(rows.len(), |block, sum| {
            for i in block {
                sum.add(counts[i], &self.of_age(&rows[i]));
            }
        });
        for &(x, count) in histories.frequencies() {
            total.add(count, &self.of_number(f64::from(x)));
        }
        total
    }

    /// ln (r)ₓ.
    fn of_number(&self, x: f64) -> Moments<2> {
        let mut part = Moments { value: ln_gamma(self.r + x) - ln_gamma(self.r), ..Moments::default() };
        part.gradient[R] = digamma(self.r + x) - digamma(self.r);
        part.hessian[R][R] = trigamma(self.r + x) - trigamma(self.r);
        part
    }

    /// r ln α − (r + x) ln(α + T).
    fn of_age(&self, history: &History) -> Moments<2> {
        let (r, alpha) = (self.r, self.alpha);
        let (shape, rate) = (r + f64::from(history.frequency), alpha + history.age);
        let of_both = 1.0 / alpha - 1.0 / rate;
        Moments {
            value: r * alpha.ln() - shape * rate.ln(),
            gradient: [alpha.ln() - rate.ln(), r / alpha - shape / rate],
            hessian: [[0.0, of_both], [of_both, shape / (rate * rate) - r / (alpha * alpha)]],
        }
    }

    /// Derivative of the log-likelihood by a rate of leaving that is the same for all, at a rate of 0. Where it is not
    /// above 0 a little leaving makes the data less likely, whoever leaves.
    ///
    /// With k = r + x, a customer's share is −T + ∫ ((α+T)/(α+t))ᵏ dt over t from t_x to T.
    pub fn gain_from_leaving(&self, histories: &Histories) -> f64 {
        let of = |history: &History| {
            let rate = self.alpha + history.age;
            let log = (rate / (self.alpha + history.recency)).ln();
            let over = self.r + f64::from(history.frequency) - 1.0;
            let integral =
                if (over * log).abs() < 1e-8 { rate * log } else { rate * (over * log).exp_m1() / over };
            integral - history.age
        };
        histories.distinct().iter().zip(histories.counts()).map(|(history, count)| count * of(history)).sum()
    }

    /// Mean and mean square of the purchases within `horizon`: negative binomial.
    pub fn purchases(&self, history: &History, horizon: f64) -> Repeats {
        let odds = horizon / (self.alpha + history.age);
        let mean = (self.r + f64::from(history.frequency)) * odds;
        Repeats { mean, square: mean * (1.0 + odds) + mean * mean }
    }

    /// P(X(t) = n) of a new customer.
    pub fn probability(&self, n: u32, time: f64) -> f64 {
        let n = f64::from(n);
        let ways = ln_gamma(self.r + n) - ln_gamma(self.r) - ln_gamma(n + 1.0);
        let rate = self.alpha + time;
        (ways + self.r * (self.alpha / rate).ln() + n * (time / rate).ln()).exp()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histories() -> impl Strategy<Value = Histories> {
        let one = (0..9_u32, 0.01..1.0_f64, 1.0..60.0_f64);
        prop::collection::vec(one, 1..30).prop_map(|rows| {
            let row =
                |(x, part, age): (u32, f64, f64)| History::new(x, if x == 0 { 0.0 } else { part * age }, age);
            Histories::new(&rows.into_iter().map(row).collect::<Vec<_>>()).expect("possible")
        })
    }

    proptest! {
        #[test]
        fn derivatives_are_those_of_the_value(histories in histories(), r in 0.2..4.0_f64, alpha in 0.5..30.0_f64) {
            let at = |r: f64, alpha: f64| NegativeBinomial { r, alpha }.log_likelihood(&histories);
            let here = at(r, alpha);
            let step = 1e-5;
            let by_r = (at(r + step, alpha), at(r - step, alpha));
            let by_alpha = (at(r, alpha + step), at(r, alpha - step));
            let slope = |(up, down): &(Moments<2>, Moments<2>)| (up.value - down.value) / (2.0 * step);
            let bend = |(up, down): &(Moments<2>, Moments<2>), of: usize| (up.gradient[of] - down.gradient[of]) / (2.0 * step);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-5 * (1.0 + a.abs().max(here.value.abs()));
            prop_assert!(near(here.gradient[R], slope(&by_r)) && near(here.gradient[ALPHA], slope(&by_alpha)));
            prop_assert!(near(here.hessian[R][R], bend(&by_r, R)) && near(here.hessian[R][ALPHA], bend(&by_r, ALPHA)));
            prop_assert!(near(here.hessian[ALPHA][ALPHA], bend(&by_alpha, ALPHA)));
        }

        #[test]
        fn purchases_are_those_of_the_distribution(r in 0.2..4.0_f64, alpha in 1.0..30.0_f64, time in 0.5..20.0_f64) {
            let model = NegativeBinomial { r, alpha };
            let expected = model.purchases(&History::new(0, 0.0, 0.0), time);
            let by = |weight: fn(f64) -> f64| {
                (0..4000_u32).map(|n| weight(f64::from(n)) * model.probability(n, time)).sum::<f64>()
            };
            prop_assert!((by(|_| 1.0) - 1.0).abs() < 1e-9);
            prop_assert!((by(|n| n) - expected.mean).abs() < 1e-8 * (1.0 + expected.mean));
            prop_assert!((by(|n| n * n) - expected.square).abs() < 1e-7 * (1.0 + expected.square));
        }

        #[test]
        fn what_leaving_adds_is_an_integral(histories in histories(), r in 0.2..4.0_f64, alpha in 0.5..30.0_f64) {
            // By Simpson's rule over u = ln(α + t), in which the integrand is an exponential.
            let of = |h: &History| {
                let k = r + f64::from(h.frequency);
                let (from, to) = ((alpha + h.recency).ln(), (alpha + h.age).ln());
                let (parts, width) = (4000, (to - from) / 4000.0);
                let sum: f64 = (0..=parts).map(|i| {
                    let weight = if i == 0 || i == parts { 1.0 } else if i % 2 == 1 { 4.0 } else { 2.0 };
                    let u = from + width * f64::from(i);
                    weight * (k * (to - u) + u).exp()
                }).sum();
                sum * width / 3.0 - h.age
            };
            let slow: f64 = histories.distinct().iter().zip(histories.counts()).map(|(h, count)| count * of(h)).sum();
            let gain = NegativeBinomial { r, alpha }.gain_from_leaving(&histories);
            prop_assert!((gain - slow).abs() <= 1e-7 * (1.0 + gain.abs().max(slow.abs())), "{gain} {slow}");
        }
    }
}
