//! `segment sql`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadArgs;

/// Prints the cleaning, the ledger and the features as SQL, to run where the purchases are: views first, then one query for
/// what was removed and one for the customers. What these give, saved as Parquet, `segment run --customers FILE… --ledger
/// FILE` takes. The columns are those of a Parquet file or a table (--input), or those that --column names.
///
/// Not in the texts: the rule implausible_date, ids for nobody with accents, and whether an amount is its invoice's
/// total. A table with a column of states, currencies or contacts is refused, and so are `--duplicates drop`, --merge-ids
/// and rates.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// Whose SQL it is
    #[arg(long, value_enum, default_value = "spark")]
    pub dialect: DialectArg,
    /// A Parquet file, or an address of a database with --table or --query: its columns are recognised
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// What stands behind FROM; by default the file as the dialect reads it, the table or query, else `sales`
    #[arg(long, value_name = "SQL")]
    pub from: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectArg {
    /// Apache Spark, Databricks, Sail
    Spark,
    #[value(name = "duckdb")]
    DuckDb,
    Postgres,
}
