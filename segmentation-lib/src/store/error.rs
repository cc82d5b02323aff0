//! What can go wrong with a store.

use std::io;
use std::path::{Path, PathBuf};

use crate::progress::Cancelled;
use crate::record::{FORMAT_VERSION, SnapshotError};
use crate::record::{InvalidRunId, RunId};
use crate::wording::counted;

/// Publishing or reading a run failed. A failed publish leaves the run before it current.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}{}", path.display(), way_out(source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A run is read through a copy, which has no place to be.
    #[error(
        "cannot create a temporary directory in {}, where runs are read: {source}; set TMPDIR to a directory that \
         can be written",
        directory.display()
    )]
    Scratch {
        /// The system's temporary directory.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// sled refused.
    #[error("cannot {action} the database in {}: {source}", path.display())]
    Database {
        /// What was tried.
        action: &'static str,
        /// Directory of the database.
        path: PathBuf,
        /// Why not.
        source: sled::Error,
    },
    /// Another process is writing.
    #[error(
        "another process is publishing to {}; wait for it to end (a lock left by a killed process never blocks)",
        root.display()
    )]
    Locked {
        /// The store.
        root: PathBuf,
    },
    /// Nothing was published yet.
    #[error("no run was published to {} yet", root.display())]
    NoRun {
        /// The store.
        root: PathBuf,
    },
    /// The run is not in the store.
    #[error("run {run_id} is not in {}", root.display())]
    UnknownRun {
        /// The run asked for.
        run_id: RunId,
        /// The store.
        root: PathBuf,
    },
    /// The movement log has no entry of the run.
    #[error("the changes that came with run {run_id} are not in {}", root.display())]
    NotLogged {
        /// The run asked for.
        run_id: RunId,
        /// The store.
        root: PathBuf,
    },
    /// `CURRENT` does not hold a run id.
    #[error(
        "{} holds {seen:?}, which is not a run id; go back to a run that is there",
        path.display()
    )]
    Pointer {
        /// The pointer file.
        path: PathBuf,
        /// Its first bytes.
        seen: String,
    },
    /// There is no earlier run.
    #[error("there is no readable run before {}",
        current.as_ref().map_or("the first", RunId::as_str))]
    NothingBefore {
        /// The current run, when there is one.
        current: Option<RunId>,
    },
    /// A run was written by a later version of the program.
    #[error(
        "run {run_id} was written by a newer version (format {found}, this program reads up to {FORMAT_VERSION}); \
         upgrade, or go back to an earlier run"
    )]
    Newer {
        /// The run.
        run_id: RunId,
        /// Its format version.
        found: u32,
    },
    /// A run's bytes are not those that were written.
    #[error("run {run_id} is damaged: {what}; go back to another run, or make it again")]
    Damaged {
        /// The run.
        run_id: RunId,
        /// What was found.
        what: Damage,
    },
    /// The list of forgotten customers is incomplete or altered.
    #[error(
        "{} is incomplete or altered; restore it: without it customers who asked to be forgotten would come back",
        path.display()
    )]
    Forgotten {
        /// The list.
        path: PathBuf,
    },
    /// A run still holds customers that were to be removed.
    #[error(
        "run {run_id} still holds {customers} of the customers to be forgotten; have the erasure completed"
    )]
    NotErased {
        /// The run.
        run_id: RunId,
        /// How many.
        customers: u64,
    },
    /// Customers of a run are written almost as forgotten ones are: they may be the same people.
    #[error(
        "{} of this run may be forgotten: an id differs from a forgotten one in case, spaces, marks between digits or \
         zeros in front only, for example {:?}{}; is it the same customer?",
        counted(.ids.len() as u64, "customer", "customers"),
        .ids.first().map_or("", String::as_str),
        .forgotten_as.as_ref().map_or_else(String::new, |id| format!(", forgotten as {id:?}"))
    )]
    LikeForgotten {
        /// Their ids, in ascending order.
        ids: Vec<String>,
        /// How the first was written when it was forgotten, where that can be found: the list holds no ids.
        forgotten_as: Option<String>,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers, which the list of forgotten customers needs")]
    NoRandom,
    /// The text names no run.
    #[error(transparent)]
    RunId(#[from] InvalidRunId),
    /// The snapshot contradicts itself.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Stopped on request.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What helps where the system's reason does not say it.
fn way_out(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; make room there and try again",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; choose another place, or give this user access to it"
        }
        _ => "",
    }
}

/// How a run's bytes differ from those that were written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The list of checksums is incomplete or altered.
    #[error("its list of checksums is incomplete or altered")]
    Checksums,
    /// A file is missing.
    #[error("file {name} is missing")]
    Missing {
        /// The file, relative to the run's directory.
        name: String,
    },
    /// A file's checksum differs.
    #[error("file {name} is not what was written: its SHA-256 is {seen}, expected {expected}")]
    File {
        /// The file, relative to the run's directory.
        name: String,
        /// SHA-256 of the bytes read.
        seen: String,
        /// SHA-256 of the bytes written.
        expected: String,
    },
    /// A stored value is missing.
    #[error("value {key} is missing")]
    Value {
        /// The value's key.
        key: &'static str,
    },
    /// A value cannot be decoded.
    #[error("value {key}: {reason}")]
    Decode {
        /// The value's key.
        key: String,
        /// Why not.
        reason: String,
    },
    /// The number of customers differs.
    #[error("it holds {seen} customers, its manifest says {expected}")]
    Customers {
        /// Customers read.
        seen: u64,
        /// Customers in the manifest.
        expected: u64,
    },
    /// The content's digest differs.
    #[error("its content has the SHA-256 {seen}, its manifest says {expected}")]
    Content {
        /// Digest of what was read.
        seen: String,
        /// Digest in the manifest.
        expected: String,
    },
    /// The manifest belongs to another run.
    #[error("its manifest is that of run {seen:?}")]
    Name {
        /// The run id in the manifest.
        seen: String,
    },
}

impl StoreError {
    /// For `map_err`: names the action and the path beside the system's reason.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// For `map_err` on sled's results.
    pub(crate) fn database(action: &'static str, path: &Path) -> impl FnOnce(sled::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Database { action, path, source }
    }

    pub(crate) fn damaged(run_id: &RunId, what: Damage) -> Self {
        Self::Damaged { run_id: run_id.clone(), what }
    }
}
