//! What is timed: grouping, fits, forecasts.

use std::time::Instant;

use segmentation_lib::lifetime::{
    Family, Histories, History, LifetimeError, PurchaseModel, Spend, SpendModel,
};
use serde_json::{Map, Value, json};

use crate::Customer;

/// Weeks ahead.
const HORIZON: f64 = 39.0;

/// What came out, and how long each stage took.
#[derive(Default)]
pub struct Outcome {
    pub distinct: usize,
    /// Seconds.
    pub stages: Map<String, Value>,
    pub models: Map<String, Value>,
    /// The first model's parameters, the spend model's, then each customer's purchases, P(alive) and spend.
    pub values: Vec<f64>,
}

impl Outcome {
    pub fn seconds(&self) -> f64 {
        self.stages.values().filter_map(Value::as_f64).sum()
    }

    fn timed<T>(&mut self, stage: &str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.stages.insert(stage.to_owned(), json!(start.elapsed().as_secs_f64()));
        done
    }
}

/// Groups equal histories, fits, and forecasts every customer: purchases, whether still a customer, wait, spend.
pub fn run(customers: &[Customer], families: &[Family]) -> Result<Outcome, LifetimeError> {
    let mut outcome = Outcome::default();
    let histories = outcome.timed("group", || {
        let histories: Vec<History> = customers.iter().map(|c| c.0).collect();
        Histories::new(&histories)
    })?;
    outcome.distinct = histories.distinct().len();
    let mut first = None;
    for &family in families {
        let (model, forecasts) = purchases(&mut outcome, family, &histories)?;
        first.get_or_insert((model.parameters(), forecasts));
    }
    let (of_spend, spent) = spend(&mut outcome, customers)?;
    if let Some((parameters, forecasts)) = first {
        let of = |i: usize| forecasts.iter().map(|forecast| forecast[i]).collect::<Vec<f64>>();
        outcome.values = [parameters.to_vec(), of_spend.to_vec(), of(0), of(1), spent].concat();
    }
    Ok(outcome)
}

fn purchases(
    outcome: &mut Outcome,
    family: Family,
    histories: &Histories,
) -> Result<(PurchaseModel, Vec<[f64; 3]>), LifetimeError> {
    let fit = outcome.timed(&format!("{family} fitted"), || PurchaseModel::fit(family, histories))?;
    let model = fit.model;
    let forecasts = outcome.timed(&format!("{family} forecast"), || {
        histories.each(|h| Ok([model.expected_purchases(h, HORIZON)?, model.alive(h), model.median_wait(h)]))
    })?;
    let said = json!({
        "parameters": model.parameters(), "log_likelihood": fit.log_likelihood,
        "gradient_norm": fit.gradient_norm, "steps": fit.steps,
    });
    outcome.models.insert(family.to_string(), said);
    Ok((model, forecasts))
}

fn spend(outcome: &mut Outcome, customers: &[Customer]) -> Result<([f64; 3], Vec<f64>), LifetimeError> {
    let spend: Vec<Spend> = customers.iter().map(|c| c.1).collect();
    let fit = outcome.timed("Gamma-Gamma fitted", || SpendModel::fit(&spend))?;
    let model = fit.model;
    let spent = outcome.timed("Gamma-Gamma forecast", || {
        spend.iter().map(|s| model.expected_spend(s)).collect::<Result<Vec<f64>, _>>()
    })?;
    let said = json!({
        "parameters": model.parameters(), "log_likelihood": fit.log_likelihood,
        "gradient_norm": fit.gradient_norm, "steps": fit.steps,
    });
    outcome.models.insert("Gamma-Gamma".to_owned(), said);
    Ok((model.parameters(), spent))
}
