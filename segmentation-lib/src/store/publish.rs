//! Publishing: a new run becomes current all at once or not at all.

#[cfg(feature = "bucket")]
use std::path::Path;

use super::error::StoreError;
use super::files::create_dir;
use super::forgotten::Forgotten;
use super::staging::{Staging, Steps, already_there, discard, lock, point_to, stage_unless_there};
#[cfg(feature = "bucket")]
use super::staging::{clear_staging, move_in, stage};
use super::{Store, erase, log};
use crate::progress::Progress;
use crate::record::RunId;
use crate::record::Snapshot;

/// How to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishOptions {
    /// Number of runs to keep, the newest; the current one always stays, and the one from which its hold-outs are measured.
    /// Default 5.
    pub keep: usize,
    /// Days that the movement log is kept, counted back from the newest entry. Default 400.
    pub log_days: u32,
}

impl Default for PublishOptions {
    fn default() -> Self {
        Self { keep: 5, log_days: 400 }
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
    log::begin(store, snapshot.manifest.from_run.as_deref())?;
    log::write(store, &run_id, snapshot)?;
    point_to(store, &run_id, &mut steps)?;
    erase::complete(store, progress)?;
    retire(store, options)?;
    steps.finish();
    Ok(run_id)
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
    log_entries: impl FnOnce(&Forgotten) -> Result<(), E>,
) -> Result<RunId, E> {
    let mut steps = Steps::new(progress);
    steps.next()?;
    create_dir(&store.runs_dir())?;
    let _lock = lock(store)?;
    let (list, _) = erase::join(store, theirs, progress)?;
    let _staging = Staging::empty(store)?;
    let mut adopted = run_id.clone();
    if !already_there(store, run_id) {
        stage(store, run_id, &mut steps, |staged, _| fill(staged))?;
        if list.is_empty() || erase::count(&store.staged(), run_id, &list)? == 0 {
            move_in(store, run_id, &mut steps)?;
        } else {
            let whole = store.staged().load(run_id)?;
            clear_staging(store)?;
            let without = erase::filtered(&whole, &list)?.unwrap_or(whole);
            adopted = without.manifest.run_id.parse().map_err(StoreError::from)?;
            stage_unless_there(store, &adopted, &without, progress, &mut steps)?;
        }
    }
    log_entries(&list)?;
    if adopted != *run_id || !log::path(store, &adopted).is_file() {
        log::remove(store, run_id)?;
        log::write(store, &adopted, &store.load(&adopted)?)?;
    }
    if store.current().ok().flatten().as_ref() != Some(&adopted) {
        point_to(store, &adopted, &mut steps)?;
    }
    retire(store, options)?;
    steps.finish();
    Ok(adopted)
}

/// Makes `run_id` current once all of it was read and verified: see [`Store::rollback`].
pub(super) fn roll_back(store: &Store, run_id: Option<&RunId>) -> Result<RunId, StoreError> {
    if !store.runs_dir().is_dir() {
        return Err(StoreError::NoRun { root: store.root().to_owned() });
    }
    let _lock = lock(store)?;
    let target = match run_id {
        Some(run_id) => {
            store.verify(run_id)?;
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

/// Removes all but the newest runs that `options` keeps, never the current one nor the one that a campaign is measured
/// from, then the log that is too old.
fn retire(store: &Store, options: &PublishOptions) -> Result<(), StoreError> {
    let current = store.current()?;
    let start = match &current {
        Some(current) => campaign_start(store, current)?,
        None => None,
    };
    let old = store.run_ids()?.into_iter().skip(options.keep.max(1));
    for run_id in old.filter(|id| Some(id) != current.as_ref() && Some(id) != start.as_ref()) {
        discard(store, &run_id)?;
    }
    log::retire(store, options.log_days)
}

/// The earliest kept run that, like every kept one since, holds out customers by the same share and seed as the current one:
/// what the campaign brings is counted from it. None where nobody is held out; a run that cannot be read is passed over.
/// Cost: reading a small file of each kept run.
fn campaign_start(store: &Store, current: &RunId) -> Result<Option<RunId>, StoreError> {
    let held = |run_id: &RunId| {
        let manifest = store.manifest(run_id).ok()?;
        let named = |name: &str| manifest.parameters.get(name).cloned();
        Some((manifest.source.dataset.clone(), named("holdout"), named("holdout-seed")))
    };
    let Some(now) = held(current).filter(|(_, share, _)| share.is_some()) else { return Ok(None) };
    let before = store.run_ids()?.into_iter().filter(|id| id <= current);
    let readable = before.filter_map(|id| Some((held(&id)?, id)));
    Ok(readable.take_while(|(held, _)| *held == now).last().map(|(_, id)| id))
}
