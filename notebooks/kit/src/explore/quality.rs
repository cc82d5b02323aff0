//! What is odd about the records, and what is done about it.

use std::path::PathBuf;

use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::features::FeaturesError;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::LedgerLine;
use segmentation_lib::transactions::{Duplicates, ReadOptions, Transactions, read};

/// The quality sheet: `check`, `rows`, `row_share` (of the input), `amount_pennies`, `treatment`.
///
/// The files are read once more, with exact duplicates dropped, to count these. Cost: two passes over
/// the input.
pub fn quality(files: &[PathBuf], transactions: &Transactions) -> Result<DataFrame, Error> {
    let mut options = ReadOptions::default();
    options.rules.duplicates = Duplicates::Drop;
    let strict = read(files, &options, &Progress::silent())?;
    let mut checks = Vec::new();
    for (rule, name) in REMOVED {
        checks.extend(transactions.ledger().line(rule).map(|line| Check::removed(name, line)));
    }
    let duplicates = strict.ledger().line("duplicate").cloned();
    checks.extend(duplicates.map(|line| Check {
        treatment: "kept: equal lines may be two purchases",
        ..Check::removed("exact duplicates", &line)
    }));
    checks.extend(kept(transactions).map_err(FeaturesError::from)?);
    let input = transactions.ledger().line("input").map_or(1, |line| line.rows.max(1));
    Ok(sheet(&checks, input).map_err(FeaturesError::from)?)
}

/// Ledger lines by what they mean for the quality of the records.
const REMOVED: [(&str, &str); 7] = [
    ("malformed_row", "more values than columns"),
    ("unparsable_date", "date missing or unreadable"),
    ("unparsable_number", "amount missing or unreadable"),
    ("missing_customer", "no customer id"),
    ("non_product", "code that is no product (postage, fees, tests)"),
    ("non_positive_price", "price of zero or less"),
    ("non_positive_amount", "amount of zero"),
];

struct Check {
    name: &'static str,
    rows: u64,
    amount_pennies: i64,
    treatment: &'static str,
}

impl Check {
    fn removed(name: &'static str, line: &LedgerLine) -> Self {
        Self { name, rows: line.rows, amount_pennies: line.amount_pennies, treatment: "removed" }
    }
}

/// What stays in: cancellations and codes of an unusual form.
fn kept(transactions: &Transactions) -> PolarsResult<Vec<Check>> {
    let unusual = unusual_code().and(lit(transactions.columns().product));
    Ok(vec![
        counted(
            transactions.frame(),
            col("is_return"),
            "cancellations and returns",
            "kept: netted against purchases",
        )?,
        counted(
            transactions.frame(),
            unusual,
            "product code without five digits",
            "kept: a product all the same",
        )?,
    ])
}

/// Online Retail's codes begin with five digits; others are worth a look.
fn unusual_code() -> Expr {
    let number = col("product").str().slice(lit(0), lit(5)).cast(DataType::Int64);
    let digits = number.is_not_null().and(col("product").str().len_chars().gt_eq(lit(5)));
    col("product").is_not_null().and(digits.not())
}

fn counted(
    frame: LazyFrame,
    which: Expr,
    name: &'static str,
    treatment: &'static str,
) -> PolarsResult<Check> {
    let found = frame
        .filter(which)
        .select([
            col("amount_pennies").len().cast(DataType::Int64).alias("rows"),
            col("amount_pennies").sum(),
        ])
        .collect()?;
    let one = |column: &str| -> PolarsResult<i64> { Ok(found.column(column)?.i64()?.get(0).unwrap_or(0)) };
    Ok(Check { name, rows: one("rows")?.unsigned_abs(), amount_pennies: one("amount_pennies")?, treatment })
}

fn sheet(checks: &[Check], input: u64) -> PolarsResult<DataFrame> {
    df!(
        "check" => checks.iter().map(|c| c.name).collect::<Vec<_>>(),
        "rows" => checks.iter().map(|c| c.rows).collect::<Vec<_>>(),
        "row_share" => checks.iter().map(|c| c.rows as f64 / input as f64).collect::<Vec<_>>(),
        "amount_pennies" => checks.iter().map(|c| c.amount_pennies).collect::<Vec<_>>(),
        "treatment" => checks.iter().map(|c| c.treatment).collect::<Vec<_>>(),
    )
}

/// The `count` lines with the largest amounts either way: `purchased_at`, `customer_id`, `product`,
/// `quantity`, `amount_pennies`. Equal amounts by time, then customer. Cost: n log n.
pub fn largest_lines(transactions: LazyFrame, count: u32) -> PolarsResult<DataFrame> {
    let amount = || col("amount_pennies");
    let size = when(amount().lt(lit(0))).then(lit(0_i64) - amount()).otherwise(amount());
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false, false, false]);
    let columns = ["purchased_at", "customer_id", "product", "quantity", "amount_pennies"];
    transactions
        .with_columns([size.alias("size")])
        .sort(["size", "purchased_at", "customer_id", "product"], order)
        .limit(count)
        .select(columns.map(col))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{integers, purchases, texts};
    use super::*;

    #[test]
    fn the_largest_amounts_come_first_whatever_their_sign() {
        let largest = largest_lines(purchases(), 2).expect("the columns are there");
        assert_eq!(integers(&largest, "amount_pennies"), [400, 300]);
        let smallest = largest_lines(purchases(), 5).expect("the columns are there");
        assert_eq!(texts(&smallest, "customer_id")[4], "a");
    }

    #[test]
    fn codes_without_five_digits_are_unusual() {
        let found = counted(purchases(), unusual_code(), "", "").expect("the columns are there");
        assert_eq!((found.rows, found.amount_pennies), (1, 300));
    }

    #[test]
    fn the_sheet_of_a_file_counts_what_was_removed_and_what_was_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("sales.csv");
        let rows = "invoice,customer_id,date,stockcode,quantity,price\n1,a,2020-01-01,12345,1,2\n1,a,2020-01-01,12345,1,2\n\
                    2,,2020-01-02,12345,1,2\nC3,a,2020-01-03,12345,-1,2\n4,b,2020-01-04,POST,1,2\n";
        std::fs::write(&file, rows).expect("written");
        let files = [file];
        let transactions = read(&files, &ReadOptions::default(), &Progress::silent()).expect("read");
        let sheet = quality(&files, &transactions).expect("read again");
        let rows: Vec<_> = texts(&sheet, "check").into_iter().zip(integers(&sheet, "rows")).collect();
        let of = |name: &str| rows.iter().find(|(check, _)| check.starts_with(name)).map(|(_, rows)| *rows);
        assert_eq!(of("no customer id"), Some(1));
        assert_eq!(of("code that is no product"), Some(1));
        assert_eq!(of("exact duplicates"), Some(1));
        assert_eq!(of("cancellations"), Some(1));
        assert_eq!(of("product code without"), Some(0));
    }
}
