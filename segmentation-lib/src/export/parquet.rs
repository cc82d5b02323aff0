//! An export as Parquet: a row group a piece, the footer last. Nothing but the customers decides its bytes.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{COLUMNS, RFM_COLUMNS, Row};

/// A file while it is written; its bytes leave piece by piece.
pub(super) struct RowGroups(SerializedFileWriter<Vec<u8>>);

impl std::fmt::Debug for RowGroups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parquet, {} bytes so far", self.0.bytes_written())
    }
}

/// What can be wrong in a file that is written to memory is its schema, which is the same for all.
const IN_MEMORY: &str = "columns of equal length and known types are written to memory without failing";

impl RowGroups {
    /// Without a row, for a run with these features.
    pub(super) fn new(features: &[String], rfm: bool) -> Self {
        let properties = WriterProperties::builder().set_created_by("segmentation-lib".to_owned()).build();
        let writer = SerializedFileWriter::new(Vec::new(), schema(features, rfm), Arc::new(properties));
        Self(writer.expect(IN_MEMORY))
    }

    /// The bytes of a row group with these rows, and of what stands before it.
    pub(super) fn rows(&mut self, rows: &[Row<'_>]) -> Vec<u8> {
        let written = self.0.next_row_group().and_then(|group| write(group, rows));
        written.expect(IN_MEMORY);
        self.take()
    }

    /// The bytes of the footer.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.0.finish().expect(IN_MEMORY);
        self.take()
    }

    /// The writer counts what it has written: taking it away leaves the file's offsets right.
    fn take(&mut self) -> Vec<u8> {
        self.0.flush().expect(IN_MEMORY);
        std::mem::take(self.0.inner_mut())
    }
}

fn schema(features: &[String], rfm: bool) -> TypePtr {
    let column = |name: &str| match name {
        "segment_id" => field(name, Physical::INT32, Some(LogicalType::integer(32, false))),
        "rfm_recency" | "rfm_frequency" | "rfm_monetary" => {
            field(name, Physical::INT32, Some(LogicalType::integer(8, false)))
        }
        "silhouette" => field(name, Physical::FLOAT, None),
        _ => field(name, Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let fields = COLUMNS
        .into_iter()
        .map(column)
        .chain(features.iter().map(|name| field(name, Physical::DOUBLE, None)))
        .chain(RFM_COLUMNS.into_iter().filter(|_| rfm).map(column));
    let schema = Type::group_type_builder("schema").with_fields(fields.collect()).build();
    Arc::new(schema.expect(IN_MEMORY))
}

fn field(name: &str, physical: Physical, logical: Option<LogicalType>) -> TypePtr {
    let builder = Type::primitive_type_builder(name, physical);
    let field = builder.with_repetition(Repetition::REQUIRED).with_logical_type(logical).build();
    Arc::new(field.expect(IN_MEMORY))
}

fn write(mut group: SerializedRowGroupWriter<'_, Vec<u8>>, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    let mut index = 0;
    while let Some(mut column) = group.next_column()? {
        fill(&mut column, index, rows)?;
        column.close()?;
        index += 1;
    }
    group.close().map(drop)
}

/// Writes the column at this place of the schema.
fn fill(column: &mut SerializedColumnWriter<'_>, index: usize, rows: &[Row<'_>]) -> Result<(), ParquetError> {
    // Texts are at 0, 2, 3 and 4, the segment's id stands between; of the rule view the group's key.
    let text = |row: &Row<'_>| match row.rfm {
        Some(placed) if index >= COLUMNS.len() => placed.key.into(),
        _ => row.texts()[index.saturating_sub(1)].into(),
    };
    let whole = |row: &Row<'_>| match row.rfm {
        Some(placed) if index > COLUMNS.len() => {
            placed.scores()[index - COLUMNS.len() - row.features.len() - 1].into()
        }
        _ => row.segment.id.into(),
    };
    match column.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let values: Vec<ByteArray> = rows.iter().map(text).collect();
            writer.write_batch(&values, None, None)
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            let values: Vec<i32> = rows.iter().map(whole).collect();
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
