//! Runs on disk: publish, list, load, roll back.
//!
//! ```text
//! <root>/CURRENT             one line: the id of the run to serve
//! <root>/runs/<run id>/      a sled database, the run's manifest, and their checksums; never changed
//! <root>/changes/<run id>     what the publication changed; outlives the run
//! <root>/staging/            unfinished work, removed by the next publish
//! <root>/LOCK                held by the one process that publishes
//! <root>/FORGOTTEN           hashes of the customers who must be in no run
//! ```
//!
//! A run is built in `staging`, flushed, read back and verified, renamed into `runs`, and only then
//! named by `CURRENT`, by an atomic rename. A process that dies anywhere on the way leaves the run
//! before it current and the next publish able to proceed. Readers take no lock.
//!
//! ```
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::store::{PublishOptions, Store};
//!
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let (monday, tuesday) = (test_support::sample::snapshot(10, 1), test_support::sample::snapshot(10, 2));
//! let (store, options) = (Store::at(folder.path()), PublishOptions::default());
//! let first = store.publish(&monday, &options, &Progress::silent())?;
//! store.publish(&tuesday, &options, &Progress::silent())?;
//! assert_eq!(store.open_current()?, tuesday);
//! assert_eq!(store.rollback(None)?, first);
//! assert_eq!(store.open_current()?, monday);
//! # Ok::<(), segmentation_lib::store::StoreError>(())
//! ```

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::progress::Progress;
use crate::record::{Manifest, Snapshot};
use crate::regular_file;

mod block;
#[cfg(feature = "bucket")]
pub mod bucket;
mod checksums;
mod database;
mod erase;
mod error;
mod files;
mod forgotten;
mod lock;
mod log;
mod manifest;
mod publish;
mod reader;
mod scratch;
mod staging;

pub use crate::record::{InvalidRunId, RunId};
pub use block::{Block, BlockError, Row};
pub use erase::{ErasedRun, Erasure};
pub use error::{Damage, StoreError};
pub use forgotten::Forgotten;
pub use log::{EntryFile, LogEntry, LogSegment, Logged};
pub use publish::PublishOptions;
pub use reader::OpenRun;

/// Bytes of the pointer that are read: more than an id has.
const POINTER_BYTES: u64 = 100;

/// A directory of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    root: PathBuf,
    runs: &'static str,
}

/// One line of [`Store::runs`].
#[derive(Debug)]
pub struct RunSummary {
    /// The run's id.
    pub run_id: RunId,
    /// Whether it is the one to serve.
    pub current: bool,
    /// Its manifest, or why that cannot be read.
    pub manifest: Result<Manifest, StoreError>,
}

impl Store {
    /// The store in `root`, which need not exist before the first publish.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), runs: "runs" }
    }

    /// The store's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Validates, writes and verifies a sealed snapshot, makes it current, then removes the runs
    /// that `options` does not keep. Publishing the same sealed snapshot again only moves the
    /// pointer. Reports as `publish` (steps) and `write` (customers); a cancelled or failed publish
    /// leaves the run before it current. Cost O(n), dominated by the disk.
    pub fn publish(
        &self,
        snapshot: &Snapshot,
        options: &PublishOptions,
        progress: &Progress,
    ) -> Result<RunId, StoreError> {
        publish::publish(self, snapshot, options, progress)
    }

    /// The run to serve; `None` before the first publish.
    pub fn current(&self) -> Result<Option<RunId>, StoreError> {
        let path = self.pointer();
        let mut bytes = Vec::new();
        // A pipe or a device in its place would be waited for, or read for ever.
        let read =
            regular_file::open(&path).and_then(|file| file.take(POINTER_BYTES).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(StoreError::io("read", &path))?,
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let id = text.strip_suffix('\n').unwrap_or(&text).parse();
        id.map(Some).map_err(|_| StoreError::Pointer { path, seen: text })
    }

    /// Every run, newest first. One whose manifest cannot be read is listed with the reason; a pointer that
    /// cannot be read marks none as current. Cost as [`Store::manifest`], a run; whether the whole of a run
    /// is sound, [`Store::verify`] says.
    pub fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        let current = match self.current() {
            Err(StoreError::Pointer { .. }) => None,
            other => other?,
        };
        let summary = |run_id: RunId| RunSummary {
            current: Some(&run_id) == current.as_ref(),
            manifest: self.manifest(&run_id),
            run_id,
        };
        Ok(self.run_ids()?.into_iter().map(summary).collect())
    }

    /// A run's manifest, compared with its checksum. Cost: reading this one small file; for a run that has
    /// none, because an earlier version published it, as [`Store::open`].
    pub fn manifest(&self, run_id: &RunId) -> Result<Manifest, StoreError> {
        match manifest::read(run_id, &self.existing(run_id)?)? {
            Some(manifest) => Ok(manifest),
            None => Ok(self.open(run_id)?.manifest().clone()),
        }
    }

    /// Reads a whole run and compares every file with its checksum, the number of customers and the digest
    /// of the content with the manifest, which it returns. Cost O(n) time; memory is one block.
    pub fn verify(&self, run_id: &RunId) -> Result<Manifest, StoreError> {
        let (manifest, _) = self.open(run_id)?.read(drop)?;
        Ok(manifest)
    }

    /// Opens a run for reading block by block; see [`OpenRun`].
    pub fn open(&self, run_id: &RunId) -> Result<OpenRun, StoreError> {
        OpenRun::open(self, run_id)
    }

    /// Loads and verifies a whole run. Cost O(n) time and memory.
    pub fn load(&self, run_id: &RunId) -> Result<Snapshot, StoreError> {
        self.open(run_id)?.into_snapshot()
    }

    /// Loads the run to serve; fails with [`StoreError::NoRun`] before the first publish.
    pub fn open_current(&self) -> Result<Snapshot, StoreError> {
        let run_id = self.current()?.ok_or_else(|| StoreError::NoRun { root: self.root.clone() })?;
        self.load(&run_id)
    }

    /// Makes the named run current, or the newest readable one before the current, after verifying
    /// all of it. Returns the run that is current now.
    pub fn rollback(&self, run_id: Option<&RunId>) -> Result<RunId, StoreError> {
        publish::roll_back(self, run_id)
    }

    /// Removes customers from every kept run and keeps them out of later ones until they are lifted.
    ///
    /// A run that holds one of them is replaced by the run without them, which has another content and
    /// thus another id; the current one first becomes current and only then leaves the store. At the end
    /// every kept run is read again and none holds any of them. A process that dies on the way leaves
    /// the store served; the next `forget`, `publish`, `rollback` or `lift` completes the erasure.
    /// Without ids it completes and verifies what was asked for before. Cost O(n) a run.
    pub fn forget(&self, ids: &[String], progress: &Progress) -> Result<Erasure, StoreError> {
        erase::forget(self, ids, progress)
    }

    /// Takes customers off the list of those to be forgotten: later runs may hold them again, earlier
    /// ones do not get them back. Says of each whether it was on the list.
    pub fn lift(&self, ids: &[String]) -> Result<Vec<bool>, StoreError> {
        erase::lift(self, ids)
    }

    /// The customers who must not be in any run.
    pub fn forgotten(&self) -> Result<Forgotten, StoreError> {
        Forgotten::read(&self.root)
    }

    /// Ids of the runs, newest first. Other entries of the directory are none of ours.
    fn run_ids(&self) -> Result<Vec<RunId>, StoreError> {
        let mut ids = ids_in(&self.runs_dir())?;
        ids.reverse();
        Ok(ids)
    }

    fn pointer(&self) -> PathBuf {
        self.root.join("CURRENT")
    }

    fn runs_dir(&self) -> PathBuf {
        self.root.join(self.runs)
    }

    fn run_dir(&self, run_id: &RunId) -> PathBuf {
        self.runs_dir().join(run_id.as_str())
    }

    /// The directory of a run that is there.
    fn existing(&self, run_id: &RunId) -> Result<PathBuf, StoreError> {
        let dir = self.run_dir(run_id);
        if dir.is_dir() {
            return Ok(dir);
        }
        Err(StoreError::UnknownRun { run_id: run_id.clone(), root: self.root.clone() })
    }

    fn staging_dir(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// The same store, its runs looked for among the unfinished: a run is verified by the code that
    /// will read it, where it was built.
    fn staged(&self) -> Self {
        Self { root: self.root.clone(), runs: "staging" }
    }
}

/// Ids of runs that name something in `dir`, oldest first; none where there is no such directory.
fn ids_in(dir: &Path) -> Result<Vec<RunId>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(StoreError::io("list", dir))?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(StoreError::io("list", dir))?.file_name();
        ids.extend(name.to_str().and_then(|name| name.parse::<RunId>().ok()));
    }
    ids.sort();
    Ok(ids)
}
