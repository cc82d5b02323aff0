//! Temporary files of rows, all rows of a customer in one of them.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;
use rayon::prelude::*;

use super::error::TransactionsError;
use crate::temporary::TemporaryDirectory;

/// Rows of a file, as far as it is known how many will come. A query holds one of the files for each thread.
const ROWS: usize = 1_000_000;

/// Fewest and most files that the customers are spread over: many are written in small pieces.
const BUCKETS: [usize; 2] = [32, 256];

/// Files while rows are added.
pub(super) struct Buckets {
    /// Removed on drop.
    directory: TemporaryDirectory,
    open: Vec<Bucket>,
}

struct Bucket {
    path: PathBuf,
    /// None until it has rows.
    writer: Option<BatchedWriter<File>>,
}

/// Files that are complete.
pub(super) struct Filled {
    paths: Vec<PathBuf>,
    _directory: TemporaryDirectory,
}

impl Buckets {
    /// In a new directory among the temporary ones, for so many rows or more.
    ///
    /// # Errors
    /// [`TransactionsError::Spill`], as for all of this.
    pub fn new(rows: usize) -> Result<Self, TransactionsError> {
        let directory = TemporaryDirectory::new("transactions")
            .map_err(|reason| failed(&std::env::temp_dir(), reason))?;
        let bucket =
            |at: usize| Bucket { path: directory.path().join(format!("part-{at:03}.parquet")), writer: None };
        let [fewest, most] = BUCKETS;
        let open = (0..(rows / ROWS).clamp(fewest, most)).map(bucket).collect();
        Ok(Self { directory, open })
    }

    /// Adds rows, each to the file of its customer, whose code is a whole number.
    pub fn write(&mut self, mut rows: DataFrame) -> Result<(), TransactionsError> {
        // Rows are picked from one piece of memory sooner than from many.
        rows.rechunk_mut();
        let places = places(&rows, self.open.len())?;
        let written: PolarsResult<()> =
            self.open.par_iter_mut().zip(places).try_for_each(|(bucket, places)| bucket.write(&rows, places));
        written.map_err(|reason| failed(self.directory.path(), reason))
    }

    pub fn finish(self) -> Result<Filled, TransactionsError> {
        let mut paths = Vec::with_capacity(self.open.len());
        for Bucket { path, writer } in self.open {
            if let Some(writer) = writer {
                writer.finish().map_err(|reason| failed(self.directory.path(), reason))?;
                paths.push(path);
            }
        }
        Ok(Filled { paths, _directory: self.directory })
    }
}

impl Bucket {
    fn write(&mut self, rows: &DataFrame, places: Vec<IdxSize>) -> PolarsResult<()> {
        if places.is_empty() {
            return Ok(());
        }
        let own = rows.take(&IdxCa::from_vec("place".into(), places))?;
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => self.writer.insert(created(&self.path, own.schema())?),
        };
        writer.write_batch(&own)
    }
}

impl Filled {
    /// The rows of each file.
    pub fn scans(&self) -> PolarsResult<Vec<LazyFrame>> {
        let arguments = || ScanArgsParquet { cache: false, glob: false, ..ScanArgsParquet::default() };
        let scan = |path: &PathBuf| LazyFrame::scan_parquet(PlRefPath::try_from_path(path)?, arguments());
        self.paths.iter().map(scan).collect()
    }
}

/// The rows of each of so many buckets.
fn places(rows: &DataFrame, buckets: usize) -> PolarsResult<Vec<Vec<IdxSize>>> {
    let mut places = vec![Vec::new(); buckets];
    let codes = rows.column("customer_id")?.u32()?;
    for (at, code) in codes.iter().enumerate() {
        places[code.unwrap_or(0) as usize % buckets].push(at as IdxSize);
    }
    Ok(places)
}

fn created(path: &Path, schema: &Schema) -> PolarsResult<BatchedWriter<File>> {
    ParquetWriter::new(File::create(path)?).with_compression(ParquetCompression::Snappy).batched(schema)
}

fn failed(directory: &Path, reason: impl std::fmt::Display) -> TransactionsError {
    TransactionsError::Spill { directory: directory.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(customers: impl IntoIterator<Item = u32>) -> DataFrame {
        let customers: Vec<u32> = customers.into_iter().collect();
        df!("customer_id" => &customers, "amount_pennies" => &customers).expect("two columns")
    }

    #[test]
    fn a_customer_is_in_one_file_and_no_row_is_lost() {
        let mut buckets = Buckets::new(0).expect("a directory");
        buckets.write(rows((0..500).chain(0..100))).expect("written");
        buckets.write(rows(300..700)).expect("written");
        let filled = buckets.finish().expect("complete");
        let (mut all, mut distinct) = (0, 0);
        for part in filled.scans().expect("files") {
            let part = part.collect().expect("rows");
            all += part.height();
            distinct += part.column("customer_id").expect("there").n_unique().expect("counted");
        }
        assert_eq!((all, distinct), (1_000, 700));
    }

    #[test]
    fn the_more_rows_will_come_the_more_files_there_are() {
        let files = |expected: usize| {
            let mut buckets = Buckets::new(expected).expect("a directory");
            buckets.write(rows(0..1_000)).expect("written");
            buckets.finish().expect("complete").paths.len()
        };
        assert_eq!([0, 32_000_000, 100_000_000, 1_000_000_000].map(files), [32, 32, 100, 256]);
    }

    #[test]
    fn files_that_cannot_be_written_are_one_line_with_the_way_out() {
        let mut buckets = Buckets::new(0).expect("a directory");
        // Linux's device that is always full.
        buckets.open.iter_mut().for_each(|bucket| bucket.path = PathBuf::from("/dev/full"));
        let written = buckets.write(rows(0..100_000)).and_then(|()| buckets.finish().map(drop));
        let text = written.expect_err("full").to_string();
        assert!(text.contains("No space left on device"), "{text}");
        assert!(text.contains("free some space or set TMPDIR") && !text.contains('\n'), "{text}");
    }
}
