//! Summaries as the Python package lifetimes (0.11.3) makes them from the sample's purchases, by
//! `summary_data_from_transaction_data(…, observation_period_end="1997-09-30", freq="D")`.

use segmentation_lib::lifetime::{Frequency, Summary, TimeUnit};

use crate::cdnow::{CALIBRATION, summaries};

/// The sum over the customers, and the sum weighted by each one's place from 1, which no exchange leaves as it is.
#[track_caller]
fn sums(of: impl Fn(&Summary) -> f64, plain: f64, weighted: f64) {
    let values: Vec<f64> = summaries(CALIBRATION).iter().map(of).collect();
    let by_place: f64 = (1..).zip(&values).map(|(place, value)| f64::from(place) * value).sum();
    let sum: f64 = values.iter().sum();
    assert!((sum / plain - 1.0).abs() < 1e-12, "{sum}, not {plain}");
    assert!((by_place / weighted - 1.0).abs() < 1e-12, "{by_place}, not {weighted}");
}

#[test]
fn recency_and_age_are_days() {
    sums(|s| s.history(TimeUnit::Days).recency, 112_949.0, 123_920_531.0);
    sums(|s| s.history(TimeUnit::Days).age, 539_779.0, 600_027_677.0);
}

#[test]
fn repeat_purchases_are_its_default() {
    sums(|s| f64::from(s.spend(Frequency::Repeat).purchases), 2457.0, 2_705_356.0);
    sums(|s| s.spend(Frequency::Repeat).mean, 33_183.64376687058, 37_706_197.65733336);
}

#[test]
fn all_purchases_are_those_with_the_first_transaction() {
    sums(|s| f64::from(s.spend(Frequency::All).purchases), 4814.0, 5_484_259.0);
    sums(|s| s.spend(Frequency::All).mean, 76_942.14902648813, 88_795_156.46840855);
}
