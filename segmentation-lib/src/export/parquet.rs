//! An export as Parquet: a row group a piece, the footer last. Nothing but the customers decides its bytes.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{COLUMNS, Cell, Include, Kind, Row};

/// A file while it is written; its bytes leave piece by piece.
pub(super) struct RowGroups {
    file: SerializedFileWriter<Vec<u8>>,
    include: Include,
}

impl std::fmt::Debug for RowGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parquet, {} bytes so far", self.file.bytes_written())
    }
}

/// What can be wrong in a file that is written to memory is its schema, which is the same for all.
const IN_MEMORY: &str = "columns of equal length and known types are written to memory without failing";

/// A file of columns whose values may be missing, while it is written.
pub(super) struct TableGroups(SerializedFileWriter<Vec<u8>>);

impl std::fmt::Debug for TableGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parquet, {} bytes so far", self.0.bytes_written())
    }
}

impl TableGroups {
    /// Without a row.
    pub(super) fn new(columns: &[(&'static str, Kind)]) -> Self {
        Self(file(columns.iter().map(|(name, kind)| beside(name, *kind)).collect()))
    }

    /// The bytes of a row group with these rows, and of what stands before it.
    pub(super) fn rows(&mut self, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
        let written = self.0.next_row_group().and_then(|mut group| {
            let mut index = 0;
            while let Some(mut column) = group.next_column()? {
                fill_beside(&mut column, rows.iter().map(|row| row[index].clone()))?;
                column.close()?;
                index += 1;
            }
            group.close().map(drop)
        });
        written.expect(IN_MEMORY);
        take(&mut self.0)
    }

    /// The bytes of the footer.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.0.finish().expect(IN_MEMORY);
        take(&mut self.0)
    }
}

/// A file with these columns. Nothing but its rows decides its bytes.
fn file(fields: Vec<TypePtr>) -> SerializedFileWriter<Vec<u8>> {
    let properties = WriterProperties::builder().set_created_by("segmentation-lib".to_owned()).build();
    let schema = Type::group_type_builder("schema").with_fields(fields).build().expect(IN_MEMORY);
    SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).expect(IN_MEMORY)
}

/// The writer counts what it has written: taking it away leaves the file's offsets right.
fn take(file: &mut SerializedFileWriter<Vec<u8>>) -> Vec<u8> {
    file.flush().expect(IN_MEMORY);
    std::mem::take(file.inner_mut())
}

impl RowGroups {
    /// Without a row, for a run with these features.
    pub(super) fn new(features: &[String], include: Include) -> Self {
        Self { file: file(fields(features, include)), include }
    }

    /// The bytes of a row group with these rows, and of what stands before it.
    pub(super) fn rows(&mut self, rows: &[Row<'_>]) -> Vec<u8> {
        let written = self.file.next_row_group().and_then(|group| write(group, self.include, rows));
        written.expect(IN_MEMORY);
        take(&mut self.file)
    }

    /// The bytes of the footer.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.file.finish().expect(IN_MEMORY);
        take(&mut self.file)
    }
}

fn fields(features: &[String], include: Include) -> Vec<TypePtr> {
    let column = |name: &str| match name {
        "segment_id" => field(name, Physical::INT32, Some(LogicalType::integer(32, false))),
        "silhouette" => field(name, Physical::FLOAT, None),
        _ => field(name, Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    COLUMNS
        .into_iter()
        .map(column)
        .chain(features.iter().map(|name| field(name, Physical::DOUBLE, None)))
        .chain(include.columns().map(|column| beside(column.name, column.kind)))
        .collect()
}

fn field(name: &str, physical: Physical, logical: Option<LogicalType>) -> TypePtr {
    repeated(name, Repetition::REQUIRED, physical, logical)
}

/// A column whose values may be missing.
fn beside(name: &str, kind: Kind) -> TypePtr {
    let (physical, logical) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Truth => (Physical::BOOLEAN, None),
        Kind::Byte => (Physical::INT32, Some(LogicalType::integer(8, false))),
        Kind::Whole => (Physical::INT64, None),
        Kind::Single => (Physical::FLOAT, None),
        Kind::Double => (Physical::DOUBLE, None),
    };
    repeated(name, Repetition::OPTIONAL, physical, logical)
}

fn repeated(name: &str, repetition: Repetition, physical: Physical, logical: Option<LogicalType>) -> TypePtr {
    let builder = Type::primitive_type_builder(name, physical);
    let field = builder.with_repetition(repetition).with_logical_type(logical).build();
    Arc::new(field.expect(IN_MEMORY))
}

fn write(
    mut group: SerializedRowGroupWriter<'_, Vec<u8>>,
    include: Include,
    rows: &[Row<'_>],
) -> Result<(), ParquetError> {
    let features = rows.first().map_or(0, |row| row.features.len());
    let beside: Vec<_> = include.columns().collect();
    let mut index = 0_usize;
    while let Some(mut column) = group.next_column()? {
        match index.checked_sub(COLUMNS.len() + features) {
            Some(at) => fill_beside(&mut column, rows.iter().map(|row| (beside[at].of)(&row.beside)))?,
            None => fill(&mut column, index, rows)?,
        }
        column.close()?;
        index += 1;
    }
    group.close().map(drop)
}

/// Writes the column at this place of the schema, before those beside.
fn fill(column: &mut SerializedColumnWriter<'_>, index: usize, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    match column.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            // Texts are at 0, 2, 3 and 4, the segment's id stands between.
            let text = |row: &Row<'_>| ByteArray::from(row.texts()[index.saturating_sub(1)]);
            let values: Vec<ByteArray> = rows.iter().map(text).collect();
            writer.write_batch(&values, None, None)
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            let values: Vec<i32> = rows.iter().map(|row| row.segment.id.into()).collect();
            writer.write_batch(&values, None, None)
        }
        ColumnWriter::FloatColumnWriter(writer) => {
            let values: Vec<f32> = rows.iter().map(|row| row.silhouette).collect();
            writer.write_batch(&values, None, None)
        }
        ColumnWriter::DoubleColumnWriter(writer) => {
            let values: Vec<f64> = rows.iter().map(|row| row.features[index - COLUMNS.len()]).collect();
            writer.write_batch(&values, None, None)
        }
        _ => unreachable!("the schema has these four types"),
    }
    .map(drop)
}

/// Writes a column whose values may be missing: those that are there, and for each row whether it has one.
fn fill_beside<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Cell<'a>>,
) -> Result<(), ParquetError> {
    let cells: Vec<Cell<'_>> = cells.collect();
    let there: Vec<i16> = cells.iter().map(|cell| i16::from(!matches!(cell, Cell::Missing))).collect();
    let there = Some(there.as_slice());
    match column.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let text =
                |cell: &Cell<'_>| if let Cell::Text(text) = cell { Some(text.as_ref().into()) } else { None };
            writer.write_batch(&cells.iter().filter_map(text).collect::<Vec<ByteArray>>(), there, None)
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            // A score: its kind says that it is small.
            let whole =
                |cell: &Cell<'_>| if let Cell::Whole(number) = cell { Some(*number as i32) } else { None };
            writer.write_batch(&cells.iter().filter_map(whole).collect::<Vec<_>>(), there, None)
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let whole = |cell: &Cell<'_>| if let Cell::Whole(number) = cell { Some(*number) } else { None };
            writer.write_batch(&cells.iter().filter_map(whole).collect::<Vec<_>>(), there, None)
        }
        ColumnWriter::FloatColumnWriter(writer) => {
            let single = |cell: &Cell<'_>| if let Cell::Single(number) = cell { Some(*number) } else { None };
            writer.write_batch(&cells.iter().filter_map(single).collect::<Vec<_>>(), there, None)
        }
        ColumnWriter::DoubleColumnWriter(writer) => {
            let double = |cell: &Cell<'_>| if let Cell::Double(number) = cell { Some(*number) } else { None };
            writer.write_batch(&cells.iter().filter_map(double).collect::<Vec<_>>(), there, None)
        }
        ColumnWriter::BoolColumnWriter(writer) => {
            let truth = |cell: &Cell<'_>| if let Cell::Truth(truth) = cell { Some(*truth) } else { None };
            writer.write_batch(&cells.iter().filter_map(truth).collect::<Vec<_>>(), there, None)
        }
        _ => unreachable!("the schema has these six types"),
    }
    .map(drop)
}
