//! The list of customers who must not be in any run.
//!
//! ```text
//! forgotten 1
//! salt <64 hexadecimal digits>
//! erasing | done
//! <SHA-256 of salt and id>      one line a customer
//! end <SHA-256 of all lines before>
//! ```
//!
//! A list of ids would itself tell who asked to be forgotten; the salted hashes are of use only to
//! whoever has the list and an id to try. `erasing` stands there from before the first run is touched
//! until the last is verified: an erasure that a crash interrupted is completed by the next writer.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::files::sync_dir;
use crate::snapshot::hex;

/// Name of the file beside `CURRENT`.
const FILE: &str = "FORGOTTEN";
const HEAD: &str = "forgotten 1";

/// The customers who must not be in any run, as hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    salt: String,
    hashes: BTreeSet<String>,
    /// Whether runs may still hold some of them.
    pub(super) erasing: bool,
}

impl Forgotten {
    /// The store's list, empty when there is none. One that cannot be read is an error: going on
    /// without it would bring forgotten customers back.
    pub(super) fn read(root: &Path) -> Result<Self, StoreError> {
        let path = root.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            other => other.map_err(StoreError::io("read", &path))?,
        };
        Self::parse(&text).ok_or(StoreError::Forgotten { path })
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, end) = text.strip_suffix('\n')?.rsplit_once("\nend ")?;
        if end != sha256(format!("{body}\n").as_bytes()) {
            return None;
        }
        let mut lines = body.lines();
        if lines.next()? != HEAD {
            return None;
        }
        let salt = lines.next()?.strip_prefix("salt ")?.to_owned();
        let erasing = match lines.next()? {
            "erasing" => true,
            "done" => false,
            _ => return None,
        };
        Some(Self { salt, erasing, hashes: lines.map(str::to_owned).collect() })
    }

    /// Replaces the store's list, durably, readable by its owner only.
    pub(super) fn write(&self, root: &Path) -> Result<(), StoreError> {
        let path = root.join(FILE);
        let mut text =
            format!("{HEAD}\nsalt {}\n{}\n", self.salt, if self.erasing { "erasing" } else { "done" });
        for hash in &self.hashes {
            text.push_str(hash);
            text.push('\n');
        }
        text.push_str(&format!("end {}\n", sha256(text.as_bytes())));
        replace(root, &path, text.as_bytes()).map_err(StoreError::io("write", &path))?;
        sync_dir(root)
    }

    /// Number of customers on the list.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether this customer is on the list.
    pub fn contains(&self, id: &str) -> bool {
        !self.is_empty() && self.hashes.contains(&self.hash(id))
    }

    /// Adds a customer; false when already there.
    pub(super) fn insert(&mut self, id: &str) -> Result<bool, StoreError> {
        if self.salt.is_empty() {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|_| StoreError::NoRandom)?;
            self.salt = hex(&salt);
        }
        Ok(self.hashes.insert(self.hash(id)))
    }

    /// Takes a customer off; false when not there.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        self.hashes.remove(&self.hash(id))
    }

    fn hash(&self, id: &str) -> String {
        sha256(format!("{}{id}", self.salt).as_bytes())
    }
}

fn replace(root: &Path, path: &PathBuf, bytes: &[u8]) -> io::Result<()> {
    // Temporary files have mode 0600 from their creation.
    let mut new = tempfile::NamedTempFile::new_in(root)?;
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    new.persist(path).map(|_: File| ()).map_err(Into::into)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_hashes_and_is_read_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut list = Forgotten::read(dir.path()).expect("none is empty");
        assert!(list.is_empty() && !list.contains("17850"));
        assert!(list.insert("17850").expect("random") && !list.insert("17850").expect("random"));
        list.write(dir.path()).expect("written");
        let text = std::fs::read_to_string(dir.path().join(FILE)).expect("there");
        assert!(!text.contains("17850"), "{text}");
        let mut read = Forgotten::read(dir.path()).expect("readable");
        assert!(read == list && read.contains("17850") && !read.contains("1785"));
        assert!(read.remove("17850") && !read.remove("17850"));
    }

    #[test]
    fn a_damaged_list_is_an_error_and_never_empty() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut list = Forgotten::default();
        list.insert("a").expect("random");
        list.write(dir.path()).expect("written");
        let path = dir.path().join(FILE);
        let whole = std::fs::read(&path).expect("there");
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("written");
            assert!(matches!(Forgotten::read(dir.path()), Err(StoreError::Forgotten { .. })), "{cut}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).expect("written");
            assert!(Forgotten::read(dir.path()).is_err(), "{at}");
        }
    }
}
