//! A result's rows as Parquet parts in a folder, each of bounded size.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use crate::error::Error;

/// Rows of a part, at most.
const PART: usize = 1 << 22;
/// Rows of a row group: what is encoded in memory before it is written.
const GROUP: usize = 1 << 18;

/// Parts that are being written. Dropped before [`Parts::finish`], they are removed.
pub struct Parts {
    dir: PathBuf,
    schema: Option<SchemaRef>,
    open: Option<(PathBuf, ArrowWriter<File>)>,
    rows_of_part: usize,
    written: Vec<PathBuf>,
    rows: u64,
    part: usize,
    is_whole: bool,
}

impl Parts {
    /// Parts `part-00000.parquet`, `part-00001.parquet`, … in a folder.
    pub fn into(dir: &Path) -> Self {
        Self::of(dir, PART)
    }

    fn of(dir: &Path, part: usize) -> Self {
        Self {
            dir: dir.to_owned(),
            schema: None,
            open: None,
            rows_of_part: 0,
            written: Vec::new(),
            rows: 0,
            part,
            is_whole: false,
        }
    }

    /// Adds rows; a batch may go on in the next part.
    ///
    /// # Errors
    /// For a folder that cannot be written to or has such a part, and for batches of different types.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let schema = Arc::clone(self.schema.get_or_insert_with(|| batch.schema()));
        let mut at = 0;
        while at < batch.num_rows() {
            let rows = (self.part - self.rows_of_part).min(batch.num_rows() - at);
            let (path, writer) = match &mut self.open {
                Some(open) => open,
                closed => closed.insert(begin(&self.dir, self.written.len(), &schema, &mut self.written)?),
            };
            let encode = |source| Error::Encode { path: path.clone(), source };
            writer.write(&batch.slice(at, rows)).map_err(encode)?;
            at += rows;
            self.rows_of_part += rows;
            self.rows += rows as u64;
            if self.rows_of_part == self.part {
                self.close_part()?;
            }
        }
        Ok(())
    }

    /// Closes the last part and keeps all; the number of rows.
    ///
    /// # Errors
    /// For a part that cannot be written.
    pub fn finish(mut self) -> Result<u64, Error> {
        self.close_part()?;
        self.is_whole = true;
        Ok(self.rows)
    }

    fn close_part(&mut self) -> Result<(), Error> {
        self.rows_of_part = 0;
        let Some((path, writer)) = self.open.take() else { return Ok(()) };
        let closed = writer.close();
        closed.map(drop).map_err(|source: ParquetError| Error::Encode { path, source })
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        if !self.is_whole {
            for path in &self.written {
                // Nothing is left to be done about one that stays: its folder is its owner's.
                std::fs::remove_file(path).ok();
            }
        }
    }
}

fn begin(
    dir: &Path,
    number: usize,
    schema: &SchemaRef,
    written: &mut Vec<PathBuf>,
) -> Result<(PathBuf, ArrowWriter<File>), Error> {
    let path = dir.join(format!("part-{number:05}.parquet"));
    let file = File::create_new(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::Occupied { path: path.clone() },
        _ => Error::Write { path: path.clone(), source },
    })?;
    written.push(path.clone());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP))
        .build();
    let writer = ArrowWriter::try_new(file, Arc::clone(schema), Some(properties));
    writer.map(|writer| (path.clone(), writer)).map_err(|source| Error::Encode { path, source })
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;
    use arrow_schema::{DataType, Field, Schema};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;

    fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
        let column = Arc::new(Int64Array::from_iter_values(rows));
        RecordBatch::try_new(Arc::new(schema), vec![column]).expect("a batch")
    }

    fn files(dir: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(dir).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn rows(path: &Path) -> i64 {
        let reader = SerializedFileReader::new(File::open(path).expect("a part")).expect("Parquet");
        reader.metadata().file_metadata().num_rows()
    }

    #[test]
    fn a_batch_is_cut_where_a_part_is_full() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut parts = Parts::of(dir.path(), 4);
        parts.write(&batch(0..3)).expect("written");
        parts.write(&batch(3..9)).expect("written");
        assert_eq!(parts.finish().expect("finished"), 9);
        assert_eq!(files(dir.path()), ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]);
        let counts: Vec<i64> = files(dir.path()).iter().map(|name| rows(&dir.path().join(name))).collect();
        assert_eq!(counts, [4, 4, 1]);
    }

    #[test]
    fn unfinished_parts_are_removed_and_others_files_stay() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("notes.txt"), "kept").expect("written");
        let mut parts = Parts::of(dir.path(), 2);
        parts.write(&batch(0..5)).expect("written");
        assert_eq!(files(dir.path()).len(), 4);
        drop(parts);
        assert_eq!(files(dir.path()), ["notes.txt"]);
    }

    #[test]
    fn a_part_of_an_earlier_fetch_is_neither_overwritten_nor_removed() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("part-00000.parquet"), "earlier").expect("written");
        let mut parts = Parts::into(dir.path());
        assert!(matches!(parts.write(&batch(0..1)), Err(Error::Occupied { .. })));
        drop(parts);
        assert_eq!(files(dir.path()), ["part-00000.parquet"]);
    }

    #[test]
    fn no_rows_make_no_part() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut parts = Parts::into(dir.path());
        parts.write(&batch(0..0)).expect("written");
        assert_eq!(parts.finish().expect("finished"), 0);
        assert!(files(dir.path()).is_empty());
    }
}
