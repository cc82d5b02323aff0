//! Down: a run's files into the staging directory, each compared with its checksum.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Bucket, BucketError, PART, object_name};
use crate::progress::Progress;
use crate::snapshot::hex;
use crate::store::error::{Damage, StoreError};
use crate::store::files::{create_dir, write_durably};
use crate::store::{RunId, checksums};

/// Downloads a run into `staged`. Reports as `pull`, in bytes of the file at hand. Memory is one part.
pub(super) fn download(
    bucket: &Bucket,
    run_id: &RunId,
    staged: &Path,
    progress: &Progress,
) -> Result<(), BucketError> {
    let missing = |name: &str| BucketError::Incomplete {
        url: bucket.url.clone(),
        run_id: run_id.clone(),
        name: name.to_owned(),
    };
    let list = bucket.get(&object_name(run_id, checksums::FILE))?.ok_or_else(|| missing(checksums::FILE))?;
    let files = checksums::parse(run_id, &list.value).map_err(|error| bucket.damaged(run_id, error))?;
    for (expected, name) in files {
        let size = bucket.size(&object_name(run_id, &name))?.ok_or_else(|| missing(&name))?;
        let seen = download_file(bucket, run_id, &name, size, staged, progress)?;
        if seen != expected {
            let what = Damage::File { name, seen, expected };
            return Err(BucketError::Damaged { url: bucket.url.clone(), run_id: run_id.clone(), what });
        }
    }
    Ok(write_durably(&staged.join(checksums::FILE), &list.value)?)
}

/// Gives the SHA-256 of what arrived.
fn download_file(
    bucket: &Bucket,
    run_id: &RunId,
    name: &str,
    size: u64,
    staged: &Path,
    progress: &Progress,
) -> Result<String, BucketError> {
    let target = staged.join(name);
    if let Some(parent) = target.parent() {
        create_dir(parent)?;
    }
    let mut file = File::create(&target).map_err(StoreError::io("create", &target))?;
    let mut hasher = Sha256::new();
    let mut done = 0;
    while done < size {
        progress.check()?;
        progress.report("pull", done, Some(size));
        let part = bucket.part(&object_name(run_id, name), done..size.min(done + PART))?;
        hasher.update(&part);
        file.write_all(&part).map_err(StoreError::io("write", &target))?;
        done += part.len() as u64;
    }
    progress.report("pull", size, Some(size));
    Ok(hex(&hasher.finalize()))
}
