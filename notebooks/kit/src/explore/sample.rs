//! A handful of purchases for the tests beside this file.

use std::path::PathBuf;

use polars::prelude::*;
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{ReadOptions, Transactions, read};

/// Day 0 is 1 January 1970, a Thursday; every hour is noon. `a` returned goods worth 50 pennies.
pub(crate) fn purchases() -> LazyFrame {
    let day = 86_400_000_i64;
    let noon = day / 2;
    let frame = df!(
        "customer_id" => ["a", "a", "b", "b", "a"],
        "purchase_id" => ["1", "2", "3", "4", "5"],
        "purchased_at" => [noon, 31 * day + noon, day + noon, 62 * day + noon, 63 * day + noon],
        "product" => ["12345", "12345", "GIFT CARD", "54321", "12345"],
        "country" => ["Brazil", "Brazil", "Portugal", "Portugal", "Brazil"],
        "quantity" => [1_i64, 2, 3, 4, -1],
        "is_return" => [false, false, false, false, true],
        "amount_pennies" => [100_i64, 200, 300, 400, -50],
    );
    let moments = DataType::Datetime(TimeUnit::Milliseconds, None);
    frame.expect("columns of one length").lazy().with_columns([col("purchased_at").cast(moments)])
}

/// A column of whole numbers.
pub(crate) fn integers(frame: &DataFrame, name: &str) -> Vec<i64> {
    let column = frame.column(name).and_then(|c| c.cast(&DataType::Int64)).expect("a column of numbers");
    column.i64().expect("just cast").no_null_iter().collect()
}

/// A column of texts.
pub(crate) fn texts(frame: &DataFrame, name: &str) -> Vec<String> {
    let column = frame.column(name).expect("a column").str().expect("of texts").no_null_iter();
    column.map(str::to_owned).collect()
}

/// Sixty customers of 2013: regular, occasional and lapsed ones.
pub(crate) fn shop() -> Transactions {
    read(&[file()], &ReadOptions::default(), &Progress::silent()).expect("read")
}

/// The file of the shop.
pub(crate) fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../segmentation-lib/tests/data/shop.csv")
}
