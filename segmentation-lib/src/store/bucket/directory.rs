//! What a bucket needs beside requests where it is a directory: a lock, bytes on the disk, and no leftovers.

use std::fs::{self, File};
use std::io;

use super::{Bucket, BucketError};
use crate::store::RunId;
use crate::store::error::StoreError;
use crate::store::files::{sync_dir, sync_tree};
use crate::store::lock::Lock;

impl Bucket {
    /// Keeps other processes from pushing to the same directory while it lives; elsewhere a put's
    /// condition does.
    pub(super) fn lock(&self) -> Result<Option<Lock>, BucketError> {
        let Some(directory) = &self.directory else { return Ok(None) };
        if !directory.is_dir() {
            return Err(BucketError::Missing { url: self.url.clone() });
        }
        let lock = Lock::take(&directory.join("LOCK"))?;
        lock.map(Some).ok_or_else(|| BucketError::Locked { url: self.url.clone() })
    }

    /// Waits until a run is on the disk, so that no loss of power leaves a pointer to what is not; stores
    /// answer a put when it is.
    pub(super) fn sync_run(&self, run_id: &RunId) -> Result<(), BucketError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let runs = directory.join("runs");
        sync_tree(&runs.join(run_id.as_str()))?;
        sync_dir(&runs)?;
        Ok(sync_dir(directory)?)
    }

    /// The same for a file beside the runs.
    pub(super) fn sync_file(&self, name: &str) -> Result<(), BucketError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let path = directory.join(name);
        File::open(&path).and_then(|file| file.sync_all()).map_err(StoreError::io("flush", &path))?;
        Ok(sync_dir(directory)?)
    }

    /// The runs that have a directory, which may hold no more than the file of a killed upload, which no list
    /// of objects names.
    pub(super) fn leftovers(&self) -> Result<Vec<RunId>, BucketError> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let runs = directory.join("runs");
        let entries = match fs::read_dir(&runs) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(StoreError::io("list", &runs))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(StoreError::io("list", &runs))?;
            let run_id = entry.file_name().to_str().and_then(|name| name.parse().ok());
            found.extend(run_id.filter(|_| entry.path().is_dir()));
        }
        Ok(found)
    }

    /// Removes a run's directory with what no list of objects names.
    pub(super) fn remove_leftovers(&self, run_id: &RunId) -> Result<(), BucketError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let run = directory.join("runs").join(run_id.as_str());
        match fs::remove_dir_all(&run) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &run)(error).into())
            }
            Err(_) => Ok(()),
            Ok(()) => Ok(sync_dir(&directory.join("runs"))?),
        }
    }
}
