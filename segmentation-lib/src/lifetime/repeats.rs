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

/// Terms between two looks at whether the rest matters. Their quotients do not depend on each other, so the
/// processor divides several at once.
const RUN: usize = 8;

/// Purchases made, for `shape` A > 0, Beta(`leave`, `stay`), and odds w = z / (1 − z) ≥ 0: the horizon over the
/// rate of the gamma distribution. The square's mean has Σ_{j<k} (2j+1) (B)ⱼ/(a+B)ⱼ in the place of d(k).
///
/// Without `SQUARE` the square is left out (0). None where more than four million terms matter. Cost: about (A + 40)(1 + w) terms.
pub fn expected_repeats<const SQUARE: bool>(shape: f64, leave: f64, stay: f64, odds: f64) -> Option<Repeats> {
    if (shape + 40.0) * (1.0 + odds) > MOST_TERMS {
        return None;
    }
    let z = odds / (1.0 + odds);
    // Large shapes start below the smallest double: the sums are kept in units of their own first terms.
    let (mut scale, mut series) = (-shape * odds.ln_1p(), Series::<SQUARE>::new());
    let mut k = 0.0;
    loop {
        let (ratios, stays) = quotients(shape, leave, stay, z, k);
        for j in 0..RUN {
            series.add(ratios[j], stays[j], k + j as f64);
        }
        k += RUN as f64;
        // A run multiplies the weight by less than 4e6 to the eighth.
        if series.weight > 1e200 {
            series.shrink();
            scale += LN_1E200;
        }
        // Past its mode the rest is below a geometric series, for later ratios lie between this one and z.
        if series.is_complete(ratios[RUN - 1].max(z)) {
            let unit = scale.exp();
            return Some(Repeats { mean: series.mean * unit, square: series.square * unit });
        }
    }
}

/// (A + k)/(k + 1) · z and (B + k)/(a + B + k) for a run of k, both by one division.
#[inline(always)]
fn quotients(shape: f64, leave: f64, stay: f64, z: f64, from: f64) -> ([f64; RUN], [f64; RUN]) {
    let (mut ratios, mut stays) = ([0.0; RUN], [0.0; RUN]);
    for j in 0..RUN {
        let k = from + j as f64;
        let (next, total) = (k + 1.0, leave + stay + k);
        let inverse = 1.0 / (next * total);
        ratios[j] = (shape + k) * total * inverse * z;
        stays[j] = (stay + k) * next * inverse;
    }
    (ratios, stays)
}

/// The two sums up to some k.
struct Series<const SQUARE: bool> {
    /// P(K = k), in units of the first.
    weight: f64,
    /// (B)ₖ/(a+B)ₖ.
    survival: f64,
    /// d(k), and its counterpart of the square.
    made: f64,
    made_square: f64,
    mean: f64,
    square: f64,
}

impl<const SQUARE: bool> Series<SQUARE> {
    fn new() -> Self {
        Self { weight: 1.0, survival: 1.0, made: 0.0, made_square: 0.0, mean: 0.0, square: 0.0 }
    }

    /// The term of k + 1.
    #[inline]
    fn add(&mut self, ratio: f64, stays: f64, k: f64) {
        self.weight *= ratio;
        self.made += self.survival;
        self.mean += self.weight * self.made;
        if SQUARE {
            self.made_square += (2.0 * k + 1.0) * self.survival;
            self.square += self.weight * self.made_square;
        }
        self.survival *= stays;
    }

    fn shrink(&mut self) {
        (self.weight, self.mean, self.square) =
            (self.weight * 1e-200, self.mean * 1e-200, self.square * 1e-200);
    }

    /// Whether the terms to come, each at most `most` of the one before, are below rounding. d grows by at most
    /// one a step.
    fn is_complete(&self, most: f64) -> bool {
        let (made, sum) = if SQUARE { (self.made_square, self.square) } else { (self.made, self.mean) };
        most < 1.0 && self.weight * made <= f64::EPSILON * 0.1 * sum * (1.0 - most)
    }
}

const LN_1E200: f64 = 460.517_018_598_809_1;
