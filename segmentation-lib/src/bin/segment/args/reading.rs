//! How files are read and cleaned.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Reads the files as a run does and says what was understood: which column is what, what was decided and why, what
/// each cleaning rule removed, what is doubtful, and five customers to compare with the source. Nothing is computed,
/// written or published.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, globs or directories, or one address of a database (see --table)
    #[arg(required = true, value_name = "FILE")]
    pub input: Vec<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How files are read and cleaned.
#[derive(Debug, Clone, Args)]
pub struct ReadArgs {
    /// The table or view to read where the input is an address: postgresql://USER@HOST/DATABASE, whose password is in
    /// PGPASSWORD or ~/.pgpass, or sc://HOST:PORT of a Spark Connect server, whose token is in SPARK_CONNECT_TOKEN. With
    /// its schema where needed: shop."My Sales"
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    pub table: Option<String>,
    /// The query to read there instead, one SELECT; the run's manifest records it
    #[arg(long, value_name = "SQL")]
    pub query: Option<String>,
    /// Which column plays a role, e.g. customer="Client No" (roles: customer, date, invoice, product,
    /// description, quantity, price, amount, country, and what changes the meaning of a row: status, payment, type,
    /// cancelled, refunded, currency, contact); customer=- says that no column is one; repeatable
    #[arg(long, value_name = "ROLE=COLUMN", value_parser = role_and_column)]
    pub column: Vec<(String, String)>,
    /// TOML file with the same roles: customer = "Client No"
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// How dates such as 01-02-2011 are read, where the column cannot tell
    #[arg(long, value_enum)]
    pub date_order: Option<DateOrderArg>,
    /// The decimal mark, where the columns cannot tell
    #[arg(long, value_enum)]
    pub decimal: Option<DecimalArg>,
    /// Recency is counted to this day (2011-12-10) or instant (2011-12-09T12:50:00); by default the day
    /// after the last purchase
    #[arg(long, value_name = "DATE")]
    pub reference_date: Option<String>,
    /// Returns and cancellations: net them against purchases, or drop their rows
    #[arg(long, value_enum, default_value = "net")]
    pub returns: ReturnsArg,
    /// Exact duplicate rows: keep or drop the repetitions
    #[arg(long, value_enum, default_value = "keep")]
    pub duplicates: DuplicatesArg,
    /// Switch a cleaning rule off by name (see `segment dictionary` or data/README.md); repeatable; none unsets
    /// what the run before skipped
    #[arg(long, value_name = "RULE")]
    pub skip_rule: Vec<String>,
    /// Keep the amounts in this currency, and remove those in others where there is no rate
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// What one unit of another currency is worth, e.g. USD=0.92; repeatable
    #[arg(long, value_name = "CODE=RATE")]
    pub rate: Vec<String>,
    /// File with such rates: a currency and a rate a line, as CSV
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
    /// What the amount on a line is of: the line itself, or its whole invoice, whose total then counts once; by
    /// default the data decides
    #[arg(long, value_enum, value_name = "WHAT")]
    pub amount_of: Option<AmountOfArg>,
    /// A value of a column of states or kinds that is a sale, such as "Closed Won"; in a column that holds one of those named
    /// every other value is no sale, but for refunds; repeatable; none unsets what the run before named
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub sales: Vec<String>,
    /// Take ids for one that differ only in this; repeatable, or separated by commas; none unsets what the run before
    /// merged
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub merge_ids: Vec<SamenessArg>,
    /// Read only this sheet of a workbook, even if it is hidden; repeatable
    #[arg(long, value_name = "NAME")]
    pub sheet: Vec<String>,
    /// Share of the rows or of the money that may be lost because it cannot be read or is implausible (0.1, 10%);
    /// where more is lost nothing is published
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = share)]
    pub max_loss: f64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DateOrderArg {
    DayFirst,
    MonthFirst,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DecimalArg {
    Point,
    Comma,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ReturnsArg {
    Net,
    Drop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DuplicatesArg {
    Keep,
    Drop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AmountOfArg {
    Line,
    Invoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SamenessArg {
    /// Upper and lower case
    Case,
    /// Spaces at the ends and between words
    Trim,
    /// Composed accents and characters that cannot be seen
    Unicode,
    /// Marks between the digits of a document's or a telephone's number
    Marks,
    /// Nothing: each id is a customer
    None,
}

fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no share; write 0.1 or 10%, between 0 and 1");
    let (number, part) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().map_err(|_| wrong())? / part;
    (0.0..=1.0).contains(&share).then_some(share).ok_or_else(wrong)
}

fn role_and_column(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((role, column)) if !role.trim().is_empty() && !column.trim().is_empty() => {
            Ok((role.trim().to_owned(), column.trim().to_owned()))
        }
        _ => Err(format!("{text:?} is not ROLE=COLUMN, for example customer=\"Client No\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_both_ways() {
        assert_eq!((share("0.25"), share("25%"), share("25 %")), (Ok(0.25), Ok(0.25), Ok(0.25)));
        for wrong in ["25", "-1", "x", "", "101%", "nan"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_role_without_a_column_is_refused() {
        assert_eq!(role_and_column("date = When"), Ok(("date".to_owned(), "When".to_owned())));
        assert!(role_and_column("date=").is_err());
        assert!(role_and_column("date").is_err());
    }
}
