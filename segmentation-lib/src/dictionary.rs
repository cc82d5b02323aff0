//! The data dictionary: what every column, rule, feature, segment and field means.
//!
//! Generated from the structs and tables that the code itself uses, so that it cannot say anything
//! else than the code does. [`write()`] makes `metadata.xlsx`; [`differences`] reads one back and
//! compares.

mod api;
mod cover;
mod data;
mod manifest;
mod sheet;
mod sheets;
mod xlsx;

pub use sheet::{Cell, Sheet};
pub use sheets::sheets;
pub use xlsx::{differences, write};

/// The dictionary could not be written, read or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DictionaryError {
    /// Writing failed.
    #[error("cannot write the data dictionary: {0}")]
    Write(#[from] rust_xlsxwriter::XlsxError),
    /// Reading failed.
    #[error("cannot read {path} as a data dictionary: {source}; write it anew")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        source: calamine::XlsxError,
    },
    /// The API's description is not what it should be.
    #[error("the API description is not OpenAPI: {0}")]
    OpenApi(#[from] serde_json::Error),
}
