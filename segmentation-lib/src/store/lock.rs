//! A file that keeps other processes from writing.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::error::StoreError;
use crate::regular_file;

/// Keeps others from writing while it lives. The system releases it with the process, however it ends.
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock on the file, which it creates; `None` while another process has it.
    pub(super) fn take(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = regular_file::open_to_lock(path).map_err(StoreError::io("create", path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io("lock", path)(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would not release it while a child that another thread is just starting still
        // shares the file. Where unlocking fails, closing remains.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn neither_a_link_nor_a_pipe_is_locked() {
        let dir = tempfile::tempdir().expect("a directory");
        let (precious, link, pipe) =
            (dir.path().join("precious"), dir.path().join("LOCK"), dir.path().join("PIPE"));
        std::fs::write(&precious, "text").expect("written");
        std::os::unix::fs::symlink(&precious, &link).expect("a link");
        assert!(Lock::take(&link).is_err());
        assert_eq!(std::fs::read(&precious).expect("there"), b"text");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo is there").success() && Lock::take(&pipe).is_err());
    }

    #[test]
    fn a_released_lock_is_free_even_while_a_starting_child_shares_the_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("LOCK");
        let take = || Lock::take(&path).expect("a file");
        let held = take().expect("free");
        assert!(take().is_none());
        let _shared = held.0.try_clone().expect("one more handle");
        drop(held);
        assert!(take().is_some());
    }
}
