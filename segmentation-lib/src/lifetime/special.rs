//! The gamma function and its relatives, and sums that stand for differences of them.
//!
//! Argument shifts and Stirling's series as in Abramowitz & Stegun 6.1.41, 6.3.18 and 6.4.11-12.

/// Stirling's series is summed from here on; its first omitted term is below 1e-17 there.
const LARGE: f64 = 12.0;

/// Factors or summands that are taken one by one before differences of gamma functions take over.
const ONE_BY_ONE: u32 = 64;

/// ln Γ(x) for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    let (mut shifted, mut product) = (x, 1.0);
    while shifted < LARGE {
        product *= shifted;
        shifted += 1.0;
    }
    let half_ln_two_pi = 0.918_938_533_204_672_8;
    let series = polynomial(
        1.0 / (shifted * shifted),
        &[
            1.0 / 12.0,
            -1.0 / 360.0,
            1.0 / 1260.0,
            -1.0 / 1680.0,
            1.0 / 1188.0,
            -691.0 / 360_360.0,
            1.0 / 156.0,
            -3617.0 / 122_400.0,
        ],
    );
    (shifted - 0.5) * shifted.ln() - shifted + half_ln_two_pi + series / shifted - product.ln()
}

/// ψ(x) = d ln Γ(x) / dx for x > 0.
pub fn digamma(x: f64) -> f64 {
    let (mut shifted, mut sum) = (x, 0.0);
    while shifted < LARGE {
        sum += 1.0 / shifted;
        shifted += 1.0;
    }
    let inverse = 1.0 / (shifted * shifted);
    let series = polynomial(
        inverse,
        &[
            1.0 / 12.0,
            -1.0 / 120.0,
            1.0 / 252.0,
            -1.0 / 240.0,
            1.0 / 132.0,
            -691.0 / 32_760.0,
            1.0 / 12.0,
            -3617.0 / 8160.0,
        ],
    );
    shifted.ln() - 0.5 / shifted - inverse * series - sum
}

/// ψ′(x) for x > 0.
pub fn trigamma(x: f64) -> f64 {
    let (mut shifted, mut sum) = (x, 0.0);
    while shifted < LARGE {
        sum += 1.0 / (shifted * shifted);
        shifted += 1.0;
    }
    let inverse = 1.0 / (shifted * shifted);
    let series = polynomial(
        inverse,
        &[
            1.0 / 6.0,
            -1.0 / 30.0,
            1.0 / 42.0,
            -1.0 / 30.0,
            5.0 / 66.0,
            -691.0 / 2730.0,
            7.0 / 6.0,
            -3617.0 / 510.0,
        ],
    );
    (1.0 + inverse * series) / shifted + 0.5 * inverse + sum
}

fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// ln of the rising factorial (c)ₓ = Γ(c + x) / Γ(c), with its first two derivatives by c.
///
/// As a sum over the factors it keeps the digits that a difference of two ln Γ loses. Cost: O(x).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LnRising {
    pub value: f64,
    pub first: f64,
    pub second: f64,
}

impl LnRising {
    /// Of (c)ₓ, for c > 0.
    pub fn of(c: f64, x: u32) -> Self {
        Self::default().extended(c, 0, x)
    }

    /// From (c)_from to (c)_to, where `self` is that of `from`: cheap for ascending x.
    pub fn extended(mut self, c: f64, from: u32, to: u32) -> Self {
        if to - from > ONE_BY_ONE {
            let (low, high) = (c + f64::from(from), c + f64::from(to));
            self.value += ln_gamma(high) - ln_gamma(low);
            self.first += digamma(high) - digamma(low);
            self.second += trigamma(high) - trigamma(low);
            return self;
        }
        for j in from..to {
            let factor = c + f64::from(j);
            self.value += factor.ln();
            self.first += 1.0 / factor;
            self.second -= 1.0 / (factor * factor);
        }
        self
    }
}

/// (1 − e^(−k u)) / k for u ≥ 0 and any real k: an integral of e^(−k v) over v from 0 to u, u where k is 0.
pub fn damped(k: f64, u: f64) -> f64 {
    if k == 0.0 { u } else { -(-k * u).exp_m1() / k }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_functions_are_those_of_mpmath() {
        let recorded: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/lifetime.json")).expect("valid");
        for case in recorded["gamma"].as_array().expect("a list") {
            let [x, ln, first, second] = [0, 1, 2, 3].map(|i| case[i].as_f64().expect("a number"));
            for (got, expected) in [(ln_gamma(x), ln), (digamma(x), first), (trigamma(x), second)] {
                assert!(
                    (got - expected).abs() <= 4e-15 * expected.abs().max(1.0),
                    "at {x}: {got}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn sums_over_factors_agree_with_differences_of_gamma_functions() {
        for (c, x) in [(0.3, 1), (1.0, 20), (40.5, 64), (2.2, 65), (0.01, 3000)] {
            let rising = LnRising::of(c, x);
            let high = c + f64::from(x);
            assert!(
                (rising.value - (ln_gamma(high) - ln_gamma(c))).abs() < 1e-12 * rising.value.abs().max(10.0)
            );
            assert!((rising.first - (digamma(high) - digamma(c))).abs() < 1e-12 * rising.first);
            assert!((rising.second - (trigamma(high) - trigamma(c))).abs() < 1e-12 * rising.second.abs());
        }
    }

    #[test]
    fn going_on_from_a_smaller_x_is_the_same_sum() {
        let straight = LnRising::of(1.7, 12);
        let stepwise = LnRising::of(1.7, 5).extended(1.7, 5, 12);
        assert_eq!(straight, stepwise);
    }

    #[test]
    fn damped_has_a_limit_where_nothing_damps() {
        assert_eq!(damped(0.0, 3.0), 3.0);
        assert!((damped(1e-9, 3.0) - 3.0).abs() < 1e-8);
        assert!((damped(-1.0, 1.0) - (1.0_f64.exp() - 1.0)).abs() < 1e-15);
    }
}
