//! Cleaning, ledger and features run where a table is: one row per customer comes, and the sums of the cleaning.

use std::path::{Path, PathBuf};

use super::error::TableError;
use super::{Address, Column, directory, parts, postgres, spark};
use crate::features;
use crate::look_back;
use crate::progress::Progress;
use crate::transactions::{
    Dialect, Origin, ReadOptions, SummedCustomers, SummedFiles, Texts, Transactions, TransactionsError, What,
    read_pushed_down, texts,
};

/// Questions that the database is asked.
const QUERIES: u64 = 4;

/// Has a table cleaned and summed by its database, and reads the sums: the customers, the ledger, the days between
/// purchases, and the customers of the day that a look-back begins on. PostgreSQL answers all of it from one snapshot; of
/// a cluster's table that grew meanwhile the ledger is not that of the customers, which is refused.
///
/// Memory and what comes grow with customers and not with lines. Cost: four passes over the table where it is.
///
/// # Errors
/// As [`read`](super::read); what the texts cannot say, which [`texts`] refuses; columns of text where moments or numbers
/// are meant.
pub fn push_down(
    address: &Address,
    what: &What,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TableError> {
    let origin = Origin { address: address.to_string(), what: what.clone() };
    let server = Server::at(address, &origin, progress)?;
    let columns = server.columns()?;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let table = format!("({}\n) AS asked", server.source()?);
    let texts = texts(server.dialect(), &table, &names, features::SQL, options)?;
    refuse_text(&texts, &columns)?;
    let directory = directory()?;
    let asked = |place: u64, name: &str, text: &str| {
        progress.report("sum there", place, Some(QUERIES));
        let into = directory.path().join(name);
        std::fs::create_dir(&into).map_err(|error| TableError::Directory {
            directory: directory.path().to_owned(),
            reason: error.to_string(),
        })?;
        server.fetch(&texts.alone(text), &into)
    };
    let customers = asked(0, "customers", texts.features())?;
    let customers = SummedCustomers::pushed_down(&origin, &customers, progress)?;
    let reference = match options.reference {
        Some(reference) => reference,
        None => customers.reference()?,
    };
    let earlier = texts.earlier(reference.days_before(look_back::DAYS), reference);
    let files = SummedFiles {
        customers: Vec::new(),
        ledger: asked(1, "ledger", &texts.ledger())?,
        gaps: asked(2, "gaps", &texts.gaps())?,
        earlier: asked(3, "earlier", &earlier)?,
    };
    progress.report("sum there", QUERIES, Some(QUERIES));
    Ok(read_pushed_down(&origin, customers, &files, directory, options)?)
}

/// Refuses text where moments or numbers are meant: how it is written only the reader of rows finds out.
fn refuse_text(texts: &Texts, columns: &[Column]) -> Result<(), TransactionsError> {
    const TEXTS: [&str; 7] = ["text", "string", "varchar", "char", "bpchar", "citext", "name"];
    let kind = |name: &str| {
        columns.iter().find(|column| column.name == name).map(|column| column.kind.to_lowercase())
    };
    let is_text = |kind: &str| TEXTS.contains(&kind.split('(').next().unwrap_or(kind));
    match texts.typed().find(|(_, name)| kind(name).is_some_and(|kind| is_text(&kind))) {
        None => Ok(()),
        Some((role, name)) => Err(TransactionsError::NotPortable {
            what: format!("the {role} in column {name:?}, which is text,"),
        }),
    }
}

/// A database that cleans and sums.
enum Server<'a> {
    Postgres(Box<postgres::Session<'a>>),
    Spark(spark::Run<'a>),
}

impl<'a> Server<'a> {
    fn at(address: &'a Address, origin: &'a Origin, progress: &'a Progress) -> Result<Self, TableError> {
        Ok(match address {
            Address::Postgres(address) => {
                Self::Postgres(Box::new(postgres::Session::open(address, origin, progress)?))
            }
            Address::Spark(address) => Self::Spark(spark::Run::of(address, origin, progress)?),
        })
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Spark(_) => Dialect::Spark,
        }
    }

    fn source(&self) -> Result<String, TableError> {
        match self {
            Self::Postgres(session) => session.source(),
            Self::Spark(run) => run.source(),
        }
    }

    fn columns(&self) -> Result<Vec<Column>, TableError> {
        match self {
            Self::Postgres(session) => session.columns(),
            Self::Spark(run) => run.columns(&run.source()?),
        }
    }

    /// The rows of a query as Parquet files; none where there is no row.
    fn fetch(&self, sql: &str, into: &Path) -> Result<Vec<PathBuf>, TableError> {
        let rows = match self {
            Self::Postgres(session) => session.fetch(sql, &into.join("part-00000.parquet"))?,
            Self::Spark(run) => run.rows(sql, into)?,
        };
        if rows == 0 { Ok(Vec::new()) } else { parts(into) }
    }
}
