//! Events that wait to be delivered, a file each.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::NotifyError;
use crate::record::{RunId, Snapshot};
use crate::regular_file;
use crate::store::Store;

/// Days after which an event that nobody took is given up.
pub const DEAD_AFTER_DAYS: i64 = 3;

/// Largest file of an event, which has some hundred bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What a receiver is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `run.published`.
    pub r#type: String,
    /// When the run was made, RFC 3339.
    pub timestamp: String,
    /// About the run.
    pub data: EventData,
}

/// A run in a few words, without a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventData {
    /// The run.
    pub run_id: String,
    /// The run that was published before; none for a first one.
    pub from_run: Option<String>,
    /// Reference date, ISO 8601.
    pub reference_date: String,
    /// Customers of the run.
    pub customers: u64,
    /// Of these, those who are in another segment than before.
    pub moved: u64,
    /// Of these, those who were not in the run before.
    pub came: u64,
    /// Customers of the run before who are not in this one.
    pub left: u64,
    /// Sentences that warn of drift.
    pub drift_warnings: u64,
    /// Path of the changes in the API; none for a first run.
    pub changes: Option<String>,
}

impl Event {
    fn of(snapshot: &Snapshot) -> Self {
        let manifest = &snapshot.manifest;
        let count = |from: bool, to: bool| {
            let rows = snapshot.changes.iter().flat_map(|changes| &changes.rows);
            rows.filter(|change| change.from.is_some() == from && change.to.is_some() == to).count() as u64
        };
        let path = |from: &String| format!("/v1/changes?from={from}&to={}", manifest.run_id);
        let data = EventData {
            run_id: manifest.run_id.clone(),
            from_run: manifest.from_run.clone(),
            reference_date: manifest.reference_date.clone(),
            customers: manifest.customers,
            moved: count(true, true),
            came: count(false, true),
            left: count(true, false),
            drift_warnings: manifest.drift.as_ref().map_or(0, |drift| drift.warnings.len() as u64),
            changes: manifest.from_run.as_ref().map(path),
        };
        Self { r#type: "run.published".to_owned(), timestamp: manifest.created_at.clone(), data }
    }
}

/// An event that waits.
pub(super) struct Waiting {
    pub path: PathBuf,
    pub run_id: RunId,
    /// What is sent, byte for byte the same in each attempt; of a damaged file, why it cannot be sent.
    pub body: Result<Vec<u8>, String>,
    /// Seconds since 1970 when it was queued.
    pub since: i64,
}

fn directory(store: &Store) -> PathBuf {
    store.root().join("outbox")
}

fn failed(action: &'static str, path: PathBuf) -> impl FnOnce(io::Error) -> NotifyError {
    move |source| NotifyError::Io { action, path, source }
}

/// Puts the event of a run that is about to be published into the outbox.
///
/// # Errors
/// The disk.
pub fn queue(store: &Store, snapshot: &Snapshot) -> Result<(), NotifyError> {
    let directory = directory(store);
    fs::create_dir_all(&directory).map_err(failed("create the directory", directory.clone()))?;
    let body =
        serde_json::to_vec(&Event::of(snapshot)).expect("plain structs with text keys always serialise");
    let path = directory.join(&snapshot.manifest.run_id);
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&directory)?;
        file.write_all(&body)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(failed("write", path.clone()))
}

/// The events that wait, oldest first. Files that are none are passed over.
pub(super) fn waiting(store: &Store) -> Result<Vec<Waiting>, NotifyError> {
    let directory = directory(store);
    let entries = match fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed("list", directory.clone()))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed("list", directory.clone()))?;
        let Some(run_id) = entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()) else {
            continue;
        };
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let body = body_in(&path);
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let since = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        found.push(Waiting { path, run_id, body, since: since.map_or(0, |since| since.as_secs() as i64) });
    }
    found.sort_by(|a, b| a.run_id.cmp(&b.run_id));
    Ok(found)
}

fn body_in(path: &Path) -> Result<Vec<u8>, String> {
    let damaged = |why: String| format!("the event's file {} is damaged: {why}", path.display());
    let body = regular_file::read(path, MOST_BYTES).map_err(|error| damaged(error.to_string()))?;
    match serde_json::from_slice::<IgnoredAny>(&body) {
        Ok(_) => Ok(body),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// Takes an event out of the outbox.
pub(super) fn remove(event: &Waiting) -> Result<(), NotifyError> {
    match fs::remove_file(&event.path) {
        // Another publisher has delivered it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(failed("remove", event.path.clone())),
    }
}

/// Whether the run was published: it is served, or another continues it. An event is queued before; whoever dies in
/// between leaves one of a run that never was.
pub(super) fn was_published(store: &Store, run_id: &RunId) -> Result<bool, NotifyError> {
    // An erasure gives a run another id of the same moment.
    if store.current()?.is_some_and(|current| current.moment() == run_id.moment()) {
        return Ok(true);
    }
    let continues = |from: &String| from.parse::<RunId>().is_ok_and(|from| from.moment() == run_id.moment());
    let log = store.log()?;
    let mut entries = log.iter().filter_map(|(_, entry)| entry.as_ref().ok());
    Ok(entries.any(|entry| entry.from_run.as_ref().is_some_and(continues)))
}
