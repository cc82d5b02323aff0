//! What an operator can set, by flag or environment; wrong values are refused at start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::audit::AuditSettings;
use crate::body::Limits;
use crate::budget::Sizes;
use crate::follow::FollowSettings;
use crate::host::{self, Hosts};
use crate::keys::command::KeysArgs;
use crate::probe::ProbeArgs;
use crate::tls::TlsSettings;

/// Bytes that requests may hold unless it is set.
const REQUEST_MEMORY: usize = 128 << 20;
/// What a byte of a list of ids takes: the body and the texts made of it.
pub const WEIGHT_OF_IDS: usize = 4;
/// What a byte of a list of customers to place takes: the body, numbers and texts made of it.
pub const WEIGHT_OF_CUSTOMERS: usize = 8;
/// Brotli with its largest window.
const LARGEST_DECODER: usize = 24 << 20;

/// Serves the customer segments that `segment run` published.
#[derive(Debug, Clone, Parser)]
#[command(name = "segmentation-api", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program does beside serving.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Print the OpenAPI document.
    Openapi,
    /// Create, list and revoke keys.
    Keys(KeysArgs),
    /// Print the hashes that stand for customers in the audit.
    AuditHash(AuditHashArgs),
    /// Ask the server on this machine whether it serves a run; fails when not.
    Healthcheck(ProbeArgs),
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the manual pages.
    Manual {
        /// Directory to write to, which must exist.
        dir: PathBuf,
    },
}

/// Which customers, hashed with what.
#[derive(Debug, Clone, Args)]
pub struct AuditHashArgs {
    /// Customer ids.
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// Where the audit and its secret are.
    #[command(flatten)]
    pub audit: AuditSettings,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Directory of the published runs.
    #[arg(long, env = "SEGMENT_STORE", default_value = "store")]
    pub store: PathBuf,
    /// The bucket to follow.
    #[command(flatten)]
    pub follow: FollowSettings,
    /// Address and port to listen on; port 0 takes any free one.
    #[arg(long, env = "SEGMENT_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Names beside this machine's own by which a service without keys may be asked, comma-separated: that of a port
    /// forward or of a container.
    #[arg(long, env = "SEGMENT_ALLOW_HOST", value_name = "HOST", value_delimiter = ',', value_parser = host::parse)]
    pub allow_host: Vec<String>,
    /// File of the keys' hashes (see `segmentation-api keys`): with it every request for data needs a
    /// key. It is read again when it changes.
    #[arg(long, env = "SEGMENT_KEYS", value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Seconds for which the keys read last are good while their file cannot be read or is damaged; then no data is
    /// given out.
    #[arg(long, env = "SEGMENT_KEYS_GRACE", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub keys_grace: u64,
    /// Ids a key may ask for in a minute when it has no limit of its own; 0 for no limit.
    #[arg(long, env = "SEGMENT_RATE_LIMIT", value_name = "IDS", default_value_t = 600_000)]
    pub rate_limit: u32,
    /// Certificate of TLS.
    #[command(flatten)]
    pub tls: TlsSettings,
    /// The audit.
    #[command(flatten)]
    pub audit: AuditSettings,
    /// Most ids that one request may ask for.
    #[arg(long, env = "SEGMENT_MAX_IDS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_ids: u32,
    /// Largest request body, after decompression, in bytes.
    #[arg(long, env = "SEGMENT_MAX_BODY_BYTES", default_value_t = 8 << 20, value_parser = clap::value_parser!(u64).range(1024..=1 << 30))]
    pub max_body_bytes: u64,
    /// Bytes that bodies, their decoders and answers of all requests together may hold, half as much again for
    /// lists; a key has 7/8 of it. 128 MiB unless the largest body needs more.
    #[arg(long, env = "SEGMENT_REQUEST_MEMORY", value_name = "BYTES", value_parser = clap::value_parser!(u64).range(32 << 20..=1 << 40))]
    pub request_memory: Option<u64>,
    /// Answers in pieces, as of exports and long lists, that a key may have running at once.
    #[arg(long, env = "SEGMENT_MAX_STREAMS", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_streams: u32,
    /// Longest path and query, in bytes.
    #[arg(long, env = "SEGMENT_MAX_URI_BYTES", default_value_t = 16 << 10, value_parser = clap::value_parser!(u32).range(512..=65_535))]
    pub max_uri_bytes: u32,
    /// Milliseconds between two looks at which run is current.
    #[arg(long, env = "SEGMENT_POLL_MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    pub poll_ms: u64,
    /// Seconds a client may take to send a request's head, and again for its body.
    #[arg(long, env = "SEGMENT_CLIENT_TIMEOUT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub client_timeout: u64,
    /// Seconds that an idle connection is kept, and that a client may leave sent bytes unread.
    #[arg(long, env = "SEGMENT_KEEP_ALIVE", default_value_t = 75, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub keep_alive: u64,
    /// Seconds that running requests get to end when the server is stopped.
    #[arg(long, env = "SEGMENT_SHUTDOWN_TIMEOUT", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub shutdown_timeout: u64,
    /// Worker threads; default one per core.
    #[arg(long, env = "SEGMENT_WORKERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: Option<u16>,
    /// Form of the log on standard error; its level is set by RUST_LOG.
    #[arg(long, env = "SEGMENT_LOG", value_enum, default_value_t = LogFormat::Human)]
    pub log: LogFormat,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line an event.
    Human,
    /// One JSON object an event.
    Json,
}

impl Settings {
    /// Time a client has for a request's head, and again for its body.
    pub fn client_timeout(&self) -> Duration {
        Duration::from_secs(self.client_timeout)
    }

    /// Hosts that may be asked for.
    pub fn hosts(&self) -> Hosts {
        if self.keys.is_some() { Hosts::Any } else { Hosts::Own(self.allow_host.clone()) }
    }

    /// How long keys are good whose file cannot be read.
    pub fn keys_grace(&self) -> Duration {
        Duration::from_secs(self.keys_grace)
    }

    /// Limits of request bodies.
    pub fn limits(&self) -> Limits {
        Limits { bytes: self.max_body_bytes, time: self.client_timeout(), items: self.max_ids as usize }
    }

    /// What all requests together may use. Unless it is set, the largest body fits a key's share with its
    /// decoder and what is made of it.
    pub fn budget(&self) -> Sizes {
        let largest = self.max_body_bytes as usize * WEIGHT_OF_CUSTOMERS + LARGEST_DECODER;
        let held = self.request_memory.map_or(REQUEST_MEMORY.max(largest / 7 * 8), |bytes| bytes as usize);
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        Sizes { held, streams: self.max_streams as usize, jobs }
    }

    /// Refuses what each value allows by itself but not together with the others.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !self.bind.ip().is_loopback() && self.keys.is_none() {
            return Err(SettingsError::OpenBind { bind: self.bind });
        }
        Ok(())
    }
}

/// Settings that contradict one another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Everybody who reaches the port could read the data.
    #[error(
        "--bind {bind} is reachable from other machines and there are no keys; make one with `segmentation-api keys \
         create` and name its file with --keys, or bind to 127.0.0.1 or [::1]"
    )]
    OpenBind {
        /// The address asked for.
        bind: SocketAddr,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Settings, clap::Error> {
        Cli::try_parse_from([&["segmentation-api"], args].concat()).map(|cli| cli.settings)
    }

    #[test]
    fn wrong_values_are_refused_with_the_range() {
        for (args, reason) in [
            (["--max-ids", "0"], "1..=1000000"),
            (["--bind", "localhost"], "invalid socket address"),
            (["--poll-ms", "fast"], "invalid digit"),
            (["--log", "xml"], "human"),
            (["--follow-every", "10"], "such as 10s"),
        ] {
            let message = parse(&args).expect_err("refused").to_string();
            assert!(message.contains(reason) && message.contains(args[1]), "{message}");
        }
    }

    #[test]
    fn only_loopback_may_be_bound_without_keys() {
        for bind in ["0.0.0.0:8080", "192.168.1.7:80", "[::]:8080"] {
            let settings = parse(&["--bind", bind]).expect("an address");
            assert!(settings.check().is_err(), "{bind}");
            let with_keys = parse(&["--bind", bind, "--keys", "keys.json"]).expect("an address");
            assert_eq!(with_keys.check(), Ok(()), "{bind}");
        }
        for bind in ["127.0.0.1:0", "127.8.9.1:80", "[::1]:8080"] {
            assert_eq!(parse(&["--bind", bind]).expect("an address").check(), Ok(()));
        }
    }
}
