//! A private, short-lived directory for reading a run.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::StoreError;
use super::files::rename;

const PREFIX: &str = "segment-read-";
const LOCK: &str = "LOCK";

/// A directory in the system's temporary directory, readable by its owner only, removed on drop.
/// The lock tells it from one whose process was killed: those are removed by the next reader.
#[derive(Debug)]
pub(super) struct Scratch {
    dir: TempDir,
    _lock: File,
}

impl Scratch {
    pub(super) fn new() -> Result<Self, StoreError> {
        let base = std::env::temp_dir();
        remove_abandoned(&base);
        let dir = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&base)
            .map_err(StoreError::io("create a temporary directory in", &base))?;
        // Locked before it has the name others look for, so that whoever sees it sees it locked.
        let (new, path) = (dir.path().join("LOCK.new"), dir.path().join(LOCK));
        let lock = File::create(&new).map_err(StoreError::io("create", &new))?;
        lock.lock().map_err(StoreError::io("lock", &new))?;
        rename(&new, &path)?;
        Ok(Self { dir, _lock: lock })
    }

    /// Where the copy goes; created by the copy.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("run")
    }
}

/// Removes what killed readers left. A directory that cannot be looked at or removed belongs to
/// someone else, or is being removed by another reader: neither keeps this one from reading.
fn remove_abandoned(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ours = path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(PREFIX));
        if !ours {
            continue;
        }
        // Without a lock file the directory was made this instant, or is empty.
        let Ok(lock) = File::open(path.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}
