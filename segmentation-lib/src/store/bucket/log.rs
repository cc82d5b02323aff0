//! The movement log in a bucket: `<url>/changes/<run id>`, an object an entry.
//!
//! An entry changes by erasure alone, which takes rows out of it: of two that differ the smaller one is right.

use std::collections::BTreeMap;

use super::{Bucket, BucketError};
use crate::regular_file;
use crate::store::error::StoreError;
use crate::store::forgotten::Forgotten;
use crate::store::log::{self, DIRECTORY};
use crate::store::{RunId, Store};

fn object(run_id: &RunId) -> String {
    format!("{DIRECTORY}/{run_id}")
}

/// The entries in the bucket with their sizes in bytes.
fn listed(bucket: &Bucket) -> Result<BTreeMap<RunId, u64>, BucketError> {
    let objects = bucket.list(DIRECTORY)?.into_iter();
    Ok(objects.filter_map(|(name, size)| Some((name.parse().ok()?, size))).collect())
}

/// Bytes of an entry of the store; `None` where it has none of this run.
fn size(store: &Store, run_id: &RunId) -> Option<u64> {
    log::path(store, run_id).metadata().ok().map(|metadata| metadata.len())
}

/// Sends the entries that the bucket has not, or not yet without those who were forgotten.
pub(super) fn push(bucket: &Bucket, store: &Store) -> Result<(), BucketError> {
    let there = listed(bucket)?;
    let missing =
        log::names(store)?.into_iter().filter(|run_id| match (there.get(run_id), size(store, run_id)) {
            (None, Some(_)) => true,
            (Some(theirs), Some(ours)) => ours < *theirs,
            (_, None) => false,
        });
    bucket.for_each(missing, |run_id| async move {
        let path = log::path(store, &run_id);
        let bytes = regular_file::read_whole(&path).map_err(StoreError::io("read", &path))?;
        bucket.put_always(&object(&run_id), bytes).await
    })
}

/// Removes from the bucket the entries that are too old, and with `only_ours` those that this store does not know to
/// be free of the forgotten.
pub(super) fn clear(bucket: &Bucket, store: &Store, days: u32, only_ours: bool) -> Result<(), BucketError> {
    let there = listed(bucket)?;
    let ours = log::names(store)?;
    let names: Vec<RunId> = there.keys().cloned().collect();
    let old = log::too_old(&names, days);
    let unknown = names.iter().filter(|run_id| only_ours && !ours.contains(run_id));
    let gone: Vec<String> = old.filter(|run_id| !ours.contains(run_id)).chain(unknown).map(object).collect();
    bucket.remove(&gone)
}

/// Takes over the entries that the store has not, or not yet without those who were forgotten. What an erasure has
/// renamed there goes here.
pub(super) fn pull(bucket: &Bucket, store: &Store, list: &Forgotten) -> Result<(), BucketError> {
    let there = listed(bucket)?;
    for run_id in log::names(store)?.iter().filter(|run_id| !there.contains_key(run_id)) {
        if there.keys().any(|theirs| theirs.moment() == run_id.moment()) {
            log::remove(store, run_id)?;
        }
    }
    for (run_id, theirs) in there {
        if size(store, &run_id).is_some_and(|ours| ours <= theirs) {
            continue;
        }
        // One that was removed meanwhile is none.
        let Some(entry) = bucket.get(&object(&run_id))? else { continue };
        match log::adopt(store, &run_id, &entry.value, list) {
            Err(error @ StoreError::Damaged { .. }) => return Err(bucket.damaged(&run_id, error)),
            other => other?,
        }
    }
    Ok(())
}
