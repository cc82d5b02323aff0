//! Files that survive a crash: what is renamed into place was on the disk before.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::error::StoreError;
use crate::record::hex;

/// Bytes moved at a time.
const CHUNK: usize = 1 << 20;

/// Makes a directory's entries durable: a rename is not until its directory is.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(StoreError::io("flush the directory", path))
}

/// Writes a new file and waits until its bytes are on the disk.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(StoreError::io("write", path))
}

/// Renames, naming both ends' parent in the error.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(StoreError::io("rename to", to))
}

/// Creates a directory and its parents.
pub(super) fn create_dir(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(StoreError::io("create the directory", path))
}

/// Waits until every file and directory below `dir`, and `dir` itself, is on the disk.
pub(super) fn sync_tree(dir: &Path) -> Result<(), StoreError> {
    for name in list(dir)? {
        let path = dir.join(&name);
        File::open(&path).and_then(|file| file.sync_all()).map_err(StoreError::io("flush", &path))?;
        if let Some(parent) = path.parent().filter(|parent| *parent != dir) {
            sync_dir(parent)?;
        }
    }
    sync_dir(dir)
}

/// Every file below `dir`, relative, sorted.
pub(super) fn list(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = dir.join(&relative);
        for entry in fs::read_dir(&path).map_err(StoreError::io("list", &path))? {
            let entry = entry.map_err(StoreError::io("list", &path))?;
            let kind = entry.file_type().map_err(StoreError::io("look at", &entry.path()))?;
            let name = relative.join(entry.file_name());
            if kind.is_dir() { open.push(name) } else { found.push(name) }
        }
    }
    found.sort();
    Ok(found)
}

/// SHA-256 of a stream, hex, handing each chunk to `each`.
pub(super) fn hash_chunks(
    mut from: impl Read,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match from.read(&mut chunk)? {
            0 => return Ok(hex(&hasher.finalize())),
            n => {
                hasher.update(&chunk[..n]);
                each(&chunk[..n])?;
            }
        }
    }
}

/// Removes the directory of a database that was closed; true when it is gone. sled's threads may write into
/// it for a moment after its handle was dropped, and a directory that is written to cannot be removed: tries
/// for five seconds.
pub(super) fn remove_closed(path: &Path) -> bool {
    const TRIES: usize = 500;
    for _ in 0..TRIES {
        match fs::remove_dir_all(path) {
            Ok(()) => return true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    false
}
