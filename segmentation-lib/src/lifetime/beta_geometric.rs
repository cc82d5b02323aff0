//! BG/NBD and MBG/NBD: a customer may leave after a purchase.
//!
//! Purchases come at a rate that is gamma distributed over customers (shape r, rate α); after a purchase a
//! customer leaves with a probability that is Beta(a, b). In the BG/NBD (Fader, Hardie & Lee 2005) repeat
//! purchases alone give occasion to leave, in the MBG/NBD (Batislam, Denizel & Filiztekin 2007) the first
//! purchase too. With m such occasions and (c)ₘ the rising factorial, both have the likelihood
//!
//! (r)ₓ α^r · (b)ₘ/(a+b)ₘ · [ (α+T)^−(r+x) + a/(b+m−1) · (α+t_x)^−(r+x) if m > 0 ].

use super::LifetimeError;
use super::histories::{Histories, History};
use super::moments::{LogSum, Moments};
use super::repeats::{Repeats, expected_repeats};
use super::special::LnRising;

/// The parameters' places in arrays.
const R: usize = 0;
const ALPHA: usize = 1;
const A: usize = 2;
const B: usize = 3;

/// A BG/NBD or an MBG/NBD with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct BetaGeometric {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
    /// Occasions to leave before the first repeat purchase: 0 in the BG/NBD, 1 in the MBG/NBD.
    pub first_occasions: u32,
}

/// What leaving depends on besides time.
struct Risk {
    frequency: u32,
    /// Occasions to leave.
    occasions: u32,
    /// b + m − 1.
    stay: f64,
    /// ln [a/(b + m − 1)]; no number where it is not needed.
    ln_odds: f64,
}

impl BetaGeometric {
    pub fn new([r, alpha, a, b]: [f64; 4], first_occasions: u32) -> Self {
        Self { r, alpha, a, b, first_occasions }
    }

    /// The log-likelihood of all customers with its derivatives by (r, α, a, b).
    pub fn log_likelihood(&self, histories: &Histories) -> Moments<4> {
        let (rows, counts) = (histories.distinct(), histories.counts());
        let mut total = Moments::sum(rows.len(), |block, sum| {
            // Rows of one frequency follow each other.
            let mut risk = self.risk(0);
            for i in block {
                if rows[i].frequency != risk.frequency {
                    risk = self.risk(rows[i].frequency);
                }
                sum.add(counts[i], &self.bracket(&rows[i], &risk));
            }
        });
        self.add_factorials(&mut total, histories.frequencies());
        total
    }

    /// What depends on x alone: ln [(r)ₓ α^r (b)ₘ/(a+b)ₘ], once for each x.
    fn add_factorials(&self, total: &mut Moments<4>, frequencies: &[(u32, f64)]) {
        let (mut of_r, mut of_b, mut of_ab) = Default::default();
        let mut before = None;
        for &(x, count) in frequencies {
            let m = x + self.first_occasions;
            let (from_x, from_m) = before.unwrap_or((0, 0));
            of_r = LnRising::extended(of_r, self.r, from_x, x);
            of_b = LnRising::extended(of_b, self.b, from_m, m);
            of_ab = LnRising::extended(of_ab, self.a + self.b, from_m, m);
            before = Some((x, m));
            total.add(count, &self.factorials(of_r, of_b, of_ab));
        }
    }

    fn factorials(&self, of_r: LnRising, of_b: LnRising, of_ab: LnRising) -> Moments<4> {
        let ln_alpha = self.alpha.ln();
        let mut part = Moments {
            value: of_r.value + self.r * ln_alpha + of_b.value - of_ab.value,
            gradient: [of_r.first + ln_alpha, self.r / self.alpha, -of_ab.first, of_b.first - of_ab.first],
            ..Moments::default()
        };
        part.hessian[R][R] = of_r.second;
        part.hessian[R][ALPHA] = 1.0 / self.alpha;
        part.hessian[ALPHA][R] = 1.0 / self.alpha;
        part.hessian[ALPHA][ALPHA] = -self.r / (self.alpha * self.alpha);
        part.hessian[A][A] = -of_ab.second;
        part.hessian[A][B] = -of_ab.second;
        part.hessian[B][A] = -of_ab.second;
        part.hessian[B][B] = of_b.second - of_ab.second;
        part
    }

    fn risk(&self, frequency: u32) -> Risk {
        let occasions = frequency + self.first_occasions;
        let stay = self.b + f64::from(occasions) - 1.0;
        Risk { frequency, occasions, stay, ln_odds: (self.a / stay).ln() }
    }

    /// The logarithm of the likelihood's last factor.
    fn bracket(&self, history: &History, risk: &Risk) -> Moments<4> {
        let purchases = self.r + f64::from(history.frequency);
        let (to_end, to_last) = (self.alpha + history.age, self.alpha + history.recency);
        let ln_end = to_end.ln();
        let ln_stayed = -purchases * ln_end;
        let mut sum = LogSum::default();
        let stayed = [-ln_end, -purchases / to_end, 0.0, 0.0];
        let curved = |time: f64| [(ALPHA, R, -1.0 / time), (ALPHA, ALPHA, purchases / (time * time))];
        if risk.occasions == 0 {
            sum.add(1.0, &stayed, &curved(to_end));
            return sum.ln(ln_stayed);
        }
        let ln_last = to_last.ln();
        let ln_left = risk.ln_odds - purchases * ln_last;
        // The larger of the two is the scale.
        let smaller = (-(ln_stayed - ln_left).abs()).exp();
        let (size_stayed, size_left) = if ln_stayed > ln_left { (1.0, smaller) } else { (smaller, 1.0) };
        sum.add(size_stayed, &stayed, &curved(to_end));
        let left = [-ln_last, -purchases / to_last, 1.0 / self.a, -1.0 / risk.stay];
        let [one, two] = curved(to_last);
        let by_risk = [one, two, (A, A, -1.0 / (self.a * self.a)), (B, B, 1.0 / (risk.stay * risk.stay))];
        sum.add(size_left, &left, &by_risk);
        sum.ln(ln_stayed.max(ln_left))
    }

    /// Probability that the customer has not left: 1 / (1 + a/(b+m−1) · ((α+T)/(α+t_x))^(r+x)).
    pub fn alive(&self, history: &History) -> f64 {
        let occasions = history.frequency + self.first_occasions;
        if occasions == 0 {
            return 1.0;
        }
        let purchases = self.r + f64::from(history.frequency);
        let waited = ((history.age - history.recency) / (self.alpha + history.recency)).ln_1p();
        let odds = self.a / (self.b + f64::from(occasions) - 1.0) * (purchases * waited).exp();
        1.0 / (1.0 + odds)
    }

    /// Purchases within `horizon` after the observation; their square where it is asked for.
    pub fn purchases<const SQUARE: bool>(
        &self,
        history: &History,
        horizon: f64,
    ) -> Result<Repeats, LifetimeError> {
        let purchases = self.r + f64::from(history.frequency);
        let stay = self.b + f64::from(history.frequency + self.first_occasions);
        let odds = horizon / (self.alpha + history.age);
        let Repeats { mean, square } = expected_repeats::<SQUARE>(purchases, self.a, stay, odds)
            .ok_or(LifetimeError::HorizonTooLong { horizon, age: history.age, rate_unit: self.alpha })?;
        let alive = self.alive(history);
        Ok(Repeats { mean: alive * mean, square: alive * square })
    }

    /// P(X(t) = n): n purchases counted and the customer still there, or gone after the n-th with at
    /// least n purchase opportunities in the time.
    pub fn probability(&self, n: u32, time: f64) -> f64 {
        let occasions = n + self.first_occasions;
        let stayed = self.survival(occasions);
        let counted = stayed * nbd(self.r, self.alpha, n, time);
        if occasions == 0 {
            return counted;
        }
        let total = self.a + self.b + f64::from(occasions) - 1.0;
        let left = self.survival(occasions - 1) * self.a / total;
        counted + left * nbd_at_least(self.r, self.alpha, n, time)
    }

    /// (b)ₘ/(a+b)ₘ: probability to pass m occasions to leave.
    fn survival(&self, occasions: u32) -> f64 {
        (LnRising::of(self.b, occasions).value - LnRising::of(self.a + self.b, occasions).value).exp()
    }
}

/// P(N(t) = n) of purchases at gamma distributed rates: (r)ₙ/n! · (α/(α+t))^r · (t/(α+t))^n.
pub fn nbd(r: f64, alpha: f64, n: u32, time: f64) -> f64 {
    let none = -r * (time / alpha).ln_1p();
    let each = if n == 0 { 0.0 } else { -f64::from(n) * (alpha / time).ln_1p() };
    (LnRising::of(r, n).value - LnRising::of(1.0, n).value + none + each).exp()
}

/// P(N(t) ≥ n), summed over the tail or its complement, whichever lies past the mean.
fn nbd_at_least(r: f64, alpha: f64, n: u32, time: f64) -> f64 {
    let z = time / (alpha + time);
    let mut j = f64::from(n);
    if j <= r * time / alpha {
        return 1.0 - (0..n).map(|j| nbd(r, alpha, j, time)).sum::<f64>();
    }
    let (mut term, mut sum) = (nbd(r, alpha, n, time), 0.0);
    while term > f64::EPSILON * 0.1 * (1.0 - z) * sum {
        sum += term;
        term *= (r + j) / (j + 1.0) * z;
        j += 1.0;
    }
    sum
}
