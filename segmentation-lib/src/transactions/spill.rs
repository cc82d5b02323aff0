//! Rows kept: in memory up to a limit, beyond it in temporary Parquet files.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use tempfile::TempDir;

use super::error::TransactionsError;
use super::text_columns::{Codes, decoded};

/// Takes frames; writes them out when they are too many.
pub(super) struct Store {
    limit: usize,
    /// What the texts of `frame` are coded by; files hold text.
    codes: Codes,
    frame: DataFrame,
    spilled: Option<Spilled>,
}

/// Temporary files, removed on drop.
struct Spilled {
    directory: TempDir,
    files: Vec<PathBuf>,
}

/// All rows kept.
pub(super) enum Stored {
    Memory(DataFrame),
    Files(SpilledFiles),
}

/// Temporary files that hold all rows kept; they are removed on drop.
pub(super) struct SpilledFiles(Spilled);

impl Store {
    /// Holds up to `limit` rows in memory.
    pub fn new(limit: usize) -> Self {
        Self { limit, codes: Codes::new(), frame: DataFrame::empty(), spilled: None }
    }

    /// The codes for the chunks that are made next. Once spilling they are new ones each time, so that the
    /// distinct texts of all input are not held.
    pub fn codes(&self) -> Codes {
        if self.spilled.is_some() { Codes::new() } else { self.codes.clone() }
    }

    pub fn push(&mut self, frame: DataFrame) -> Result<(), TransactionsError> {
        let frame = if self.spilled.is_some() { as_text(frame)? } else { frame };
        if self.frame.width() == 0 {
            self.frame = frame;
        } else {
            // One piece of memory instead of one for each chunk: an aggregation would copy them together.
            self.frame.extend(&frame)?;
        }
        // Once spilling, smaller parts: the limit then is what was in memory at most.
        let limit = if self.spilled.is_some() { self.limit / 8 } else { self.limit };
        if self.frame.height() > limit { self.write_part() } else { Ok(()) }
    }

    fn write_part(&mut self) -> Result<(), TransactionsError> {
        let mut frame = as_text(std::mem::take(&mut self.frame))?;
        self.codes = Codes::new();
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            None => self.spilled.insert(Spilled::create()?),
        };
        let path = spilled.directory.path().join(format!("part-{:06}.parquet", spilled.files.len()));
        write(&path, &mut frame).map_err(|reason| spill_error(spilled.directory.path(), reason))?;
        spilled.files.push(path);
        Ok(())
    }

    pub fn finish(mut self) -> Result<Stored, TransactionsError> {
        if self.spilled.is_some() && self.frame.height() > 0 {
            self.write_part()?;
        }
        match self.spilled {
            Some(spilled) => Ok(Stored::Files(SpilledFiles(spilled))),
            None => Ok(Stored::Memory(self.frame)),
        }
    }
}

impl Stored {
    /// All rows, read lazily.
    pub fn lazy(&self) -> PolarsResult<LazyFrame> {
        match self {
            Self::Memory(frame) => Ok(frame.clone().lazy()),
            Self::Files(SpilledFiles(spilled)) => {
                let paths = spilled
                    .files
                    .iter()
                    .map(|path| PlRefPath::try_from_path(path))
                    .collect::<PolarsResult<_>>()?;
                LazyFrame::scan_parquet_files(paths, ScanArgsParquet::default())
            }
        }
    }
}

impl Spilled {
    fn create() -> Result<Self, TransactionsError> {
        let directory = tempfile::Builder::new()
            .prefix("segment-transactions-")
            .tempdir()
            .map_err(|reason| spill_error(&std::env::temp_dir(), reason))?;
        Ok(Self { directory, files: Vec::new() })
    }
}

fn as_text(frame: DataFrame) -> PolarsResult<DataFrame> {
    decoded(frame.lazy()).collect()
}

fn write(path: &Path, frame: &mut DataFrame) -> PolarsResult<()> {
    let file = File::create(path)?;
    ParquetWriter::new(file).with_compression(ParquetCompression::Snappy).finish(frame)?;
    Ok(())
}

fn spill_error(directory: &Path, reason: impl std::fmt::Display) -> TransactionsError {
    TransactionsError::Spill { directory: directory.to_owned(), reason: reason.to_string() }
}
