//! The movement log: what each publication changed, longer than the runs themselves are kept.
//!
//! `<root>/changes/<run id>` has a head, the run in a few words, and the run's [`Changes`] behind it; both verify
//! themselves part by part. An entry is written before its run becomes current and stays until it is
//! [`PublishOptions::log_days`](super::PublishOptions::log_days) older than the newest. Erasure rewrites it.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::{Damage, StoreError};
use super::files::{create_dir, rename, sync_dir, write_durably};
use super::forgotten::Forgotten;
use super::{Store, ids_in};
use crate::record::{
    ChangeRows, Changes, ChangesHead, Localized, NamedFeature, RunId, Side, Snapshot, part, read_part,
};
use crate::regular_file;

/// The directory of the entries.
pub(super) const DIRECTORY: &str = "changes";

/// The format of an entry; a reader refuses a newer one.
const FORMAT: u32 = 1;

/// What an entry says of its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// Format of the entry.
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub format: u32,
    /// The run.
    #[cfg_attr(feature = "openapi", schema(example = "20111210T080000000Z-1f3a9c52"))]
    pub run_id: String,
    /// The run that was published before; none for a first one.
    pub from_run: Option<String>,
    /// Creation time, RFC 3339, UTC.
    pub created_at: String,
    /// Reference date, ISO 8601.
    #[cfg_attr(feature = "openapi", schema(example = "2011-12-10"))]
    pub reference_date: String,
    /// Id of the model that it applies.
    pub model: Option<String>,
    /// Customers when it was published.
    pub customers: u64,
    /// The segments when it was published, by id.
    pub segments: Vec<LogSegment>,
}

/// A segment as an entry has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogSegment {
    /// Stable machine name.
    #[cfg_attr(feature = "openapi", schema(example = "champions"))]
    pub key: String,
    /// Name.
    pub name: Localized,
    /// Number of customers.
    pub customers: u64,
    /// Their net revenue, in pennies.
    pub revenue_pennies: i64,
}

/// An entry's file, open only while it is read: a way over hundreds of entries holds no descriptor. Each part that is
/// read verifies itself, so that an entry that is replaced meanwhile is seen.
#[derive(Debug)]
pub struct EntryFile {
    path: PathBuf,
    at: u64,
}

impl Read for EntryFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut file = regular_file::open(&self.path)?;
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(into)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for EntryFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
            SeekFrom::End(by) => std::fs::metadata(&self.path)?.len().saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

impl LogEntry {
    fn of(snapshot: &Snapshot) -> Self {
        let manifest = &snapshot.manifest;
        let segments = snapshot.segments.iter().map(|segment| LogSegment {
            key: segment.key.clone(),
            name: segment.name.clone(),
            customers: segment.customers,
            revenue_pennies: segment.revenue_pennies,
        });
        Self {
            format: FORMAT,
            run_id: manifest.run_id.clone(),
            from_run: manifest.from_run.clone(),
            created_at: manifest.created_at.clone(),
            reference_date: manifest.reference_date.clone(),
            model: manifest.model.as_ref().map(|model| model.id.clone()),
            customers: manifest.customers,
            segments: segments.collect(),
        }
    }
}

/// A run with its entry in the movement log, or why that cannot be read.
pub type Logged = (RunId, Result<LogEntry, StoreError>);

impl Store {
    /// What the movement log says of each publication, newest first; of one that cannot be read, why. Cost: one
    /// small read for each.
    pub fn log(&self) -> Result<Vec<Logged>, StoreError> {
        let entries = names(self)?.into_iter().rev();
        Ok(entries
            .map(|run_id| {
                let entry = open(self, &run_id).map(|(entry, _)| entry);
                (run_id, entry)
            })
            .collect())
    }

    /// The changes that came with a run, read customer by customer.
    ///
    /// # Errors
    /// There is no such entry, or it is damaged.
    pub fn changes(&self, run_id: &RunId) -> Result<ChangeRows<EntryFile>, StoreError> {
        let (_, file) = open(self, run_id)?;
        ChangeRows::open(file).map_err(|error| damaged(run_id, error.to_string()))
    }

    fn log_dir(&self) -> PathBuf {
        self.root.join(DIRECTORY)
    }
}

/// Ids of the entries, oldest first.
pub(super) fn names(store: &Store) -> Result<Vec<RunId>, StoreError> {
    ids_in(&store.log_dir())
}

/// Writes the entry of the run that is continued where it is kept and has none: a program before there was a log has
/// published it, and changes lead from it on.
pub(super) fn begin(store: &Store, from_run: Option<&str>) -> Result<(), StoreError> {
    let Some(from) = from_run.and_then(|run_id| run_id.parse::<RunId>().ok()) else { return Ok(()) };
    if path(store, &from).is_file() || !store.run_dir(&from).is_dir() {
        return Ok(());
    }
    write(store, &from, &store.load(&from)?)
}

/// Writes the entry of a run. The same run gives the same bytes. The caller holds the lock.
pub(super) fn write(store: &Store, run_id: &RunId, snapshot: &Snapshot) -> Result<(), StoreError> {
    let none = || Changes {
        head: ChangesHead {
            before: Side::of(&snapshot.manifest.reference_date, &snapshot.segments),
            after: Side::of(&snapshot.manifest.reference_date, &snapshot.segments),
            features: Vec::<NamedFeature>::new(),
            same_model: true,
        },
        rows: Vec::new(),
    };
    let changes = snapshot.changes.clone().unwrap_or_else(none);
    put(store, run_id, &bytes(&LogEntry::of(snapshot), &changes))
}

fn bytes(entry: &LogEntry, changes: &Changes) -> Vec<u8> {
    let head = serde_json::to_vec(entry).expect("plain structs with text keys always serialise");
    [part(&head), changes.encode()].concat()
}

/// Puts an entry's bytes in place, whole or not at all.
pub(super) fn put(store: &Store, run_id: &RunId, bytes: &[u8]) -> Result<(), StoreError> {
    let new = store.staging_dir().join(format!("{DIRECTORY}-{run_id}"));
    create_dir(&store.staging_dir())?;
    create_dir(&store.log_dir())?;
    write_durably(&new, bytes)?;
    rename(&new, &path(store, run_id))?;
    sync_dir(&store.log_dir())
}

/// Where an entry is.
pub(super) fn path(store: &Store, run_id: &RunId) -> PathBuf {
    store.log_dir().join(run_id.as_str())
}

/// Removes an entry that is there.
pub(super) fn remove(store: &Store, run_id: &RunId) -> Result<(), StoreError> {
    let path = path(store, run_id);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(StoreError::io("remove", &path)),
    }
}

fn open(store: &Store, run_id: &RunId) -> Result<(LogEntry, EntryFile), StoreError> {
    let path = path(store, run_id);
    if !path.is_file() {
        return Err(StoreError::NotLogged { run_id: run_id.clone(), root: store.root().to_owned() });
    }
    let mut file = EntryFile { path, at: 0 };
    let head = read_part(&mut file, "the head of the entry");
    let head = head.map_err(|error| damaged(run_id, error.to_string()))?;
    let entry: LogEntry =
        serde_json::from_slice(&head).map_err(|error| damaged(run_id, error.to_string()))?;
    if entry.run_id != run_id.as_str() {
        return Err(StoreError::damaged(run_id, Damage::Name { seen: entry.run_id }));
    }
    if entry.format > FORMAT {
        return Err(damaged(
            run_id,
            format!("format {} of the log is newer than this program's", entry.format),
        ));
    }
    Ok((entry, file))
}

fn damaged(run_id: &RunId, reason: String) -> StoreError {
    StoreError::damaged(run_id, Damage::Decode { key: format!("{DIRECTORY}/{run_id}"), reason })
}

/// How many customers on the list an entry names.
pub(super) fn count(store: &Store, run_id: &RunId, list: &Forgotten) -> Result<u64, StoreError> {
    let mut rows = store.changes(run_id)?;
    let mut found = 0;
    while let Some(change) = rows.next().map_err(|error| damaged(run_id, error.to_string()))? {
        found += u64::from(list.contains(&change.customer_id));
    }
    Ok(found)
}

/// Takes the customers on the list out of every entry. One that cannot be read is written anew from its run, and
/// goes where the run is not kept, as nobody can say whom it names; those are given back. That of a run that an erasure has given another name goes too. The caller holds the lock.
pub(super) fn erase(store: &Store, list: &Forgotten) -> Result<Vec<RunId>, StoreError> {
    let (kept, mut discarded) = (store.run_ids()?, Vec::new());
    for run_id in names(store)? {
        if !kept.contains(&run_id) && kept.iter().any(|run| run.moment() == run_id.moment()) {
            remove(store, &run_id)?;
            continue;
        }
        match erase_from(store, &run_id, list) {
            Err(StoreError::Damaged { .. }) => {
                remove(store, &run_id)?;
                if kept.contains(&run_id) {
                    write(store, &run_id, &store.load(&run_id)?)?;
                } else {
                    discarded.push(run_id);
                }
            }
            other => other?,
        }
    }
    Ok(discarded)
}

fn erase_from(store: &Store, run_id: &RunId, list: &Forgotten) -> Result<(), StoreError> {
    if count(store, run_id, list)? == 0 {
        return Ok(());
    }
    let path = path(store, run_id);
    let (entry, mut file) = open(store, run_id)?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).map_err(StoreError::io("read", &path))?;
    let changes = Changes::decode(&rest).map_err(|error| damaged(run_id, error.to_string()))?;
    put(store, run_id, &bytes(&entry, &changes.without(|id| list.contains(id))))
}

/// Removes the entries that are more than `days` older than the newest; those of runs that are kept stay.
pub(super) fn retire(store: &Store, days: u32) -> Result<(), StoreError> {
    for run_id in too_old(&names(store)?, days).filter(|run_id| !store.run_dir(run_id).is_dir()) {
        remove(store, run_id)?;
    }
    Ok(())
}

/// Those of the entries, oldest first, that are more than `days` older than the last.
pub(super) fn too_old(names: &[RunId], days: u32) -> impl Iterator<Item = &RunId> {
    let newest = names.last().and_then(RunId::day);
    names.iter().filter(move |run_id| match (run_id.day(), newest) {
        (Some(day), Some(newest)) => (newest - day).num_days() > i64::from(days),
        // A name that says no time was given by hand.
        _ => false,
    })
}

/// Takes an entry that was published elsewhere over: checked, and without the customers on the list.
#[cfg(feature = "bucket")]
pub(super) fn adopt(store: &Store, run_id: &RunId, bytes: &[u8], list: &Forgotten) -> Result<(), StoreError> {
    put(store, run_id, bytes)?;
    let checked = erase_from(store, run_id, list);
    if checked.is_err() {
        remove(store, run_id)?;
    }
    checked
}
