//! Erasure: customers leave every kept run, and stay out of later ones.

use super::error::StoreError;
use super::files::create_dir;
use super::forgotten::Forgotten;
use super::reader::OpenRun;
use super::staging::{Staging, Steps, discard, lock, point_to, stage_unless_there};
use super::{Store, log};
use crate::progress::Progress;
use crate::record::{RunId, Segment, Snapshot};
use crate::wording::description::description;

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erasure {
    /// Customers on the list now.
    pub listed: usize,
    /// Of those, how many this erasure added.
    pub added: usize,
    /// Every run kept, newest first.
    pub runs: Vec<ErasedRun>,
    /// Runs that could not be read, so that nobody could say who is in them: removed.
    pub discarded: Vec<RunId>,
    /// Entries of the movement log that could not be read, by their runs: removed for the same reason. No changes lead
    /// over them any more.
    pub entries_discarded: Vec<RunId>,
}

/// A run before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedRun {
    /// The run as it was called before.
    pub before: RunId,
    /// The run without the customers; the same when it had none of them.
    pub after: RunId,
    /// How many customers were removed.
    pub removed: u64,
    /// Whether it is the one to serve.
    pub current: bool,
    /// Whether it said what a campaign had brought and says it no more. The removed customers' spending is in those sums:
    /// kept beside those of a later run they would give it back.
    pub lift_removed: bool,
}

/// See [`Store::forget`].
pub(super) fn forget(store: &Store, ids: &[String], progress: &Progress) -> Result<Erasure, StoreError> {
    create_dir(&store.runs_dir())?;
    let _lock = lock(store)?;
    let mut list = Forgotten::read(store.root())?;
    let mut added = 0;
    for id in ids {
        added += usize::from(list.insert(id)?);
    }
    if list.is_empty() {
        return Ok(Erasure::default());
    }
    // Written first: whatever happens from here on, the erasure will be completed.
    list.erasing = true;
    list.write(store.root())?;
    let erasure = erase(store, &mut list, progress)?;
    Ok(Erasure { added, ..erasure })
}

/// Completes an erasure that was interrupted. The caller holds the lock.
pub(super) fn complete(store: &Store, progress: &Progress) -> Result<Forgotten, StoreError> {
    let mut list = Forgotten::read(store.root())?;
    if list.erasing {
        erase(store, &mut list, progress)?;
    }
    Ok(list)
}

/// Takes over what another store's list says, and erases whom it adds. The caller holds the lock.
#[cfg(feature = "bucket")]
pub(super) fn join(
    store: &Store,
    theirs: &Forgotten,
    progress: &Progress,
) -> Result<(Forgotten, Erasure), StoreError> {
    let mut list = Forgotten::read(store.root())?;
    let joined = list.join(theirs);
    list.erasing |= joined.forgets;
    if joined.changed {
        list.write(store.root())?;
    }
    let erasure = if list.erasing { erase(store, &mut list, progress)? } else { Erasure::default() };
    Ok((list, erasure))
}

/// See [`Store::lift`].
pub(super) fn lift(store: &Store, ids: &[String]) -> Result<Vec<bool>, StoreError> {
    create_dir(store.root())?;
    let _lock = lock(store)?;
    let mut list = complete(store, &Progress::silent())?;
    let lifted: Vec<bool> = ids.iter().map(|id| list.remove(id)).collect();
    if lifted.contains(&true) {
        list.write(store.root())?;
    }
    Ok(lifted)
}

fn erase(store: &Store, list: &mut Forgotten, progress: &Progress) -> Result<Erasure, StoreError> {
    let _staging = Staging::empty(store)?;
    let current = match store.current() {
        Err(StoreError::Pointer { .. }) => None,
        other => other?,
    };
    let mut erasure = Erasure { listed: list.len(), ..Erasure::default() };
    let all = store.run_ids()?;
    for (i, run_id) in all.iter().enumerate() {
        progress.check()?;
        progress.report("forget", i as u64, Some(all.len() as u64));
        let is_current = current.as_ref() == Some(run_id);
        match erase_from(store, run_id, is_current, list, progress) {
            Ok(run) => erasure.runs.push(run),
            // Nothing can be said of it, and nothing can be done with it either.
            Err(StoreError::Damaged { .. }) if !is_current => {
                discard(store, run_id)?;
                erasure.discarded.push(run_id.clone());
            }
            Err(error) => return Err(error),
        }
    }
    erasure.entries_discarded = log::erase(store, list)?;
    verify(store, list)?;
    list.erasing = false;
    list.write(store.root())?;
    progress.report("forget", all.len() as u64, Some(all.len() as u64));
    Ok(erasure)
}

fn erase_from(
    store: &Store,
    run_id: &RunId,
    current: bool,
    list: &Forgotten,
    progress: &Progress,
) -> Result<ErasedRun, StoreError> {
    let removed = count(store, run_id, list)?;
    if removed == 0 {
        let (before, after) = (run_id.clone(), run_id.clone());
        return Ok(ErasedRun { before, after, removed, current, lift_removed: false });
    }
    let snapshot = store.load(run_id)?;
    let had_lift = snapshot.manifest.lift.is_some();
    let without = filtered(&snapshot, list)?.unwrap_or(snapshot);
    let lift_removed = had_lift && without.manifest.lift.is_none();
    let after: RunId = without.manifest.run_id.parse()?;
    let mut steps = Steps::new(progress);
    stage_unless_there(store, &after, &without, progress, &mut steps)?;
    log::write(store, &after, &without)?;
    if current {
        point_to(store, &after, &mut steps)?;
    }
    discard(store, run_id)?;
    Ok(ErasedRun { before: run_id.clone(), after, removed, current, lift_removed })
}

/// How many of a run's customers, and of those whose changes it names, are on the list; read from the disk and verified.
pub(super) fn count(store: &Store, run_id: &RunId, list: &Forgotten) -> Result<u64, StoreError> {
    let mut found = 0;
    let run = OpenRun::open(store, run_id)?;
    let changes = run.changes()?;
    run.read(|block| {
        found += block.rows().filter(|row| list.contains(row.id)).count() as u64;
    })?;
    // Who moved or came is counted already.
    let left = changes.iter().flat_map(|changes| &changes.rows).filter(|change| change.to.is_none());
    Ok(found + left.filter(|change| list.contains(&change.customer_id)).count() as u64)
}

/// What the store promises after an erasure, looked up in what is on the disk.
fn verify(store: &Store, list: &Forgotten) -> Result<(), StoreError> {
    for run_id in store.run_ids()? {
        let customers = count(store, &run_id, list)?;
        if customers > 0 {
            return Err(StoreError::NotErased { run_id, customers });
        }
    }
    for run_id in log::names(store)? {
        let customers = log::count(store, &run_id, list)?;
        if customers > 0 {
            return Err(StoreError::NotErased { run_id, customers });
        }
    }
    Ok(())
}

/// The snapshot without the customers on the list; `None` when it has none of them.
pub(super) fn filtered(snapshot: &Snapshot, list: &Forgotten) -> Result<Option<Snapshot>, StoreError> {
    if list.is_empty() {
        return Ok(None);
    }
    let Some(mut without) = snapshot.without(|id| list.contains(id))? else { return Ok(None) };
    if describe_anew(&snapshot.segments, &mut without.segments) {
        without.seal()?;
    }
    Ok(Some(without))
}

/// Makes the sentences of the segments whose medians have changed anew, so that none holds a figure of those who are gone.
/// Whether there were any.
fn describe_anew(before: &[Segment], after: &mut [Segment]) -> bool {
    let mut is_changed = false;
    for (before, after) in before.iter().zip(after) {
        if before.features != after.features {
            after.description = description(&after.features);
            is_changed = true;
        }
    }
    is_changed
}
