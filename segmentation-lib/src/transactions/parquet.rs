//! Parquet.

mod types;

use std::fs::File;
use std::io::Cursor;

use polars::io::mmap::MmapBytesReader;
use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::*;
use rayon::prelude::*;

use super::chunk::{Chunk, ChunkBuilder, RowHasher};
use super::column_values::Values;
use super::error::TransactionsError;
use super::field::{Field, Row};
use super::header::{Layout, SLOTS};
use super::mapping::Role;
use super::pass::{Interrupt, Pass};
use super::plan::Plan;
use super::text_columns::Codes;
use super::typed::{self, Table};

/// Rows decoded at a time, at most.
const BATCH: usize = 1 << 20;

/// Rows judged together, at least, however few are to be in memory.
const FEWEST: usize = 16;

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
    let schema = ParquetReader::new(open(0)?).schema().map_err(damaged)?;
    let readable = types::readable(&schema);
    let typed = Schema::from_arrow_schema(&readable);
    let columns: Vec<String> = typed.iter().map(|(name, kind)| types::column_name(name, kind)).collect();
    let layout = pass.layout(place, &columns);
    types::refuse_lost_roles(pass, place, (&*schema, &typed), layout.as_ref().ok())?;
    pass.refuse_partitions(place, &columns, layout.as_ref().ok())?;
    let layout = layout?;
    pass.begin_table(place, &layout, ["Parquet"; 2]);
    let mut parts = Vec::with_capacity(files);
    for at in 0..files {
        parts.push(ParquetReader::new(open(at)?).get_metadata().map_err(damaged)?.clone());
    }
    let rows = parts.iter().map(|part| part.num_rows).sum();
    if rows == 0 {
        return Err(TransactionsError::HeaderOnly { place: place.to_owned() }.into());
    }
    let table = Table { place, sources, schema: &typed, rows, bytes, layout: &layout };
    // Queries look at the types of all columns.
    let in_columns = readable.len() == schema.len();
    read_rows(pass, &table, parts, in_columns, open).map_err(|interrupt| types::named(interrupt, &table))
}

/// Reads the rows, column by column where that is possible.
fn read_rows<R: MmapBytesReader>(
    pass: &mut Pass<'_>,
    table: &Table<'_>,
    parts: Vec<FileMetadataRef>,
    in_columns: bool,
    open: impl Fn(usize) -> Result<R, TransactionsError>,
) -> Result<(), Interrupt> {
    let (place, layout) = (table.place, table.layout);
    let damaged = |error: PolarsError| TransactionsError::damaged(place, "Parquet", error);
    let groups = parts.iter().flat_map(|part| part.row_groups.iter().map(|group| group.num_rows()));
    let most = BATCH.min(pass.options.rows_in_memory.max(FEWEST));
    if in_columns && typed::read(pass, table, &batches(groups, most))? {
        return Ok(());
    }
    let plan = pass.plan(layout);
    let names: Vec<String> = match plan.finds_duplicates() {
        true => table.schema.iter_names().map(|name| name.to_string()).collect(),
        false => used_columns(layout),
    };
    let mut before = 0;
    for (at, metadata) in parts.into_iter().enumerate() {
        let mut first = 0;
        for rows in batches(metadata.row_groups.iter().map(|group| group.num_rows()), BATCH) {
            pass.progress.check()?;
            let mut reader = ParquetReader::new(open(at)?);
            reader.set_metadata(metadata.clone());
            let reader = reader.with_columns(Some(names.clone())).with_slice(Some((first, rows)));
            let frame = reader.finish().map_err(damaged)?;
            let codes = pass.collector.codes();
            for (chunk_at, chunk) in chunks(&frame, layout, &plan, &codes)?.into_iter().enumerate() {
                // Rows of a Parquet file count from 1; there is no header row.
                pass.add(chunk, place, before + (first + chunk_at * CHUNK) as u64 + 1)?;
            }
            first += rows;
        }
        before += first as u64;
    }
    Ok(())
}

/// Row groups, joined or cut to `most` rows.
fn batches(groups: impl Iterator<Item = usize>, most: usize) -> Vec<usize> {
    let mut batches: Vec<usize> = Vec::new();
    for group in groups.filter(|rows| *rows > 0) {
        match batches.last_mut() {
            Some(last) if *last + group <= most => *last += group,
            _ => {
                batches.extend(std::iter::repeat_n(most, group / most));
                batches.extend(Some(group % most).filter(|rest| *rest > 0));
            }
        }
    }
    batches
}

fn used_columns(layout: &Layout) -> Vec<String> {
    layout.used_columns().map(str::to_owned).collect()
}

fn chunks(frame: &DataFrame, layout: &Layout, plan: &Plan<'_>, codes: &Codes) -> PolarsResult<Vec<Chunk>> {
    let mut slots: [Option<Values>; SLOTS] = std::array::from_fn(|_| None);
    for (slot, column) in layout.slots() {
        let column = frame.column(&layout.columns[column])?;
        // Those of the flags follow those of the roles.
        slots[slot] = Some(match Role::ALL.get(slot) {
            Some(role) => Values::of_role(column, *role)?,
            None => Values::of(column)?,
        });
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
                    std::array::from_fn(|slot| slots[slot].as_ref().map_or(Field::Null, |v| v.get(at)));
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
        assert_eq!(batches([10, 20, 30].into_iter(), BATCH), [60]);
        assert_eq!(batches([BATCH, 5].into_iter(), BATCH), [BATCH, 5]);
        assert_eq!(batches([2 * BATCH + 7, 0, 3].into_iter(), BATCH), [BATCH, BATCH, 10]);
    }
}
