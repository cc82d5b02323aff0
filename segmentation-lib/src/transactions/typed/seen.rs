//! The lines of a table, where it is compared with others.

use polars::prelude::*;

use super::super::overlap::{Line, Seen};
use super::super::plan::Plan;
use super::judged::{Judged, is_kept};

/// What the lines kept of a table `judged` are: as the row reader notes them, so that a table of types is compared with one
/// of text. Cost: the texts of a batch, one column after the other.
pub(super) fn of(judged: &Judged, plan: &Plan<'_>) -> PolarsResult<Seen> {
    let mut seen = Seen::default();
    if !plan.compares_tables {
        return Ok(seen);
    }
    let text = |name: &'static str| col(name).cast(DataType::String);
    let lines = judged.ask(|rows| {
        Ok(rows.filter(is_kept()).select([
            text("customer_id"),
            text("invoice"),
            text("product"),
            col("purchased_at").cast(DataType::Int64),
            col("amount_pennies"),
        ]))
    })?;
    let texts = |name: &str| Ok::<_, PolarsError>(lines.column(name)?.str()?.clone());
    let (customers, invoices, products) = (texts("customer_id")?, texts("invoice")?, texts("product")?);
    let moments = lines.column("purchased_at")?.i64()?;
    let amounts = lines.column("amount_pennies")?.i64()?;
    let numbers = moments.iter().zip(amounts.iter());
    let texts = customers.iter().zip(invoices.iter()).zip(products.iter());
    for (((customer, invoice), product), (moment, amount)) in texts.zip(numbers) {
        if let (Some(customer), Some(moment), Some(amount)) = (customer, moment, amount) {
            seen.note_line(&Line { customer, invoice, product, moment, amount });
        }
    }
    Ok(seen)
}
