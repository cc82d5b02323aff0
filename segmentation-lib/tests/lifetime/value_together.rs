//! The value of a group of customers against groups that are drawn.

use segmentation_lib::lifetime::{
    ExpectedValue, Family, Histories, History, LifetimeError, PurchaseFit, PurchaseModel, Spend, SpendFit,
    SpendModel,
};

use crate::simulate::Simulator;

const HORIZON: f64 = 26.0;
const SPEND: [f64; 3] = [3.0, 6.0, 50.0];
const DRAWN: [(Family, [f64; 4]); 3] = [
    (Family::BgNbd, [0.6, 5.0, 0.8, 2.5]),
    (Family::MbgNbd, [0.6, 5.0, 0.8, 2.5]),
    (Family::ParetoNbd, [0.8, 8.0, 0.7, 12.0]),
];

/// Customers, and what each of them brings after the observation.
fn drawn(seed: u64, family: Family, parameters: [f64; 4], customers: usize) -> Vec<((History, Spend), f64)> {
    let mut simulator = Simulator::new(seed);
    let mut customer = || {
        let age = simulator.age();
        let (history, after) = simulator.history_and_after(family, parameters, age, HORIZON);
        let (spend, value) = simulator.spend_and_after(SPEND, history.frequency, after);
        ((history, spend), value)
    };
    (0..customers).map(|_| customer()).collect()
}

fn customers(drawn: &[((History, Spend), f64)]) -> Vec<(History, Spend)> {
    drawn.iter().map(|(customer, _)| *customer).collect()
}

fn fits(family: Family, customers: &[(History, Spend)]) -> (PurchaseFit, SpendFit) {
    let histories: Vec<History> = customers.iter().map(|c| c.0).collect();
    let spend: Vec<Spend> = customers.iter().map(|c| c.1).collect();
    let histories = Histories::new(&histories).expect("possible");
    (PurchaseModel::fit(family, &histories).expect("a maximum"), SpendModel::fit(&spend).expect("a maximum"))
}

/// Fits whose parameters are taken as known.
fn certain(
    family: Family,
    parameters: [f64; 4],
    spend: [f64; 3],
    like: &[(History, Spend)],
) -> (PurchaseFit, SpendFit) {
    let (purchases, values) = fits(family, like);
    let model = PurchaseModel::new(family, parameters).expect("positive");
    let purchases = PurchaseFit { model, covariances: [[0.0; 4]; 4], ..purchases };
    let model = SpendModel::new(spend).expect("positive");
    (purchases, SpendFit { model, covariances: [[0.0; 3]; 3], ..values })
}

#[test]
fn mean_and_spread_are_those_of_drawn_customers() {
    for (family, parameters) in DRAWN {
        let drawn = drawn(5, family, parameters, 20_000);
        let customers = customers(&drawn);
        let (purchases, spend) = certain(family, parameters, SPEND, &customers[..2000]);
        let of = |group: &[(History, Spend)]| {
            purchases.expected_value_together(&spend, group, HORIZON).expect("finite")
        };
        let (mut squares, mut fourths) = (0.0, 0.0);
        let mut variances = 0.0;
        for (customer, value) in &drawn {
            let expected = of(std::slice::from_ref(customer));
            let square = (value - expected.value).powi(2);
            let variance = expected.standard_deviation.expect("q above 2").powi(2);
            (squares, variances) = (squares + square, variances + variance);
            fourths += (square - variance).powi(2);
        }
        let all = of(&customers);
        let brought: f64 = drawn.iter().map(|(_, value)| value).sum();
        let deviation = all.standard_deviation.expect("q above 2");
        assert!((deviation * deviation / variances - 1.0).abs() < 1e-9, "{family}");
        assert!((brought - all.value).abs() < 4.0 * deviation, "{family}: {brought}, not {all:?}");
        let off = (squares - variances).abs() / fourths.sqrt();
        assert!(off < 4.0, "{family}: {squares}, not {variances} ({off} standard errors)");
        assert!(fourths.sqrt() < 0.1 * variances, "{family}: too wide to say something");
    }
}

#[test]
fn sums_lie_in_their_intervals() {
    for (family, parameters) in DRAWN {
        let mut within = 0;
        for seed in 100..140 {
            let drawn = drawn(seed, family, parameters, 1500);
            let customers = customers(&drawn);
            let (purchases, spend) = fits(family, &customers);
            let expected = purchases.expected_value_together(&spend, &customers, HORIZON).expect("finite");
            let (low, high) = expected.interval().expect("q above 2");
            let brought: f64 = drawn.iter().map(|(_, value)| value).sum();
            within += u32::from(low <= brought && brought <= high);
        }
        // 38 of 40 on average; fewer than 33 have a chance of one in a thousand.
        assert!((33..=40).contains(&within), "{family}: {within} of 40");
    }
}

#[test]
fn parameters_move_the_sum_as_their_errors_say() {
    let (family, parameters) = DRAWN[2];
    let customers = customers(&drawn(9, family, parameters, 1500));
    let (purchases, spend) = fits(family, &customers);
    let of = |purchases: &PurchaseFit, spend: &SpendFit| {
        purchases.expected_value_together(spend, &customers, HORIZON).expect("finite")
    };
    let variance = |expected: ExpectedValue| expected.standard_deviation.expect("q above 2").powi(2);
    let sure = PurchaseFit { covariances: [[0.0; 4]; 4], ..purchases.clone() };
    for (i, &parameter) in spend.model.parameters().iter().enumerate() {
        let mut covariances = [[0.0; 3]; 3];
        covariances[i][i] = 1.0;
        let alone = SpendFit { covariances, ..spend.clone() };
        let certain = SpendFit { covariances: [[0.0; 3]; 3], ..spend.clone() };
        let carried = (variance(of(&sure, &alone)) - variance(of(&sure, &certain))).sqrt();
        let aside = |by: f64| {
            let mut moved = spend.model.parameters();
            moved[i] += by;
            let model = SpendModel::new(moved).expect("positive");
            of(&sure, &SpendFit { model, ..spend.clone() }).value
        };
        let step = 1e-5 * parameter;
        let difference = ((aside(step) - aside(-step)) / (2.0 * step)).abs();
        assert!((carried / difference - 1.0).abs() < 1e-4, "{i}: {carried}, not {difference}");
    }
}

#[test]
fn value_is_the_sum_of_purchases_times_spend() {
    let (family, parameters) = DRAWN[0];
    let customers = customers(&drawn(2, family, parameters, 500));
    let (purchases, spend) = fits(family, &customers);
    let together = purchases.expected_value_together(&spend, &customers, HORIZON).expect("finite");
    let each = customers.iter().map(|(history, spent)| {
        let number = purchases.model.expected_purchases(history, HORIZON).expect("a horizon");
        number * spend.model.expected_spend(spent).expect("finite")
    });
    assert!((together.value / each.sum::<f64>() - 1.0).abs() < 1e-12);
    let none = purchases.expected_value_together(&spend, &[], HORIZON).expect("finite");
    assert_eq!(none, ExpectedValue { value: 0.0, standard_deviation: Some(0.0) });
}

#[test]
fn an_infinite_variance_is_no_standard_deviation_and_an_infinite_mean_no_value() {
    let (family, parameters) = DRAWN[1];
    let customers = customers(&drawn(2, family, parameters, 500));
    let of = |q: f64, group: &[(History, Spend)]| {
        let (purchases, spend) = certain(family, parameters, [1.0, q, 50.0], &customers);
        purchases.expected_value_together(&spend, group, HORIZON)
    };
    let once = (History::new(0, 0.0, 30.0), Spend { purchases: 0, mean: 0.0 });
    let twice = (History::new(2, 20.0, 30.0), Spend { purchases: 2, mean: 9.0 });
    let wide = of(1.5, &[once, twice]).expect("a finite mean");
    assert!(wide.value > 0.0 && wide.standard_deviation.is_none() && wide.interval().is_none());
    assert!(of(1.5, &[twice]).expect("a finite mean").standard_deviation.is_some());
    assert_eq!(of(0.5, &[once]), Err(LifetimeError::InfiniteSpend { q: 0.5 }));
    assert!(of(0.5, &[twice]).is_ok());
}
