//! Data that nobody would choose: every fit is a maximum with finite forecasts, or an error that names the cause.

use proptest::prelude::*;
use segmentation_lib::lifetime::{
    Family, Histories, History, LifetimeError, PurchaseFit, PurchaseModel, Spend, SpendModel,
};

use crate::simulate::Simulator;

fn fit(family: Family, customers: &[History]) -> Result<PurchaseFit, LifetimeError> {
    PurchaseModel::fit(family, &Histories::new(customers).expect("possible"))
}

fn drawn(family: Family, parameters: [f64; 4], customers: usize) -> Vec<History> {
    let mut simulator = Simulator::new(23);
    let mut customer = || {
        let age = simulator.age();
        simulator.history(family, parameters, age)
    };
    (0..customers).map(|_| customer()).collect()
}

/// A maximum with standard errors and finite forecasts of all customers, or a refusal for want of knowledge.
#[track_caller]
fn sound(family: Family, customers: &[History], horizon: f64) -> bool {
    let fit = match fit(family, customers) {
        Ok(fit) => fit,
        Err(LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. }) => return false,
        Err(other) => panic!("{family}: {other}"),
    };
    assert!(fit.gradient_norm <= 1e-8 && fit.log_likelihood.is_finite(), "{family}: {fit:?}");
    assert!(fit.standard_errors.iter().all(|e| e.is_finite() && *e > 0.0), "{family}: {fit:?}");
    for history in customers {
        let expected = fit.model.expected_purchases(history, horizon).expect("a horizon");
        let (alive, wait) = (fit.model.alive(history), fit.model.median_wait(history));
        assert!(expected.is_finite() && expected >= 0.0, "{family} {history:?}: {expected}");
        assert!((0.0..=1.0).contains(&alive) && wait > 0.0, "{family} {history:?}: {alive} {wait}");
    }
    let histories = Histories::new(customers).expect("possible");
    let together = fit.expected_together(&histories, horizon).expect("a horizon");
    assert!(together.standard_deviation.is_finite() && together.standard_deviation > 0.0, "{together:?}");
    true
}

fn history() -> impl Strategy<Value = History> {
    (0_u32..30, 0.0..1.0_f64, 0.1..200.0_f64).prop_map(|(x, share, age)| {
        let x = x.saturating_sub(10);
        History::new(x, if x > 0 { (age * share).max(0.01) } else { 0.0 }, age)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_handful_of_any_customers_is_fitted_or_refused(customers in prop::collection::vec(history(), 2..8)) {
        prop_assume!(customers.iter().any(|c| c.frequency > 0));
        for family in Family::LEAVING {
            sound(family, &customers, 30.0);
        }
    }

    #[test]
    fn any_spend_is_fitted_or_refused(
        spend in prop::collection::vec((0_u32..20, -5.0..8.0_f64), 2..30)
    ) {
        let spend: Vec<Spend> =
            spend.into_iter().map(|(purchases, ln)| Spend { purchases, mean: ln.exp() - 0.05 }).collect();
        match SpendModel::fit(&spend) {
            Ok(fit) => {
                prop_assert!(fit.standard_errors.iter().all(|e| e.is_finite() && *e > 0.0));
                prop_assert_eq!(fit.customers + fit.without_purchase + fit.not_positive, spend.len());
                for spent in &spend {
                    let expected = fit.model.expected_spend(spent);
                    prop_assert!(expected.map_or(true, |mean| mean.is_finite() && mean > 0.0));
                }
            }
            Err(LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. } | LifetimeError::NoSpend { .. }) => {}
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}

#[test]
fn customers_who_are_all_alike_are_refused() {
    for alike in [History::new(1, 3.0, 20.0), History::new(1, 20.0, 20.0), History::new(40, 2.0, 400.0)] {
        for family in Family::LEAVING {
            assert!(!sound(family, &[alike; 300], 10.0), "{family} {alike:?}");
        }
    }
}

#[test]
fn customers_who_never_leave_determine_no_leaving() {
    // Negative binomial purchases: the leaving parameters may run off, but nothing is made up.
    let mut simulator = Simulator::new(4);
    let stay: Vec<History> = (0..3000)
        .map(|_| {
            let age = simulator.age();
            simulator.history(Family::ParetoNbd, [1.2, 9.0, 1.0, 1e12], age)
        })
        .collect();
    for family in Family::LEAVING {
        match fit(family, &stay) {
            Ok(fit) => {
                let alive: f64 = stay.iter().map(|h| fit.model.alive(h)).sum::<f64>() / 3000.0;
                assert!(alive > 0.9, "{family}: {alive} {fit:?}");
            }
            Err(refused) => assert!(
                matches!(refused, LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. }),
                "{family}: {refused}"
            ),
        }
    }
}

#[test]
fn days_and_weeks_forecast_the_same() {
    for (family, parameters) in [
        (Family::BgNbd, [0.6, 5.0, 0.8, 2.5]),
        (Family::MbgNbd, [0.6, 5.0, 0.8, 2.5]),
        (Family::ParetoNbd, [0.8, 8.0, 0.7, 12.0]),
    ] {
        let weeks = drawn(family, parameters, 3000);
        let days: Vec<History> =
            weeks.iter().map(|h| History::new(h.frequency, h.recency * 7.0, h.age * 7.0)).collect();
        let (by_week, by_day) =
            (fit(family, &weeks).expect("a maximum"), fit(family, &days).expect("a maximum"));
        for (week, day) in weeks.iter().zip(&days) {
            let expected = by_week.model.expected_purchases(week, 13.0).expect("a horizon");
            let same = by_day.model.expected_purchases(day, 91.0).expect("a horizon");
            assert!((expected / same - 1.0).abs() < 1e-7, "{family}: {expected} {same}");
            let (alive, same) = (by_week.model.alive(week), by_day.model.alive(day));
            assert!((alive / same - 1.0).abs() < 1e-7, "{family}: {alive} {same}");
            let (wait, same) = (by_week.model.median_wait(week), by_day.model.median_wait(day));
            assert!((wait * 7.0 / same - 1.0).abs() < 1e-7, "{family}: {wait} {same}");
        }
    }
}

#[test]
fn ten_thousand_purchases_among_usual_customers_are_taken() {
    for (family, parameters) in
        [(Family::BgNbd, [0.6, 5.0, 0.8, 2.5]), (Family::ParetoNbd, [0.8, 8.0, 0.7, 12.0])]
    {
        let mut customers = drawn(family, parameters, 2000);
        customers.extend([
            History::new(10_000, 51.9, 52.0),
            History::new(10_000, 0.5, 78.0),
            History::new(3000, 70.0, 70.0),
        ]);
        assert!(sound(family, &customers, 26.0), "{family}");
    }
}

#[test]
fn a_century_in_days_is_taken() {
    for family in Family::LEAVING {
        let centuries: Vec<History> = drawn(family, [0.8, 8.0, 0.7, 12.0], 2000)
            .iter()
            .map(|h| History::new(h.frequency, h.recency * 500.0, h.age * 500.0))
            .collect();
        assert!(sound(family, &centuries, 36_500.0), "{family}");
    }
}

#[test]
fn a_heavy_tail_of_frequencies_is_fitted_or_refused() {
    let customers: Vec<History> = (1..1500_u32)
        .map(|i| {
            // The i-th of 1,500 with P(x ≥ n) = 1/n.
            let x = 1500 / i - 1;
            let age = 26.0 + f64::from(i * 37 % 520) / 10.0;
            History::new(x, if x > 0 { age * f64::from(1 + i * 7 % 100) / 100.0 } else { 0.0 }, age)
        })
        .collect();
    for family in Family::LEAVING {
        sound(family, &customers, 13.0);
    }
}

#[test]
fn a_million_days_ahead_is_foretold_in_time() {
    let customer = History::new(3, 100.0, 270.0);
    for family in Family::LEAVING {
        let model = PurchaseModel::new(family, [0.6, 35.0, 0.8, 25.0]).expect("positive");
        let of = |horizon| model.expected_purchases(&customer, horizon).expect("a horizon");
        let (million, double) = (of(1e6), of(2e6));
        assert!(million.is_finite() && million < double && double < 4.0 * million, "{family}: {million}");
    }
}

#[test]
fn means_that_returns_made_negative_are_left_out_and_counted() {
    let mut simulator = Simulator::new(8);
    let kept: Vec<Spend> = (0..500).map(|i| simulator.spend([3.0, 4.0, 30.0], 1 + i % 5)).collect();
    let returned = (0..100).map(|i| Spend { purchases: 1 + i % 3, mean: -f64::from(i) });
    let all: Vec<Spend> = kept.iter().copied().chain(returned).collect();
    let (with, without) =
        (SpendModel::fit(&all).expect("a maximum"), SpendModel::fit(&kept).expect("a maximum"));
    assert_eq!(with.model, without.model);
    assert_eq!((with.customers, with.not_positive), (500, 100));
}

#[test]
fn values_all_alike_are_refused() {
    for spend in [Spend { purchases: 1, mean: 20.0 }, Spend { purchases: 9, mean: 0.01 }] {
        let refused = SpendModel::fit(&[spend; 200]).expect_err("nothing tells p from q");
        assert!(
            matches!(refused, LifetimeError::Ridge { .. } | LifetimeError::NotConverged { .. }),
            "{refused}"
        );
    }
}
