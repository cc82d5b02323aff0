//! The knee of a curve.
//!
//! ```
//! use segmentation_lib::engine::knee::knee;
//!
//! let (k, inertia) = ([1.0, 2.0, 3.0, 4.0, 5.0], [100.0, 50.0, 10.0, 8.0, 7.0]);
//! assert_eq!(knee(&k, &inertia, 1.0)?, Some(2));
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

use super::EngineError;
use super::input::check_length;

/// Index of the knee of a falling convex curve, such as inertia by k: Kneedle (Satopää, Albrecht, Irwin &
/// Raghavan 2011), offline, without smoothing; the first one where there are several. None is an answer:
/// a straight or concave curve has no knee.
///
/// The curve is scaled to the unit square; a knee is an inner local maximum of its distance to the
/// diagonal, after which that distance falls by `sensitivity` times the mean step in x before it rises
/// again. 1 is the paper's sensitivity; more is stricter. The ends of the curve are no knees.
///
/// Inertia also bends where there are no clusters (uniform rows in d columns: like k^(−2/d)), and the
/// place depends on the range of k: a knee says where the gain slows down, not that there are clusters.
///
/// Cost: O(n).
///
/// # Errors
/// Curves of two lengths, `x` not ascending, values that are not finite, a sensitivity below 0.
pub fn knee(x: &[f64], y: &[f64], sensitivity: f64) -> Result<Option<usize>, EngineError> {
    check_curve(x, y, sensitivity)?;
    let (low, high) = y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    if x.len() < 3 || low == high {
        return Ok(None);
    }
    let last = x.len() - 1;
    let along = |i: usize| (x[i] - x[0]) / (x[last] - x[0]);
    let distance: Vec<f64> = (0..=last).map(|i| 1.0 - (y[i] - low) / (high - low) - along(i)).collect();
    Ok(first_maximum_with_a_fall(&distance, sensitivity / last as f64))
}

fn first_maximum_with_a_fall(distance: &[f64], fall: f64) -> Option<usize> {
    let mut candidate = None;
    for i in 1..distance.len() - 1 {
        let (before, here, after) = (distance[i - 1], distance[i], distance[i + 1]);
        if here >= before && here >= after {
            candidate = Some(i);
        }
        if here <= before && here <= after {
            candidate = None;
        }
        if let Some(knee) = candidate
            && after < distance[knee] - fall
        {
            return candidate;
        }
    }
    None
}

fn check_curve(x: &[f64], y: &[f64], sensitivity: f64) -> Result<(), EngineError> {
    check_length("the curve's y", y.len(), x.len())?;
    let refused = |name, value, allowed| Err(EngineError::Parameter { name, value, allowed });
    if let Some(&value) = y.iter().find(|v| !v.is_finite()) {
        return refused("y", value, "a finite number");
    }
    if let Some(&value) = x.iter().find(|v| !v.is_finite()) {
        return refused("x", value, "a finite number");
    }
    if let Some(step) = x.windows(2).find(|step| step[0] >= step[1]) {
        return refused("x", step[1], "more than the x before it");
    }
    if !(sensitivity >= 0.0 && sensitivity.is_finite()) {
        return refused("sensitivity", sensitivity, "a finite number, 0 or more");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(y: &[f64]) -> Option<usize> {
        let x: Vec<f64> = (1..=y.len()).map(|k| k as f64).collect();
        knee(&x, y, 1.0).unwrap()
    }

    /// The definition, candidate by candidate: an inner maximum and how far it falls to the next rise.
    fn slow(x: &[f64], y: &[f64], sensitivity: f64) -> Option<usize> {
        let n = x.len();
        let (low, high) =
            (y.iter().copied().fold(f64::MAX, f64::min), y.iter().copied().fold(f64::MIN, f64::max));
        let d: Vec<f64> =
            (0..n).map(|i| 1.0 - (y[i] - low) / (high - low) - (x[i] - x[0]) / (x[n - 1] - x[0])).collect();
        let bottom = |m: usize| (m..n - 1).find(|&i| d[i + 1] > d[i]).unwrap_or(n - 1);
        let peak = |m: usize| d[m] > d[m - 1] && d[m] > d[m + 1];
        (1..n - 1).find(|&m| peak(m) && d[bottom(m)] < d[m] - sensitivity / (n - 1) as f64)
    }

    proptest! {
        #[test]
        fn the_knee_is_the_slow_one(steps in prop::collection::vec(0.01..10.0f64, 4..14), sensitivity in 0.0..3.0f64) {
            let x: Vec<f64> = (0..=steps.len()).map(|i| i as f64).collect();
            let y: Vec<f64> = (0..=steps.len()).map(|i| steps[i..].iter().sum()).collect();
            prop_assert_eq!(knee(&x, &y, sensitivity).unwrap(), slow(&x, &y, sensitivity));
        }

        #[test]
        fn units_change_nothing(steps in prop::collection::vec(0.01..10.0f64, 4..14)) {
            let y: Vec<f64> = (0..=steps.len()).map(|i| steps[i..].iter().sum()).collect();
            let scaled: Vec<f64> = y.iter().map(|v| v * 1024.0 + 512.0).collect();
            prop_assert_eq!(at(&y), at(&scaled));
        }
    }

    #[test]
    fn a_sharp_bend_is_found() {
        assert_eq!(at(&[100.0, 60.0, 20.0, 15.0, 11.0, 8.0, 6.0]), Some(2));
    }

    #[test]
    fn a_straight_or_concave_curve_has_no_knee() {
        assert_eq!(at(&[9.0, 8.0, 7.0, 6.0, 5.0]), None);
        assert_eq!(at(&[10.0, 9.9, 9.0, 7.0, 0.0]), None);
        assert_eq!(at(&[5.0; 6]), None);
    }

    #[test]
    fn a_bend_that_is_hardly_one_is_no_knee() {
        let slight: Vec<f64> = (0..10).map(|i| 9.0 - i as f64 + if i == 0 { 0.5 } else { 0.0 }).collect();
        assert_eq!(at(&slight), None);
    }

    #[test]
    fn more_sensitivity_is_stricter() {
        let (x, y) = ([1.0, 2.0, 3.0, 4.0], [10.0, 3.0, 2.0, 1.5]);
        assert!(knee(&x, &y, 1.0).unwrap().is_some());
        assert_eq!(knee(&x, &y, 3.0).unwrap(), None);
    }

    #[test]
    fn too_few_points_have_no_knee() {
        assert_eq!((at(&[]), at(&[1.0]), at(&[2.0, 1.0])), (None, None, None));
    }

    #[test]
    fn bad_curves_are_refused_by_name() {
        let name = |x: &[f64], y: &[f64], s| match knee(x, y, s).unwrap_err() {
            EngineError::Parameter { name, .. } => name,
            other => panic!("{other}"),
        };
        assert_eq!(name(&[1.0, 2.0], &[1.0, f64::NAN], 1.0), "y");
        assert_eq!(name(&[1.0, f64::INFINITY], &[2.0, 1.0], 1.0), "x");
        assert_eq!(name(&[1.0, 1.0], &[2.0, 1.0], 1.0), "x");
        assert_eq!(name(&[1.0, 2.0], &[2.0, 1.0], -1.0), "sensitivity");
        assert!(matches!(knee(&[1.0], &[], 1.0), Err(EngineError::Length { given: 0, rows: 1, .. })));
    }
}
