//! What comes back.

use polars::prelude::*;
use segmentation_lib::transactions::Transactions;

use super::products::with_names;
use super::sales::{largest_first, over};
use super::section::{Section, section};
use crate::language::pick;

/// Returns of each month: `month`, `sold_pennies`, `returned_pennies` (positive), `returned_share` (of
/// what was sold in the month), `return_lines`. Skipped where nothing was returned. Cost: linear.
pub fn returns_by_month(transactions: &Transactions) -> PolarsResult<Section<DataFrame>> {
    let frame = monthly(transactions.frame())?;
    let any = frame.column("return_lines")?.cast(&DataType::Int64)?.i64()?.no_null_iter().any(|n| n > 0);
    section(
        any,
        pick("estes dados não têm cancelamento nem devolução", "this data has no cancellation or return"),
        || Ok(frame),
    )
}

fn monthly(transactions: LazyFrame) -> PolarsResult<DataFrame> {
    let returned = lit(0_i64) - col("amount_pennies").filter(col("is_return")).sum();
    transactions
        .group_by([col("purchased_at").dt().to_string("%Y-%m").alias("month")])
        .agg([
            col("amount_pennies").filter(col("is_return").not()).sum().alias("sold_pennies"),
            returned.alias("returned_pennies"),
            col("is_return").sum().alias("return_lines"),
        ])
        .with_columns([over("returned_pennies", "sold_pennies").alias("returned_share")])
        .sort(["month"], SortMultipleOptions::default())
        .collect()
}

/// The `count` products with the most money returned: `product`, `description` where the data say it,
/// `returned_pennies` (positive), `returned_share` (of what was sold of it), `return_lines`. Cost: linear.
pub fn most_returned(transactions: &Transactions, count: u32) -> PolarsResult<Section<DataFrame>> {
    let frame = by_product(transactions.frame(), count)?;
    let any = transactions.columns().product && frame.height() > 0;
    section(
        any,
        pick(
            "estes dados não nomeiam produtos, ou nenhum foi devolvido",
            "this data names no products, or none was returned",
        ),
        || with_names(frame, transactions),
    )
}

fn by_product(transactions: LazyFrame, count: u32) -> PolarsResult<DataFrame> {
    let returned = lit(0_i64) - col("amount_pennies").filter(col("is_return")).sum();
    transactions
        .filter(col("product").is_not_null())
        .group_by([col("product")])
        .agg([
            returned.alias("returned_pennies"),
            col("amount_pennies").filter(col("is_return").not()).sum().alias("sold_pennies"),
            col("is_return").sum().alias("return_lines"),
        ])
        .filter(col("returned_pennies").gt(lit(0)))
        .with_columns([over("returned_pennies", "sold_pennies").alias("returned_share")])
        .sort(["returned_pennies", "product"], largest_first())
        .limit(count)
        .select([col("product"), col("returned_pennies"), col("returned_share"), col("return_lines")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{integers, purchases, texts};
    use super::*;

    #[test]
    fn returns_are_positive_in_the_month_they_came_back() {
        let months = monthly(purchases()).expect("the columns are there");
        assert_eq!(integers(&months, "returned_pennies"), [0, 0, 50]);
        assert_eq!(integers(&months, "sold_pennies"), [400, 200, 400]);
    }

    #[test]
    fn only_products_that_came_back_are_listed() {
        let products = by_product(purchases(), 5).expect("the columns are there");
        assert_eq!(texts(&products, "product"), ["12345"]);
        assert_eq!(integers(&products, "return_lines"), [1]);
    }
}
