//! A table of cells that may be missing, in every format: what is not a run's customers.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::beside::{Cell, Kind};
use super::parquet::TableGroups;
use super::{Column, Csv, ExportError, ExportParams, Format};

/// Rows of cells in, bytes out, piece by piece. NDJSON has an object a row, with null for what is missing.
#[derive(Debug)]
pub struct TableEncoder {
    columns: Vec<(&'static str, Kind)>,
    output: Output,
}

#[derive(Debug)]
enum Output {
    Csv(Csv),
    Ndjson,
    Parquet(Box<TableGroups>),
}

impl TableEncoder {
    /// Without a row. Columns whose names end in `_pennies` hold money, of this currency; a CSV for people has it in
    /// currency units.
    ///
    /// # Errors
    /// Parameters that do not go together.
    pub fn new(
        params: &ExportParams,
        columns: Vec<(&'static str, Kind)>,
        currency: Option<&str>,
    ) -> Result<Self, ExportError> {
        params.check()?;
        let output = match params.format {
            Format::Csv => {
                let columns = columns.iter().map(|(name, _)| Column::of(name)).collect();
                Output::Csv(Csv::new(params, columns, currency))
            }
            Format::Ndjson => Output::Ndjson,
            Format::Parquet => Output::Parquet(Box::new(TableGroups::new(&columns))),
        };
        Ok(Self { columns, output })
    }

    /// The bytes of these rows, after those of what stands before them. Cost O(n).
    pub fn rows(&mut self, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
        match &mut self.output {
            Output::Csv(csv) => csv.rows(rows.iter().map(|row| row.iter().cloned())),
            Output::Ndjson => ndjson(&self.columns, rows),
            Output::Parquet(file) => file.rows(rows),
        }
    }

    /// The bytes that end the file; none where rows are its end. A CSV without a row still has its header.
    pub fn finish(mut self) -> Vec<u8> {
        match &mut self.output {
            Output::Parquet(file) => file.finish(),
            Output::Csv(_) | Output::Ndjson => self.rows(&[]),
        }
    }
}

struct Object<'a>(&'a [(&'static str, Kind)], &'a [Cell<'a>]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for ((name, _), cell) in self.0.iter().zip(self.1) {
            match cell {
                Cell::Missing => map.serialize_entry(name, &None::<u8>)?,
                Cell::Text(text) => map.serialize_entry(name, text)?,
                Cell::Truth(truth) => map.serialize_entry(name, truth)?,
                Cell::Whole(number) => map.serialize_entry(name, number)?,
                Cell::Single(number) => map.serialize_entry(name, number)?,
                Cell::Double(number) => map.serialize_entry(name, number)?,
            }
        }
        map.end()
    }
}

fn ndjson(columns: &[(&'static str, Kind)], rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, &Object(columns, row)).expect("texts and numbers always serialise");
        lines.push(b'\n');
    }
    lines
}
