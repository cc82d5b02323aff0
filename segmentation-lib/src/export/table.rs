//! A table of cells that may be missing, in every format: what is not a run's customers.

use ::csv::Writer;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::beside::{Cell, Kind};
use super::parquet::TableGroups;
use super::{ExportError, ExportParams, Format, IN_MEMORY, guarded};

/// Rows of cells in, bytes out, piece by piece. NDJSON has an object a row, with null for what is missing.
#[derive(Debug)]
pub(crate) struct TableEncoder {
    columns: Vec<(&'static str, Kind)>,
    output: Output,
}

#[derive(Debug)]
enum Output {
    Csv { header: bool, safe: bool },
    Ndjson,
    Parquet(Box<TableGroups>),
}

impl TableEncoder {
    /// Without a row.
    pub fn new(params: &ExportParams, columns: Vec<(&'static str, Kind)>) -> Result<Self, ExportError> {
        params.check()?;
        let output = match params.format {
            Format::Csv => Output::Csv { header: !params.continued, safe: params.safe },
            Format::Ndjson => Output::Ndjson,
            Format::Parquet => Output::Parquet(Box::new(TableGroups::new(&columns))),
        };
        Ok(Self { columns, output })
    }

    /// The bytes of these rows, after those of what stands before them.
    pub fn rows(&mut self, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
        match &mut self.output {
            Output::Csv { header, safe } => {
                let names = std::mem::take(header).then(|| self.columns.iter().map(|(name, _)| *name));
                csv(names, *safe, rows)
            }
            Output::Ndjson => ndjson(&self.columns, rows),
            Output::Parquet(file) => file.rows(rows),
        }
    }

    /// The bytes that end the file; none where rows are its end. A CSV without a row still has its header.
    pub fn finish(mut self) -> Vec<u8> {
        match &mut self.output {
            Output::Parquet(file) => file.finish(),
            Output::Csv { .. } | Output::Ndjson => self.rows(&[]),
        }
    }
}

fn csv(names: Option<impl Iterator<Item = &'static str>>, safe: bool, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let mut writer = Writer::from_writer(Vec::new());
    if let Some(names) = names {
        writer.write_record(names).expect(IN_MEMORY);
    }
    for row in rows {
        let written = row.iter().try_for_each(|cell| match cell {
            Cell::Text(text) if safe => writer.write_field(guarded(text).as_ref()),
            other => writer.write_field(other.text().as_ref()),
        });
        written.and_then(|()| writer.write_record(None::<&[u8]>)).expect(IN_MEMORY);
    }
    writer.into_inner().expect(IN_MEMORY)
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
