//! Short-lived directories of one's own, in the system's temporary directory.
//!
//! A process that is killed leaves its directories behind, with all that was fetched or spilled into them. Each holds a
//! lock, which the system releases with the process: whoever makes the next directory removes those that nobody locks.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "segment-";
const LOCK: &str = "LOCK";

/// A directory that only its owner may look into, removed on drop.
#[derive(Debug)]
pub struct TemporaryDirectory {
    directory: TempDir,
    _lock: File,
}

impl TemporaryDirectory {
    /// Makes one whose name tells what it is for, and removes those that killed processes left.
    ///
    /// # Errors
    /// What the system says; [`std::env::temp_dir`] is where.
    pub fn new(purpose: &str) -> io::Result<Self> {
        let base = std::env::temp_dir();
        remove_abandoned(&base);
        let directory = tempfile::Builder::new().prefix(&format!("{PREFIX}{purpose}-")).tempdir_in(base)?;
        // Locked before it has the name that others look for, so that whoever sees it sees it locked.
        let (new, path) = (directory.path().join("LOCK.new"), directory.path().join(LOCK));
        let lock = File::create(&new)?;
        lock.lock()?;
        fs::rename(&new, &path)?;
        Ok(Self { directory, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves it where it is on drop: the next one that is made finds it abandoned.
    pub fn abandon(&mut self) {
        self.directory.disable_cleanup(true);
    }
}

/// Removes what killed processes left. A directory that cannot be looked at or removed belongs to someone else, or is
/// being removed by another process: neither keeps this one from working.
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
    fn what_a_killed_process_left_is_removed_by_the_next() {
        let base = tempfile::tempdir().expect("a directory");
        let (killed, reading) =
            (base.path().join("segment-table-killed"), base.path().join("segment-read-now"));
        for dir in [&killed, &reading] {
            fs::create_dir(dir).expect("a directory");
            File::create(dir.join(LOCK)).expect("a lock file");
            fs::write(dir.join("part-00000.parquet"), "rows").expect("written");
        }
        let lock = File::open(reading.join(LOCK)).expect("the lock file");
        lock.lock().expect("a lock");
        remove_abandoned(base.path());
        assert_eq!((killed.exists(), reading.exists()), (false, true));
    }

    #[test]
    fn a_directory_in_use_outlives_the_making_of_another() {
        let first = TemporaryDirectory::new("test").expect("a directory");
        let second = TemporaryDirectory::new("test").expect("another");
        assert!(first.path() != second.path() && first.path().is_dir());
        let was = first.path().to_owned();
        drop(first);
        assert!(!was.exists() && second.path().is_dir());
    }
}
