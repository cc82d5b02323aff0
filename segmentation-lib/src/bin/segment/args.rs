//! The command line, as `segment --help` shows it.

mod lifetimes;
mod lift;
mod reading;
mod run;
mod sql;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use segmentation_lib::record::Localized;

use crate::failure::exit_codes;

pub use self::lifetimes::{ForecastArgs, FrequencyArg, PurchasesArgs, SummaryArgs, UnitArg};
pub use self::lift::{HoldoutArgs, LiftArgs};
pub use self::reading::{
    AmountOfArg, CheckArgs, DateOrderArg, DecimalArg, DuplicatesArg, ReadArgs, ReturnsArg, SamenessArg,
};
pub use self::run::{AlgorithmArg, ChooseArg, RefitArgs, RunArgs, ScalingArg, TransformArg};
pub use self::sql::{DialectArg, SqlArgs};

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
    /// Directory that holds the data sets: online-retail/ and cdnow/ are bundled, raw/ takes downloads
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
    /// Print the cleaning and the features as SQL, to run where the purchases are
    Sql(Box<SqlArgs>),
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
    /// Say who changed segment between two runs: how many from where to where, and with a format who and why
    Changes(ChangesArgs),
    /// Show the segments that a customer was in, run by run
    History(HistoryArgs),
    /// Send the events of publications that the webhook's receiver has not taken yet
    Notify(NotifyArgs),
    /// Say what customers will do next: purchases, value, whether they are still customers, and how far to trust it
    Forecast(Box<ForecastArgs>),
    /// Say what a campaign brought: treated against held-out customers
    Lift(Box<LiftArgs>),
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
    /// Print the segments in plain words: conditions in days and money, by a small decision tree that imitates the model,
    /// with the share of customers, unknown to the tree, whom it places alike
    #[arg(long, conflicts_with = "command")]
    pub rules: bool,
    /// Language of the segments' cards
    #[arg(long, value_enum, default_value = "en")]
    pub language: Language,
}

/// A language that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// Brazilian Portuguese
    Pt,
}

impl Language {
    /// The text in this language.
    pub fn of(self, text: &Localized) -> &str {
        if self == Self::En { &text.en } else { &text.pt_br }
    }
}

impl From<Language> for segmentation_lib::export::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Pt => Self::PtBr,
        }
    }
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
    /// For a CSV that people open in a spreadsheet: a byte order mark, money in currency units with the currency in the
    /// column's name, and an apostrophe before texts that begin with = + - @, a tab or a carriage return, so that none
    /// is taken for a formula
    #[arg(long)]
    pub safe: bool,
    /// Language of such a CSV: pt parts columns by semicolons and decimals by a comma, as spreadsheets in Portuguese expect
    #[arg(long, value_enum, default_value = "en", requires = "safe")]
    pub language: Language,
    /// Write the customer's id and segment and nothing else: what `segment changes` keeps up to date
    #[arg(long)]
    pub segment_only: bool,
    /// What each row holds beside the segment and the features: rfm is the customer's group and scores in the rule view,
    /// forecast the past purchases and what to expect within the run's horizon, borderline whether the customer is nearly
    /// as close to another segment, co-assignment which share of the bootstrap resamples places the customer in the same
    /// segment. Who is held out of campaigns is marked in a run that holds some out
    #[arg(long, value_enum, value_delimiter = ',')]
    pub include: Vec<IncludeArg>,
    /// Leave out borderline customers: whose silhouette coefficient is below 0.1, or to whom another segment's centroid is
    /// nearer than, or at most 10 % farther than, the own
    #[arg(long)]
    pub confident: bool,
}

/// Each publication stores what it changed; the movement log keeps that longer than the runs, 400 days by default. To
/// keep a copy of the segments up to date, apply each row to the copy: who moved or came gets the row's `segment_id`,
/// `segment_key`, `segment` and `segmento`, who left goes.
#[derive(Debug, Args)]
pub struct ChangesArgs {
    /// Run to begin with; the run before TO by default
    pub from: Option<String>,
    /// Run to end with; the current run by default
    pub to: Option<String>,
    /// Begin with the last run whose reference date is this day or an earlier one, such as 2011-11-09
    #[arg(long, value_name = "DAY", conflicts_with = "from")]
    pub since: Option<chrono::NaiveDate>,
    /// List the customers in this format instead of counting them
    #[arg(long, value_enum)]
    pub format: Option<ExportFormat>,
    /// Where to write the list, as CSV unless another format is given; standard output by default (not for Parquet and xlsx)
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// For a CSV that a spreadsheet opens: see `segment export --help`
    #[arg(long)]
    pub safe: bool,
    /// Language of such a CSV: see `segment export --help`
    #[arg(long, value_enum, default_value = "en", requires = "safe")]
    pub language: Language,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Customer id
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Events are signed with the secret in SEGMENT_WEBHOOK_SECRET (Standard Webhooks). Exits 1 while one waits.
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Where to
    #[arg(value_name = "URL", env = "SEGMENT_WEBHOOK")]
    pub url: Option<String>,
    /// Print a new secret for both sides instead
    #[arg(long)]
    pub new_secret: bool,
}

/// What an export may hold beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IncludeArg {
    /// The place in the rule view of recency, frequency and monetary value.
    Rfm,
    /// What the customer is expected to do next.
    Forecast,
    /// Whether the place is uncertain: nearly as close to another segment.
    Borderline,
    /// Share of the bootstrap resamples that place the customer in the same segment.
    CoAssignment,
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
pub enum ExportFormat {
    Csv,
    Ndjson,
    Parquet,
    /// A workbook with ids as text
    Xlsx,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
