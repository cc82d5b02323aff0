//! Up: list of the forgotten, files, checksums, pointer, in this order.

use std::collections::BTreeMap;

use object_store::UpdateVersion;

use self::upload::upload;
use super::objects::Swap;
use super::{Bucket, BucketError, POINTER, Upload, Versioned, log, object_name};
use crate::progress::Progress;
use crate::store::error::StoreError;
use crate::store::forgotten::{self, Forgotten};
use crate::store::{Erasure, RunId, Store, checksums, erase, staging};

mod upload;

/// How often a push begins anew because somebody else changed the list of the forgotten meanwhile.
const ATTEMPTS: usize = 5;

/// How to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOptions {
    /// Number of runs to keep in the bucket, the newest; the current one always stays. Default 5.
    pub keep: usize,
    /// Whether to send every file again, also those that are there.
    pub overwrite: bool,
    /// Days that the movement log is kept, counted back from the newest entry. Default 400.
    pub log_days: u32,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self { keep: 5, overwrite: false, log_days: 400 }
    }
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The run the bucket points to now.
    pub run_id: RunId,
    /// The run it pointed to before, where there was one.
    pub before: Option<RunId>,
    /// Files that were sent; the others were there.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Runs that were removed from the bucket: too old, or not known to be free of forgotten customers.
    pub removed: Vec<RunId>,
}

/// See [`Bucket::push`].
pub(super) fn push(
    bucket: &Bucket,
    store: &Store,
    run_id: Option<&RunId>,
    options: &PushOptions,
    progress: &Progress,
) -> Result<Pushed, BucketError> {
    if !store.runs_dir().is_dir() {
        return Err(StoreError::NoRun { root: store.root().to_owned() }.into());
    }
    let _store_lock = staging::lock(store)?;
    let _bucket_lock = bucket.lock()?;
    let mut erased = Erased::default();
    for _ in 0..ATTEMPTS {
        if let Some(pushed) = attempt(bucket, store, run_id, &mut erased, options, progress)? {
            return Ok(pushed);
        }
    }
    Err(BucketError::Conflict { url: bucket.url.clone(), seen: None })
}

/// `None` when the bucket's list of forgotten customers changed on the way: what was pushed may hold some
/// of them, and has to be pushed anew.
fn attempt(
    bucket: &Bucket,
    store: &Store,
    run_id: Option<&RunId>,
    erased: &mut Erased,
    options: &PushOptions,
    progress: &Progress,
) -> Result<Option<Pushed>, BucketError> {
    let there = bucket.forgotten()?;
    let theirs = there.as_ref().map(|list| list.value.clone()).unwrap_or_default();
    let (ours, erasure) = erase::join(store, &theirs, progress)?;
    erased.add(erasure);
    let run_id = match run_id {
        Some(run_id) => erased.name_now(run_id),
        None => store.current()?.ok_or_else(|| StoreError::NoRun { root: store.root().to_owned() })?,
    };
    // What was damaged on this disk must not get out.
    store.verify(&run_id)?;
    let pointer = bucket.pointer()?;
    let Some(list) = push_list(bucket, there, &ours)? else { return Ok(None) };
    let (files, bytes) = upload(bucket, store, &run_id, options.overwrite, progress)?;
    bucket.sync_run(&run_id)?;
    log::push(bucket, store)?;
    let before = pointer.as_ref().map(|pointer| pointer.value.clone());
    move_pointer(bucket, &run_id, pointer)?;
    let removed = match clear(bucket, store, &run_id, erased, list, options) {
        Err(error @ BucketError::Conflict { .. }) => return Err(error),
        Err(error) => {
            let (url, source) = (bucket.url.clone(), Box::new(error));
            return Err(BucketError::Uncleared { url, run_id, source });
        }
        Ok(removed) => removed,
    };
    Ok(removed.map(|removed| Pushed { run_id, before, files, bytes, removed }))
}

/// What all attempts of a push have erased in the store.
#[derive(Default)]
struct Erased {
    /// Runs by the name they had with the forgotten in them, and the name without.
    renamed: Vec<(RunId, RunId)>,
    discarded: Vec<RunId>,
}

impl Erased {
    fn add(&mut self, erasure: Erasure) {
        let renamed = erasure.runs.into_iter().filter(|run| run.before != run.after);
        self.renamed.extend(renamed.map(|run| (run.before, run.after)));
        self.discarded.extend(erasure.discarded);
    }

    fn name_now(&self, run_id: &RunId) -> RunId {
        let renames = self.renamed.iter();
        renames.fold(run_id, |name, (before, after)| if name == before { after } else { name }).clone()
    }

    /// Whether a run of this name holds, or may hold, some of the forgotten.
    fn holds(&self, run_id: &RunId) -> bool {
        self.renamed.iter().any(|(before, _)| before == run_id) || self.discarded.contains(run_id)
    }
}

/// Puts what this store and the bucket know of forgotten customers into the bucket, marked as not done
/// where runs may be there that hold some. `None` when somebody else was there first.
fn push_list(
    bucket: &Bucket,
    there: Option<Versioned<Forgotten>>,
    ours: &Forgotten,
) -> Result<Option<Versioned<Forgotten>>, BucketError> {
    let (mut list, version) = match there {
        Some(there) if there.value.says_the_same(ours) => return Ok(Some(there)),
        Some(there) => (there.value, Some(there.version)),
        None => (Forgotten::default(), None),
    };
    list.erasing |= list.join(ours).forgets;
    put_list(bucket, list, version.as_ref())
}

fn put_list(
    bucket: &Bucket,
    value: Forgotten,
    seen: Option<&UpdateVersion>,
) -> Result<Option<Versioned<Forgotten>>, BucketError> {
    match bucket.swap(forgotten::FILE, value.text().as_bytes(), seen)? {
        Swap::Done(version) => Ok(Some(Versioned { value, version })),
        Swap::Lost => Ok(None),
    }
}

fn move_pointer(bucket: &Bucket, run_id: &RunId, seen: Option<Versioned<RunId>>) -> Result<(), BucketError> {
    if seen.as_ref().is_some_and(|seen| seen.value == *run_id) {
        return Ok(());
    }
    let version = seen.map(|seen| seen.version);
    match bucket.swap(POINTER, format!("{run_id}\n").as_bytes(), version.as_ref())? {
        Swap::Done(_) => Ok(()),
        Swap::Lost => Err(conflict(bucket)?),
    }
}

fn conflict(bucket: &Bucket) -> Result<BucketError, BucketError> {
    let seen = bucket.pointer()?.map(|pointer| pointer.value);
    Ok(BucketError::Conflict { url: bucket.url.clone(), seen })
}

/// Removes from the bucket what must not or need not stay. `None` when somebody else changed the bucket's
/// list, or its pointer, before an erasure was complete.
fn clear(
    bucket: &Bucket,
    store: &Store,
    run_id: &RunId,
    erased: &Erased,
    list: Versioned<Forgotten>,
    options: &PushOptions,
) -> Result<Option<Vec<RunId>>, BucketError> {
    if bucket.forgotten()?.is_none_or(|now| now.version != list.version) {
        return Ok(None);
    }
    let mut runs = bucket.listed()?;
    // Read after the list was written: who moves the pointer from now on has seen the list.
    let served = bucket.pointer()?.map(|pointer| pointer.value);
    let mut removed = Vec::new();
    if list.value.erasing {
        if served.as_ref() != Some(run_id) {
            return Err(conflict(bucket)?);
        }
        // Of this store's own runs it is known that they hold none of the forgotten.
        let known = store.run_ids()?;
        for (run, _) in runs.extract_if(.., |run, _| run != run_id && !known.contains(run)) {
            remove_run(bucket, &run)?;
            removed.push(run);
        }
        log::clear(bucket, store, options.log_days, true)?;
        let mut done = list.value;
        done.erasing = false;
        if put_list(bucket, done, Some(&list.version))?.is_none() {
            return Ok(None);
        }
    }
    // Another publisher may have gone back to a run that is old.
    let stay = [Some(run_id), served.as_ref()];
    // Whoever completed the erasure did not see a run of this store that was just on its way there.
    for (run, _) in runs.extract_if(.., |run, _| erased.holds(run) && !stay.contains(&Some(run))) {
        remove_run(bucket, &run)?;
        removed.push(run);
    }
    for run in superfluous(&runs, options.keep.max(1)).filter(|run| !stay.contains(&Some(run))) {
        remove_run(bucket, run)?;
        removed.push(run.clone());
    }
    log::clear(bucket, store, options.log_days, false)?;
    Ok(Some(removed))
}

/// The runs before the newest `keep` whole ones, newest first. Of half uploaded ones, which are no use to
/// anybody, those after them stay: they may just be on their way.
fn superfluous(runs: &BTreeMap<RunId, Upload>, keep: usize) -> impl Iterator<Item = &RunId> {
    let mut whole = 0;
    runs.iter().rev().filter_map(move |(run, upload)| {
        let before = whole >= keep;
        whole += usize::from(*upload == Upload::Whole);
        before.then_some(run)
    })
}

/// The list of checksums first: from then on the run is not whole for anybody.
fn remove_run(bucket: &Bucket, run_id: &RunId) -> Result<(), BucketError> {
    bucket.remove(&[object_name(run_id, checksums::FILE)])?;
    let files = bucket.list(&object_name(run_id, ""))?;
    let names: Vec<_> = files.into_iter().map(|(name, _)| object_name(run_id, &name)).collect();
    bucket.remove(&names)?;
    bucket.remove_leftovers(run_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_uploaded_runs_are_not_counted_and_go_with_the_whole_ones_after_them() {
        let id = |day: u32| format!("202601{day:02}T000000000Z-00000000").parse::<RunId>().expect("an id");
        let (half, whole) = (Upload::Half, Upload::Whole);
        let uploads = [(1, whole), (2, half), (3, whole), (4, half), (5, whole), (6, half)];
        let runs: BTreeMap<_, _> = uploads.into_iter().map(|(day, upload)| (id(day), upload)).collect();
        let days = |keep: usize| superfluous(&runs, keep).cloned().collect::<Vec<_>>();
        assert_eq!(days(1), [4, 3, 2, 1].map(id));
        assert_eq!(days(2), [2, 1].map(id));
        assert_eq!(days(3), []);
    }

    #[test]
    fn a_run_that_another_publisher_has_gone_back_to_meanwhile_stays() {
        let dir = tempfile::tempdir().expect("a directory");
        let bucket = Bucket::at(&format!("file://{}", dir.path().display())).expect("an address");
        let store = Store::at(dir.path().join("store"));
        std::fs::create_dir_all(store.runs_dir()).expect("created");
        let [old, served, new] = [1, 2, 3].map(|day| {
            let run_id: RunId = format!("202601{day:02}T000000000Z-00000000").parse().expect("an id");
            let name = object_name(&run_id, checksums::FILE);
            bucket.runtime.block_on(bucket.put_always(&name, b"list".to_vec())).expect("written");
            run_id
        });
        let Ok(Some(list)) = put_list(&bucket, Forgotten::default(), None) else { panic!("the list is new") };
        std::fs::write(dir.path().join(POINTER), format!("{served}\n")).expect("written");
        let options = PushOptions { keep: 1, ..PushOptions::default() };
        let removed = clear(&bucket, &store, &new, &Erased::default(), list, &options).expect("cleared");
        assert_eq!(removed, Some(vec![old]));
        assert_eq!(bucket.runs().expect("listed"), [new, served]);
    }
}
