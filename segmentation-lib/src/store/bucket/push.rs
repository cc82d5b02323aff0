//! Up: list of the forgotten, files, checksums, pointer, in this order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use object_store::UpdateVersion;
use sha2::{Digest, Sha256};

use super::objects::Swap;
use super::{Bucket, BucketError, PART, POINTER, Versioned, object_name};
use crate::progress::Progress;
use crate::snapshot::hex;
use crate::store::error::{Damage, StoreError};
use crate::store::forgotten::{self, Forgotten};
use crate::store::{Erasure, OpenRun, RunId, Store, checksums, erase, publish};

/// How often a push begins anew because somebody else changed the list of the forgotten meanwhile.
const ATTEMPTS: usize = 5;

/// How to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOptions {
    /// Number of runs to keep in the bucket, the newest; the current one always stays. Default 5.
    pub keep: usize,
    /// Whether to send every file again, also those that are there.
    pub overwrite: bool,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self { keep: 5, overwrite: false }
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
    let _store_lock = publish::lock(store)?;
    let _bucket_lock = bucket.lock()?;
    for _ in 0..ATTEMPTS {
        if let Some(pushed) = attempt(bucket, store, run_id, options, progress)? {
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
    options: &PushOptions,
    progress: &Progress,
) -> Result<Option<Pushed>, BucketError> {
    let there = bucket.forgotten()?;
    let theirs = there.as_ref().map(|list| list.value.clone()).unwrap_or_default();
    let (ours, erasure) = erase::join(store, &theirs, progress)?;
    let run_id = to_push(store, run_id, &erasure)?;
    // What was damaged on this disk must not get out.
    OpenRun::open(store, &run_id)?.read(drop)?;
    let pointer = bucket.pointer()?;
    let Some(list) = push_list(bucket, there, &ours)? else { return Ok(None) };
    let (files, bytes) = upload(bucket, store, &run_id, options.overwrite, progress)?;
    let before = pointer.as_ref().map(|pointer| pointer.value.clone());
    move_pointer(bucket, &run_id, pointer)?;
    match bucket.forgotten()? {
        Some(now) if now.version == list.version => {}
        _ => return Ok(None),
    }
    let Some(removed) = clean(bucket, store, &run_id, list, options.keep.max(1))? else { return Ok(None) };
    Ok(Some(Pushed { run_id, before, files, bytes, removed }))
}

/// The run asked for, by its new name where the erasure has given it one.
fn to_push(store: &Store, run_id: Option<&RunId>, erasure: &Erasure) -> Result<RunId, StoreError> {
    let Some(run_id) = run_id else {
        return store.current()?.ok_or_else(|| StoreError::NoRun { root: store.root().to_owned() });
    };
    let renamed = erasure.runs.iter().find(|run| run.before == *run_id).map(|run| run.after.clone());
    Ok(renamed.unwrap_or_else(|| run_id.clone()))
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

/// Sends the run's files, then the list of their checksums: a run without one is not whole. Reports as
/// `push`, in bytes of the file at hand. Gives the number of files sent and their bytes.
fn upload(
    bucket: &Bucket,
    store: &Store,
    run_id: &RunId,
    overwrite: bool,
    progress: &Progress,
) -> Result<(usize, u64), BucketError> {
    let dir = store.run_dir(run_id);
    let list = checksums::read(run_id, &dir)?;
    let files = checksums::parse(run_id, &list)?;
    let there = if overwrite { Some(BTreeMap::new()) } else { already_there(bucket, run_id, &list)? };
    // The same run written by another store: its files differ, what they say does not.
    let Some(there) = there else { return Ok((0, 0)) };
    let (mut sent, mut bytes) = (0, 0);
    for (expected, name) in &files {
        let path = dir.join(name);
        let size = path.metadata().map_err(StoreError::io("look at", &path))?.len();
        if there.get(name) == Some(&size) {
            continue;
        }
        send(bucket, run_id, &path, (name, expected), size, progress)?;
        sent += 1;
        bytes += size;
    }
    if sent > 0 || !there.contains_key(checksums::FILE) {
        bucket.put_always(&object_name(run_id, checksums::FILE), &list)?;
    }
    Ok((sent, bytes))
}

/// The run's files in the bucket with their sizes, as far as they need not be sent again: none of a run
/// without its list, which may have been left half uploaded by another store. `None` where all of it is
/// there as another store has written it.
fn already_there(
    bucket: &Bucket,
    run_id: &RunId,
    ours: &[u8],
) -> Result<Option<BTreeMap<String, u64>>, BucketError> {
    let Some(list) = bucket.get(&object_name(run_id, checksums::FILE))? else {
        return Ok(Some(BTreeMap::new()));
    };
    let there: BTreeMap<String, u64> = bucket.list(&object_name(run_id, ""))?.into_iter().collect();
    if list.value == ours {
        return Ok(Some(there));
    }
    let whole = checksums::parse(run_id, &list.value)
        .is_ok_and(|files| files.iter().all(|(_, name)| there.contains_key(name)));
    Ok(if whole { None } else { Some(BTreeMap::new()) })
}

/// Sends one file, and nothing of it where its bytes are not those listed.
fn send(
    bucket: &Bucket,
    run_id: &RunId,
    path: &Path,
    (name, expected): (&str, &str),
    size: u64,
    progress: &Progress,
) -> Result<(), BucketError> {
    let mut file = File::open(path).map_err(StoreError::io("open", path))?;
    let (mut hasher, mut done) = (Sha256::new(), 0);
    let mut next = || -> Result<Option<Vec<u8>>, BucketError> {
        progress.check()?;
        progress.report("push", done, Some(size));
        let mut part = Vec::new();
        file.by_ref().take(PART).read_to_end(&mut part).map_err(StoreError::io("read", path))?;
        if !part.is_empty() {
            done += part.len() as u64;
            hasher.update(&part);
            return Ok(Some(part));
        }
        let seen = hex(&hasher.finalize_reset());
        if seen == expected {
            return Ok(None);
        }
        let what = Damage::File { name: name.to_owned(), seen, expected: expected.to_owned() };
        Err(StoreError::Damaged { run_id: run_id.clone(), what }.into())
    };
    let object = object_name(run_id, name);
    if size > PART {
        return bucket.put_parts(&object, next);
    }
    let whole = next()?.unwrap_or_default();
    while next()?.is_some() {}
    bucket.put_always(&object, &whole)
}

/// Removes from the bucket what must not or need not stay. `None` when somebody else changed the bucket's
/// list, or its pointer, before an erasure was complete.
fn clean(
    bucket: &Bucket,
    store: &Store,
    run_id: &RunId,
    list: Versioned<Forgotten>,
    keep: usize,
) -> Result<Option<Vec<RunId>>, BucketError> {
    let mut runs = bucket.runs()?;
    let mut removed = Vec::new();
    if list.value.erasing {
        // Read after the list was written: who moves the pointer from now on has seen the list.
        if bucket.pointer()?.is_none_or(|pointer| pointer.value != *run_id) {
            return Err(conflict(bucket)?);
        }
        // Of this store's own runs it is known that they hold none of the forgotten.
        let known = store.run_ids()?;
        for run in runs.extract_if(.., |run| *run != *run_id && !known.contains(run)) {
            remove_run(bucket, &run)?;
            removed.push(run);
        }
        let mut done = list.value;
        done.erasing = false;
        if put_list(bucket, done, Some(&list.version))?.is_none() {
            return Ok(None);
        }
    }
    for run in runs.into_iter().skip(keep).filter(|run| run != run_id) {
        remove_run(bucket, &run)?;
        removed.push(run);
    }
    Ok(Some(removed))
}

/// The list of checksums first: from then on the run is not whole for anybody.
fn remove_run(bucket: &Bucket, run_id: &RunId) -> Result<(), BucketError> {
    bucket.remove(&object_name(run_id, checksums::FILE))?;
    for (name, _) in bucket.list(&object_name(run_id, ""))? {
        bucket.remove(&object_name(run_id, &name))?;
    }
    Ok(())
}
