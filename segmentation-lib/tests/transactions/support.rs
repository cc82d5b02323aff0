//! Small inputs on disk, and what was read of them in a form that can be compared.

use std::io::Write;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::WarningKind;
use segmentation_lib::transactions::{self, ReadOptions, Transactions, TransactionsError};

/// A directory of inputs, removed when dropped.
pub struct Inputs {
    directory: tempfile::TempDir,
}

impl Inputs {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// One file, ready to be read.
    pub fn one(name: &str, content: impl AsRef<[u8]>) -> Self {
        let inputs = Self::new();
        inputs.add(name, content);
        inputs
    }

    pub fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("inside the directory")).expect("a directory");
        std::fs::write(&path, content).expect("a written file");
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Everything in the directory.
    pub fn read(&self, options: &ReadOptions) -> Result<Transactions, TransactionsError> {
        read(&[self.directory.path().to_owned()], options)
    }

    /// One file of the directory.
    pub fn read_one(&self, name: &str, options: &ReadOptions) -> Result<Transactions, TransactionsError> {
        read(&[self.path(name)], options)
    }
}

pub fn read(paths: &[PathBuf], options: &ReadOptions) -> Result<Transactions, TransactionsError> {
    transactions::read(paths, options, &Progress::silent())
}

/// Each row kept as text, in the order read.
pub fn rows(transactions: &Transactions) -> Vec<String> {
    let frame = transactions.frame().collect().expect("the rows");
    let columns: Vec<Column> =
        frame.columns().iter().map(|c| c.cast(&DataType::String).expect("text")).collect();
    let value = |column: &Column, at: usize| column.str().expect("text").get(at).unwrap_or("-").to_owned();
    (0..frame.height())
        .map(|at| columns.iter().map(|c| value(c, at)).collect::<Vec<_>>().join(" | "))
        .collect()
}

/// [`rows`] in a fixed order.
pub fn sorted_rows(transactions: &Transactions) -> Vec<String> {
    let mut rows = rows(transactions);
    rows.sort();
    rows
}

/// Rows, customers and pennies of a ledger line.
pub fn line(transactions: &Transactions, rule: &str) -> (u64, u64, i64) {
    let line = transactions.ledger().line(rule).unwrap_or_else(|| panic!("a line {rule}"));
    (line.rows, line.customers, line.amount_pennies)
}

/// There is a warning of this kind whose English text holds `part`, and a Portuguese one beside it.
#[track_caller]
pub fn assert_warns(transactions: &Transactions, kind: WarningKind, part: &str) {
    let mut warnings = transactions.warnings().iter().filter(|warning| warning.kind == kind);
    let found = warnings.find(|warning| warning.text.en.contains(part));
    assert!(found.is_some_and(|w| !w.text.pt_br.is_empty()), "{part}: {:?}", transactions.warnings());
}

/// The ledger adds up in all three columns.
#[track_caller]
pub fn assert_adds_up(transactions: &Transactions) {
    let lines = &transactions.ledger().lines;
    let (input, parts) = (&lines[0], &lines[1..]);
    assert_eq!((lines[0].rule.name(), lines[lines.len() - 1].rule.name()), ("input", "kept"));
    assert_eq!(input.rows, parts.iter().map(|l| l.rows).sum::<u64>());
    assert_eq!(input.customers, parts.iter().map(|l| l.customers).sum::<u64>());
    assert_eq!(input.amount_pennies, parts.iter().map(|l| l.amount_pennies).sum::<i64>());
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

pub fn online_retail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet")
}

pub fn cdnow() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cdnow/CDNOW_master.txt")
}
