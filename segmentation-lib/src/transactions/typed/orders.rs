//! The lines of each order, where the amount on them may be the order's total.

use polars::prelude::*;

use super::super::date::DAY_MS;
use super::super::invoices::{Invoices, Lines};
use super::super::mapping::Role;
use super::super::plan::Plan;
use super::super::values::{order_of_invoice, order_of_moment};
use super::judged::{Judged, is_kept};

/// What the orders of a table `judged` say.
pub(super) fn of(judged: &Judged, plan: &Plan<'_>) -> PolarsResult<Invoices> {
    let has_invoices = plan.layout.column(Role::Invoice).is_some();
    let told = if has_invoices {
        col("invoice").is_not_null()
    } else if plan.named_a_total {
        lit(true)
    } else {
        (col("purchased_at").cast(DataType::Int64) % lit(DAY_MS)).neq(lit(0))
    };
    let keys =
        if has_invoices { vec![col("invoice")] } else { vec![col("customer_id"), col("purchased_at")] };
    let money = || col("amount_pennies");
    let orders = judged.ask(|rows| {
        Ok(rows.filter(is_kept().and(money().gt(lit(0))).and(told)).group_by(keys).agg([
            money().min().alias("least"),
            money().max().alias("most"),
            len().cast(DataType::Int64).alias("lines"),
            col("priced").null_count().cast(DataType::Int64).alias("unpriced"),
            col("priced").sum().alias("priced"),
            col("purchased_at").min().alias("first"),
            col("purchased_at").max().alias("last"),
        ]))
    })?;
    gathered(&orders, has_invoices)
}

fn gathered(orders: &DataFrame, has_invoices: bool) -> PolarsResult<Invoices> {
    let texts =
        orders.column(if has_invoices { "invoice" } else { "customer_id" })?.cast(&DataType::String)?;
    let moments = match has_invoices {
        true => None,
        false => Some(orders.column("purchased_at")?.cast(&DataType::Int64)?.i64()?.clone()),
    };
    let whole = |name: &str| Ok::<_, PolarsError>(orders.column(name)?.i64()?.clone());
    let (least, most, lines) = (whole("least")?, whole("most")?, whole("lines")?);
    let (unpriced, priced) = (whole("unpriced")?, whole("priced")?);
    let days = |name: &str| {
        let moments = orders.column(name)?.cast(&DataType::Int64)?.i64()?.clone();
        Ok::<_, PolarsError>(moments.apply_values(|moment| moment.div_euclid(DAY_MS)))
    };
    let (first, last) = (days("first")?, days("last")?);
    let mut invoices = Invoices::default();
    for (at, text) in texts.str()?.iter().enumerate() {
        let (Some(text), Some(amount), Some(lines)) = (text, least.get(at), lines.get(at)) else { continue };
        if most.get(at) != Some(amount) {
            invoices.close();
            break;
        }
        let key = match &moments {
            None => order_of_invoice(text),
            Some(moments) => order_of_moment(text, moments.get(at).unwrap_or_default()),
        };
        let priced = priced.get(at).filter(|_| unpriced.get(at) == Some(0));
        let (day, other_days) = (first.get(at).unwrap_or_default(), first.get(at) != last.get(at));
        invoices.join(key, Lines { amount, lines: lines as u32, priced, day, other_days });
    }
    Ok(invoices)
}
