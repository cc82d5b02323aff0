//! Rows of an answer, as NDJSON or CSV.

use segmentation_lib::export::guarded;
use serde::Serialize;

use super::Form;
use crate::error::{ApiError, Code, excerpt};
use crate::query::Query;

/// What has columns.
pub trait Row: Serialize {
    /// The fields in the order of the header, empty where there is nothing.
    fn fields(&self) -> Vec<String>;

    /// Whether the field at this index is text, which a spreadsheet may take for a formula.
    fn is_text(index: usize) -> bool;
}

/// Bytes of rows while they grow.
pub enum Rows {
    /// One JSON object a line.
    Ndjson(Vec<u8>),
    /// One record a line.
    Csv(Box<csv::Writer<Vec<u8>>>, Safety),
}

/// Whether a CSV is exact, for machines, or safe to be opened in a spreadsheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Safety {
    /// Texts are what they are.
    #[default]
    Exact,
    /// Texts that would be formulas have an apostrophe before them.
    Spreadsheet,
}

impl Safety {
    /// Of the parameter `safe`.
    pub fn of(query: &Query) -> Result<Self, ApiError> {
        match query.one("safe")? {
            None => Ok(Self::Exact),
            Some("spreadsheet") => Ok(Self::Spreadsheet),
            Some(other) => {
                let detail = format!("safe is {}, allowed is spreadsheet", excerpt(other));
                Err(ApiError::new(Code::InvalidParameter, detail))
            }
        }
    }
}

impl Rows {
    /// Rows in this form; `header` begins a CSV and is left out of what continues one.
    pub fn new(form: Form, header: Option<&[&str]>, safety: Safety) -> Self {
        match form {
            Form::Ndjson => Self::Ndjson(Vec::new()),
            Form::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                if let Some(header) = header {
                    writer.write_record(header).expect(IN_MEMORY);
                }
                Self::Csv(Box::new(writer), safety)
            }
        }
    }

    /// Adds a row.
    pub fn push<R: Row>(&mut self, row: &R) {
        match self {
            Self::Csv(writer, Safety::Exact) => writer.write_record(row.fields()).expect(IN_MEMORY),
            Self::Csv(writer, Safety::Spreadsheet) => {
                let mut fields = row.fields();
                let texts = fields.iter_mut().enumerate().filter(|(index, _)| R::is_text(*index));
                texts.for_each(|(_, field)| *field = guarded(field).into_owned());
                writer.write_record(fields).expect(IN_MEMORY);
            }
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
            Self::Csv(writer, _) => writer.into_inner().expect(IN_MEMORY),
        }
    }
}

/// Records of one answer have as many fields as its header.
const IN_MEMORY: &str = "records of equal length are written to memory without failing";
