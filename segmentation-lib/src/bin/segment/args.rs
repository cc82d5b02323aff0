//! The command line, as `segment --help` shows it.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::failure::exit_codes;

/// The version, with the commit where `api/deploy/version` named it to the build.
const VERSION: &str = match option_env!("SEGMENT_BUILD_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// Customer segmentation: purchase records in, one segment per customer out.
///
/// A run reads transactions, cleans them by named rules, computes recency, frequency, monetary and
/// more for every customer, compares k-means with hierarchical clustering, chooses, names the
/// segments, and publishes them to a store that the API serves.
#[derive(Debug, Parser)]
#[command(name = "segment", version = VERSION, max_term_width = 100, after_long_help = exit_codes())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Directory of the store that runs are published to
    #[arg(long, global = true, env = "SEGMENT_STORE", default_value = "store", value_name = "DIR")]
    pub store: PathBuf,
    /// Directory that holds the data sets: cdnow/ is bundled, raw/ takes downloads
    #[arg(long, global = true, env = "SEGMENT_DATA", default_value = "data", value_name = "DIR")]
    pub data: PathBuf,
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress on standard error, even on a terminal
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Long names of the command's options that were given, not left at their defaults.
    #[arg(skip)]
    asked: Vec<String>,
}

impl Global {
    /// Notes which options were given on the command line.
    pub fn take_asked(&mut self, matches: &clap::ArgMatches) {
        let Some((_, matches)) = matches.subcommand() else { return };
        let given = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
        self.asked = matches.ids().filter(given).map(|id| id.as_str().replace('_', "-")).collect();
    }

    /// Long names of the options that were given on the command line.
    pub fn asked(&self) -> Vec<&str> {
        self.asked.iter().map(String::as_str).collect()
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Place the customers in the segments of the model in force and publish the result; without a model, fit one
    Run(Box<RunArgs>),
    /// Fit a new model, compare it with the one in force, and publish a run of it
    Refit(Box<RefitArgs>),
    /// Say what is understood of files, without computing anything
    Check(Box<CheckArgs>),
    /// List the models of the kept runs, newest first
    Models,
    /// List the data sets of the catalogue
    Datasets,
    /// Download a data set of the catalogue, checked and resumable
    Fetch(FetchArgs),
    /// List the published runs, newest first
    Runs(RunsArgs),
    /// Show a run: ledger, comparison, choice, segments
    Show(ShowArgs),
    /// Look customers up in the current run
    Lookup(LookupArgs),
    /// Serve an earlier run again: the one before the current, or the one named
    Rollback(RollbackArgs),
    /// Write a run's assignments to a file
    Export(ExportArgs),
    /// Say what customers will do next: purchases, value, whether they are still customers, and how far to trust it
    Forecast(Box<ForecastArgs>),
    /// Write frequency, recency, T and monetary value of every customer
    Summary(Box<SummaryArgs>),
    /// Remove customers from every kept run, and keep them out of later ones until lifted
    Forget(ForgetArgs),
    /// Send a run to object storage, from where servers pull it
    Push(PushArgs),
    /// Take the run that a bucket points to over into the store
    Pull(PullArgs),
    /// Print the names of segments and RFM groups with their conditions, as a file to edit, or check one
    Vocabulary(VocabularyArgs),
    /// Write the data dictionary (metadata.xlsx), or check one against the code
    Dictionary(DictionaryArgs),
    /// Print the completions of a shell
    Completions { shell: Shell },
    /// Write the manual pages
    Manual {
        /// Directory to write to, which must exist
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(next_line_help = false)]
pub struct RunArgs {
    /// A data set of the catalogue (`segment datasets` lists them)
    #[arg(long, value_name = "NAME", conflicts_with = "input", required_unless_present = "input")]
    pub dataset: Option<String>,
    /// Name of the data that the model belongs to; by default the catalogue's, else `custom`
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Files, globs or directories: CSV, text, xlsx, Parquet, also gz, zst or zip
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub input: Vec<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
    /// Numbers of segments to compare and choose from: 3..=8, or one number
    #[arg(long, value_name = "K", default_value = "3..=8", value_parser = k_range)]
    pub k: KRange,
    /// What decides among the numbers of segments whose segments are of useful size and hold
    #[arg(long, value_enum, default_value = "foresight")]
    pub choose: ChooseArg,
    /// Smallest share of customers a segment may have to be chosen
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    pub min_share: f64,
    /// Largest share of customers a segment may have to be chosen
    #[arg(long, value_name = "SHARE", default_value_t = 0.6)]
    pub max_share: f64,
    /// The algorithm: chosen by comparison, or this one
    #[arg(long, value_enum, default_value = "auto")]
    pub algorithm: AlgorithmArg,
    /// Seed of everything random
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Starts of k-means
    #[arg(long, default_value_t = 100)]
    pub starts: usize,
    /// Features to cluster on, comma-separated
    #[arg(long, value_delimiter = ',', value_name = "NAMES", default_value = "recency,frequency,monetary")]
    pub features: Vec<String>,
    /// Transform before scaling: logarithms of counts and amounts with days as they are, logarithms, or none
    #[arg(long, value_enum, default_value = "auto")]
    pub transform: TransformArg,
    /// Scaling of each feature
    #[arg(long, value_enum, default_value = "standard")]
    pub scaling: ScalingArg,
    /// Clip each feature to its quantiles Q and 1 - Q first, so that a handful of extreme customers cannot
    /// make a segment of their own; 0 clips nothing
    #[arg(long, value_name = "Q", default_value_t = 0.01)]
    pub winsorize: f64,
    /// Memory for average and complete linkage, in MiB; beyond it they are left out of the comparison
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub memory_limit: u64,
    /// Weigh the number of segments by every method: foresight, silhouette, Calinski-Harabasz, Davies-Bouldin,
    /// gap statistic, knee, bootstrap stability, negative control, Hopkins; and try every candidate of useful
    /// size for whether it holds. Prints the decision sheet and publishes it with the run; the choice stays
    #[arg(long)]
    pub validate: bool,
    /// With --validate, customers that gap and negative control are computed on: a random sample where there are
    /// more
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub validate_rows: usize,
    /// Threads for clustering; by default all processors. The result is the same with any number
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// TOML file with the names of segments and RFM groups, their conditions and actions (`segment vocabulary`
    /// prints the bundled one, to edit)
    #[arg(long, value_name = "FILE")]
    pub vocabulary: Option<PathBuf>,
    /// Publish the run so that the API serves it (the default)
    #[arg(long, overrides_with = "dry_run")]
    pub publish: bool,
    /// Do everything but publish
    #[arg(long, overrides_with = "publish")]
    pub dry_run: bool,
    /// How many runs to keep, the new one included
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Push the run to this bucket too (see `segment push`). Before it begins, the store is brought to what
    /// the bucket says: names continue, forgotten customers stay out
    #[arg(long, value_name = "URL", conflicts_with = "dry_run")]
    pub push: Option<String>,
    /// Creation time of the run, RFC 3339; by default now
    #[arg(long, value_name = "TIME")]
    pub created_at: Option<String>,
}

/// A k-means in force is continued: the fit starts from its centroids, and its number of segments is kept as long as
/// they are of useful size, hold and foretell enough.
#[derive(Debug, Args)]
pub struct RefitArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Choose as if no model were in force; names continue nevertheless
    #[arg(long)]
    pub afresh: bool,
}

/// Reads the files as a run does and says what was understood: which column is what, what was decided and why, what
/// each cleaning rule removed, what is doubtful, and five customers to compare with the source. Nothing is computed,
/// written or published.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, globs or directories
    #[arg(required = true, value_name = "FILE")]
    pub input: Vec<PathBuf>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// How files are read and cleaned.
#[derive(Debug, Args)]
pub struct ReadArgs {
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
    /// Switch a cleaning rule off by name (see `segment dictionary` or data/README.md); repeatable
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
    /// Take ids for one that differ only in this; repeatable, or separated by commas
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

/// What is read for forecasts.
#[derive(Debug, Args)]
pub struct PurchasesArgs {
    /// A data set of the catalogue (`segment datasets` lists them)
    #[arg(long, value_name = "NAME", conflicts_with = "input", required_unless_present = "input")]
    pub dataset: Option<String>,
    /// Files, globs or directories: CSV, text, xlsx, Parquet, also gz, zst or zip
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub input: Vec<PathBuf>,
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
    /// How customers leave: at any moment, after a repeat purchase, or after any purchase
    #[arg(long, value_enum, default_value = "pareto-nbd")]
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

#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Name in the catalogue
    pub name: String,
    /// Fetch from this address instead of the catalogue's
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Read each run whole and compare it with its checksums
    #[arg(long)]
    pub verify: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Run id; the current run by default
    pub run: Option<String>,
    /// Print the command that makes the run again, for a shell. Files are named without their directories, which
    /// no run records; a run that applied a model needs that model in force
    #[arg(long)]
    pub command: bool,
}

#[derive(Debug, Args)]
pub struct LookupArgs {
    /// Customer ids
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Look them up in this run instead of the current one
    #[arg(long)]
    pub run: Option<String>,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Run id; the run before the current one by default
    pub run: Option<String>,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Run id; the current run by default
    pub run: Option<String>,
    /// File format
    #[arg(long, value_enum, default_value = "csv")]
    pub format: ExportFormat,
    /// Where to write; standard output by default (not for Parquet and xlsx)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// For a CSV that a spreadsheet opens: an apostrophe before texts that begin with = + - @, a tab or a carriage
    /// return, so that none is taken for a formula
    #[arg(long)]
    pub safe: bool,
}

/// A run that holds one of the customers is replaced by the run without them, under a new id, and is
/// served at once; at the end every kept run is read again and none holds any of them. Without ids an
/// interrupted erasure is completed and everything verified once more.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Customer ids
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// File of further customer ids, one a line
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Let later runs hold the customers again; earlier ones do not get them back
    #[arg(long)]
    pub lift: bool,
    /// Do the same in this bucket, which the store is brought in line with first: there no run stays that
    /// this store does not know to be free of them, and servers that follow it erase theirs
    #[arg(long, value_name = "URL")]
    pub push: Option<String>,
}

/// An address is s3://BUCKET/PREFIX (also other stores that speak S3), gs://BUCKET/PREFIX,
/// az://CONTAINER/PREFIX or file:///DIRECTORY. Credentials, region and endpoint are taken from AWS_…,
/// GOOGLE_… and AZURE_… variables or from the machine's role, never from the address.
///
/// Files are sent once; the pointer moves last, and only if nobody else has moved it meanwhile.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// Where to
    #[arg(value_name = "URL", env = "SEGMENT_BUCKET")]
    pub url: String,
    /// Push this run instead of the current one
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// How many runs to keep in the bucket, this one included
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Send every file again, also those that are there: repairs a damaged run
    #[arg(long)]
    pub overwrite: bool,
}

/// Every file is compared with its checksum and the run read back before it becomes current. Customers
/// forgotten here or there do not come in with it. Addresses and credentials: see `segment push --help`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// Where from
    #[arg(value_name = "URL", env = "SEGMENT_BUCKET")]
    pub url: String,
    /// Take this run instead of the one that the bucket points to, as before going back with `segment push`
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// How many runs to keep in the store, this one included
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Only list the runs that are there, newest first
    #[arg(long)]
    pub list: bool,
}

#[derive(Debug, Args)]
pub struct VocabularyArgs {
    /// Check this file instead of printing the bundled one
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DictionaryArgs {
    /// Where to write
    #[arg(long, short, value_name = "FILE", default_value = "metadata.xlsx")]
    pub output: PathBuf,
    /// Compare the file's content with the code instead of writing it; exits 1 where they differ
    #[arg(long)]
    pub check: bool,
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
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AlgorithmArg {
    Auto,
    Kmeans,
    Ward,
    Average,
    Complete,
    Single,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ChooseArg {
    Foresight,
    Silhouette,
    Stability,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum TransformArg {
    Auto,
    Log,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ScalingArg {
    Standard,
    Robust,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ExportFormat {
    Csv,
    Ndjson,
    Parquet,
    /// A workbook with ids as text
    Xlsx,
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

#[expect(clippy::enum_variant_names, reason = "the names that the models have in the literature")]
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FamilyArg {
    ParetoNbd,
    BgNbd,
    MbgNbd,
}

/// First and last k.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KRange(pub usize, pub usize);

impl std::fmt::Display for KRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == self.1 { write!(f, "{}", self.0) } else { write!(f, "{}..={}", self.0, self.1) }
    }
}

fn k_range(text: &str) -> Result<KRange, String> {
    let wrong = || format!("{text:?} is no range; write 3..=8, 3..9 or a single number");
    let number = |part: &str| part.trim().parse::<usize>().map_err(|_| wrong());
    let range = match text.split_once("..") {
        None => KRange(number(text)?, number(text)?),
        Some((first, last)) => match last.strip_prefix('=') {
            Some(last) => KRange(number(first)?, number(last)?),
            None => KRange(number(first)?, number(last)?.saturating_sub(1)),
        },
    };
    if range.0 < 2 || range.1 < range.0 {
        return Err(format!("{text:?} holds no usable k: it must start at 2 or more and not be empty"));
    }
    Ok(range)
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

/// 90d, 12w, or a number of days.
fn days(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is no horizon; write 90d, 12w or a number of days, 1 or more");
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 7),
        _ => (text, 1),
    };
    let number: u32 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|days| *days > 0).ok_or_else(wrong)
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
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn ranges_of_k_are_read_both_ways() {
        assert_eq!(k_range("2..=10"), Ok(KRange(2, 10)));
        assert_eq!(k_range("3..6"), Ok(KRange(3, 5)));
        assert_eq!(k_range("4"), Ok(KRange(4, 4)));
        for wrong in ["", "a", "1", "0..=3", "5..=4", "..", "2..=x"] {
            assert!(k_range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_read_both_ways() {
        assert_eq!((share("0.25"), share("25%"), share("25 %")), (Ok(0.25), Ok(0.25), Ok(0.25)));
        for wrong in ["25", "-1", "x", "", "101%", "nan"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn horizons_are_days() {
        assert_eq!((days("90d"), days("12w"), days("30")), (Ok(90), Ok(84), Ok(30)));
        for wrong in ["0", "", "d", "-1d", "1.5w", "4000000000w", "90 days"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_role_without_a_column_is_refused() {
        assert_eq!(role_and_column("date = When"), Ok(("date".to_owned(), "When".to_owned())));
        assert!(role_and_column("date=").is_err());
        assert!(role_and_column("date").is_err());
    }
}
