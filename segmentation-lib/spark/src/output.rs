//! Standard output: one JSON object a line.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::error::Error;
use crate::types::Column;

/// What is said when nobody reads any more.
pub const NOBODY_READS: &str = "nobody reads standard output any more";

/// The columns of a query.
///
/// # Errors
/// When standard output fails.
pub fn columns(columns: &[Column]) -> Result<(), Error> {
    let named = |column: &Column| json!({"name": column.name, "type": column.kind});
    line(&json!({"columns": columns.iter().map(named).collect::<Vec<_>>()}))
}

/// A batch that was written.
///
/// # Errors
/// When standard output fails.
pub fn batch(rows: usize) -> Result<(), Error> {
    line(&json!({"rows": rows}))
}

/// The end: everything is written.
///
/// # Errors
/// When standard output fails.
pub fn done(rows: u64) -> Result<(), Error> {
    line(&json!({"done": true, "rows": rows}))
}

fn line(value: &Value) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}").and_then(|()| out.flush()).map_err(|source| match source.kind() {
        io::ErrorKind::BrokenPipe => Error::Interrupted { cause: NOBODY_READS },
        _ => Error::Stream { stream: "standard output", source },
    })
}
