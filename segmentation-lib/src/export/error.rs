//! Why an export is not written.

use std::io;

/// An export was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Formulas are guarded against in CSV alone.
    #[error("formulas are guarded against in csv; {format} keeps text apart from formulas by itself")]
    NothingToGuard {
        /// The format asked for.
        format: &'static str,
    },
    /// The run has no rule view.
    #[error(
        "the run has no rule view, because a program before it had one made the run; publish a new run, or leave it out"
    )]
    NoRuleView,
    /// The run has no forecast.
    #[error(
        "the run has no forecast; its warnings say why, or it was made without one or by a program before there were \
         any: publish a new run, or leave it out"
    )]
    NoForecast,
    /// The run has no co-assignment.
    #[error(
        "the run has no co-assignment, because its segments were not resampled or a program before there was any made \
         the run; publish a run that fits a model anew, or leave it out"
    )]
    NoCoAssignment,
    /// The segment alone, and something beside it.
    #[error("either the segment alone is written, or what stands beside it; leave one of the two out")]
    SegmentOnly,
    /// A workbook is for people, who want what stands beside.
    #[cfg(feature = "workbook")]
    #[error("the segment alone is written as csv, ndjson or parquet; xlsx has every column")]
    WholeWorkbook,
    /// Parquet has its table of contents at the end.
    #[error("Parquet cannot be continued, it is whole or nothing; csv and ndjson can")]
    NotContinued,
    /// More rows than a sheet has.
    #[cfg(feature = "workbook")]
    #[error(
        "a sheet of xlsx has no place for {rows} customers, it holds {allowed}; the other formats hold all"
    )]
    TooLong {
        /// Rows to be written.
        rows: usize,
        /// Rows of a sheet below its header.
        allowed: usize,
    },
    /// The workbook could not be made.
    #[cfg(feature = "workbook")]
    #[error(transparent)]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// Writing failed.
    #[error(transparent)]
    Write(#[from] io::Error),
}
