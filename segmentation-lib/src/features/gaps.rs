//! How long customers stay away between two purchases.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::derive::MILLISECONDS_PER_DAY;
use crate::transactions::Parts;

/// The days between one purchase day and the next of the same customer, and how often each number occurs,
/// ascending. Purchases of one day are one; returns are none. Cost: n log n in the purchase days.
pub(super) fn gaps(transactions: &Parts) -> PolarsResult<Vec<(u32, u64)>> {
    let counted = transactions.collect(|part| Ok(gaps_of(part)))?;
    let (gaps, times) = (counted.column("gap")?.u32()?, counted.column("times")?.u64()?);
    let mut sums = BTreeMap::new();
    for (gap, times) in gaps.no_null_iter().zip(times.no_null_iter()) {
        *sums.entry(gap).or_default() += times;
    }
    Ok(sums.into_iter().collect())
}

/// The gaps of whole customers: `gap`, `times`.
fn gaps_of(transactions: LazyFrame) -> LazyFrame {
    let day = col("purchased_at").cast(DataType::Int64).floor_div(lit(MILLISECONDS_PER_DAY));
    let before = |name: &str| col(name).shift(lit(1));
    transactions
        .filter(col("is_return").not())
        .group_by([col("customer_id"), day.alias("day")])
        .agg([len().alias("lines")])
        .sort(["customer_id", "day"], SortMultipleOptions::default())
        .select([
            col("customer_id").eq(before("customer_id")).alias("same"),
            (col("day") - before("day")).alias("gap"),
        ])
        .filter(col("same"))
        .group_by([col("gap")])
        .agg([len().alias("times")])
        .select([col("gap").cast(DataType::UInt32), col("times").cast(DataType::UInt64)])
}

/// As [`gaps`], where only sums are known: each customer's days from the first purchase to the last, divided evenly.
pub(super) fn mean_gaps(summed: &DataFrame) -> PolarsResult<Vec<(u32, u64)>> {
    let moments = |name: &str| Ok::<_, PolarsError>(summed.column(name)?.to_physical_repr().i64()?.clone());
    let (first, last, purchases) =
        (moments("first_purchase")?, moments("last_purchase")?, moments("frequency")?);
    let of = |row: usize| {
        let times = purchases.get(row)? - 1;
        let days = (last.get(row)? - first.get(row)?) / MILLISECONDS_PER_DAY;
        let gap = (days as f64 / times as f64).round();
        (times > 0 && gap >= 1.0).then_some((gap as u32, times as u64))
    };
    Ok((0..summed.height()).filter_map(of).collect())
}
