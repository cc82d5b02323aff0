//! `segment forecast`: what customers will do next, and how far that can be trusted.

use segmentation_lib::lifetime::{
    CustomerForecast, Family, Forecast, ForecastParams, Holdout, LifetimeError, Measure, PurchaseFit,
    Purchases,
};

use serde::Serialize;

use super::{lifetimes, summary};
use crate::args::{FamilyArg, ForecastArgs, Global};
use crate::failure::Result;
use crate::output::{self, integer};

/// A customer's row.
#[derive(Serialize)]
struct Row<'a> {
    customer_id: &'a str,
    purchases: u32,
    last_purchase: String,
    expected_purchases: f64,
    alive: f64,
    expected_spend: Option<f64>,
    expected_value: Option<f64>,
    next_purchase: Option<String>,
}

pub fn execute(args: &ForecastArgs, global: &Global) -> Result<()> {
    let (purchases, end) = lifetimes::read(&args.purchases, global)?;
    let family = match args.model {
        FamilyArg::BgNbd => Family::BgNbd,
        FamilyArg::MbgNbd => Family::MbgNbd,
        FamilyArg::ParetoNbd => Family::ParetoNbd,
    };
    let params = ForecastParams { family, horizon_days: args.horizon, unit: summary::unit(args.unit) };
    let forecast = Forecast::new(&purchases.rows, end, &params)?;
    if let Some(path) = &args.output {
        let rows = forecast.customers.iter().map(|customer| row(customer, &purchases));
        lifetimes::write_csv(Some(path), rows)?;
    }
    if global.json {
        return output::json(&value(&forecast, args));
    }
    print(&forecast, args);
    Ok(())
}

fn row<'a>(customer: &CustomerForecast, purchases: &'a Purchases) -> Row<'a> {
    Row {
        customer_id: &purchases.ids[customer.summary.customer as usize],
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
        "expected_purchases": forecast.together.purchases,
        "expected_purchases_low": low,
        "expected_purchases_high": high,
        "expected_value": forecast.expected_value(),
        "spend": or_reason(&forecast.spend),
        "holdout": or_reason(&forecast.holdout),
        "beaten_by": forecast.holdout.as_ref().map(Holdout::beaten_by).unwrap_or_default(),
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
        "{} customers, purchases up to {}; the next {} days",
        integer(forecast.customers.len() as u64),
        forecast.end,
        forecast.params.horizon_days
    );
    println!(
        "Expected: {:.0} purchases of all customers together (95 % interval {low:.0} to {high:.0}, if the model is \
         right)",
        forecast.together.purchases
    );
    match (forecast.expected_value(), &forecast.spend) {
        (Some(value), Ok(fit)) => println!(
            "Expected: a value of {value:.2}; {} customers say what a purchase brings, {} bought once, {} have a mean \
             of 0 or less",
            integer(fit.customers as u64),
            integer(fit.without_purchase as u64),
            integer(fit.not_positive as u64)
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
    match &forecast.holdout {
        Ok(held) => print_holdout(held),
        Err(reason) => println!("\nNot tried on the data themselves: {reason}"),
    }
    match &args.output {
        Some(path) => println!("\nEvery customer's forecast is in {}", path.display()),
        None => println!("\n--output FILE writes every customer's forecast"),
    }
}

fn parameters(fit: &PurchaseFit) -> String {
    let names = fit.model.family().parameter_names();
    let rows = names.into_iter().zip(fit.model.parameters()).zip(fit.standard_errors);
    let rows =
        rows.map(|((name, value), error)| [name.to_owned(), format!("{value:.4}"), format!("{error:.4}")]);
    output::table(["parameter", "value", "standard error"], &[1, 2], rows.collect())
}

fn print_holdout(held: &Holdout) {
    println!(
        "\nTried on the data themselves: fitted up to {}, held against the {} purchases up to {}",
        held.cut_off,
        integer(held.actual),
        held.end
    );
    let rows = held.scores.iter().map(|score| {
        [
            score.forecaster.to_string(),
            format!("{:.0}", score.sum),
            score.bias.map_or_else(String::new, |bias| format!("{:+.1} %", 100.0 * bias)),
            format!("{:.4}", score.mean_absolute_error),
            format!("{:.4}", score.root_mean_squared_error),
        ]
    });
    let header = ["forecast by", "purchases", "off by", "mean absolute error", "root mean squared error"];
    println!("{}", output::table(header, &[1, 2, 3, 4], rows.collect()));
    for beaten in held.beaten_by() {
        println!(
            "Nearer than the model by {}: {} ({:.4}, the model {:.4})",
            measure(beaten.measure),
            beaten.forecaster,
            beaten.naive,
            beaten.model
        );
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::AbsoluteBias => "the sum, as a share of what came",
        Measure::MeanAbsoluteError => "the mean absolute error",
        Measure::RootMeanSquaredError => "the root mean squared error",
    }
}
