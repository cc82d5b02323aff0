//! Sales by month, weekday, hour, country and basket.

use polars::prelude::*;
use segmentation_lib::transactions::Transactions;

use super::section::{Section, section};
use crate::language::pick;

/// Largest first; equal values by the column after it.
pub(super) fn largest_first() -> SortMultipleOptions {
    SortMultipleOptions::default().with_order_descending_multi([true, false])
}

/// Each row's part of the column's sum.
pub(super) fn share_of(column: &str) -> Expr {
    col(column).cast(DataType::Float64) / col(column).sum().cast(DataType::Float64)
}

/// One column over another, null where the other is 0.
pub(super) fn over(part: &str, whole: &str) -> Expr {
    let quotient = col(part).cast(DataType::Float64) / col(whole).cast(DataType::Float64);
    when(col(whole).eq(lit(0))).then(lit(NULL)).otherwise(quotient)
}

/// What a group of lines adds up to: `revenue_pennies` (net of returns), `purchases` and `customers`
/// (both distinct, returns left out of the purchases).
fn totals() -> [Expr; 3] {
    [
        col("amount_pennies").sum().alias("revenue_pennies"),
        col("purchase_id").filter(col("is_return").not()).n_unique().alias("purchases"),
        col("customer_id").n_unique().alias("customers"),
    ]
}

/// Sales of each month: `month` (`2011-12`), `revenue_pennies` (net of returns), `purchases` and
/// `customers` (distinct), ascending. Cost: linear in the transactions.
pub fn sales_by_month(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .group_by([col("purchased_at").dt().to_string("%Y-%m").alias("month")])
        .agg(totals())
        .sort(["month"], SortMultipleOptions::default())
        .collect()
}

/// Sales of each weekday that has any: `weekday` (1 is Monday, ISO 8601), and as
/// [`sales_by_month`]. Cost: linear.
pub fn sales_by_weekday(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .group_by([col("purchased_at").dt().weekday().alias("weekday")])
        .agg(totals())
        .sort(["weekday"], SortMultipleOptions::default())
        .collect()
}

/// Purchases by `weekday` (1 is Monday) and `hour` (0 to 23) of their first line, returns left out;
/// skipped where no transaction has a time of day. Cost: linear.
pub fn weekday_by_hour(transactions: &Transactions) -> PolarsResult<Section<DataFrame>> {
    let frame = by_hour(transactions.frame())?;
    let timed = frame.column("hour")?.cast(&DataType::Int64)?.i64()?.no_null_iter().any(|hour| hour > 0);
    section(
        timed,
        pick("estes dados têm datas sem hora", "this data has dates without a time of day"),
        || Ok(frame),
    )
}

fn by_hour(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .filter(col("is_return").not())
        .group_by([col("purchase_id"), col("customer_id")])
        .agg([col("purchased_at").min()])
        .group_by([
            col("purchased_at").dt().weekday().alias("weekday"),
            col("purchased_at").dt().hour().alias("hour"),
        ])
        .agg([col("purchase_id").len().alias("purchases")])
        .sort(["weekday", "hour"], SortMultipleOptions::default())
        .collect()
}

/// Sales of each country, most revenue first: `country`, the totals of [`sales_by_month`], and
/// `revenue_share`. Cost: linear.
pub fn countries(transactions: &Transactions) -> PolarsResult<Section<DataFrame>> {
    let frame = || by_country(transactions.frame());
    section(
        transactions.columns().country,
        pick("estes dados não têm coluna de país", "this data has no country column"),
        frame,
    )
}

fn by_country(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .group_by([col("country").fill_null(lit("unknown"))])
        .agg(totals())
        .with_columns([share_of("revenue_pennies").alias("revenue_share")])
        .sort(["revenue_pennies", "country"], largest_first())
        .collect()
}

/// Every purchase (returns left out): `purchase_id`, `amount_pennies`, `lines`, `units`. Ascending by
/// customer and purchase. Cost: n log n.
pub fn baskets(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    transactions
        .filter(col("is_return").not())
        .group_by([col("customer_id"), col("purchase_id")])
        .agg([
            col("amount_pennies").sum(),
            col("amount_pennies").len().alias("lines"),
            col("quantity").sum().alias("units"),
        ])
        .sort(["customer_id", "purchase_id"], SortMultipleOptions::default())
        .select([col("purchase_id"), col("amount_pennies"), col("lines"), col("units")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{integers, purchases, texts};
    use super::*;

    #[test]
    fn months_add_up_net_of_returns() {
        let months = sales_by_month(purchases()).expect("the columns are there");
        assert_eq!(texts(&months, "month"), ["1970-01", "1970-02", "1970-03"]);
        assert_eq!(integers(&months, "revenue_pennies"), [400, 200, 350]);
        assert_eq!(integers(&months, "purchases"), [2, 1, 1]);
    }

    #[test]
    fn the_first_day_of_1970_is_a_thursday() {
        let days = sales_by_weekday(purchases()).expect("the columns are there");
        // Days 0, 31, 1, 62 and 63 of 1970: Thursday, Sunday, Friday, Wednesday, Thursday.
        assert_eq!(integers(&days, "weekday"), [3, 4, 5, 7]);
        assert_eq!(integers(&days, "revenue_pennies"), [400, 50, 300, 200]);
    }

    #[test]
    fn purchases_count_at_their_hour_and_returns_do_not() {
        let hours = by_hour(purchases()).expect("the columns are there");
        assert_eq!(integers(&hours, "hour"), [12, 12, 12, 12]);
        assert_eq!(integers(&hours, "purchases"), [1, 1, 1, 1]);
    }

    #[test]
    fn countries_come_by_revenue() {
        let countries = by_country(purchases()).expect("the columns are there");
        assert_eq!(texts(&countries, "country"), ["Portugal", "Brazil"]);
        assert_eq!(integers(&countries, "revenue_pennies"), [700, 250]);
    }

    #[test]
    fn a_basket_is_a_purchase_without_returns() {
        let baskets = baskets(purchases()).expect("the columns are there");
        assert_eq!(integers(&baskets, "amount_pennies"), [100, 200, 300, 400]);
        assert_eq!(integers(&baskets, "units"), [1, 2, 3, 4]);
    }
}
