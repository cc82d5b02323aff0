//! Publishing: a new run becomes current all at once or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::block::Block;
use super::error::StoreError;
use super::files::{create_dir, remove_closed, rename, sync_dir, sync_tree, write_durably};
use super::forgotten::Forgotten;
use super::lock::Lock;
use super::reader::OpenRun;
use super::run_id::RunId;
use super::{Store, checksums, database, erase};
use crate::progress::Progress;
use crate::snapshot::Snapshot;

/// How to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishOptions {
    /// Number of runs to keep, the newest; the current one always stays. Default 5.
    pub keep: usize,
}

impl Default for PublishOptions {
    fn default() -> Self {
        Self { keep: 5 }
    }
}

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

    fn next(&mut self) -> Result<(), StoreError> {
        self.progress.check()?;
        self.progress.report("publish", self.done, Some(STEPS));
        self.done += 1;
        Ok(())
    }
}

/// Writes `snapshot` and makes it current: see [`Store::publish`].
pub(super) fn publish(
    store: &Store,
    snapshot: &Snapshot,
    options: &PublishOptions,
    progress: &Progress,
) -> Result<RunId, StoreError> {
    let mut steps = Steps::new(progress);
    steps.next()?;
    snapshot.validate()?;
    create_dir(&store.runs_dir())?;
    let _lock = lock(store)?;
    let filtered = erase::filtered(snapshot, &Forgotten::read(store.root())?)?;
    let snapshot = filtered.as_ref().unwrap_or(snapshot);
    let run_id: RunId = snapshot.manifest.run_id.parse()?;
    let _staging = Staging::empty(store)?;
    stage_unless_there(store, &run_id, snapshot, progress, &mut steps)?;
    steps.next()?;
    point_to(store, &run_id, &mut steps)?;
    erase::complete(store, progress)?;
    retire(store, options.keep.max(1))?;
    progress.report("publish", STEPS, Some(STEPS));
    Ok(run_id)
}

/// A run of the same second and content was published before: only the pointer has to move. A
/// damaged one is replaced.
fn already_there(store: &Store, run_id: &RunId) -> bool {
    OpenRun::open(store, run_id).and_then(|run| run.read(drop)).is_ok()
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
    stage(
        store,
        run_id,
        steps,
        |staged, steps| {
            database::write(staged, snapshot, progress)?;
            steps.next()?;
            checksums::write(staged)
        },
        drop,
    )?;
    move_in(store, run_id, steps)
}

/// Lets `fill` write a run's files among the unfinished ones, then reads the run back from there,
/// handing its blocks to `each`.
fn stage<E: From<StoreError>>(
    store: &Store,
    run_id: &RunId,
    steps: &mut Steps<'_>,
    fill: impl FnOnce(&Path, &mut Steps<'_>) -> Result<(), E>,
    each: impl FnMut(Block),
) -> Result<(), E> {
    let staged = store.staging_dir().join(run_id.as_str());
    create_dir(&staged)?;
    steps.next()?;
    fill(&staged, steps)?;
    steps.next()?;
    sync_tree(&staged)?;
    steps.next()?;
    // What will be served is what was read back, not what was meant to be written.
    OpenRun::open(&store.staged(), run_id)?.read(each)?;
    Ok(())
}

/// Renames a staged and verified run to where runs are.
fn move_in(store: &Store, run_id: &RunId, steps: &mut Steps<'_>) -> Result<(), StoreError> {
    steps.next()?;
    let target = store.run_dir(run_id);
    if target.exists() {
        discard(store, run_id)?;
    }
    rename(&store.staging_dir().join(run_id.as_str()), &target)?;
    sync_dir(&store.runs_dir())?;
    sync_dir(&store.staging_dir())
}

/// Makes a run that was published elsewhere current here, on the path of [`publish`]; `fill` writes its
/// files. Customers on this store's list or on `theirs` do not come in with it: a run that holds some
/// is replaced by the run without them. Returns the run that is current now.
#[cfg(feature = "bucket")]
pub(super) fn adopt<E: From<StoreError>>(
    store: &Store,
    run_id: &RunId,
    theirs: &Forgotten,
    options: &PublishOptions,
    progress: &Progress,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<RunId, E> {
    let mut steps = Steps::new(progress);
    steps.next()?;
    create_dir(&store.runs_dir())?;
    let _lock = lock(store)?;
    let (list, _) = erase::join(store, theirs, progress)?;
    let _staging = Staging::empty(store)?;
    let mut adopted = run_id.clone();
    if !already_there(store, run_id) {
        let mut listed = 0;
        let count = |block: Block| listed += block.rows().filter(|row| list.contains(row.id)).count();
        stage(store, run_id, &mut steps, |staged, _| fill(staged), count)?;
        if listed == 0 {
            move_in(store, run_id, &mut steps)?;
        } else {
            let whole = store.staged().load(run_id)?;
            clear_staging(store)?;
            let without = erase::filtered(&whole, &list)?.unwrap_or(whole);
            adopted = without.manifest.run_id.parse().map_err(StoreError::from)?;
            stage_unless_there(store, &adopted, &without, progress, &mut steps)?;
        }
    }
    if store.current().ok().flatten().as_ref() != Some(&adopted) {
        point_to(store, &adopted, &mut steps)?;
    }
    retire(store, options.keep.max(1))?;
    progress.report("publish", STEPS, Some(STEPS));
    Ok(adopted)
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

/// Makes `run_id` current once all of it was read and verified: see [`Store::rollback`].
pub(super) fn roll_back(store: &Store, run_id: Option<&RunId>) -> Result<RunId, StoreError> {
    if !store.runs_dir().is_dir() {
        return Err(StoreError::NoRun { root: store.root().to_owned() });
    }
    let _lock = lock(store)?;
    let target = match run_id {
        Some(run_id) => {
            OpenRun::open(store, run_id)?.read(drop)?;
            run_id.clone()
        }
        None => before_current(store)?,
    };
    let progress = Progress::silent();
    point_to(store, &target, &mut Steps::new(&progress))?;
    // The run may be one that an interrupted erasure has still to rewrite.
    erase::complete(store, &progress)?;
    Ok(store.current()?.unwrap_or(target))
}

/// The newest readable run older than the current one; the newest of all when no pointer can be read.
fn before_current(store: &Store) -> Result<RunId, StoreError> {
    let current = match store.current() {
        Err(StoreError::Pointer { .. }) => None,
        other => other?,
    };
    let older = store.run_ids()?.into_iter().filter(|id| current.as_ref().is_none_or(|current| id < current));
    let mut readable = older.filter(|id| already_there(store, id));
    readable.next().ok_or(StoreError::NothingBefore { current })
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

fn clear_staging(store: &Store) -> Result<(), StoreError> {
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

/// Removes all but the newest `keep` runs; never the current one.
fn retire(store: &Store, keep: usize) -> Result<(), StoreError> {
    let current = store.current()?;
    for run_id in store.run_ids()?.iter().skip(keep).filter(|id| Some(*id) != current.as_ref()) {
        discard(store, run_id)?;
    }
    Ok(())
}
