//! The models against mpmath at random parameters, and fits against scipy's: `tests/reference/record_lifetime.py`.

use segmentation_lib::lifetime::{Family, Histories, History, PurchaseModel, Spend, SpendModel};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    customers: Vec<Customer>,
    spend: Vec<SpendCase>,
    fits: Vec<Fit>,
}

#[derive(Deserialize)]
struct Customer {
    family: Family,
    parameters: [f64; 4],
    frequency: u32,
    recency: f64,
    age: f64,
    horizon: f64,
    n: u32,
    log_likelihood: f64,
    alive: f64,
    expected: f64,
    probability: f64,
}

#[derive(Deserialize)]
struct SpendCase {
    parameters: [f64; 3],
    purchases: u32,
    mean: f64,
    log_likelihood: f64,
    expected: f64,
}

#[derive(Deserialize)]
struct Fit {
    family: Family,
    /// Repeat purchases, days to the last one, days observed.
    customers: Vec<[u32; 3]>,
    parameters: [f64; 4],
    log_likelihood: f64,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("../reference/lifetime.json")).expect("what the script wrote")
}

#[track_caller]
fn close(what: &str, got: f64, expected: f64, relative: f64) {
    let off = (got - expected).abs() / expected.abs().max(1e-290);
    assert!(off <= relative, "{what}: {got:e}, not {expected:e} (off by {off:e})");
}

#[test]
fn customers_at_random_parameters() {
    for case in recorded().customers {
        let Customer { family, parameters, frequency, recency, age, horizon, n, .. } = case;
        let what = format!("{family} {parameters:?} x {frequency} t_x {recency} T {age} t {horizon} n {n}");
        let model = PurchaseModel::new(family, parameters).expect("positive");
        let history = History::new(frequency, recency, age);
        let alone = Histories::new(&[history]).expect("possible");
        let slack = 1e-12 * case.log_likelihood.abs().max(1.0);
        let log_likelihood = model.log_likelihood(&alone);
        assert!((log_likelihood - case.log_likelihood).abs() <= slack, "{what}: {log_likelihood}");
        close(&what, model.alive(&history), case.alive, 1e-11);
        close(&what, model.expected_purchases(&history, horizon).expect("a horizon"), case.expected, 1e-11);
        close(&what, model.probability_of(n, horizon).expect("a time"), case.probability, 1e-9);
    }
}

#[test]
fn spend_at_given_parameters() {
    for case in recorded().spend {
        let model = SpendModel::new(case.parameters).expect("positive");
        let spend = Spend { purchases: case.purchases, mean: case.mean };
        let what = format!("{:?} {spend:?}", case.parameters);
        close(&what, model.log_likelihood(&[spend]), case.log_likelihood, 1e-11);
        close(&what, model.expected_spend(&spend).expect("finite"), case.expected, 1e-9);
    }
}

#[test]
fn maxima_of_simulated_customers() {
    for case in recorded().fits {
        let weeks = |days: u32| f64::from(days) / 7.0;
        let customers: Vec<History> =
            case.customers.iter().map(|&[x, tx, t]| History::new(x, weeks(tx), weeks(t))).collect();
        let fit = PurchaseModel::fit(case.family, &Histories::new(&customers).expect("possible"))
            .expect("a maximum");
        assert!(fit.log_likelihood >= case.log_likelihood - 1e-7, "{}: {}", case.family, fit.log_likelihood);
        close("log-likelihood", fit.log_likelihood, case.log_likelihood, 1e-10);
        for (got, expected) in fit.model.parameters().into_iter().zip(case.parameters) {
            close(&case.family.to_string(), got, expected, 2e-5);
        }
    }
}
