//! Rows that a query has read, told as bytes of the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::{PolarsResult, polars_err};

use super::super::pass::Pass;
use super::table::Table;
use crate::progress::Progress;

/// Takes the rows of one table as they come, from any thread.
#[derive(Clone)]
pub(super) struct RowProgress {
    progress: Progress,
    done: Arc<AtomicU64>,
    rows: u64,
    /// Bytes before this table, of this table, and of all input.
    before: u64,
    bytes: u64,
    total: u64,
    /// Bytes of all input that are dealt with.
    read: Arc<AtomicU64>,
}

impl RowProgress {
    pub fn of(pass: &Pass<'_>, table: &Table<'_>) -> Self {
        Self {
            progress: pass.progress.clone(),
            done: Arc::default(),
            rows: (table.rows as u64).max(1),
            before: pass.bytes.load(Ordering::Relaxed),
            bytes: table.bytes,
            total: pass.total_bytes,
            read: Arc::clone(&pass.bytes),
        }
    }

    /// Adds rows; fails when the work is cancelled.
    pub fn add(&self, rows: usize) -> PolarsResult<()> {
        self.progress.check().map_err(|cancelled| polars_err!(ComputeError: "{cancelled}"))?;
        let done = self.done.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        let share = (done as f64 / self.rows as f64).min(1.0);
        let bytes = self.before + (self.bytes as f64 * share) as u64;
        self.read.store(bytes, Ordering::Relaxed);
        self.progress.report("read", bytes.min(self.total), Some(self.total));
        Ok(())
    }
}
