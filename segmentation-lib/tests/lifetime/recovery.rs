//! Customers drawn from each model give its parameters back.

use segmentation_lib::lifetime::{Family, Histories, History, PurchaseModel, Spend, SpendModel};

use crate::simulate::Simulator;

/// Estimates lie within four standard errors of the truth, and standard errors are small enough to say something.
#[track_caller]
fn recovered(what: &str, truth: &[f64], estimates: &[f64], errors: &[f64]) {
    for ((truth, estimate), error) in truth.iter().zip(estimates).zip(errors) {
        let off = (estimate - truth) / error;
        assert!(off.abs() < 4.0 && *error < 0.3 * truth, "{what}: {estimate} ± {error}, drawn with {truth}");
    }
}

#[test]
fn purchase_models_come_back() {
    let drawn = [
        (Family::BgNbd, [0.24, 4.4, 0.79, 2.43]),
        (Family::BgNbd, [2.5, 9.0, 0.6, 5.0]),
        (Family::MbgNbd, [0.52, 6.2, 0.89, 1.61]),
        (Family::ParetoNbd, [0.55, 10.6, 0.61, 11.7]),
        (Family::ParetoNbd, [3.0, 6.0, 1.2, 40.0]),
    ];
    for (family, truth) in drawn {
        for seed in 0..3 {
            let mut simulator = Simulator::new(seed);
            let customers: Vec<History> = (0..20_000)
                .map(|_| {
                    let age = simulator.age();
                    simulator.history(family, truth, age)
                })
                .collect();
            let fit = PurchaseModel::fit(family, &Histories::new(&customers).expect("possible"))
                .expect("a maximum");
            recovered(&family.to_string(), &truth, &fit.model.parameters(), &fit.standard_errors);
        }
    }
}

#[test]
fn the_spend_model_comes_back() {
    for truth in [[6.25, 3.74, 15.44], [1.2, 2.5, 40.0]] {
        let mut simulator = Simulator::new(3);
        let spend: Vec<Spend> = (0..20_000).map(|i| simulator.spend(truth, i % 8)).collect();
        let fit = SpendModel::fit(&spend).expect("a maximum");
        assert_eq!((fit.customers, fit.without_purchase), (17_500, 2_500));
        recovered("Gamma-Gamma", &truth, &fit.model.parameters(), &fit.standard_errors);
    }
}

#[test]
fn expectations_are_what_customers_do() {
    for family in Family::LEAVING {
        let parameters = [0.8, 5.0, 0.7, 3.0];
        let model = PurchaseModel::new(family, parameters).expect("positive");
        let mut simulator = Simulator::new(11);
        let draws = 200_000;
        let counts: Vec<f64> =
            (0..draws).map(|_| f64::from(simulator.history(family, parameters, 40.0).frequency)).collect();
        let mean = counts.iter().sum::<f64>() / f64::from(draws);
        let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / f64::from(draws);
        let expected = model.expected_of_new(40.0).expect("a time");
        let error = (variance / f64::from(draws)).sqrt();
        assert!((mean - expected).abs() < 4.0 * error, "{family}: {mean} ± {error}, not {expected}");
    }
}

#[test]
fn sums_of_what_customers_do_lie_in_their_intervals() {
    for (family, truth) in [
        (Family::BgNbd, [0.6, 5.0, 0.8, 2.5]),
        (Family::MbgNbd, [0.6, 5.0, 0.8, 2.5]),
        (Family::ParetoNbd, [0.8, 8.0, 0.7, 12.0]),
    ] {
        let mut within = 0;
        for seed in 0..40 {
            let mut simulator = Simulator::new(seed);
            let (mut customers, mut made) = (Vec::new(), 0.0);
            for _ in 0..2000 {
                let age = simulator.age();
                let (history, after) = simulator.history_and_after(family, truth, age, 26.0);
                customers.push(history);
                made += f64::from(after);
            }
            let histories = Histories::new(&customers).expect("possible");
            let fit = PurchaseModel::fit(family, &histories).expect("a maximum");
            let (low, high) = fit.expected_together(&histories, 26.0).expect("a horizon").interval();
            within += u32::from(low <= made && made <= high);
        }
        // 38 of 40 on average; fewer than 33 have a chance of one in a thousand.
        assert!((33..=40).contains(&within), "{family}: {within} of 40");
    }
}

#[test]
fn customers_who_never_leave_are_seen_to_stay() {
    let mut simulator = Simulator::new(11);
    let drawn: Vec<History> = (0..3000)
        .map(|_| {
            let age = simulator.age();
            simulator.history(Family::Nbd, [0.8, 9.0, 0.0, 0.0], age)
        })
        .collect();
    let histories = Histories::new(&drawn).expect("possible");
    let fit = PurchaseModel::fit(Family::Nbd, &histories).expect("a maximum");
    let [r, alpha, ..] = fit.model.parameters();
    recovered("NBD", &[0.8, 9.0], &[r, alpha], &fit.standard_errors[..2]);
    let expected = fit.model.expected_purchases(&History::new(3, 4.0, 30.0), 13.0).expect("a horizon");
    assert!((expected - (r + 3.0) / (alpha + 30.0) * 13.0).abs() < 1e-12);
}

#[test]
fn customers_who_leave_are_not_taken_to_stay() {
    let mut simulator = Simulator::new(12);
    let drawn: Vec<History> = (0..3000)
        .map(|_| {
            let age = simulator.age();
            simulator.history(Family::ParetoNbd, [0.8, 9.0, 0.6, 12.0], age)
        })
        .collect();
    let histories = Histories::new(&drawn).expect("possible");
    let fit = PurchaseModel::fit(Family::Nbd, &histories).expect("a maximum");
    assert!(!fit.model.nobody_leaves(&histories));
}
