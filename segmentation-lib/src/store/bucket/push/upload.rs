//! A run's files on their way into the bucket.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::super::{Bucket, BucketError, Counted, PART, object_name};
use crate::progress::Progress;
use crate::record::hex;
use crate::regular_file;
use crate::store::error::{Damage, StoreError};
use crate::store::{RunId, Store, checksums};

/// A file of a run in the store.
struct Outgoing {
    path: PathBuf,
    name: String,
    /// SHA-256 of its bytes, as listed.
    expected: String,
    size: u64,
}

/// Sends the run's files, several at a time, then the list of their checksums: a run without one is not
/// whole. Reports as `push`, in files. Gives the number of files sent and their bytes. Memory is a part of
/// each file under way.
pub(super) fn upload(
    bucket: &Bucket,
    store: &Store,
    run_id: &RunId,
    overwrite: bool,
    progress: &Progress,
) -> Result<(usize, u64), BucketError> {
    let dir = store.run_dir(run_id);
    let list = checksums::read(run_id, &dir)?;
    // The same run written by another store: its files differ, what they say does not.
    let Some(there) = already_there(bucket, run_id, &list, overwrite)? else { return Ok((0, 0)) };
    let mut files = outgoing(run_id, &dir, &list)?;
    files.retain(|file| there.get(&file.name) != Some(&file.size));
    let (sent, bytes) = (files.len(), files.iter().map(|file| file.size).sum());
    let counted = Counted::start("push", sent, progress)?;
    let (large, small): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.size > PART);
    bucket.for_each(&small, |file| {
        let counted = &counted;
        async move {
            progress.check()?;
            send(bucket, run_id, file).await?;
            counted.one_more()
        }
    })?;
    for file in &large {
        send_parts(bucket, run_id, file, progress)?;
        counted.one_more()?;
    }
    if sent > 0 || !there.contains_key(checksums::FILE) {
        let name = object_name(run_id, checksums::FILE);
        bucket.runtime.block_on(bucket.put_always(&name, list))?;
    }
    Ok((sent, bytes))
}

fn outgoing(run_id: &RunId, dir: &Path, list: &[u8]) -> Result<Vec<Outgoing>, StoreError> {
    let file = |(expected, name): (String, String)| {
        let path = dir.join(&name);
        let size = path.metadata().map_err(StoreError::io("look at", &path))?.len();
        Ok(Outgoing { path, name, expected, size })
    };
    checksums::parse(run_id, list)?.into_iter().map(file).collect()
}

/// The run's files in the bucket with their sizes, as far as they need not be sent again: none of a run
/// without its list, which may have been left half uploaded by another store. `None` where all of it is
/// there as another store has written it. The list of a run that is to be overwritten goes first: from then
/// on it is not whole for anybody, until all of it is this store's.
fn already_there(
    bucket: &Bucket,
    run_id: &RunId,
    ours: &[u8],
    overwrite: bool,
) -> Result<Option<BTreeMap<String, u64>>, BucketError> {
    let name = object_name(run_id, checksums::FILE);
    let Some(list) = bucket.get(&name)? else {
        return Ok(Some(BTreeMap::new()));
    };
    if !overwrite {
        let there: BTreeMap<String, u64> = bucket.list(&object_name(run_id, ""))?.into_iter().collect();
        if list.value == ours {
            return Ok(Some(there));
        }
        let whole = checksums::parse(run_id, &list.value)
            .is_ok_and(|files| files.iter().all(|(_, name)| there.contains_key(name)));
        if whole {
            return Ok(None);
        }
    }
    bucket.remove(&[name])?;
    Ok(Some(BTreeMap::new()))
}

/// Sends one file, and nothing of it where its bytes are not those listed.
async fn send(bucket: &Bucket, run_id: &RunId, file: &Outgoing) -> Result<(), BucketError> {
    let bytes = regular_file::read_whole(&file.path).map_err(StoreError::io("read", &file.path))?;
    as_listed(run_id, file, hex(&Sha256::digest(&bytes)))?;
    bucket.put_always(&object_name(run_id, &file.name), bytes).await
}

/// The same part by part.
fn send_parts(
    bucket: &Bucket,
    run_id: &RunId,
    file: &Outgoing,
    progress: &Progress,
) -> Result<(), BucketError> {
    let mut from = regular_file::open(&file.path).map_err(StoreError::io("open", &file.path))?;
    let mut hasher = Sha256::new();
    bucket.put_parts(&object_name(run_id, &file.name), || {
        progress.check()?;
        let mut part = Vec::new();
        from.by_ref().take(PART).read_to_end(&mut part).map_err(StoreError::io("read", &file.path))?;
        if part.is_empty() {
            as_listed(run_id, file, hex(&hasher.finalize_reset()))?;
            return Ok(None);
        }
        hasher.update(&part);
        Ok(Some(part))
    })
}

fn as_listed(run_id: &RunId, file: &Outgoing, seen: String) -> Result<(), StoreError> {
    if seen == file.expected {
        return Ok(());
    }
    let what = Damage::File { name: file.name.clone(), seen, expected: file.expected.clone() };
    Err(StoreError::damaged(run_id, what))
}
