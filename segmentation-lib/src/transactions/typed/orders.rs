//! The lines of each order, where the amount on them may be the order's total.

use polars::prelude::*;

use super::super::date::DAY_MS;
use super::super::invoices::{Invoices, Lines, Order};
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
    let keys = match has_invoices {
        true => vec![col("invoice"), col("customer_id"), col("day")],
        false => vec![col("customer_id"), col("purchased_at"), col("day")],
    };
    let day = col("purchased_at").cast(DataType::Int64).floor_div(lit(DAY_MS)).alias("day");
    let money = || col("amount_pennies");
    let orders = judged.ask(|rows| {
        let lines = rows.filter(is_kept().and(money().gt(lit(0))).and(told)).with_column(day);
        Ok(lines.group_by(keys).agg([
            money().min().alias("least"),
            money().max().alias("most"),
            money().sum().alias("sum"),
            len().cast(DataType::Int64).alias("lines"),
            col("priced").null_count().cast(DataType::Int64).alias("unpriced"),
            col("priced").sum().alias("priced"),
        ]))
    })?;
    gathered(&orders, has_invoices)
}

fn gathered(orders: &DataFrame, has_invoices: bool) -> PolarsResult<Invoices> {
    let customers = orders.column("customer_id")?.cast(&DataType::String)?;
    let (numbers, moments) = match has_invoices {
        true => (Some(orders.column("invoice")?.cast(&DataType::String)?), None),
        false => (None, Some(orders.column("purchased_at")?.cast(&DataType::Int64)?.i64()?.clone())),
    };
    let numbers = numbers.as_ref().map(|numbers| numbers.str()).transpose()?;
    let whole = |name: &str| Ok::<_, PolarsError>(orders.column(name)?.i64()?.clone());
    let (least, most, sum, lines) = (whole("least")?, whole("most")?, whole("sum")?, whole("lines")?);
    let (unpriced, priced, days) = (whole("unpriced")?, whole("priced")?, whole("day")?);
    let mut invoices = Invoices::default();
    for (at, customer) in customers.str()?.iter().enumerate() {
        let (Some(customer), Some(least), Some(most)) = (customer, least.get(at), most.get(at)) else {
            continue;
        };
        let day = days.get(at).unwrap_or_default();
        let order = match (numbers.and_then(|numbers| numbers.get(at)), &moments) {
            (Some(number), _) => {
                Order { number: order_of_invoice(number), customer: order_of_invoice(customer), day }
            }
            (None, Some(moments)) => {
                let number = order_of_moment(customer, moments.get(at).unwrap_or_default());
                Order { number, customer: 0, day }
            }
            (None, None) => continue,
        };
        let priced = priced.get(at).filter(|_| unpriced.get(at) == Some(0));
        let (sum, lines) = (sum.get(at).unwrap_or_default(), lines.get(at).unwrap_or_default() as u32);
        invoices.note(order, &Lines { least, most, sum, lines, priced });
    }
    Ok(invoices)
}
