//! Rows of an answer, as NDJSON or CSV.

use serde::Serialize;

use super::Form;

/// What has columns.
pub trait Row: Serialize {
    /// The fields in the order of the header, empty where there is nothing.
    fn fields(&self) -> Vec<String>;
}

/// Bytes of rows while they grow.
pub enum Rows {
    /// One JSON object a line.
    Ndjson(Vec<u8>),
    /// One record a line.
    Csv(Box<csv::Writer<Vec<u8>>>),
}

impl Rows {
    /// Rows in this form; `header` begins a CSV and is left out of what continues one.
    pub fn new(form: Form, header: Option<&[&str]>) -> Self {
        match form {
            Form::Ndjson => Self::Ndjson(Vec::new()),
            Form::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                if let Some(header) = header {
                    writer.write_record(header).expect(IN_MEMORY);
                }
                Self::Csv(Box::new(writer))
            }
        }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &impl Row) {
        match self {
            Self::Csv(writer) => writer.write_record(row.fields()).expect(IN_MEMORY),
            Self::Ndjson(bytes) => {
                serde_json::to_writer(&mut *bytes, row).expect("structs with text keys always serialise");
                bytes.push(b'\n');
            }
        }
    }

    /// The rows' bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Ndjson(bytes) => bytes,
            Self::Csv(writer) => writer.into_inner().expect(IN_MEMORY),
        }
    }
}

/// Records of one answer have as many fields as its header.
const IN_MEMORY: &str = "records of equal length are written to memory without failing";
