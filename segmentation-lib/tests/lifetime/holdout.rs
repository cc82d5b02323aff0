//! The models on the 39 weeks after the calibration, as published.

use segmentation_lib::lifetime::{
    Family, Forecast, ForecastParams, Forecaster, Holdout, HoldoutParams, LifetimeError, Measure, Score,
    TimeUnit,
};

use crate::cdnow::{CALIBRATION, day, purchases};

const END: &str = "1998-06-30";

fn holdout(family: Family) -> Holdout {
    let params = HoldoutParams { family, unit: TimeUnit::Weeks, cut_off: day(CALIBRATION), end: day(END) };
    Holdout::new(&purchases(), &params, |_| 0).expect("a maximum")
}

fn of(holdout: &Holdout, forecaster: Forecaster) -> Score {
    *holdout.trial.scores.iter().find(|s| s.forecaster == forecaster).expect("scored")
}

#[track_caller]
fn close(got: f64, expected: f64, within: f64) {
    assert!((got - expected).abs() <= within, "{got}, not {expected}");
}

#[test]
fn bg_nbd() {
    let held = holdout(Family::BgNbd);
    assert_eq!(held.trial.actual, 1882);
    let score = held.trial.scores[0];
    close(score.sum, 1653.409, 2e-3);
    close(score.bias.expect("purchases"), -0.1215, 5e-5);
    close(score.mean_absolute_error, 0.785454, 1e-6);
    close(score.root_mean_squared_error, 1.607982, 1e-6);
    close(score.correlation.expect("both vary"), 0.625647, 1e-6);
    let expected = [0.2250873, 0.5231312, 1.0441342, 1.5202796, 2.1638659, 2.6538461, 3.5040426, 6.157191];
    let actual = [0.2367116, 0.6970387, 1.392523, 1.56, 2.532258, 2.947368, 3.862069, 6.359375];
    for (class, (expected, actual)) in held.trial.by_frequency.iter().zip(expected.into_iter().zip(actual)) {
        close(class.expected, expected, 2e-6);
        close(class.actual, actual, 1e-6);
    }
    // Published with parameters that an optimiser had stopped short at.
    let published = [0.2250893, 0.5231364, 1.044126, 1.520256, 2.163824, 2.653789, 3.503957, 6.157036];
    for (class, published) in held.trial.by_frequency.iter().zip(published) {
        close(class.expected, published, 3e-5 * published);
    }
}

#[test]
fn bg_nbd_week_by_week() {
    let held = holdout(Family::BgNbd);
    assert_eq!(held.trial.by_week.len(), 78);
    let weeks = &held.trial.by_week[19..25];
    assert_eq!(weeks.iter().map(|w| w.actual).collect::<Vec<_>>(), [1359, 1414, 1484, 1517, 1573, 1672]);
    assert_eq!(weeks[0].week, 20);
    close(weeks[0].expected, 1312.459, 1e-3);
    close(weeks[5].expected, 1669.602, 1e-3);
    // Published with parameters that an optimiser had stopped short at.
    let published = [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6];
    for (week, published) in weeks.iter().zip(published) {
        close(week.expected, published, 3e-3);
    }
    let last = held.trial.by_week[77];
    assert_eq!(last.actual, 4339);
}

#[test]
fn pareto_nbd() {
    let held = holdout(Family::ParetoNbd);
    let score = held.trial.scores[0];
    close(score.sum, 1665.513, 2e-3);
    close(score.mean_absolute_error, 0.754523, 1e-6);
    close(score.root_mean_squared_error, 1.602848, 1e-6);
    let expected = [0.1384469, 0.5994706, 1.1958366, 1.7138433, 2.3983081, 2.9072076, 3.8185591, 6.4030668];
    for (class, expected) in held.trial.by_frequency.iter().zip(expected) {
        close(class.expected, expected, 3e-6);
    }
}

#[test]
fn mbg_nbd() {
    let score = holdout(Family::MbgNbd).trial.scores[0];
    close(score.bias.expect("purchases"), -0.1622, 5e-5);
    close(score.root_mean_squared_error, 1.607183, 1e-6);
}

#[test]
fn each_customers_own_rate_overshoots() {
    let held = holdout(Family::BgNbd);
    let score = of(&held, Forecaster::OwnRate);
    close(score.sum, 2930.1, 0.05);
    close(score.bias.expect("purchases"), 0.557, 5e-4);
    close(score.mean_absolute_error, 1.0237, 5e-5);
    close(score.root_mean_squared_error, 2.2119, 5e-5);
}

#[test]
fn a_naive_forecast_that_is_nearer_is_named() {
    let held = holdout(Family::ParetoNbd);
    let model = held.trial.scores[0];
    for measure in [Measure::AbsoluteBias, Measure::MeanAbsoluteError, Measure::RootMeanSquaredError] {
        let of = |score: &Score| match measure {
            Measure::AbsoluteBias => score.bias.expect("purchases").abs(),
            Measure::MeanAbsoluteError => score.mean_absolute_error,
            Measure::RootMeanSquaredError => score.root_mean_squared_error,
        };
        let nearer = held.trial.scores[1..].iter().any(|naive| of(naive) < of(&model));
        assert_eq!(held.trial.beaten_by().iter().any(|b| b.measure == measure), nearer, "{measure:?}");
    }
}

#[test]
fn segments_forecast_by_their_own_mean() {
    let params = HoldoutParams {
        family: Family::BgNbd,
        unit: TimeUnit::Weeks,
        cut_off: day(CALIBRATION),
        end: day(END),
    };
    // Customers alone in their segments go on at their own rate.
    let alone = Holdout::new(&purchases(), &params, |customer| customer).expect("a maximum");
    let (own, segment) = (of(&alone, Forecaster::OwnRate), of(&alone, Forecaster::SegmentMean));
    close(own.sum, segment.sum, 1e-9);
    close(own.root_mean_squared_error, segment.root_mean_squared_error, 1e-12);
}

#[test]
fn half_a_history_is_needed_for_a_trial() {
    let params = HoldoutParams {
        family: Family::BgNbd,
        unit: TimeUnit::Weeks,
        cut_off: day("1997-03-01"),
        end: day(END),
    };
    let refused = Holdout::new(&purchases(), &params, |_| 0);
    assert_eq!(refused, Err(LifetimeError::TooShort { known: 60, horizon: 486 }));
}

#[test]
fn a_forecast_says_what_it_rests_on() {
    let params = ForecastParams::default();
    let forecast = Forecast::new(&purchases(), day(END), &params).expect("a maximum");
    assert_eq!(forecast.customers.len(), 2357);
    let held = forecast.holdout.as_ref().expect("long enough");
    assert_eq!((held.trial.cut_off.as_str(), held.trial.end.as_str()), ("1998-04-01", END));
    let spend = forecast.spend.as_ref().expect("positive values");
    assert_eq!(spend.customers + spend.without_purchase + spend.not_positive, 2357);
    let purchases: f64 = forecast.customers.iter().map(|c| c.expected_purchases).sum();
    assert!((forecast.together.purchases - purchases).abs() < 1e-9 * purchases);
    assert!(forecast.expected_value().expect("values") > 20.0 * purchases);
    let (low, high) = forecast.together.interval();
    assert!(0.0 < low && low < purchases && purchases < high && high < 1.5 * purchases);
    let customer = forecast.customers[0];
    assert!(customer.next_purchase.expect("within the calendar") > forecast.end);
    assert_eq!(
        customer.expected_value(),
        customer.expected_spend.map(|spend| spend * customer.expected_purchases)
    );
}

#[test]
fn a_forecast_without_values_or_trial_goes_on() {
    let free: Vec<_> =
        purchases().into_iter().map(|p| segmentation_lib::lifetime::Purchase { pennies: 0, ..p }).collect();
    let params = ForecastParams { horizon_days: 400, family: Family::MbgNbd, ..ForecastParams::default() };
    let forecast = Forecast::new(&free, day(END), &params).expect("a maximum");
    assert!(matches!(forecast.spend, Err(LifetimeError::NoSpend { usable: 0, .. })));
    assert!(matches!(forecast.holdout, Err(LifetimeError::TooShort { .. })));
    assert!(forecast.customers.iter().all(|c| c.expected_value().is_none()));
    let refused = Forecast::new(&free, day(END), &ForecastParams { horizon_days: 0, ..params });
    assert_eq!(refused.unwrap_err(), LifetimeError::BadHorizon { value: 0.0 });
}
