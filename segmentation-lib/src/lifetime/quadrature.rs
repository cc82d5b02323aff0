//! Integrals over the moment of leaving, by Gauss and Legendre's rule on panels.
//!
//! Ten nodes integrate e^(−κ y) over 0 ≤ y ≤ 1 with an error below 1e-16 as long as κ ≤ 5 (the rule's error is
//! (10!)⁴ κ²⁰ / (21 (20!)³)), so panels end where the integrand has fallen by e^−5. The variable is
//! the logarithm of the time plus the smaller of α and β: the integrand's nearest singularity is then π
//! away, and panels of length 1 are exact to rounding as well.

/// Places of the rule on 0 to 1, and their weights.
const NODES: [(f64, f64); 10] = [
    (0.013_046_735_741_414_14, 0.033_335_672_154_344_07),
    (0.067_468_316_655_507_74, 0.074_725_674_575_290_3),
    (0.160_295_215_850_487_8, 0.109_543_181_257_991_02),
    (0.283_302_302_935_376_4, 0.134_633_359_654_998_18),
    (0.425_562_830_509_184_4, 0.147_762_112_357_376_44),
    (0.574_437_169_490_815_6, 0.147_762_112_357_376_44),
    (0.716_697_697_064_623_6, 0.134_633_359_654_998_18),
    (0.839_704_784_149_512_2, 0.109_543_181_257_991_02),
    (0.932_531_683_344_492_3, 0.074_725_674_575_290_3),
    (0.986_953_264_258_585_9, 0.033_335_672_154_344_07),
];
/// By how much the integrand's logarithm may fall over a panel.
const STEEPEST: f64 = 5.0;
/// Panels whose integrand is below e^−45 of the sum do not change it.
const NEGLIGIBLE: f64 = -45.0;

/// (α+T)^−k (β+T)^−s + s ∫ (α+τ)^−k (β+τ)^−(s+1) dτ over τ from t_x to T, with k = r + x.
#[derive(Debug, Clone, Copy)]
pub struct Leaving {
    purchases: f64,
    s: f64,
    to: f64,
    /// The smaller of α and β, whether it is α, and what the other has more.
    nearest: f64,
    alpha_is_nearest: bool,
    further: f64,
    /// t_x + the smaller of α and β, with its logarithm.
    start: f64,
    ln_start: f64,
    /// The logarithm that sizes are relative to.
    pub ln_scale: f64,
    /// The first term, relative to the scale.
    pub stayed: f64,
}

/// One node of the integral.
pub struct Node {
    /// The integrand times the rule's weight, in units of [`Leaving::ln_scale`].
    pub size: f64,
    /// ln(α+τ).
    pub ln_a: f64,
    /// ln(β+τ).
    pub ln_b: f64,
    /// 1 / (α+τ).
    pub inverse_a: f64,
    /// 1 / (β+τ).
    pub inverse_b: f64,
}

impl Leaving {
    /// For a customer with k = `purchases` and t_x, T = `from`, `to`.
    pub fn new(purchases: f64, alpha: f64, s: f64, beta: f64, from: f64, to: f64) -> Self {
        let nearest = alpha.min(beta);
        let start = nearest + from;
        let ln_start = start.ln();
        let at_last = -purchases * (alpha + from).ln() - (s + 1.0) * (beta + from).ln() + ln_start;
        let stayed = -purchases * (alpha + to).ln() - s * (beta + to).ln();
        // The integrand only falls, so nothing is far above the larger of these.
        let ln_scale = at_last.max(stayed);
        Self {
            purchases,
            s,
            to,
            nearest,
            alpha_is_nearest: alpha <= beta,
            further: (alpha - beta).abs(),
            start,
            ln_start,
            ln_scale,
            stayed: (stayed - ln_scale).exp(),
        }
    }

    /// Every node of the integral, in order. Cost: 10 nodes for most customers, in general proportional to
    /// ln((T + min(α, β)) / (t_x + min(α, β))), and bounded in k.
    #[inline]
    pub fn each_node(&self, mut visit: impl FnMut(Node)) {
        let length = ((self.to + self.nearest - self.start) / self.start).ln_1p();
        let mut done = 0.0;
        while done < length {
            let within_one = self.start * f64::exp(done + 1.0);
            let step = (length - done).min(1.0).min(STEEPEST / self.steepness(within_one));
            for (place, weight) in NODES {
                let ln_near = self.ln_start + done + step * place;
                let node = self.node(ln_near);
                visit(Node { size: node.size * weight * step, ..node });
            }
            done += step;
            if done < length && self.rest_is_negligible(self.ln_start + done) {
                return;
            }
        }
    }

    /// The integrand where ln(τ + min(α, β)) is `ln_near`, by that variable.
    #[inline]
    fn node(&self, ln_near: f64) -> Node {
        let near = ln_near.exp();
        let far = near + self.further;
        let ln_far = far.ln();
        let ((a, ln_a), (b, ln_b)) = if self.alpha_is_nearest {
            ((near, ln_near), (far, ln_far))
        } else {
            ((far, ln_far), (near, ln_near))
        };
        let ln = -self.purchases * ln_a - (self.s + 1.0) * ln_b + ln_near - self.ln_scale;
        Node { size: self.s * ln.exp(), ln_a, ln_b, inverse_a: 1.0 / a, inverse_b: 1.0 / b }
    }

    /// How fast the integrand's logarithm falls with that of `near` = τ + min(α, β); rises with τ.
    fn steepness(&self, near: f64) -> f64 {
        let other = near / (near + self.further);
        let (a, b) = if self.alpha_is_nearest { (1.0, other) } else { (other, 1.0) };
        self.purchases * a + (self.s + 1.0) * b
    }

    /// Whether the integral from here on is below rounding: its integrand by τ only falls.
    fn rest_is_negligible(&self, ln_near: f64) -> bool {
        let near = ln_near.exp();
        let rest = (self.to + self.nearest - near) / near;
        self.node(ln_near).size * rest < NEGLIGIBLE.exp()
    }
}

/// How a function of u ≥ 0 behaves.
pub struct Shape {
    /// It falls as e^(−fall u) in the end,
    pub fall: f64,
    /// after it may have risen by this much of a logarithm,
    pub rise: f64,
    /// and its logarithm never changes faster than this.
    pub steepest: f64,
    /// It has a singularity at u = −distance: panels start as short as that and grow.
    pub distance: f64,
}

/// ∫ f(u) du over u ≥ 0.
pub fn graded(shape: &Shape, f: impl Fn(f64) -> f64) -> f64 {
    let (mut start, mut sum) = (0.0, 0.0);
    while start * shape.fall < shape.rise - NEGLIGIBLE {
        let step = (start + shape.distance).min(1.0).min(STEEPEST / shape.steepest);
        sum += NODES.iter().map(|(place, weight)| f(start + step * place) * weight * step).sum::<f64>();
        start += step;
    }
    sum
}
