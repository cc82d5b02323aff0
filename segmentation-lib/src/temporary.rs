//! Short-lived directories of one's own, in the system's temporary directory.
//!
//! A process that is killed leaves its directories behind, with all that was fetched or spilled into them. Each holds a
//! lock, which the system releases with the process: whoever makes the next directory removes those that nobody locks.
//!
//! Others write there too. The lock has a name that nothing else has, so that a store or a folder whose name begins
//! alike stays; what is no directory or no file is passed over, because a pipe would be waited for.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::regular_file;

const PREFIX: &str = "segment-";
const LOCK: &str = "segment-temporary.lock";

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
        let prefix = format!("{PREFIX}{purpose}-");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        // Customers' data go there: by default others could read them.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let directory = builder.tempdir_in(base)?;
        // Locked before it has the name that others look for, so that whoever sees it sees it locked.
        let (new, path) = (directory.path().join("new.lock"), directory.path().join(LOCK));
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
        if let Some(_lock) = lock_abandoned(&path) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// The lock of a directory that a killed process left, taken. Without a lock file the directory was made this instant,
/// is empty, or is somebody else's; so are links.
fn lock_abandoned(directory: &Path) -> Option<File> {
    let path = directory.join(LOCK);
    let made_here = fs::symlink_metadata(directory).is_ok_and(|metadata| metadata.is_dir())
        && fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    if !made_here {
        return None;
    }
    let lock = regular_file::open(&path).ok()?;
    lock.try_lock().is_ok().then_some(lock)
}

#[cfg(all(test, unix))]
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

    /// A store that somebody keeps among temporary files has a lock too, and a pipe in its place would be waited for.
    #[test]
    fn what_others_keep_there_stays_and_is_not_waited_for() {
        let base = tempfile::tempdir().expect("a directory");
        let (store, pipe) = (base.path().join("segment-store"), base.path().join("segment-pipe"));
        let (link, target) = (base.path().join("segment-link"), base.path().join("precious"));
        for dir in [&store, &pipe, &target] {
            fs::create_dir(dir).expect("a directory");
        }
        File::create(store.join("LOCK")).expect("a lock file");
        File::create(target.join(LOCK)).expect("a lock file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        for name in ["LOCK", LOCK] {
            let made = std::process::Command::new("mkfifo").arg(pipe.join(name)).status();
            assert!(made.expect("mkfifo is there").success());
        }
        let (done, ended) = std::sync::mpsc::channel();
        let path = base.path().to_owned();
        std::thread::spawn(move || {
            remove_abandoned(&path);
            // Fails when nobody waits any more.
            let _ = done.send(());
        });
        assert!(ended.recv_timeout(std::time::Duration::from_secs(60)).is_ok(), "it waits for the pipe");
        for kept in [&store, &pipe, &link, &target] {
            assert!(kept.exists(), "{}", kept.display());
        }
    }

    #[test]
    fn only_its_owner_may_look_into_one() {
        use std::os::unix::fs::PermissionsExt;
        let made = TemporaryDirectory::new("test").expect("a directory");
        let mode = made.path().metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
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
