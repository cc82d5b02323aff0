//! Quantiles as numpy computes them.

/// Linear-interpolated quantile of ascending values (numpy's default, Hyndman and Fan's type 7); there is
/// at least one.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let (a, b, t) = (sorted[below], sorted[above], position - below as f64);
    // Numpy's interpolation, from the nearer end: equal to the last bit.
    if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) }
}
