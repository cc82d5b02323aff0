//! The steps from a run in memory to the run that is served, which publishing and erasing share.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files::{create_dir, remove_closed, rename, sync_dir, sync_tree, write_durably};
use super::lock::Lock;
use super::reader::OpenRun;
use super::{Store, checksums, database, manifest};
use crate::progress::Progress;
use crate::record::RunId;
use crate::record::Snapshot;

/// Steps of a publish, each reported before it begins. A process that dies at any of them leaves
/// the run before it current.
const STEPS: u64 = 9;

/// Reports step after step, and stops at a cancelled one.
pub(super) struct Steps<'a> {
    progress: &'a Progress,
    done: u64,
}

impl<'a> Steps<'a> {
    pub(super) fn new(progress: &'a Progress) -> Self {
        Self { progress, done: 0 }
    }

    pub(super) fn next(&mut self) -> Result<(), StoreError> {
        self.progress.check()?;
        self.progress.report("publish", self.done, Some(STEPS));
        self.done += 1;
        Ok(())
    }

    /// Reports that all is done.
    pub(super) fn finish(self) {
        self.progress.report("publish", STEPS, Some(STEPS));
    }
}

/// Keeps other publishers out of the store while it lives.
pub(super) fn lock(store: &Store) -> Result<Lock, StoreError> {
    let lock = Lock::take(&store.root().join("LOCK"))?;
    lock.ok_or_else(|| StoreError::Locked { root: store.root().to_owned() })
}

/// The place of unfinished runs while its holder, who has the lock, writes there. What a failure leaves is
/// removed at once, so that a full disk is free again; what cannot be removed then, the next holder removes.
pub(super) struct Staging(PathBuf);

impl Staging {
    /// Removes what a killed process left.
    pub(super) fn empty(store: &Store) -> Result<Self, StoreError> {
        clear_staging(store)?;
        Ok(Self(store.staging_dir()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let left = fs::read_dir(&self.0).is_ok_and(|mut entries| entries.next().is_some());
        if left && remove_closed(&self.0) {
            // The next holder makes it, should it be missing.
            let _ = create_dir(&self.0);
        }
    }
}

/// Removes all that is unfinished.
pub(super) fn clear_staging(store: &Store) -> Result<(), StoreError> {
    remove_dir(&store.staging_dir())?;
    create_dir(&store.staging_dir())
}

fn remove_dir(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(StoreError::io("remove", path)),
    }
}

/// Takes a run out of the list at once, then removes it: a half-removed run is never listed.
pub(super) fn discard(store: &Store, run_id: &RunId) -> Result<(), StoreError> {
    let out = store.staging_dir().join(format!("removed-{run_id}"));
    rename(&store.run_dir(run_id), &out)?;
    remove_dir(&out)
}

/// A run of the same second and content was published before: only the pointer has to move. A
/// damaged one is replaced.
pub(super) fn already_there(store: &Store, run_id: &RunId) -> bool {
    store.verify(run_id).is_ok()
}

/// Writes and verifies a run, and renames it to where runs are.
pub(super) fn stage_unless_there(
    store: &Store,
    run_id: &RunId,
    snapshot: &Snapshot,
    progress: &Progress,
    steps: &mut Steps<'_>,
) -> Result<(), StoreError> {
    if already_there(store, run_id) {
        return Ok(());
    }
    stage(store, run_id, steps, |staged, steps| {
        database::write(staged, snapshot, progress)?;
        manifest::write(staged, &snapshot.manifest)?;
        steps.next()?;
        checksums::write(staged)
    })?;
    move_in(store, run_id, steps)
}

/// Lets `fill` write a run's files among the unfinished ones, then reads the run back from there.
pub(super) fn stage<E: From<StoreError>>(
    store: &Store,
    run_id: &RunId,
    steps: &mut Steps<'_>,
    fill: impl FnOnce(&Path, &mut Steps<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let staged = store.staging_dir().join(run_id.as_str());
    create_dir(&staged)?;
    steps.next()?;
    fill(&staged, steps)?;
    steps.next()?;
    sync_tree(&staged)?;
    steps.next()?;
    // What will be served is what was read back, not what was meant to be written.
    OpenRun::open(&store.staged(), run_id)?.read(drop)?;
    Ok(())
}

/// Renames a staged and verified run to where runs are.
pub(super) fn move_in(store: &Store, run_id: &RunId, steps: &mut Steps<'_>) -> Result<(), StoreError> {
    steps.next()?;
    let target = store.run_dir(run_id);
    if target.exists() {
        discard(store, run_id)?;
    }
    rename(&store.staging_dir().join(run_id.as_str()), &target)?;
    sync_dir(&store.runs_dir())?;
    sync_dir(&store.staging_dir())
}

/// Moves `CURRENT`, the one step that changes what is served. The caller holds the lock.
pub(super) fn point_to(store: &Store, run_id: &RunId, steps: &mut Steps<'_>) -> Result<(), StoreError> {
    let new = store.staging_dir().join("CURRENT");
    create_dir(&store.staging_dir())?;
    write_durably(&new, format!("{run_id}\n").as_bytes())?;
    steps.next()?;
    rename(&new, &store.pointer())?;
    steps.next()?;
    sync_dir(store.root())
}
