//! Pareto/NBD: a customer may leave at any moment.
//!
//! Purchases come at a rate that is gamma distributed over customers (shape r, rate α), and customers leave
//! at a rate that is gamma distributed too (shape s, rate β): Schmittlein, Morrison & Colombo 1987. The
//! likelihood is
//!
//! (r)ₓ α^r β^s · [ (α+T)^−(r+x) (β+T)^−s + s ∫ (α+τ)^−(r+x) (β+τ)^−(s+1) dτ ],  τ from t_x to T,
//!
//! over the moment τ of leaving. The integral is commonly written as a difference of two Gaussian
//! hypergeometric functions (Fader & Hardie 2005), which cancel. Its integrand is positive and smooth, so it
//! is summed as it stands ([`super::quadrature`]), to full precision, and its derivatives by the parameters
//! with it.

use super::beta_geometric::nbd;
use super::histories::{Histories, History};
use super::moments::{LogSum, Moments};
use super::quadrature::{Leaving, Node, Shape, graded};
use super::repeats::Repeats;
use super::special::{LnRising, damped};

/// The parameters' places in arrays.
const R: usize = 0;
const ALPHA: usize = 1;
const S: usize = 2;
const BETA: usize = 3;

/// A Pareto/NBD with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct ParetoNbd {
    pub r: f64,
    pub alpha: f64,
    pub s: f64,
    pub beta: f64,
}

impl ParetoNbd {
    pub fn new([r, alpha, s, beta]: [f64; 4]) -> Self {
        Self { r, alpha, s, beta }
    }

    /// The log-likelihood of all customers with its derivatives by (r, α, s, β).
    pub fn log_likelihood(&self, histories: &Histories) -> Moments<4> {
        let (rows, counts) = (histories.distinct(), histories.counts());
        let mut total = Moments::sum(rows.len(), |block, sum| {
            for i in block {
                sum.add(counts[i], &self.bracket(&rows[i]));
            }
        });
        let (mut of_r, mut before) = (LnRising::default(), 0);
        for &(x, count) in histories.frequencies() {
            of_r = of_r.extended(self.r, before, x);
            before = x;
            total.add(count, &self.factors(of_r));
        }
        total
    }

    /// ln [(r)ₓ α^r β^s].
    fn factors(&self, of_r: LnRising) -> Moments<4> {
        let (ln_alpha, ln_beta) = (self.alpha.ln(), self.beta.ln());
        let mut part = Moments {
            value: of_r.value + self.r * ln_alpha + self.s * ln_beta,
            gradient: [of_r.first + ln_alpha, self.r / self.alpha, ln_beta, self.s / self.beta],
            ..Moments::default()
        };
        part.hessian[R][R] = of_r.second;
        part.hessian[R][ALPHA] = 1.0 / self.alpha;
        part.hessian[ALPHA][R] = 1.0 / self.alpha;
        part.hessian[ALPHA][ALPHA] = -self.r / (self.alpha * self.alpha);
        part.hessian[S][BETA] = 1.0 / self.beta;
        part.hessian[BETA][S] = 1.0 / self.beta;
        part.hessian[BETA][BETA] = -self.s / (self.beta * self.beta);
        part
    }

    fn leaving(&self, history: &History) -> Leaving {
        let purchases = self.r + f64::from(history.frequency);
        Leaving::new(purchases, self.alpha, self.s, self.beta, history.recency, history.age)
    }

    /// The logarithm of the likelihood's last factor.
    fn bracket(&self, history: &History) -> Moments<4> {
        let leaving = self.leaving(history);
        let purchases = self.r + f64::from(history.frequency);
        let mut sum = LogSum::default();
        let (to_a, to_b) = (self.alpha + history.age, self.beta + history.age);
        let stayed = [-to_a.ln(), -purchases / to_a, -to_b.ln(), -self.s / to_b];
        let curved = [
            (ALPHA, R, -1.0 / to_a),
            (ALPHA, ALPHA, purchases / (to_a * to_a)),
            (BETA, S, -1.0 / to_b),
            (BETA, BETA, self.s / (to_b * to_b)),
        ];
        sum.add(leaving.stayed, &stayed, &curved);
        leaving.each_node(|Node { size, ln_a, ln_b, inverse_a, inverse_b }| {
            let gone = self.s + 1.0;
            let left = [-ln_a, -purchases * inverse_a, 1.0 / self.s - ln_b, -gone * inverse_b];
            let curved = [
                (ALPHA, R, -inverse_a),
                (ALPHA, ALPHA, purchases * inverse_a * inverse_a),
                (S, S, -1.0 / (self.s * self.s)),
                (BETA, S, -inverse_b),
                (BETA, BETA, gone * inverse_b * inverse_b),
            ];
            sum.add(size, &left, &curved);
        });
        sum.ln(leaving.ln_scale)
    }

    /// Probability that the customer has not left: the share of the first term in the likelihood's sum.
    pub fn alive(&self, history: &History) -> f64 {
        let leaving = self.leaving(history);
        let mut left = 0.0;
        leaving.each_node(|node| left += node.size);
        leaving.stayed / (leaving.stayed + left)
    }

    /// Purchases within `horizon` after the observation. Their mean is
    /// P(alive) (r+x)(β+T) / ((α+T)(s−1)) · [1 − ((β+T)/(β+T+t))^(s−1)], with its limit at s = 1: the mean rate
    /// times the mean time until the customer leaves or the horizon ends. The square's mean is a Poisson
    /// number's: with the mean squares of rate and time.
    pub fn purchases(&self, history: &History, horizon: f64) -> Repeats {
        let (rate, beta) = (self.alpha + history.age, self.beta + history.age);
        let shape = self.r + f64::from(history.frequency);
        let length = (horizon / beta).ln_1p();
        let stays = beta * damped(self.s - 1.0, length);
        let squared = 2.0 * beta * beta * (damped(self.s - 2.0, length) - damped(self.s - 1.0, length));
        let alive = self.alive(history);
        let mean = alive * shape / rate * stays;
        Repeats { mean, square: mean + alive * shape * (shape + 1.0) / (rate * rate) * squared }
    }

    /// P(X(t) = n): n purchases in a time that the customer stayed for, or left before the end of.
    pub fn probability(&self, n: u32, time: f64) -> f64 {
        let stayed = nbd(self.r, self.alpha, n, time) * (-self.s * (time / self.beta).ln_1p()).exp();
        let ln_factor = LnRising::of(self.r, n).value - LnRising::of(1.0, n).value;
        stayed + ln_factor.exp() * self.left_with(n, time)
    }

    /// α^r β^s s ∫ τ^n (α+τ)^−(r+n) (β+τ)^−(s+1) dτ from 0 to t, by u with τ/(α+τ) = t/(α+t) · e^−u.
    fn left_with(&self, n: u32, time: f64) -> f64 {
        let share = time / (self.alpha + time);
        let to_one = (self.alpha / time).ln_1p();
        let number = f64::from(n);
        // β + τ in units of β (1 − τ/(α+τ)), at the end of the time: it falls to 1 from there where α > β.
        let widest = -(-to_one).exp_m1() + self.alpha / self.beta * share;
        let shape = Shape {
            fall: number + 1.0,
            rise: (self.s + 1.0) * widest.ln().max(0.0),
            steepest: number + self.s + 2.0,
            distance: to_one,
        };
        graded(&shape, |u| {
            let q = share * (-u).exp();
            let rest = -(-u - to_one).exp_m1();
            let mixed = rest + self.alpha / self.beta * q;
            let ln = number * (-u - to_one) + (self.r + self.s - 1.0) * rest.ln();
            self.s * self.alpha / self.beta * q * (ln - (self.s + 1.0) * mixed.ln()).exp()
        })
    }
}
