//! Down: a run's files into the staging directory, each compared with its checksum.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Bucket, BucketError, Counted, object_name};
use crate::progress::Progress;
use crate::record::hex;
use crate::store::error::{Damage, StoreError};
use crate::store::files::{create_dir, write_durably};
use crate::store::{RunId, checksums};

/// Downloads a run into `staged`, several files at a time. Reports as `pull`, in files. Memory is a part of
/// each file under way.
pub(super) fn download(
    bucket: &Bucket,
    run_id: &RunId,
    staged: &Path,
    progress: &Progress,
) -> Result<(), BucketError> {
    let missing = || incomplete(bucket, run_id, checksums::FILE);
    let list = bucket.get(&object_name(run_id, checksums::FILE))?.ok_or_else(missing)?;
    let files = checksums::parse(run_id, &list.value).map_err(|error| bucket.damaged(run_id, error))?;
    let counted = Counted::start("pull", files.len(), progress)?;
    bucket.for_each(&files, |(expected, name)| {
        let counted = &counted;
        async move {
            progress.check()?;
            let seen = download_file(bucket, run_id, name, staged).await?;
            if seen != *expected {
                let what = Damage::File { name: name.clone(), seen, expected: expected.clone() };
                return Err(BucketError::Damaged { url: bucket.url.clone(), run_id: run_id.clone(), what });
            }
            counted.one_more()
        }
    })?;
    Ok(write_durably(&staged.join(checksums::FILE), &list.value)?)
}

fn incomplete(bucket: &Bucket, run_id: &RunId, name: &str) -> BucketError {
    BucketError::Incomplete { url: bucket.url.clone(), run_id: run_id.clone(), name: name.to_owned() }
}

/// Gives the SHA-256 of what arrived.
async fn download_file(
    bucket: &Bucket,
    run_id: &RunId,
    name: &str,
    staged: &Path,
) -> Result<String, BucketError> {
    let target = staged.join(name);
    if let Some(parent) = target.parent() {
        create_dir(parent)?;
    }
    let mut file = File::create(&target).map_err(StoreError::io("create", &target))?;
    let mut hasher = Sha256::new();
    let keep = |bytes: &[u8]| {
        hasher.update(bytes);
        Ok(file.write_all(bytes).map_err(StoreError::io("write", &target))?)
    };
    let fetched = bucket.fetch(&object_name(run_id, name), keep).await?;
    fetched.ok_or_else(|| incomplete(bucket, run_id, name))?;
    Ok(hex(&hasher.finalize()))
}
