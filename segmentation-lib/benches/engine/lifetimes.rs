//! Lifetime models on rows of repeat purchases, weeks to the last, weeks observed, mean value.

use ndarray::ArrayView2;
use segmentation_lib::lifetime::{Family, Histories, History, PurchaseModel, Spend, SpendModel};

use super::Outcome;

/// Weeks ahead.
const HORIZON: f64 = 39.0;

fn histories(rows: ArrayView2<'_, f64>) -> Histories {
    let customers: Vec<History> = rows.outer_iter().map(|r| History::new(r[0] as u32, r[1], r[2])).collect();
    Histories::new(&customers).expect("possible histories")
}

fn spend(rows: ArrayView2<'_, f64>) -> Vec<Spend> {
    rows.outer_iter().map(|r| Spend { purchases: r[0] as u32, mean: r[3] }).collect()
}

/// BG/NBD and Gamma-Gamma: parameters, then each customer's purchases and spend.
pub fn bg_nbd_and_spend(rows: ArrayView2<'_, f64>) -> Outcome {
    let (mut values, expected) = purchases(Family::BgNbd, &histories(rows));
    let (parameters, spent) = values_of(&spend(rows));
    values.extend(parameters);
    values.extend(expected);
    values.extend(spent);
    Outcome { result: values.iter().sum(), values }
}

/// All four models fitted, and forecast with: the parameters. The result is the number of distinct histories.
pub fn all_models(rows: ArrayView2<'_, f64>) -> Outcome {
    let histories = histories(rows);
    let mut values = Vec::new();
    for family in Family::ALL {
        let (parameters, expected) = purchases(family, &histories);
        let alive = parameters_alive(family, &parameters, &histories);
        assert_eq!(expected.len(), alive.len());
        values.extend(parameters);
    }
    let (parameters, spent) = values_of(&spend(rows));
    assert_eq!(spent.len(), rows.nrows());
    values.extend(parameters);
    Outcome { result: histories.distinct().len() as f64, values }
}

/// Fitted parameters, and what each customer is expected to buy.
fn purchases(family: Family, histories: &Histories) -> (Vec<f64>, Vec<f64>) {
    let model = PurchaseModel::fit(family, histories).expect("a maximum").model;
    let expected = histories.each(|h| model.expected_purchases(h, HORIZON)).expect("a horizon");
    (model.parameters().to_vec(), expected)
}

fn parameters_alive(family: Family, parameters: &[f64], histories: &Histories) -> Vec<f64> {
    let parameters = parameters.try_into().expect("four parameters");
    let model = PurchaseModel::new(family, parameters).expect("positive");
    histories.each(|h| Ok(model.alive(h))).expect("no horizon")
}

/// Fitted parameters, and what a purchase of each customer is expected to bring.
fn values_of(customers: &[Spend]) -> (Vec<f64>, Vec<f64>) {
    let model = SpendModel::fit(customers).expect("a maximum").model;
    let spent = customers.iter().map(|s| model.expected_spend(s).expect("finite")).collect();
    (model.parameters().to_vec(), spent)
}
