//! A table that was fetched from a database, read as Parquet files are.

use std::path::PathBuf;

use super::error::TransactionsError;
use super::header::Layout;
use super::mapping::{ColumnMapping, ColumnRef, Role};
use super::rules::Duplicates;
use super::sources::Found;
use super::{Decision, Origin, ReadOptions, Transactions, finish, read_until_settled};
use crate::progress::Progress;
use crate::temporary::TemporaryDirectory;

/// A table that was fetched: Parquet files in a directory of their own, which is removed on drop.
#[derive(Debug)]
pub struct Fetched {
    /// Where its rows come from.
    pub origin: Origin,
    /// The files, in order, with the same columns each.
    pub parts: Vec<PathBuf>,
    /// What was decided on the way.
    pub decisions: Vec<Decision>,
    /// Which columns they are.
    pub wanted: Wanted,
    /// Where the files are.
    pub directory: TemporaryDirectory,
}

/// The columns of a table that a run reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Those to fetch, in the table's order.
    pub columns: Vec<String>,
    /// Those that play no role.
    pub unused: Vec<String>,
    /// The date's column.
    pub date: Option<String>,
    /// The caller's mapping, with names in place of positions.
    mapping: ColumnMapping,
}

impl Wanted {
    /// Recognises the columns of a table as those of a file. All are wanted where repeated rows are looked for, because
    /// a repetition is one in every column.
    ///
    /// # Errors
    /// [`TransactionsError::Columns`].
    pub fn of(origin: &Origin, columns: &[String], options: &ReadOptions) -> Result<Self, TransactionsError> {
        let resolved = Layout::resolve(columns, &options.mapping);
        let layout =
            resolved.or_else(|unsettled| match Layout::without_money(columns, &options.mapping) {
                Ok(layout) => Ok(layout),
                Err(_) => Err(TransactionsError::Columns {
                    place: origin.to_string(),
                    unsettled,
                    columns: columns.to_vec(),
                }),
            })?;
        let all = options.rules.duplicates == Duplicates::Drop;
        let is_used = |name: &&String| {
            all || layout.used_columns().any(|used| used == *name) && !layout.is_remark(name)
        };
        Ok(Self {
            columns: columns.iter().filter(is_used).cloned().collect(),
            unused: layout.unused(),
            date: layout.name(Role::Date).map(str::to_owned),
            mapping: by_name(&options.mapping, columns),
        })
    }
}

/// The mapping with names in place of positions: what is fetched lacks the columns without a role.
fn by_name(mapping: &ColumnMapping, columns: &[String]) -> ColumnMapping {
    let mut named = mapping.clone();
    for (role, column) in mapping.iter() {
        if let ColumnRef::Position(at) = column
            && let Some(name) = columns.get(at - 1)
        {
            named.set_role(role, ColumnRef::Name(name.clone()));
        }
    }
    named
}

/// Reads a fetched table as a file with its rows is read. The result keeps the directory as long as it lives.
///
/// # Errors
/// As [`read`](super::read), with the table's name in place of a file's.
pub fn read_fetched(
    fetched: Fetched,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TransactionsError> {
    let Fetched { origin, parts, decisions, wanted, directory } = fetched;
    let found = Found::table(origin.to_string(), &parts).ok_or(TransactionsError::NoInput)?;
    let options = ReadOptions { mapping: wanted.mapping, ..options.clone() };
    let (collected, mut findings) = read_until_settled(&found, &options, progress)?;
    findings.decisions.extend(decisions);
    findings.tables.iter_mut().for_each(|table| table.unused.clone_from(&wanted.unused));
    let read = finish(collected, findings, &options)?;
    Ok(Transactions { parameters: origin.parameters(), _fetched: Some(directory), ..read })
}

#[cfg(test)]
mod tests {
    use super::super::What;
    use super::*;

    fn wanted(columns: &[&str], options: &ReadOptions) -> Result<Wanted, TransactionsError> {
        let origin = Origin { address: "sc://host:15002".to_owned(), what: What::Table("sales".to_owned()) };
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        Wanted::of(&origin, &columns, options)
    }

    #[test]
    fn columns_without_a_role_stay_where_they_are() {
        let found = wanted(&["note", "customer_id", "order_date", "total"], &ReadOptions::default());
        let found = found.expect("recognised");
        assert_eq!(found.columns, ["customer_id", "order_date", "total"]);
        assert_eq!((found.unused, found.date), (vec!["note".to_owned()], Some("order_date".to_owned())));
    }

    #[test]
    fn a_position_is_that_in_the_table() {
        let mapping = ColumnMapping::from_pairs(["customer=#2", "date=#3", "amount=#4"]).expect("valid");
        let options = ReadOptions { mapping, ..ReadOptions::default() };
        let found = wanted(&["a", "b", "c", "d"], &options).expect("given");
        assert_eq!(found.columns, ["b", "c", "d"]);
        assert_eq!(found.mapping.get(Role::Customer), Some(&ColumnRef::Name("b".to_owned())));
    }

    #[test]
    fn all_are_wanted_where_repeated_rows_are_dropped() {
        let mut options = ReadOptions::default();
        options.rules.duplicates = Duplicates::Drop;
        let found = wanted(&["note", "customer_id", "order_date", "total"], &options).expect("recognised");
        assert_eq!(found.columns.len(), 4);
    }

    #[test]
    fn money_that_may_be_there_is_a_question() {
        let error =
            wanted(&["customer_id", "order_date", "xyz"], &ReadOptions::default()).expect_err("a question");
        let text = error.to_string();
        assert!(text.starts_with("sc://host:15002 table sales: no column is recognised as amount"), "{text}");
    }
}
