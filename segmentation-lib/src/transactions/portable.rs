//! The cleaning, the ledger and the features as texts to run where the data are.
//!
//! The rules' text is that of the program; before it comes a prologue that makes its typed columns out of a table's.
//! What no common SQL says is not in it: ids with accents that stand for nobody, dates far from all others, the first row
//! of each rule, and whether an amount is its invoice's total.

mod prologue;

use super::ReadOptions;
use super::ReferenceDate;
use super::error::TransactionsError;
use super::header::Layout;
use super::ledger::KEPT;
use super::mapping::Role;
use super::origin::What;
use super::plan::{Conventions, Plan};
use super::rules::Duplicates;
use super::typed::cleaning;

const LEDGER: &str = include_str!("../ledger.sql");

/// Roles whose values only the reader of rows understands.
const NOT_PORTABLE: [Role; 7] =
    [Role::Status, Role::Payment, Role::Type, Role::Cancelled, Role::Refunded, Role::Currency, Role::Contact];

/// Whose SQL the texts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Apache Spark, Databricks, Sail.
    Spark,
    /// DuckDB.
    DuckDb,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// The days from 1970-01-01 to a date, as a whole number.
    fn days(self, date: &str) -> String {
        match self {
            Self::Spark => format!("DATEDIFF({date}, DATE '1970-01-01')"),
            Self::DuckDb | Self::Postgres => format!("{date} - DATE '1970-01-01'"),
        }
    }
}

/// The texts for a table: its lines judged by the rules, and what is asked of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    dialect: Dialect,
    /// Gives each line with the number of the rule that removes it.
    judged: String,
    features: String,
    /// Columns that hold moments or numbers, with their roles.
    typed: Vec<(Role, String)>,
}

impl Texts {
    /// The columns that must hold moments or numbers, with their roles.
    pub fn typed(&self) -> impl Iterator<Item = (Role, &str)> {
        self.typed.iter().map(|(role, name)| (*role, name.as_str()))
    }

    /// Makes the views `judged`, each line with the number of the rule that removes it, and `transactions`, those kept.
    pub fn views(&self) -> String {
        format!(
            "CREATE OR REPLACE TEMPORARY VIEW judged AS\n{};\n\nCREATE OR REPLACE TEMPORARY VIEW transactions AS\n{};\n",
            self.judged,
            kept()
        )
    }

    /// Asks the views what each rule removed and left, by customer.
    pub fn ledger(&self) -> String {
        format!(
            "SELECT\n  customer_id,\n  rule,\n  CAST(SUM(lines) AS BIGINT) AS lines,\n  CAST(SUM(pennies) AS BIGINT) AS pennies\n\
             FROM (\n{}\n) AS days\nGROUP BY customer_id, rule\nORDER BY customer_id, rule",
            LEDGER.trim_end()
        )
    }

    /// Asks the views for one row per customer.
    pub fn features(&self) -> &str {
        self.features.trim_end()
    }

    /// Asks the views for the days between one purchase day and the next of the same customer, and how often each
    /// number occurs.
    pub fn gaps(&self) -> String {
        let day = self.dialect.days("CAST(purchased_at AS DATE)");
        format!(
            "SELECT gap, COUNT(*) AS times\nFROM (\n  SELECT day - LAG(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap\n  \
             FROM (SELECT DISTINCT customer_id, {day} AS day FROM transactions WHERE NOT is_return) AS days\n) AS gaps\n\
             WHERE gap IS NOT NULL\nGROUP BY gap\nORDER BY gap"
        )
    }

    /// Asks the views for one row per customer as they stood at a cut-off, with what each did from then until the
    /// reference date: `later_purchases`, lines that are no returns, and `later_pennies`; `cut_off` says when.
    pub fn earlier(&self, cut_off: ReferenceDate, reference: ReferenceDate) -> String {
        let moment = |date: ReferenceDate| {
            format!("CAST('{}' AS TIMESTAMP)", date.begins().format("%Y-%m-%d %H:%M:%S%.3f"))
        };
        let (begins, until) = (moment(cut_off), moment(reference));
        let features = self.features().replace(
            "FROM transactions",
            &format!("FROM (SELECT * FROM transactions WHERE purchased_at < {begins}) AS known"),
        );
        format!(
            "SELECT\n  earlier.*,\n  COALESCE(later.purchases, 0) AS later_purchases,\n  COALESCE(later.pennies, 0) AS later_pennies,\n  \
             {begins} AS cut_off\nFROM (\n{features}\n) AS earlier\nLEFT JOIN (\n  SELECT\n    customer_id,\n    \
             CAST(SUM(CASE WHEN is_return THEN 0 ELSE 1 END) AS BIGINT) AS purchases,\n    \
             CAST(SUM(amount_pennies) AS BIGINT) AS pennies\n  FROM transactions\n  \
             WHERE purchased_at >= {begins} AND purchased_at <= {until}\n  GROUP BY customer_id\n\
             ) AS later ON earlier.customer_id = later.customer_id\nORDER BY earlier.customer_id"
        )
    }

    /// What is asked of the views, as one query that needs none.
    pub fn alone(&self, asked: &str) -> String {
        format!(
            "WITH judged AS (\n{}\n),\ntransactions AS (\n{}\n)\nSELECT * FROM (\n{asked}\n) AS asked",
            self.judged,
            kept()
        )
    }
}

/// Asks `judged` for the lines that are kept.
fn kept() -> String {
    format!(
        "SELECT customer_id, purchase_id, purchased_at, product, country, quantity, amount_pennies, is_return FROM judged \
         WHERE rule = {KEPT}"
    )
}

/// The texts for a table, whose name is written as the dialect reads it, with these columns.
///
/// # Errors
/// Columns that do not settle the roles, and what the texts cannot say: a column of states or currencies, repeated rows.
pub fn texts(
    dialect: Dialect,
    table: &str,
    columns: &[String],
    features: &str,
    options: &ReadOptions,
) -> Result<Texts, TransactionsError> {
    let layout = Layout::resolve(columns, &options.mapping).map_err(|unsettled| {
        TransactionsError::Columns { place: table.to_owned(), unsettled, columns: columns.to_vec() }
    })?;
    let not_portable = |role: &&Role| layout.column(**role).is_some();
    if let Some(role) = NOT_PORTABLE.iter().find(not_portable) {
        let column = layout.name(*role).unwrap_or_default();
        return Err(TransactionsError::NotPortable { what: format!("the {role} in column {column:?}") });
    }
    if let Some(flag) = layout.flags().iter().find(|flag| flag.used) {
        let column = &layout.columns[flag.column];
        return Err(TransactionsError::NotPortable { what: format!("what column {column:?} says of sales") });
    }
    let asked = [
        (options.rules.duplicates == Duplicates::Drop, "looking for repeated rows"),
        (options.currencies.are_told_apart(), "telling currencies apart"),
        (!options.merge_ids.is_empty(), "merging ids"),
        (!options.sales.is_empty(), "naming the values of sales"),
    ];
    if let Some((_, what)) = asked.into_iter().find(|(is_asked, _)| *is_asked) {
        return Err(TransactionsError::NotPortable { what: what.to_owned() });
    }
    let plan = Plan::new(&layout, options, Conventions::default());
    if plan.names_minor_units() {
        let what = "money in hundredths or millionths, by the name of its column,".to_owned();
        return Err(TransactionsError::NotPortable { what });
    }
    let rules = cleaning(&plan);
    let source = prologue::source(dialect, table, &plan);
    let judged =
        rules.replacen("WITH marked AS (", &format!("WITH source AS (\n{source}\n),\nmarked AS ("), 1);
    let typed = [Role::Date, Role::Quantity, Role::Price, Role::Amount];
    let typed = typed.into_iter().filter_map(|role| Some((role, layout.name(role)?.to_owned()))).collect();
    Ok(Texts { dialect, judged: judged.trim_end().to_owned(), features: features.to_owned(), typed })
}

/// The columns of Parquet files, which are those of the first.
///
/// # Errors
/// A file that cannot be read as Parquet.
pub fn parquet_columns(path: &std::path::Path) -> Result<Vec<String>, TransactionsError> {
    use polars::prelude::{ParquetReader, SerReader};
    let place = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| TransactionsError::io(&place, error))?;
    let schema = ParquetReader::new(file).schema();
    let schema = schema.map_err(|error| TransactionsError::damaged(&place, "Parquet", error))?;
    Ok(schema.iter_names().map(|name| name.to_string()).collect())
}

impl What {
    /// What stands behind FROM in the texts: the table's name, or the query in brackets.
    pub fn as_source(&self) -> String {
        match self {
            Self::Table(name) => name.clone(),
            Self::Query(sql) => format!("({}\n) AS asked", sql.trim().trim_end_matches(';')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dialect: Dialect, columns: &[&str], options: &ReadOptions) -> Result<Texts, TransactionsError> {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        texts(dialect, "sales", &columns, "SELECT 1", options)
    }

    const RETAIL: [&str; 8] = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ];

    #[test]
    fn each_dialect_has_its_quotes_and_its_type_of_text() {
        let options = ReadOptions::default();
        let of = |dialect| made(dialect, &RETAIL, &options).expect("made").views();
        assert!(of(Dialect::Spark).contains("CAST(`CustomerID` AS STRING)"));
        assert!(of(Dialect::DuckDb).contains("CAST(\"CustomerID\" AS VARCHAR)"));
        assert!(of(Dialect::Postgres).contains("CAST(\"CustomerID\" AS TEXT)"));
    }

    #[test]
    fn no_value_is_left_without_a_name() {
        let text = made(Dialect::DuckDb, &RETAIL, &ReadOptions::default()).expect("made").views();
        assert!(!text.contains(":drops_returns") && !text.contains(":has_amount"));
        assert!(!text.contains("plausible_from THEN") && !text.contains("> latest THEN"), "{text}");
        assert!(text.contains("FROM sales") && text.contains("THEN 11 -- non_product"));
    }

    #[test]
    fn what_the_texts_cannot_say_is_refused() {
        let error =
            made(Dialect::Spark, &["customer_id", "order_date", "total", "status"], &ReadOptions::default());
        let error = error.expect_err("refused").to_string();
        assert!(error.contains("the status in column \"status\""), "{error}");
        let mut options = ReadOptions::default();
        options.rules.duplicates = Duplicates::Drop;
        assert!(made(Dialect::Spark, &RETAIL, &options).is_err());
    }

    #[test]
    fn words_that_name_no_product_are_in_the_text_unless_codes_say_it() {
        let columns = ["customer_id", "order_date", "order_id", "product", "description", "amount"];
        let of = |columns: &[&str]| {
            made(Dialect::Postgres, columns, &ReadOptions::default()).expect("made").views()
        };
        let text = of(&columns);
        assert!(
            text.contains("TRANSLATE(LOWER(product), 'á")
                && text.contains("TRANSLATE(LOWER(description), 'á")
        );
        assert!(text.contains("'giftcard'"), "{text}");
        assert!(!of(&RETAIL).contains("'giftcard'"));
    }
}
