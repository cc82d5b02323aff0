//! How values are distributed.

use polars::prelude::*;
use segmentation_lib::features::{CustomerTable, FeaturesError};
use segmentation_lib::matrix::quantile;
use segmentation_lib::wording;

use crate::currency::unit_of;
use crate::language::number;

/// Centres and counts of `bins` bins of equal width over the finite values; none for no values.
pub fn histogram(values: &[f64], bins: usize) -> (Vec<f64>, Vec<u64>) {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let (low, high) = finite.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    if finite.is_empty() || bins == 0 {
        return (Vec::new(), Vec::new());
    }
    let width = if high > low { (high - low) / bins as f64 } else { 1.0 };
    let mut counts = vec![0; bins];
    for value in finite {
        counts[(((value - low) / width) as usize).min(bins - 1)] += 1;
    }
    ((0..bins).map(|bin| low + (bin as f64 + 0.5) * width).collect(), counts)
}

/// Every feature the data allows, a row each: `feature`, `unit`, `minimum`, `median`, `mean`, `p99`,
/// `maximum` as texts in that unit, `skewness` of the values and of their signed logarithms.
/// Cost: n log n a feature.
pub fn feature_summary(table: &CustomerTable) -> Result<DataFrame, FeaturesError> {
    let features = table.available();
    let mut columns: [Vec<String>; 5] = Default::default();
    let (mut raw, mut logarithmic) = (Vec::new(), Vec::new());
    for feature in &features {
        let mut values = table.values(feature.name)?;
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let figures =
            [values[0], quantile(&values, 0.5), mean, quantile(&values, 0.99), quantile(&values, 1.0)];
        for (column, value) in columns.iter_mut().zip(figures) {
            column.push(number(wording::feature(value, feature.unit)));
        }
        raw.push(skewness(&values));
        let natural = feature.unit.divisor();
        logarithmic.push(skewness(&values.iter().map(|v| signed_log(v / natural)).collect::<Vec<_>>()));
    }
    let [minimum, median, mean, p99, maximum] = columns;
    Ok(df!(
        "feature" => features.iter().map(|f| f.label).collect::<Vec<_>>(),
        "unit" => features.iter().map(|f| unit_of(f.unit)).collect::<Vec<_>>(),
        "minimum" => minimum,
        "median" => median,
        "mean" => mean,
        "p99" => p99,
        "maximum" => maximum,
        "skewness" => raw,
        "skewness_of_logarithms" => logarithmic,
    )?)
}

fn signed_log(value: f64) -> f64 {
    value.signum() * value.abs().ln_1p()
}

/// Third standardised moment of a population; 0 where all values are equal.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let variance = moment(2);
    if variance > 0.0 { moment(3) / variance.powf(1.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_falls_into_one_bin() {
        let (centers, counts) = histogram(&[0.0, 0.1, 9.9, 10.0, f64::NAN], 10);
        assert_eq!(centers.first(), Some(&0.5));
        assert_eq!(counts, [2, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn equal_values_share_a_bin_and_none_make_none() {
        assert_eq!(histogram(&[3.0, 3.0], 2).1, [2, 0]);
        assert_eq!(histogram(&[], 5), (vec![], vec![]));
    }

    #[test]
    fn a_long_right_tail_is_positive_skewness() {
        // Mean 1, second moment 3, third 6: 6 / 3^1.5.
        assert!((skewness(&[0.0, 0.0, 0.0, 4.0]) - 6.0 / 3f64.powf(1.5)).abs() < 1e-12);
        assert_eq!(skewness(&[2.0, 2.0]), 0.0);
        assert_eq!(skewness(&[-1.0, 0.0, 1.0]), 0.0);
    }
}
