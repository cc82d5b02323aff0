//! A typed table in a file.

use polars::io::{HiveOptions, RowIndex};
use polars::prelude::*;

use super::super::header::Layout;

/// A typed table in a file.
pub(in super::super) struct Table<'a> {
    pub place: &'a str,
    pub sources: ScanSources,
    pub schema: &'a Schema,
    pub rows: usize,
    /// Size of the file, for progress; 0 where its bytes are counted already.
    pub bytes: u64,
    pub layout: &'a Layout,
}

impl Table<'_> {
    /// The columns as they are, with the rows' numbers from 0 where asked for.
    pub fn scanned(&self, row_index: Option<RowIndex>) -> PolarsResult<LazyFrame> {
        // The name of a file says nothing of its rows.
        let hive_options = HiveOptions { enabled: Some(false), ..HiveOptions::default() };
        let arguments = ScanArgsParquet {
            row_index,
            hive_options,
            glob: false,
            cache: false,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet_sources(self.sources.clone(), arguments)
    }
}
