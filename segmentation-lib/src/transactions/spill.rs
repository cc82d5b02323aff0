//! Rows kept: in memory up to a limit, beyond it in temporary Parquet files, or where they came from.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::*;
use tempfile::TempDir;

use super::error::TransactionsError;
use super::text_columns::{Codes, decoded};

/// Rows kept of one stretch of input.
pub(super) enum Kept {
    /// In memory.
    Frame(DataFrame),
    /// In the file they came from: read again by whoever asks.
    Scan(Box<LazyFrame>),
}

/// Takes frames; writes them out when they are too many.
pub(super) struct Store {
    limit: usize,
    /// What the texts of `frame` are coded by; files hold text.
    codes: Codes,
    frame: DataFrame,
    parts: Vec<Part>,
    /// Where parts are written, removed on drop.
    directory: Option<TempDir>,
}

/// Rows that are not in memory.
enum Part {
    /// In a temporary file.
    Spilled(PathBuf),
    /// In a file of the input.
    Scanned(Box<LazyFrame>),
}

/// All rows kept.
pub(super) enum Stored {
    Memory(DataFrame),
    Parts(Parts),
}

/// Rows in temporary files, which are removed on drop, and in files of the input.
pub(super) struct Parts {
    parts: Vec<Part>,
    _directory: Option<TempDir>,
}

impl Store {
    /// Holds up to `limit` rows in memory.
    pub fn new(limit: usize) -> Self {
        Self { limit, codes: Codes::new(), frame: DataFrame::empty(), parts: Vec::new(), directory: None }
    }

    /// The codes for the chunks that are made next. Once spilling they are new ones each time, so that the
    /// distinct texts of all input are not held.
    pub fn codes(&self) -> Codes {
        if self.parts.is_empty() { self.codes.clone() } else { Codes::new() }
    }

    pub fn push(&mut self, kept: Kept) -> Result<(), TransactionsError> {
        match kept {
            Kept::Frame(frame) => self.push_frame(frame),
            Kept::Scan(frame) => {
                if self.frame.height() > 0 {
                    self.write_part()?;
                }
                self.parts.push(Part::Scanned(frame));
                Ok(())
            }
        }
    }

    /// The codes for so many more rows; none where there is no room for them in memory.
    pub fn codes_for(&self, rows: usize) -> Option<Codes> {
        let has_room = self.parts.is_empty() && self.frame.height().saturating_add(rows) <= self.limit;
        has_room.then(|| self.codes.clone())
    }

    fn push_frame(&mut self, frame: DataFrame) -> Result<(), TransactionsError> {
        let frame = if self.parts.is_empty() { frame } else { as_text(frame)? };
        if self.frame.width() == 0 {
            self.frame = frame;
        } else {
            // One piece of memory instead of one for each chunk: an aggregation would copy them together.
            self.frame.extend(&frame)?;
        }
        // Once spilling, smaller parts: the limit then is what was in memory at most.
        let limit = if self.parts.is_empty() { self.limit } else { self.limit / 8 };
        if self.frame.height() > limit { self.write_part() } else { Ok(()) }
    }

    fn write_part(&mut self) -> Result<(), TransactionsError> {
        let mut frame = as_text(std::mem::take(&mut self.frame))?;
        self.codes = Codes::new();
        let directory = match &self.directory {
            Some(directory) => directory,
            None => self.directory.insert(spill_directory()?),
        };
        let path = directory.path().join(format!("part-{:06}.parquet", self.parts.len()));
        write(&path, &mut frame).map_err(|reason| spill_error(directory.path(), reason))?;
        self.parts.push(Part::Spilled(path));
        Ok(())
    }

    pub fn finish(mut self) -> Result<Stored, TransactionsError> {
        if self.parts.is_empty() {
            return Ok(Stored::Memory(self.frame));
        }
        if self.frame.height() > 0 {
            self.write_part()?;
        }
        Ok(Stored::Parts(Parts { parts: self.parts, _directory: self.directory }))
    }
}

impl Stored {
    /// All rows, read lazily.
    pub fn lazy(&self) -> PolarsResult<LazyFrame> {
        match self {
            Self::Memory(frame) => Ok(frame.clone().lazy()),
            Self::Parts(Parts { parts, .. }) => {
                let mut frames = parts.iter().filter_map(Part::scanned).collect::<Vec<_>>();
                let paths: Vec<PlRefPath> = parts
                    .iter()
                    .filter_map(Part::spilled)
                    .map(PlRefPath::try_from_path)
                    .collect::<PolarsResult<_>>()?;
                if !paths.is_empty() {
                    frames.push(LazyFrame::scan_parquet_files(paths.into(), ScanArgsParquet::default())?);
                }
                if frames.len() == 1 { Ok(frames.remove(0)) } else { concat(frames, UnionArgs::default()) }
            }
        }
    }
}

impl Part {
    fn scanned(&self) -> Option<LazyFrame> {
        match self {
            Self::Scanned(frame) => Some(LazyFrame::clone(frame)),
            Self::Spilled(_) => None,
        }
    }

    fn spilled(&self) -> Option<&Path> {
        match self {
            Self::Spilled(path) => Some(path),
            Self::Scanned(_) => None,
        }
    }
}

fn spill_directory() -> Result<TempDir, TransactionsError> {
    tempfile::Builder::new()
        .prefix("segment-transactions-")
        .tempdir()
        .map_err(|reason| spill_error(&std::env::temp_dir(), reason))
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
