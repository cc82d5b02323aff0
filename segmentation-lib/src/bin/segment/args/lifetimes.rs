//! `segment summary` and `segment forecast`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReadArgs;

/// What is read for forecasts.
#[derive(Debug, Args)]
pub struct PurchasesArgs {
    /// A data set of the catalogue (`segment datasets` lists them)
    #[arg(long, value_name = "NAME", conflicts_with = "input", required_unless_present = "input")]
    pub dataset: Option<String>,
    /// Files, globs or directories: CSV, text, xlsx, Parquet, also gz, zst or zip; or one address of a database, with
    /// --table or --query
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// For a CSV that a spreadsheet opens: an apostrophe before ids that begin with = + - @, a tab or a carriage return,
    /// so that none is taken for a formula
    #[arg(long)]
    pub safe: bool,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// Writes the table that lifetimes, BTYD and their successors begin with, as CSV: customer_id, frequency, recency, T,
/// monetary_value. Purchases of one day are one; recency runs from the first to the last purchase, T from the first
/// to the end: the last day with a purchase, or the day before --reference-date where that is later.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    pub purchases: PurchasesArgs,
    /// Unit of recency and T: a day is exactly a seventh of a week
    #[arg(long, value_enum, default_value = "days")]
    pub unit: UnitArg,
    /// What frequency and monetary value count: repeat purchases, as the models take them, or all
    #[arg(long, value_enum, default_value = "repeat")]
    pub frequency: FrequencyArg,
    /// Where to write; standard output by default
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Fits a model of repeat purchases and one of what a purchase brings to the whole history, tries the first on the
/// last days of the data themselves, and says where a naive forecast was nearer.
#[derive(Debug, Args)]
pub struct ForecastArgs {
    #[command(flatten)]
    pub purchases: PurchasesArgs,
    /// How customers leave: at any moment (pareto-nbd), after a repeat purchase (bg-nbd), after any purchase (mbg-nbd),
    /// never (nbd). auto is pareto-nbd; where the data do not determine it, nbd if they give no sign that anybody leaves,
    /// else mbg-nbd, else bg-nbd
    #[arg(long, value_enum, default_value = "auto")]
    pub model: FamilyArg,
    /// Days ahead: 90d, 12w, or a number of days
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = days)]
    pub horizon: u32,
    /// Unit of the fitted parameters
    #[arg(long, value_enum, default_value = "weeks")]
    pub unit: UnitArg,
    /// Where to write every customer's forecast, as CSV
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum UnitArg {
    Days,
    Weeks,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FrequencyArg {
    Repeat,
    All,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FamilyArg {
    Auto,
    ParetoNbd,
    BgNbd,
    MbgNbd,
    Nbd,
}

/// 90d, 12w, or a number of days.
pub(super) fn days(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is no horizon; write 90d, 12w or a number of days, 1 or more");
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => (text, 1),
    };
    let number: u32 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|days| *days > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizons_are_days() {
        assert_eq!((days("90d"), days("12w"), days("30")), (Ok(90), Ok(84), Ok(30)));
        for wrong in ["0", "", "d", "-1d", "1.5w", "4000000000w", "90 days"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
