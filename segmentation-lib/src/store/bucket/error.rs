//! What can go wrong with a bucket.

use std::error::Error as _;
use std::io;

use crate::progress::Cancelled;
use crate::store::{Damage, RunId, StoreError};

/// Pushing or pulling failed. A failed push leaves the bucket's pointer, a failed pull the store's
/// current run as it was; after the pointer was moved come [`BucketError::Uncleared`], and where others push
/// at the same time [`BucketError::Conflict`], which names the run it points to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BucketError {
    /// The text is no address.
    #[error(
        "{seen:?} is no bucket: {reason}; an address is s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, \
         az://CONTAINER/PREFIX or file:///DIRECTORY"
    )]
    Address {
        /// The text, without what may be secret.
        seen: String,
        /// Why not.
        reason: String,
    },
    /// The bucket, container or directory does not exist.
    #[error("there is no {url}; create the bucket, or correct the address")]
    Missing {
        /// The bucket.
        url: String,
    },
    /// Nothing was pushed yet.
    #[error("no run was pushed to {url} yet")]
    Empty {
        /// The bucket.
        url: String,
    },
    /// The credentials are missing, wrong, or do not allow it.
    #[error(
        "{url} refuses these credentials ({reason}); check the AWS_…, GOOGLE_… or AZURE_… variables, or the role, and \
         what it may do: reading needs get and list, pushing also put and delete"
    )]
    Refused {
        /// The bucket.
        url: String,
        /// The store's own words.
        reason: String,
    },
    /// The clocks differ too much for a signature or a certificate.
    #[error(
        "{url} does not accept this machine's clock, which says {now} ({reason}); set it, for example by NTP{}",
        if reason.contains("certificate") { ", or renew the server's certificate where the clock is right" } else { "" }
    )]
    Clock {
        /// The bucket.
        url: String,
        /// This machine's time, to the minute.
        now: String,
        /// The store's own words.
        reason: String,
    },
    /// The bucket cannot be reached, or fails.
    #[error("cannot {action} {url}: {reason}; {}", way_out(url, reason))]
    Failed {
        /// What was tried.
        action: &'static str,
        /// The object or bucket.
        url: String,
        /// Why not.
        reason: String,
    },
    /// An object was replaced while it was read.
    #[error("{url} was replaced while it was read; try again once it is whole")]
    Replaced {
        /// The object.
        url: String,
    },
    /// `CURRENT` does not hold a run id.
    #[error("{url}/CURRENT holds {seen:?}, which is not a run id; remove it and push again")]
    Pointer {
        /// The bucket.
        url: String,
        /// Its first bytes.
        seen: String,
    },
    /// A run's files are not all there.
    #[error("run {run_id} is not whole in {url}: {name} is missing; push it again")]
    Incomplete {
        /// The bucket.
        url: String,
        /// The run.
        run_id: RunId,
        /// The file.
        name: String,
    },
    /// A run's bytes are not those that were pushed.
    #[error("run {run_id} in {url} is damaged: {what}; push it again, all of its files, or another run")]
    Damaged {
        /// The bucket.
        url: String,
        /// The run.
        run_id: RunId,
        /// What was found.
        what: Damage,
    },
    /// The list of forgotten customers is missing, incomplete or altered.
    #[error(
        "{url}/FORGOTTEN is missing, incomplete, altered or of a newer version; restore it, or upgrade: without it \
         customers who asked to be forgotten would come back"
    )]
    Forgotten {
        /// The bucket.
        url: String,
    },
    /// Another publisher was there at the same time.
    #[error("another publisher has changed {url} meanwhile{}; nothing of it was overwritten: look at it, then push again",
        seen.as_ref().map_or(String::new(), |seen| format!(", which now points to run {seen}")))]
    Conflict {
        /// The bucket.
        url: String,
        /// The run it points to now.
        seen: Option<RunId>,
    },
    /// The run is served, but the bucket still holds what should have been removed from it.
    #[error(
        "{url} points to run {run_id} now, but what had to be removed from it is still there: {source}; then push again, \
         which removes it"
    )]
    Uncleared {
        /// The bucket.
        url: String,
        /// The run it points to.
        run_id: RunId,
        /// Why removing failed.
        source: Box<BucketError>,
    },
    /// Another process is pushing to the directory.
    #[error(
        "another process is pushing to {url}; wait for it to end (a lock left by a killed process never blocks)"
    )]
    Locked {
        /// The bucket.
        url: String,
    },
    /// The system gives no event loop.
    #[error("cannot start network access: {source}")]
    Runtime {
        /// Why not.
        source: io::Error,
    },
    /// The local store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Cancelled> for BucketError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Store(cancelled.into())
    }
}

/// What the stores call a bucket that is not there.
const MISSING: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist"];
/// How stores and TLS say that the clocks differ.
const CLOCK: [&str; 5] = [
    "RequestTimeTooSkewed",
    "reasonable timeframe",
    "Request date header too old",
    "certificate not valid yet",
    "certificate expired",
];
/// What asking for the machine's role is like where there is none.
const NO_ROLE: [&str; 2] = ["169.254.169.254", "metadata.google.internal"];

impl BucketError {
    /// What the client's error means. The text is the same for the same cause, so that a log can tell a
    /// new trouble from an old one.
    pub(super) fn of(action: &'static str, url: &str, error: &object_store::Error) -> Self {
        use object_store::Error::{PermissionDenied, Unauthenticated};
        let (all, reason, url) = (chain(error), reason(error), url.to_owned());
        let says = |words: &[&str]| words.iter().any(|word| all.contains(word));
        if says(&CLOCK) {
            let now = chrono::Utc::now().format("%Y-%m-%dT%H:%MZ").to_string();
            let reason = reason + &server_clock(&all).unwrap_or_default();
            Self::Clock { url, now, reason }
        } else if says(&MISSING) {
            Self::Missing { url }
        } else if says(&NO_ROLE) {
            Self::Refused { url, reason: "there are none, and the machine has no role".to_owned() }
        } else if matches!(error, PermissionDenied { .. } | Unauthenticated { .. }) {
            Self::Refused { url, reason }
        } else {
            Self::Failed { action, url, reason }
        }
    }
}

/// What to look at after a failure that has no kind of its own.
fn way_out(url: &str, reason: &str) -> &'static str {
    if reason.contains("No space left") || reason.contains("quota exceeded") {
        "make room there"
    } else if url.starts_with("file:") {
        "check the directory and who may write to it"
    } else {
        "check network, proxy, region and endpoint"
    }
}

/// The error and all its causes in one text.
fn chain(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// What stands in an element of the answer, its first line.
fn element(answer: &str, tag: &str) -> Option<String> {
    let rest = answer.split_once(&format!("<{tag}>"))?.1;
    Some(rest.split_once(&format!("</{tag}>"))?.0.lines().next().unwrap_or_default().to_owned())
}

/// The server's time and how much a clock may differ from it, where S3 says so; to the minute.
fn server_clock(answer: &str) -> Option<String> {
    let time: String = element(answer, "ServerTime")?.chars().take(16).collect();
    let allowed = element(answer, "MaxAllowedSkewMilliseconds").and_then(|text| text.parse::<u64>().ok());
    let allowed = allowed.map(|millis| format!(", and allows {} minutes of difference", millis / 60_000));
    Some(format!("; the server's says {time}Z{}", allowed.unwrap_or_default()))
}

/// The store's code and message where it sent them, else the innermost cause.
fn reason(error: &object_store::Error) -> String {
    let all = chain(error);
    match (element(&all, "Code"), element(&all, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => {
            let mut innermost = error.source();
            while let Some(next) = innermost.and_then(|error| error.source()) {
                innermost = Some(next);
            }
            innermost.map_or_else(|| error.to_string(), ToString::to_string)
        }
    }
}
