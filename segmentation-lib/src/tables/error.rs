//! What can go wrong between a database and its rows.

use std::path::PathBuf;

use crate::progress::Cancelled;
use crate::transactions::TransactionsError;

/// A table was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A text is no address of a database.
    #[error(
        "{seen}: no address of a database: {reason}; write postgresql://HOST:PORT/DATABASE or sc://HOST:PORT"
    )]
    Address {
        /// As given, without secrets.
        seen: String,
        /// Why not.
        reason: String,
    },
    /// A text is no name of a table.
    #[error("{seen:?} is no name of a table: {reason}; write sales, shop.sales or shop.\"My Sales\"")]
    Name {
        /// As given.
        seen: String,
        /// Why not.
        reason: &'static str,
    },
    /// A setting of the connection cannot be used.
    #[error("{origin}: {what} is {seen:?}; {allowed}")]
    Setting {
        /// The address.
        origin: String,
        /// The setting's name.
        what: &'static str,
        /// Its value.
        seen: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The program that talks to Spark Connect servers is not there.
    #[error(
        "{address}: the program segment-spark, which reads from Spark Connect servers, is not there: it was looked for where \
         SEGMENT_SPARK says, else beside segment and on PATH; it is in the packages, and `make spark` in the sources builds it"
    )]
    NoProgram {
        /// The address.
        address: String,
    },
    /// Nobody answers, or not in time. It may work another time.
    #[error("{address}: cannot be reached: {reason}; is the server running, and host and port right?")]
    Away {
        /// The address.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The server does not let the user in.
    #[error("{address}: the server refuses: {reason}; {way_out}")]
    Refused {
        /// The address.
        address: String,
        /// What the server says.
        reason: String,
        /// What helps.
        way_out: &'static str,
    },
    /// The connection is not safe, or not as it was asked for.
    #[error("{address}: no safe connection: {reason}; {way_out}")]
    Unsafe {
        /// The address.
        address: String,
        /// What is wrong with it.
        reason: String,
        /// What helps.
        way_out: &'static str,
    },
    /// There is no such table or column, it may not be read, or the query is wrong.
    #[error("{origin}: {reason}{}", way_out.as_ref().map(|text| format!("; {text}")).unwrap_or_default())]
    Query {
        /// The table.
        origin: String,
        /// What the server says.
        reason: String,
        /// What helps, where something is known.
        way_out: Option<String>,
    },
    /// A query gives two columns of one name.
    #[error("{origin}: two columns are named {column:?}; name one of them otherwise with AS")]
    SameName {
        /// The query.
        origin: String,
        /// The name.
        column: String,
    },
    /// A column's type is none that is read.
    #[error(
        "{origin}: column {column:?} is of type {kind}, which is not read; a query that casts it helps, \
         such as SELECT CAST({column} AS {instead}) …"
    )]
    Type {
        /// The table.
        origin: String,
        /// The column.
        column: String,
        /// Its type.
        kind: String,
        /// A type to cast it to.
        instead: &'static str,
    },
    /// A value is outside what a run can hold.
    #[error("{origin}: column {column:?}, row {row}: {reason}")]
    Value {
        /// The table.
        origin: String,
        /// The column.
        column: String,
        /// Its row, from 1.
        row: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The table is there and empty.
    #[error("{origin}: there is no row in it; expected at least one transaction")]
    Empty {
        /// The table.
        origin: String,
    },
    /// The connection broke before all rows had come.
    #[error(
        "{origin}: broken off after {rows} rows: {reason}; nothing was published, so it can be run again"
    )]
    BrokenOff {
        /// The table.
        origin: String,
        /// Rows that had come.
        rows: u64,
        /// What the system or the server says.
        reason: String,
    },
    /// The rows could not be put into temporary files.
    #[error("{directory}: the rows cannot be kept there: {reason}; TMPDIR names another directory")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Stopped on request.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The rows cannot be used.
    #[error(transparent)]
    Transactions(#[from] TransactionsError),
}
