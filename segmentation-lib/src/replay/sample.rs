//! A small shop for the tests beside this file.

use std::path::PathBuf;

use crate::progress::Progress;
use crate::transactions::{ReadOptions, Transactions, read};

/// Sixty customers of 2013: regular, occasional and lapsed ones.
pub(super) fn shop() -> Transactions {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop.csv");
    read(&[file], &ReadOptions::default(), &Progress::silent()).expect("read")
}
