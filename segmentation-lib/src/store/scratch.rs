//! A private, short-lived directory for reading a run.

use std::path::PathBuf;

use super::error::StoreError;
use super::files::remove_closed;
use crate::temporary::TemporaryDirectory;

/// A directory for one copy of a run, removed on drop.
#[derive(Debug)]
pub(super) struct Scratch(TemporaryDirectory);

impl Scratch {
    pub(super) fn new() -> Result<Self, StoreError> {
        let made = TemporaryDirectory::new("read");
        Ok(Self(made.map_err(|source| StoreError::Scratch { directory: std::env::temp_dir(), source })?))
    }

    /// Where the copy goes; created by the copy.
    pub(super) fn path(&self) -> PathBuf {
        self.0.path().join("run")
    }
}

impl Drop for Scratch {
    /// The copy goes first and the lock last: should the copy stay nevertheless, the next reader finds it
    /// abandoned and removes it.
    fn drop(&mut self) {
        if !remove_closed(&self.path()) {
            self.0.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_copy_that_is_still_written_to_is_removed() {
        let scratch = Scratch::new().expect("a temporary directory");
        let (whole, copy) = (scratch.0.path().to_owned(), scratch.path());
        fs::create_dir(&copy).expect("a copy");
        let writer = std::thread::spawn(move || {
            (0..3000).take_while(|n| fs::write(copy.join(n.to_string()), "late").is_ok()).count()
        });
        drop(scratch);
        writer.join().expect("the writer ends");
        assert!(!whole.exists(), "{} is left over", whole.display());
    }
}
