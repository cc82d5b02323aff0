//! `segment summary`: frequency, recency, T and monetary value of every customer, as the Python package lifetimes
//! names them.

use std::borrow::Cow;

use segmentation_lib::lifetime::{Frequency, Summary, TimeUnit, summarise};
use segmentation_lib::wording::counted;
use serde::Serialize;

use super::lifetimes;
use crate::args::{FrequencyArg, Global, SummaryArgs, UnitArg};
use crate::failure::Result;
use crate::output;

/// A customer's row.
#[derive(Serialize)]
struct Row<'a> {
    customer_id: Cow<'a, str>,
    frequency: u32,
    recency: f64,
    #[serde(rename = "T")]
    age: f64,
    monetary_value: f64,
}

pub fn execute(args: &SummaryArgs, global: &Global) -> Result<()> {
    let (purchases, end) = lifetimes::read(&args.purchases, global)?;
    let summaries = summarise(&purchases.rows, end);
    let (unit, frequency) = (unit(args.unit), frequency(args.frequency));
    let rows = summaries.iter().map(|summary| {
        let id = lifetimes::id(&purchases, summary.customer, &args.purchases);
        row(summary, id, unit, frequency)
    });
    if args.output.is_none() && global.json {
        return output::json(&rows.collect::<Vec<_>>());
    }
    lifetimes::write_csv(args.output.as_deref(), rows)?;
    let Some(path) = &args.output else { return Ok(()) };
    let customers = summaries.len();
    if global.json {
        return output::json(&serde_json::json!({
            "customers": customers, "end": end.to_string(), "unit": unit, "frequency": frequency, "file": path,
        }));
    }
    let customers = counted(customers as u64, "customer", "customers");
    println!("{customers} up to {end}, in {unit}, written to {}", path.display());
    Ok(())
}

fn row<'a>(summary: &Summary, customer_id: Cow<'a, str>, unit: TimeUnit, frequency: Frequency) -> Row<'a> {
    let (history, spend) = (summary.history(unit), summary.spend(frequency));
    Row {
        customer_id,
        frequency: spend.purchases,
        recency: history.recency,
        age: history.age,
        monetary_value: spend.mean,
    }
}

pub fn unit(unit: UnitArg) -> TimeUnit {
    match unit {
        UnitArg::Days => TimeUnit::Days,
        UnitArg::Weeks => TimeUnit::Weeks,
    }
}

fn frequency(frequency: FrequencyArg) -> Frequency {
    match frequency {
        FrequencyArg::Repeat => Frequency::Repeat,
        FrequencyArg::All => Frequency::All,
    }
}
