//! Parquet.

use std::fs::File;
use std::io::Cursor;

use polars::io::mmap::MmapBytesReader;
use polars::prelude::*;
use rayon::prelude::*;

use super::chunk::{Chunk, ChunkBuilder, RowHasher};
use super::column_values::Values;
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, ROLES};
use super::mapping::Role;
use super::pass::{Interrupt, Pass};
use super::plan::Plan;
use super::text_columns::Codes;
use super::typed::{self, Table};

/// Rows decoded at a time, at most.
const BATCH: usize = 1 << 20;

/// Rows in a chunk.
const CHUNK: usize = 1 << 16;

/// Reads the Parquet files of one table, whose columns are the same in each.
pub(super) fn read_files(pass: &mut Pass<'_>, place: &str, files: &[File]) -> Result<(), Interrupt> {
    let io = |error| TransactionsError::io(place, error);
    let opened = |at: usize| files[at].try_clone().map_err(io);
    let mut bytes = 0;
    for file in files {
        bytes += file.metadata().map_err(io)?.len();
    }
    let clones: Vec<File> = (0..files.len()).map(opened).collect::<Result<_, _>>()?;
    read(pass, place, (files.len(), opened), ScanSources::Files(clones.into()), bytes)
}

/// Reads Parquet held in memory, such as a member of a zip.
pub(super) fn read_bytes(pass: &mut Pass<'_>, place: &str, bytes: Vec<u8>) -> Result<(), Interrupt> {
    let held: Arc<[_]> = [bytes.into()].into();
    let sources = ScanSources::Buffers(Arc::clone(&held));
    read(pass, place, (1, |_| Ok(Cursor::new(&held[0][..]))), sources, 0)
}

fn read<R: MmapBytesReader>(
    pass: &mut Pass<'_>,
    place: &str,
    (files, open): (usize, impl Fn(usize) -> Result<R, TransactionsError>),
    sources: ScanSources,
    bytes: u64,
) -> Result<(), Interrupt> {
    let damaged = |error: PolarsError| TransactionsError::damaged(place, "Parquet", error);
    let mut reader = ParquetReader::new(open(0)?);
    let schema = reader.schema().map_err(damaged)?;
    let columns: Vec<String> = schema.iter_names().map(|name| name.to_string()).collect();
    let layout = pass.layout(place, &columns)?;
    pass.begin_table(place, &layout, ["Parquet"; 2]);
    let mut parts = Vec::with_capacity(files);
    for at in 0..files {
        parts.push(ParquetReader::new(open(at)?).get_metadata().map_err(damaged)?.clone());
    }
    let rows = parts.iter().map(|part| part.num_rows).sum();
    if rows == 0 {
        return Err(TransactionsError::HeaderOnly { place: place.to_owned() }.into());
    }
    let plan = pass.plan(&layout);
    let schema = Schema::from_arrow_schema(&schema);
    let table = Table { place, sources, schema: &schema, rows, bytes, layout: &layout };
    if let Some(chunk) = typed::read(pass, &table, &plan)? {
        return pass.add(chunk, place, 1);
    }
    let names = (!plan.finds_duplicates()).then(|| used_columns(&layout));
    let mut before = 0;
    for (at, metadata) in parts.into_iter().enumerate() {
        let mut first = 0;
        for rows in batches(metadata.row_groups.iter().map(|group| group.num_rows())) {
            pass.progress.check()?;
            let mut reader = ParquetReader::new(open(at)?);
            reader.set_metadata(metadata.clone());
            let reader = reader.with_columns(names.clone()).with_slice(Some((first, rows)));
            let frame = reader.finish().map_err(damaged)?;
            let codes = pass.collector.codes();
            for (chunk_at, chunk) in chunks(&frame, &layout, &plan, &codes)?.into_iter().enumerate() {
                // Rows of a Parquet file count from 1; there is no header row.
                pass.add(chunk, place, before + (first + chunk_at * CHUNK) as u64 + 1)?;
            }
            first += rows;
        }
        before += first as u64;
    }
    Ok(())
}

/// Row groups, joined or cut to the size of a batch.
fn batches(groups: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut batches: Vec<usize> = Vec::new();
    for group in groups.filter(|rows| *rows > 0) {
        match batches.last_mut() {
            Some(last) if *last + group <= BATCH => *last += group,
            _ => {
                batches.extend(std::iter::repeat_n(BATCH, group / BATCH));
                batches.extend(Some(group % BATCH).filter(|rest| *rest > 0));
            }
        }
    }
    batches
}

fn used_columns(layout: &Layout) -> Vec<String> {
    Role::ALL.into_iter().filter_map(|role| layout.name(role).map(str::to_owned)).collect()
}

fn chunks(frame: &DataFrame, layout: &Layout, plan: &Plan<'_>, codes: &Codes) -> PolarsResult<Vec<Chunk>> {
    let mut roles: Vec<Option<Values>> = Vec::with_capacity(ROLES);
    for role in Role::ALL {
        roles.push(layout.name(role).map(|name| Values::of(frame.column(name)?)).transpose()?);
    }
    let all: Vec<Values> = match plan.finds_duplicates() {
        true => frame.columns().iter().map(Values::of).collect::<PolarsResult<_>>()?,
        false => Vec::new(),
    };
    let starts: Vec<usize> = (0..frame.height()).step_by(CHUNK).collect();
    starts
        .into_par_iter()
        .map(|start| {
            let end = (start + CHUNK).min(frame.height());
            let mut builder = ChunkBuilder::new(plan, codes, end - start)?;
            let (mut hasher, mut scratch) = (RowHasher::default(), String::new());
            for at in start..end {
                let row: Row<'_> =
                    std::array::from_fn(|role| roles[role].as_ref().map_or(Field::Null, |v| v.get(at)));
                builder.push((at - start) as u64, &row, || {
                    for values in &all {
                        hasher.add(values.get(at).id(&mut scratch).unwrap_or_default().as_bytes());
                    }
                    hasher.finish()
                })?;
            }
            builder.finish()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_groups_are_joined_and_large_ones_cut() {
        assert_eq!(batches([10, 20, 30].into_iter()), [60]);
        assert_eq!(batches([BATCH, 5].into_iter()), [BATCH, 5]);
        assert_eq!(batches([2 * BATCH + 7, 0, 3].into_iter()), [BATCH, BATCH, 10]);
    }
}
