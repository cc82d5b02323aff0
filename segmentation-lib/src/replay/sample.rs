//! A small shop for the tests beside this file.

use std::path::PathBuf;

use crate::pipeline::{Pipeline, Run};
use crate::progress::Progress;
use crate::selection::SelectionParams;
use crate::transactions::{ReadOptions, Transactions, read};

/// Sixty customers of 2013: regular, occasional and lapsed ones.
pub(super) fn shop() -> Transactions {
    read(&[file()], &ReadOptions::default(), &Progress::silent()).expect("read")
}

/// The shop in three segments.
pub(super) fn run() -> Run {
    let selection = SelectionParams { k: 3..=3, resamples: 10, ..SelectionParams::default() };
    let pipeline = Pipeline { selection, ..Pipeline::default() };
    pipeline.run(&[file()], &Progress::silent()).expect("segments")
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/shop.csv")
}
