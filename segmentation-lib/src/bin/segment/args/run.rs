//! A run, and a refit.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{HoldoutArgs, ReadArgs};

#[derive(Debug, Clone, Args)]
#[command(next_line_help = false)]
pub struct RunArgs {
    /// A data set of the catalogue (`segment datasets` lists them)
    #[arg(long, value_name = "NAME", conflicts_with = "input", required_unless_present_any = ["input", "customers"])]
    pub dataset: Option<String>,
    /// Name of the data that the model belongs to; by default the catalogue's, else `custom`
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Files, globs or directories: CSV, text, xlsx, Parquet, also gz, zst or zip; or one address of a database, with
    /// --table or --query
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// Parquet files of customers that were summed elsewhere, one row each, as the texts of `segment sql` give them
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["dataset", "input", "table", "query"])]
    pub customers: Vec<PathBuf>,
    /// With --customers, the Parquet files of what was cleaned there
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "customers")]
    pub ledger: Vec<PathBuf>,
    /// With --customers, the Parquet file of the days between purchases
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "customers")]
    pub gaps: Vec<PathBuf>,
    /// With --customers, the Parquet files of the customers as they stood 90 days before the reference date, with what they
    /// did since: what the look-back tries the segments on
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "customers")]
    pub earlier: Vec<PathBuf>,
    /// Have the database clean and sum: one row per customer comes instead of all rows, which memory and time of a large
    /// table ask for. Such a run has no forecast and no best products, and asks for columns of dates and numbers
    #[arg(long, conflicts_with_all = ["dataset", "customers"])]
    pub push_down: bool,
    #[command(flatten)]
    pub read: ReadArgs,
    /// Numbers of segments to compare and choose from: 3..=8, or one number
    #[arg(long, value_name = "K", default_value = "3..=8", value_parser = k_range)]
    pub k: KRange,
    /// What decides among the numbers of segments whose segments are of useful size and hold
    #[arg(long, value_enum, default_value = "foresight")]
    pub choose: ChooseArg,
    /// Smallest share of customers a segment may have to be chosen
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
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
    /// The model of what customers will do next, which stays with the model of the segments until a refit, or none. auto
    /// is pareto-nbd; where the data do not determine it, nbd if they give no sign that anybody leaves, else mbg-nbd, else
    /// bg-nbd
    #[arg(long, value_enum, value_name = "MODEL", default_value = "auto")]
    pub forecast: ForecastArg,
    /// Days ahead that are forecast: 90d, 12w, or a number of days
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = super::lifetimes::days)]
    pub horizon: u32,
    #[command(flatten)]
    pub holdout: HoldoutArgs,
    /// Threads for clustering; by default all processors. The result is the same with any number
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// TOML file with the names of segments and RFM groups, their conditions and actions (`segment vocabulary`
    /// prints the bundled one, to edit); without it that of the model in force, which is kept in the store
    #[arg(long, value_name = "FILE")]
    pub vocabulary: Option<PathBuf>,
    /// Publish the run so that the API serves it (the default)
    #[arg(long, overrides_with = "dry_run")]
    pub publish: bool,
    /// Do everything but publish
    #[arg(long, overrides_with = "publish")]
    pub dry_run: bool,
    /// How many runs to keep, the new one included; the run that a campaign is measured from stays while it lasts
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub keep: usize,
    /// Push the run to this bucket too (see `segment push`). Before it begins, the store is brought to what
    /// the bucket says: names continue, forgotten customers stay out
    #[arg(long, value_name = "URL", conflicts_with = "dry_run")]
    pub push: Option<String>,
    /// Tell this address of the run once it is published, by a signed webhook; the secret is in SEGMENT_WEBHOOK_SECRET.
    /// What is not delivered, the next run or `segment notify` sends
    #[arg(long, value_name = "URL", env = "SEGMENT_WEBHOOK")]
    pub notify: Option<String>,
    /// Days that the movement log is kept, counted back from the newest entry
    #[arg(long, value_name = "DAYS", default_value_t = 400)]
    pub log_days: u32,
    /// Creation time of the run, RFC 3339; by default now
    #[arg(long, value_name = "TIME")]
    pub created_at: Option<String>,
}

/// A k-means in force is continued: the fit starts from its centroids, and its number of segments is kept as long as
/// they are of useful size, hold and foretell enough. Parameters of the fit and of the cleaning that are not given stay as
/// they are in force.
#[derive(Debug, Args)]
pub struct RefitArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Choose as if no model were in force; names continue nevertheless
    #[arg(long)]
    pub afresh: bool,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForecastArg {
    Auto,
    ParetoNbd,
    BgNbd,
    MbgNbd,
    Nbd,
    None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_k_are_read_both_ways() {
        assert_eq!(k_range("2..=10"), Ok(KRange(2, 10)));
        assert_eq!(k_range("3..6"), Ok(KRange(3, 5)));
        assert_eq!(k_range("4"), Ok(KRange(4, 4)));
        for wrong in ["", "a", "1", "0..=3", "5..=4", "..", "2..=x"] {
            assert!(k_range(wrong).is_err(), "{wrong}");
        }
    }
}
