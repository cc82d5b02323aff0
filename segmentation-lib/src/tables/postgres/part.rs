//! The file that rows are put into as they come.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;
use tokio_postgres::binary_copy::BinaryCopyOutRow;
use tokio_postgres::types::{FromSql, Type};

use super::column::{Kind, Values};
use crate::tables::error::TableError;
use crate::transactions::Origin;

/// Rows of a batch: what is in memory at most.
const BATCH: usize = 1 << 16;

/// A Parquet file that grows by batches.
pub(super) struct Part<'a> {
    columns: &'a [(String, Kind)],
    values: Vec<Values>,
    /// Rows in `values`, and in the file.
    waiting: usize,
    written: u64,
    writer: BatchedWriter<File>,
    path: PathBuf,
    origin: &'a Origin,
}

impl<'a> Part<'a> {
    pub fn create(
        path: &Path,
        columns: &'a [(String, Kind)],
        origin: &'a Origin,
    ) -> Result<Self, TableError> {
        let file = File::create(path).map_err(|error| refused(path, &error))?;
        let schema: Schema =
            columns.iter().map(|(name, kind)| Field::new(name.as_str().into(), kind.in_file())).collect();
        let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Snappy).batched(&schema);
        let writer = writer.map_err(|error| refused(path, &error))?;
        let values = fresh(columns);
        Ok(Self { columns, values, waiting: 0, written: 0, writer, path: path.to_owned(), origin })
    }

    /// Rows that have come.
    pub fn rows(&self) -> u64 {
        self.written + self.waiting as u64
    }

    pub fn is_full(&self) -> bool {
        self.waiting == BATCH
    }

    pub fn push(&mut self, row: &BinaryCopyOutRow) -> Result<(), TableError> {
        let number = self.rows() + 1;
        for (at, (values, (name, _))) in self.values.iter_mut().zip(self.columns).enumerate() {
            let sent = row.try_get::<Sent<'_>>(at).map_err(|error| error.to_string());
            sent.and_then(|sent| values.push(sent.0)).map_err(|reason| TableError::Value {
                origin: self.origin.to_string(),
                column: name.clone(),
                row: number,
                reason,
            })?;
        }
        self.waiting += 1;
        Ok(())
    }

    /// Writes the batch.
    pub fn write(&mut self) -> Result<(), TableError> {
        let values = std::mem::replace(&mut self.values, fresh(self.columns));
        let columns: PolarsResult<Vec<Column>> = self
            .columns
            .iter()
            .zip(values)
            .map(|((name, kind), values)| values.into_column(name, *kind))
            .collect();
        let frame = columns.and_then(|columns| DataFrame::new(self.waiting, columns));
        let written = frame.and_then(|frame| self.writer.write_batch(&frame));
        written.map_err(|error| refused(&self.path, &error))?;
        self.written += self.waiting as u64;
        self.waiting = 0;
        Ok(())
    }

    /// Ends the file and says how many rows it holds.
    pub fn finish(mut self) -> Result<u64, TableError> {
        if self.waiting > 0 {
            self.write()?;
        }
        self.writer.finish().map_err(|error| refused(&self.path, &error))?;
        Ok(self.written)
    }
}

fn fresh(columns: &[(String, Kind)]) -> Vec<Values> {
    columns.iter().map(|(_, kind)| Values::new(*kind, BATCH)).collect()
}

fn refused(path: &Path, reason: &dyn std::fmt::Display) -> TableError {
    let directory = path.parent().and_then(Path::parent).unwrap_or(path).to_owned();
    TableError::Directory { directory, reason: reason.to_string() }
}

/// A value's bytes as they were sent; none of a null.
struct Sent<'a>(Option<&'a [u8]>);

type Reason = Box<dyn std::error::Error + Sync + Send>;

impl<'a> FromSql<'a> for Sent<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Reason> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Reason> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
