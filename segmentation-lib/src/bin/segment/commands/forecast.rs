//! `segment forecast`: what customers will do next, and how far that can be trusted.

use std::borrow::Cow;

use clap::ValueEnum;
use segmentation_lib::lifetime::{
    CustomerForecast, Forecast, ForecastParams, LifetimeError, PurchaseFit, Trial,
};

use segmentation_lib::wording::{counted, tables};
use serde::Serialize;

use super::{lifetimes, summary};
use crate::args::{ForecastArgs, Global};
use crate::failure::Result;
use crate::output::{self, integer};

/// A customer's row.
#[derive(Serialize)]
struct Row<'a> {
    customer_id: Cow<'a, str>,
    purchases: u32,
    last_purchase: String,
    expected_purchases: f64,
    alive: Option<f64>,
    expected_spend: Option<f64>,
    expected_value: Option<f64>,
    next_purchase: Option<String>,
}

pub fn execute(args: &ForecastArgs, global: &Global) -> Result<()> {
    let (purchases, end) = lifetimes::read(&args.purchases, global)?;
    let (horizon_days, unit) = (args.horizon, summary::unit(args.unit));
    let params = ForecastParams { horizon_days, unit, ..ForecastParams::default() };
    let model = args.model.to_possible_value();
    let params = model.and_then(|model| params.named(model.get_name())).unwrap_or(params);
    let forecast = Forecast::new(&purchases.rows, end, &params)?;
    if let Some(path) = &args.output {
        let id = |customer: &CustomerForecast| {
            lifetimes::id(&purchases, customer.summary.customer, &args.purchases)
        };
        let rows = forecast.customers.iter().map(|customer| row(customer, id(customer)));
        lifetimes::write_csv(Some(path), rows)?;
    }
    if global.json {
        return output::json(&value(&forecast, args));
    }
    print(&forecast, args);
    Ok(())
}

fn row<'a>(customer: &CustomerForecast, customer_id: Cow<'a, str>) -> Row<'a> {
    Row {
        customer_id,
        purchases: customer.summary.purchase_days,
        last_purchase: customer.summary.last.to_string(),
        expected_purchases: customer.expected_purchases,
        alive: customer.alive,
        expected_spend: customer.expected_spend,
        expected_value: customer.expected_value(),
        next_purchase: customer.next_purchase.map(|day| day.to_string()),
    }
}

fn value(forecast: &Forecast, args: &ForecastArgs) -> serde_json::Value {
    let (low, high) = forecast.together.interval();
    serde_json::json!({
        "end": forecast.end.to_string(),
        "horizon_days": forecast.params.horizon_days,
        "unit": forecast.params.unit,
        "customers": forecast.customers.len(),
        "model": forecast.purchases,
        "instead": forecast.instead.as_ref().map(|reason| reason.cause().en),
        "expected_purchases": forecast.together.purchases,
        "expected_purchases_low": low,
        "expected_purchases_high": high,
        "expected_value": forecast.expected_value(),
        "spend": or_reason(&forecast.spend),
        "holdout": or_reason(&forecast.holdout),
        "beaten_by": forecast.holdout.as_ref().map(|held| held.trial.beaten_by()).unwrap_or_default(),
        "file": args.output,
    })
}

/// What there is, or why there is none.
fn or_reason(found: &Result<impl Serialize, LifetimeError>) -> serde_json::Value {
    match found {
        Ok(value) => serde_json::json!(value),
        Err(reason) => serde_json::json!({ "none": reason.to_string() }),
    }
}

fn print(forecast: &Forecast, args: &ForecastArgs) {
    let (low, high) = forecast.together.interval();
    println!(
        "{}, purchases up to {}; the next {}",
        counted(forecast.customers.len() as u64, "customer", "customers"),
        forecast.end,
        counted(u64::from(forecast.params.horizon_days), "day", "days")
    );
    println!(
        "Expected: {:.0} purchases of all customers together (95 % interval {low:.0} to {high:.0}, if the model is \
         right)",
        forecast.together.purchases
    );
    match (forecast.expected_value(), &forecast.spend) {
        (Some(value), Ok(fit)) => println!(
            "Expected: a value of {value:.2}; {} what a purchase brings, {} bought once, {} a mean of 0 or less",
            counted(fit.customers as u64, "customer says", "customers say"),
            integer(fit.without_purchase as u64),
            counted(fit.not_positive as u64, "has", "have")
        ),
        (_, Err(reason)) => println!("No values: {reason}"),
        (None, Ok(_)) => println!("No values: a customer's expected spend is not finite"),
    }
    println!(
        "\n{}, times in {}\n{}",
        forecast.purchases.model.family(),
        forecast.params.unit,
        parameters(&forecast.purchases)
    );
    if let Some(reason) = &forecast.instead {
        let taken = forecast.purchases.model.family().instead();
        println!("Taken instead: {}: {}", taken.en, reason.cause().en);
    }
    match &forecast.holdout {
        Ok(held) => print_trial(&held.trial),
        Err(reason) => println!("\nNot tried on the data themselves: {reason}"),
    }
    match &args.output {
        Some(path) => println!("\nEvery customer's forecast is in {}", path.display()),
        None => println!("\n--output FILE writes every customer's forecast"),
    }
}

fn parameters(fit: &PurchaseFit) -> String {
    let names = fit.model.family().parameter_names().iter().copied();
    let rows = names.zip(fit.model.parameters()).zip(fit.standard_errors);
    let rows =
        rows.map(|((name, value), error)| [name.to_owned(), format!("{value:.4}"), format!("{error:.4}")]);
    output::table(["parameter", "value", "standard error"], &[1, 2], rows.collect())
}

pub fn print_trial(trial: &Trial) {
    println!(
        "\nTried on the data themselves: fitted up to {}, held against the {} purchases up to {}",
        trial.cut_off,
        integer(trial.actual),
        trial.end
    );
    println!("{}", output::drawn(&tables::trial(trial)));
    tables::beaten(trial).iter().for_each(|sentence| println!("{sentence}"));
}
