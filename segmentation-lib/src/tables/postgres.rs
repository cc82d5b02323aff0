//! Tables of PostgreSQL, through a client in Rust alone, so that static programs can read them.
//!
//! One read-only transaction sees one snapshot: rows that arrive meanwhile are not in it. The session's time zone is UTC.
//! Rows come as `COPY (SELECT …) TO STDOUT` in binary and go to a Parquet file, a batch at a time.

mod column;
mod connection;
mod failure;
mod numeric;
mod part;
mod password;
mod tls;

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use tokio_postgres::Client;
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::Type;

use self::column::{Kind, kind};
use self::connection::Connection;
use self::failure::{Moment, failure};
use self::part::Part;
use super::address::PostgresAddress;
use super::error::TableError;
use super::name::{Quotes, TableName};
use super::{Column, directory, source, utc_days, wanted};
use crate::progress::Progress;
use crate::temporary::TemporaryDirectory;
use crate::transactions::{Decision, Fetched, Origin, ReadOptions, Wanted, What};

/// How often a wait for the server asks whether it is to stop.
const ASK: Duration = Duration::from_millis(100);

/// Makes the session's moments those of UTC and the snapshot one.
const BEGIN: &str = "SET TIME ZONE 'UTC'; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) fn fetch(
    address: &PostgresAddress,
    origin: Origin,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Fetched, TableError> {
    runtime(&origin)?.block_on(async {
        let reading = Reading::open(address, &origin, progress).await?;
        let (wanted, decisions, directory, part) = reading.rows(options).await?;
        let parts = vec![part];
        Ok(Fetched { origin: origin.clone(), parts, decisions, wanted, directory })
    })
}

pub(super) fn columns(
    address: &PostgresAddress,
    origin: &Origin,
    progress: &Progress,
) -> Result<Vec<Column>, TableError> {
    runtime(origin)?.block_on(async {
        let reading = Reading::open(address, origin, progress).await?;
        let columns = reading.columns(&source(&origin.what, Quotes::Double)?).await?;
        Ok(columns.into_iter().map(|(column, _)| column).collect())
    })
}

/// A transaction on one snapshot, for queries one after the other.
pub(super) struct Session<'a> {
    runtime: tokio::runtime::Runtime,
    reading: Reading<'a>,
}

impl<'a> Session<'a> {
    pub fn open(
        address: &PostgresAddress,
        origin: &'a Origin,
        progress: &'a Progress,
    ) -> Result<Self, TableError> {
        let runtime = runtime(origin)?;
        let reading = runtime.block_on(Reading::open(address, origin, progress))?;
        Ok(Self { runtime, reading })
    }

    /// What is asked of the server.
    pub fn source(&self) -> Result<String, TableError> {
        source(&self.reading.origin.what, Quotes::Double)
    }

    /// The columns of what is asked.
    pub fn columns(&self) -> Result<Vec<Column>, TableError> {
        let columns = self.runtime.block_on(self.reading.columns(&self.source()?))?;
        Ok(columns.into_iter().map(|(column, _)| column).collect())
    }

    /// Writes the rows of a query to a file, and says how many there are.
    pub fn fetch(&self, sql: &str, path: &Path) -> Result<u64, TableError> {
        self.runtime.block_on(async {
            let mut read = Vec::new();
            for (column, of) in self.reading.columns(sql).await? {
                let kind = kind(&of).ok_or_else(|| self.reading.unread(&column))?;
                read.push((column.name.clone(), self.reading.scaled(kind, &column.name, sql).await?));
            }
            self.reading.copy(sql, &read, path).await
        })
    }
}

fn runtime(origin: &Origin) -> Result<tokio::runtime::Runtime, TableError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| TableError::Away { address: origin.address.clone(), reason: error.to_string() })
}

/// A read of one table.
struct Reading<'a> {
    connection: Connection,
    origin: &'a Origin,
    progress: &'a Progress,
}

type Rows = (Wanted, Vec<Decision>, TemporaryDirectory, std::path::PathBuf);

impl<'a> Reading<'a> {
    /// Connects and begins the transaction.
    async fn open(
        address: &PostgresAddress,
        origin: &'a Origin,
        progress: &'a Progress,
    ) -> Result<Self, TableError> {
        let connection = until_cancelled(progress, connection::open(address, origin)).await??;
        let reading = Self { connection, origin, progress };
        reading.asked(reading.connection.client.batch_execute(BEGIN), Moment::Before).await?;
        Ok(reading)
    }

    async fn rows(&self, options: &ReadOptions) -> Result<Rows, TableError> {
        let source = source(&self.origin.what, Quotes::Double)?;
        let columns = self.columns(&source).await?;
        let wanted = wanted(
            self.origin,
            &columns.iter().map(|(column, _)| column.clone()).collect::<Vec<_>>(),
            options,
        )?;
        let mut read = Vec::new();
        for (column, of) in columns.iter().filter(|(column, _)| wanted.columns.contains(&column.name)) {
            let kind = kind(of).ok_or_else(|| self.unread(column))?;
            read.push((column.name.clone(), self.scaled(kind, &column.name, &source).await?));
        }
        let zoned = |(name, kind): &&(String, Kind)| wanted.date.as_ref() == Some(name) && kind.is_zoned();
        let decisions = read.iter().find(zoned).map(|(name, _)| utc_days(name)).into_iter().collect();
        let directory = directory()?;
        let part = directory.path().join("part-00000.parquet");
        if self.copy(&source, &read, &part).await? == 0 {
            return Err(TableError::Empty { origin: self.origin.to_string() });
        }
        Ok((wanted, decisions, directory, part))
    }

    /// The columns with their types.
    async fn columns(&self, source: &str) -> Result<Vec<(Column, (Type, i32))>, TableError> {
        // As a part of another query, so that only what gives rows is taken.
        let asked = format!("SELECT * FROM ({source}\n) AS source");
        let statement = match self.asked(self.connection.client.prepare(&asked), Moment::Before).await {
            Ok(statement) => statement,
            Err(error) => return Err(self.with_near_names(error).await),
        };
        let column = |column: &tokio_postgres::Column| {
            let kind = column.type_();
            (
                Column { name: column.name().to_owned(), kind: kind.name().to_owned() },
                (kind.clone(), column.type_modifier()),
            )
        };
        Ok(statement.columns().iter().map(column).collect())
    }

    fn unread(&self, column: &Column) -> TableError {
        let (name, kind) = (column.name.clone(), column.kind.clone());
        TableError::Type {
            origin: self.origin.to_string(),
            column: name,
            kind,
            instead: column::instead(&column.kind),
        }
    }

    /// A `numeric` that is declared without digits takes as many as its values have.
    async fn scaled(&self, kind: Kind, name: &str, source: &str) -> Result<Kind, TableError> {
        if kind != Kind::Numeric(None) {
            return Ok(kind);
        }
        let asked = format!("SELECT max(scale({})) FROM ({source}\n) AS source", Quotes::Double.around(name));
        let row = self.asked(self.connection.client.query_one(&asked, &[]), Moment::Before).await?;
        let scale = row.try_get::<_, Option<i32>>(0).ok().flatten().unwrap_or_default();
        Ok(Kind::Numeric(usize::try_from(scale).ok()))
    }

    /// Writes the rows to a file, and says how many there are.
    async fn copy(&self, source: &str, columns: &[(String, Kind)], path: &Path) -> Result<u64, TableError> {
        let names: Vec<String> = columns.iter().map(|(name, _)| Quotes::Double.around(name)).collect();
        let sql = format!(
            "COPY (SELECT {} FROM ({source}\n) AS source) TO STDOUT (FORMAT binary)",
            names.join(", ")
        );
        let stream = self.asked(self.connection.client.copy_out(&sql), Moment::Before).await?;
        // The values are decoded by their columns.
        let types = vec![Type::BYTEA; columns.len()];
        let mut stream = std::pin::pin!(BinaryCopyOutStream::new(stream, &types));
        let mut part = Part::create(path, columns, self.origin)?;
        while let Some(row) = self.next(&mut stream, part.rows()).await? {
            part.push(&row)?;
            if part.is_full() {
                part.write()?;
                self.progress.report("fetch", part.rows(), None);
            }
        }
        let rows = part.finish()?;
        self.progress.report("fetch", rows, Some(rows));
        Ok(rows)
    }

    async fn next(
        &self,
        stream: &mut (impl Stream<Item = Result<BinaryCopyOutRow, tokio_postgres::Error>> + Unpin),
        rows: u64,
    ) -> Result<Option<BinaryCopyOutRow>, TableError> {
        // What is there already needs no clock.
        let next = match stream.next().now_or_never() {
            Some(next) => next,
            None => self.waited(stream.next()).await?,
        };
        next.transpose().map_err(|error| failure(&error, self.origin, Moment::Rows(rows)))
    }

    /// The answer to a request.
    async fn asked<T>(
        &self,
        request: impl Future<Output = Result<T, tokio_postgres::Error>>,
        moment: Moment,
    ) -> Result<T, TableError> {
        self.waited(request).await?.map_err(|error| failure(&error, self.origin, moment))
    }

    /// Waits for the server; on a cancellation it is told to stop.
    async fn waited<T>(&self, work: impl Future<Output = T>) -> Result<T, TableError> {
        match until_cancelled(self.progress, work).await {
            Ok(result) => Ok(result),
            Err(cancelled) => {
                self.connection.cancel().await;
                Err(cancelled)
            }
        }
    }

    /// The error with the names of tables that are like the one that is not there.
    async fn with_near_names(&self, error: TableError) -> TableError {
        let (TableError::Query { origin, reason, way_out: None }, What::Table(name)) =
            (&error, &self.origin.what)
        else {
            return error;
        };
        let Ok(wanted) = TableName::parse(name) else { return error };
        let names = near(&self.connection.client, wanted.last()).await;
        let way_out = Some(match names.as_slice() {
            [] => "the database holds no table that this user may read".to_owned(),
            names => format!("tables there: {}", names.join(", ")),
        });
        TableError::Query { origin: origin.clone(), reason: reason.clone(), way_out }
    }
}

async fn until_cancelled<T>(progress: &Progress, work: impl Future<Output = T>) -> Result<T, TableError> {
    let mut work = std::pin::pin!(work);
    loop {
        progress.check()?;
        if let Ok(result) = tokio::time::timeout(ASK, &mut work).await {
            return Ok(result);
        }
    }
}

/// Up to five tables and views, those whose name is most like `wanted` first.
async fn near(client: &Client, wanted: &str) -> Vec<String> {
    const SHOWN: usize = 5;
    const TABLES: &str = "SELECT CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END \
        || quote_ident(c.relname), c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
        AND n.nspname NOT LIKE 'pg_toast%' AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1 LIMIT 1000";
    // What failed has ended the transaction.
    let rows = match client.batch_execute("ROLLBACK").await {
        Ok(()) => client.query(TABLES, &[]).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let name = |row: &tokio_postgres::Row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?));
    let mut names: Vec<(String, String)> = rows.iter().filter_map(name).collect();
    names.sort_by_cached_key(|(_, name)| distance(&name.to_lowercase(), &wanted.to_lowercase()));
    names.into_iter().take(SHOWN).map(|(shown, _)| shown).collect()
}

/// Letters to change, add or leave out until two words are the same.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, c) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], row + 1);
        for (at, d) in other.iter().enumerate() {
            let cost = (diagonal + usize::from(c != *d)).min(costs[at] + 1).min(costs[at + 1] + 1);
            diagonal = std::mem::replace(&mut costs[at + 1], cost);
        }
    }
    costs[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_changed_letters() {
        assert_eq!(distance("sales", "sales"), 0);
        assert_eq!(distance("sale", "sales"), 1);
        assert_eq!(distance("slaes", "sales"), 2);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn a_read_that_is_cancelled_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let progress = Progress::silent();
        progress.cancel();
        let ended = runtime.block_on(until_cancelled(&progress, std::future::pending::<()>()));
        assert!(matches!(ended, Err(TableError::Cancelled(_))));
    }
}
