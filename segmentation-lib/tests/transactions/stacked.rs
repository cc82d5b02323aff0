//! Tables that stand below one another in one sheet or file.

use segmentation_lib::transactions::{ReadOptions, TransactionsError};
use segmentation_lib::{Error, ErrorKind};

use crate::support::*;

const HEADER: &str = "customer_id,date,invoice,amount\n";

/// Rows of so many customers.
fn table(customers: std::ops::Range<u32>) -> String {
    customers.map(|id| format!("C{id},2026-01-{:02},{},{id}.50\n", 1 + id % 28, 1000 + id)).collect()
}

fn stacked(between: &str) -> Inputs {
    Inputs::one("shop.csv", format!("{HEADER}{}{between}{HEADER}{}", table(10..40), table(40..60)))
}

#[test]
fn a_table_below_another_is_refused_with_its_row() {
    for (between, row, under) in [
        ("\nRefunds\n", 34, "again under \"Refunds\""),
        ("Budget 2027,,,\n", 33, "again under \"Budget 2027\""),
        ("\n", 33, "again: another table"),
        (",,,\n", 33, "again: another table"),
    ] {
        let error = stacked(between).read(&ReadOptions::default()).expect_err(between);
        assert!(
            matches!(&error, TransactionsError::StackedTables { row: at, .. } if *at == row),
            "{between:?}: {error}"
        );
        assert!(error.to_string().contains(under), "{error}");
        assert_eq!(Error::from(error).kind(), ErrorKind::Data);
    }
}

#[test]
fn a_header_between_rows_of_data_is_left_out() {
    let read = stacked("").read(&ReadOptions::default()).expect("pages of one table");
    assert_eq!((read.rows(), line(&read, "unparsable_date").0), (50, 1));
    assert!(
        read.decisions().iter().any(|decision| decision.to_string().contains("1 row repeats the header"))
    );
    assert_adds_up(&read);
}
