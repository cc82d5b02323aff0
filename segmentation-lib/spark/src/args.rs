//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

/// What --version says; the build names the commit.
const VERSION: &str = match option_env!("SEGMENT_BUILD_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

const AFTER: &str = "\
The query is one SELECT on standard input. A bearer token comes from SPARK_CONNECT_TOKEN, or from token= in the \
address, which other users of the machine can see; to another machine it goes under TLS only. The session's time zone is UTC; the session is closed at the end, and the \
query cancelled on SIGINT, SIGTERM and when nobody reads standard output any more.

Exit codes:
    0  success
    2  the address, the query or its columns cannot be used; trying again changes nothing
    3  the cluster is away or broke off, or the disk fails: try again
  130  interrupted";

/// Fetches the rows of a query from a Spark Connect server (Apache Spark 4, Databricks, EMR, Sail); `segment run
/// --input sc://…` calls it.
#[derive(Parser)]
#[command(name = "segment-spark", version = VERSION, after_help = AFTER)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Subcommand)]
pub enum Command {
    /// Print the columns of the query as one JSON object
    Columns {
        /// Address: sc://HOST:PORT, with settings behind it as in sc://HOST:PORT/;use_ssl=true
        url: String,
    },
    /// Write the rows of the query as Parquet parts; print a JSON line a batch, and one at the end
    Fetch {
        /// Address: sc://HOST:PORT, with settings behind it as in sc://HOST:PORT/;use_ssl=true
        url: String,
        /// Folder for part-00000.parquet, part-00001.parquet, …
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
    /// Print the completions of a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the manual pages
    Manual {
        /// Folder for the pages
        dir: PathBuf,
    },
}
