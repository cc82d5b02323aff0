//! Tables of databases and clusters, fetched so that they are read as files are.
//!
//! A table is asked for its columns, those that play a role are recognised as a file's are, and the rows of these alone
//! come batch by batch into Parquet files in a temporary directory, which the transactions keep as long as they live. So
//! ledger, decisions and content digest are those of a file with the same rows.
//!
//! [`Address::Postgres`] is read here; [`Address::Spark`] by the program `segment-spark`, which holds what talks to a
//! Spark Connect server. Memory: one batch. Cost: one pass over the table where it is, one over the files.

mod address;
mod error;
mod name;
mod postgres;
mod push_down;
mod spark;

pub use self::address::{Address, PostgresAddress, SparkAddress, is_address};
pub use self::error::TableError;
use self::name::{Quotes, TableName};
pub use self::push_down::push_down;
pub use crate::transactions::What;

use std::path::{Path, PathBuf};

use crate::progress::Progress;
use crate::record::Localized;
use crate::temporary::TemporaryDirectory;
use crate::transactions::{Decision, Fetched, Origin, ReadOptions, Transactions, Wanted, read_fetched};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    /// The type's name, as the database calls it.
    kind: String,
}

/// Fetches a table's rows, the columns that a run reads alone, into files.
///
/// # Errors
/// [`TableError`] says what was wrong, where, and what helps. Nothing stays of what had come.
pub fn fetch(
    address: &Address,
    what: &What,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Fetched, TableError> {
    let origin = Origin { address: address.to_string(), what: what.clone() };
    match address {
        Address::Postgres(address) => postgres::fetch(address, origin, options, progress),
        Address::Spark(address) => spark::fetch(address, origin, options, progress),
    }
}

/// The names of a table's columns, in its order.
///
/// # Errors
/// As [`fetch`].
pub fn columns(address: &Address, what: &What, progress: &Progress) -> Result<Vec<String>, TableError> {
    let origin = Origin { address: address.to_string(), what: what.clone() };
    let columns = match address {
        Address::Postgres(address) => postgres::columns(address, &origin, progress)?,
        Address::Spark(address) => spark::columns(address, &origin, progress)?,
    };
    Ok(columns.into_iter().map(|column| column.name).collect())
}

/// Reads transactions from a table: [`fetch`], then as files are read.
///
/// # Errors
/// As [`fetch`], and what is wrong with the rows.
pub fn read(
    address: &Address,
    what: &What,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TableError> {
    let fetched = fetch(address, what, options, progress)?;
    Ok(read_fetched(fetched, options, progress)?)
}

/// The columns that a run reads; a query may give two columns of one name.
fn wanted(origin: &Origin, columns: &[Column], options: &ReadOptions) -> Result<Wanted, TableError> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let wanted = Wanted::of(origin, &names, options)?;
    let twice = wanted.columns.iter().find(|name| names.iter().filter(|other| other == name).count() > 1);
    match twice {
        None => Ok(wanted),
        Some(name) => Err(TableError::SameName { origin: origin.to_string(), column: name.clone() }),
    }
}

/// An empty directory for the rows.
fn directory() -> Result<TemporaryDirectory, TableError> {
    TemporaryDirectory::new("table").map_err(|source| TableError::Directory {
        directory: std::env::temp_dir(),
        reason: source.to_string(),
    })
}

/// The files of a fetch, in order.
fn parts(directory: &Path) -> Result<Vec<PathBuf>, TableError> {
    let list =
        || std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut parts = list().map_err(|error| TableError::Directory {
        directory: directory.to_owned(),
        reason: error.to_string(),
    })?;
    parts.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    parts.sort();
    Ok(parts)
}

/// What is asked of a server: `SELECT * FROM` the table, or the query.
fn source(what: &What, quotes: Quotes) -> Result<String, TableError> {
    Ok(match what {
        What::Table(name) => format!("SELECT * FROM {}", TableName::parse(name)?.quoted(quotes)),
        What::Query(sql) => sql.trim().trim_end_matches(';').to_owned(),
    })
}

/// What is to be said where moments have a zone.
fn utc_days(column: &str) -> Decision {
    Decision {
        topic: "dates",
        text: Localized {
            en: format!(
                "{column} holds moments with a time zone: days and hours are those of UTC; a query that converts them to the \
                 shop's zone gives the shop's days"
            ),
            pt_br: format!(
                "{column} guarda instantes com fuso horário: dias e horas são os de UTC; uma consulta que os converta para o \
                 fuso da loja dá os dias da loja"
            ),
        },
    }
}
