//! What the small table needs the reference date or a division for.

use polars::prelude::*;

use crate::transactions::ReferenceDate;

pub(super) const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// Adds the derived features to the aggregated table.
pub(super) fn derived(aggregated: LazyFrame, reference: ReferenceDate) -> LazyFrame {
    let or_transaction = |purchase, transaction| coalesce(&[col(purchase), col(transaction)]);
    let last = or_transaction("last_purchase", "last_transaction");
    let first = or_transaction("first_purchase", "first_transaction");
    aggregated.select([
        col("customer_id").cast(DataType::String),
        col("first_purchase"),
        col("last_purchase"),
        days_until(last, reference).alias("recency"),
        col("frequency"),
        col("net_pennies").alias("monetary"),
        days_until(first.clone(), reference).alias("tenure"),
        ratio(col("purchased_pennies"), col("frequency"), lit(0.0)).alias("basket"),
        interpurchase(first, reference).alias("interpurchase"),
        return_rate().alias("return_rate"),
        col("lines"),
        days_until(col("last_transaction"), reference).alias("activity"),
        col("products"),
        col("units"),
    ])
}

/// Calendar days to a reference day; whole 24-hour periods, rounded down, to a reference instant.
fn days_until(moment: Expr, reference: ReferenceDate) -> Expr {
    let moment = moment.cast(DataType::Int64);
    match reference {
        ReferenceDate::Day(day) => {
            let day =
                day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis() / MILLISECONDS_PER_DAY;
            lit(day) - moment.floor_div(lit(MILLISECONDS_PER_DAY))
        }
        ReferenceDate::Instant(instant) => {
            (lit(instant.and_utc().timestamp_millis()) - moment).floor_div(lit(MILLISECONDS_PER_DAY))
        }
    }
}

fn interpurchase(first: Expr, reference: ReferenceDate) -> Expr {
    let span = (col("last_purchase").cast(DataType::Int64) - col("first_purchase").cast(DataType::Int64))
        .cast(DataType::Float64)
        / lit(MILLISECONDS_PER_DAY as f64);
    when(col("frequency").gt_eq(lit(2)))
        .then(span / (col("frequency") - lit(1)).cast(DataType::Float64))
        .otherwise(days_until(first, reference).cast(DataType::Float64))
}

fn return_rate() -> Expr {
    let returned = col("purchased_pennies") - col("net_pennies");
    let rate = ratio(returned, col("purchased_pennies"), lit(1.0));
    when(rate.clone().gt(lit(1.0)))
        .then(lit(1.0))
        .when(rate.clone().lt(lit(0.0)))
        .then(lit(0.0))
        .otherwise(rate)
}

fn ratio(numerator: Expr, denominator: Expr, undefined: Expr) -> Expr {
    when(denominator.clone().eq(lit(0)))
        .then(undefined)
        .otherwise(numerator.cast(DataType::Float64) / denominator.cast(DataType::Float64))
}
