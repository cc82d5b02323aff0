//! What is left of a run of purchase opportunities when the customer may leave after each of them.
//!
//! The BG/NBD's expectations are commonly written as
//!
//! (a+B−1)/(a−1) · [1 − (1−z)^A · ₂F₁(A, B; a+B−1; z)],
//!
//! a difference that loses every digit near a = 1 and has poles at a + B = 1, where the expectation itself is
//! smooth. Subtracting term by term leaves a series without either: with K negative binomial,
//! P(K = k) = (A)ₖ/k! · zᵏ (1−z)^A, and d(k) = Σ_{j<k} (B)ⱼ/(a+B)ⱼ, it is the mean of d(K). Every term is
//! positive. In words: K purchases would be made by a customer who never leaves, d(k) of k are made by one
//! who leaves after each with a probability that is Beta(a, B).

/// Opportunities beyond which the series is not summed: some 10 ms.
const MOST_TERMS: f64 = 4e6;

/// How many purchases are made of the opportunities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeats {
    pub mean: f64,
    /// Mean of the square.
    pub square: f64,
}

/// Purchases made, for `shape` A > 0, Beta(`leave`, `stay`), and odds w = z / (1 − z) ≥ 0: the horizon over the
/// rate of the gamma distribution. The square's mean has Σ_{j<k} (2j+1) (B)ⱼ/(a+B)ⱼ in the place of d(k).
///
/// None where more than four million terms matter. Cost: about (A + 40)(1 + w) terms.
pub fn expected_repeats(shape: f64, leave: f64, stay: f64, odds: f64) -> Option<Repeats> {
    if (shape + 40.0) * (1.0 + odds) > MOST_TERMS {
        return None;
    }
    let z = odds / (1.0 + odds);
    // Large shapes start below the smallest double: the sums are kept in units of their own first terms.
    let (mut scale, mut weight) = (-shape * odds.ln_1p(), 1.0_f64);
    let (mut made, mut square, mut survival) = (0.0, 0.0, 1.0);
    let mut sum = Repeats { mean: 0.0, square: 0.0 };
    let mut k = 0.0;
    loop {
        weight *= (shape + k) / (k + 1.0) * z;
        made += survival;
        square += (2.0 * k + 1.0) * survival;
        survival *= (stay + k) / (leave + stay + k);
        k += 1.0;
        sum.mean += weight * made;
        sum.square += weight * square;
        if weight > 1e200 {
            (weight, scale) = (weight * 1e-200, scale + LN_1E200);
            (sum.mean, sum.square) = (sum.mean * 1e-200, sum.square * 1e-200);
        }
        // Past its mode the rest is below a geometric series; d grows by at most one a step.
        let ratio = (shape + k) / (k + 1.0) * z;
        if ratio < 1.0 && weight * square <= f64::EPSILON * 0.1 * sum.square * (1.0 - ratio) {
            let unit = scale.exp();
            return Some(Repeats { mean: sum.mean * unit, square: sum.square * unit });
        }
    }
}

const LN_1E200: f64 = 460.517_018_598_809_1;
