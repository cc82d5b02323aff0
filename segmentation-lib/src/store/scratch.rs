//! A private, short-lived directory for reading a run.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::StoreError;
use super::files::{remove_closed, rename};

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
            .map_err(|source| StoreError::Scratch { directory: base, source })?;
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

impl Drop for Scratch {
    /// The copy goes first and the lock last: should the copy stay nevertheless, the next reader finds it
    /// abandoned and removes it.
    fn drop(&mut self) {
        if !remove_closed(&self.path()) {
            self.dir.disable_cleanup(true);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_still_written_to_is_removed() {
        let scratch = Scratch::new().expect("a temporary directory");
        let (whole, copy) = (scratch.dir.path().to_owned(), scratch.path());
        fs::create_dir(&copy).expect("a copy");
        let writer = std::thread::spawn(move || {
            (0..3000).take_while(|n| fs::write(copy.join(n.to_string()), "late").is_ok()).count()
        });
        drop(scratch);
        writer.join().expect("the writer ends");
        assert!(!whole.exists(), "{} is left over", whole.display());
    }

    #[test]
    fn what_a_killed_reader_left_is_removed_by_the_next() {
        let base = tempfile::tempdir().expect("a directory");
        let (killed, reading) =
            (base.path().join("segment-read-killed"), base.path().join("segment-read-now"));
        for dir in [&killed, &reading] {
            fs::create_dir(dir).expect("a directory");
            File::create(dir.join(LOCK)).expect("a lock file");
        }
        let lock = File::open(reading.join(LOCK)).expect("the lock file");
        lock.lock().expect("a lock");
        remove_abandoned(base.path());
        assert_eq!((killed.exists(), reading.exists()), (false, true));
    }
}
