//! The sled database of one run: its keys and values.
//!
//! | tree | key | value |
//! |---|---|---|
//! | default | `format` | format version, decimal |
//! | default | `manifest` | CRC-32, then the manifest as JSON |
//! | default | `segments` | CRC-32, then the segments as JSON |
//! | `assignments` | id of the block's first customer | [`Block`] |
//! | `blocks` | name of a block that may be skipped, `/`, number of the part (big-endian) | bytes of that part |

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::block::{BLOCK_CUSTOMERS, Block};
use super::error::{Damage, StoreError};
use crate::progress::{Cancelled, Progress};
use crate::record::RunId;
use crate::record::{FORMAT_VERSION, Manifest, Segment, Snapshot, block_digest};

const FORMAT: &str = "format";
const MANIFEST: &str = "manifest";
const SEGMENTS: &str = "segments";
const ASSIGNMENTS: &str = "assignments";
const BLOCKS: &str = "blocks";

/// Bytes of a block under one key: sled keeps a value whole in memory.
const PART_BYTES: usize = 1 << 20;

/// Enough for the pages in flight; nothing is read twice.
const CACHE_BYTES: u64 = 32 << 20;

fn open_db(dir: &Path) -> sled::Result<sled::Db> {
    sled::Config::new()
        .path(dir)
        .mode(sled::Mode::HighThroughput)
        .use_compression(false)
        .cache_capacity(CACHE_BYTES)
        // The one flush that counts is explicit.
        .flush_every_ms(None)
        .open()
}

/// An open database that closes without hanging.
///
/// After a failed write (a full disk) sled 0.34 waits for ever in the next flush, and dropping its
/// handle flushes: such a handle is abandoned instead, with its file open until the process ends.
#[derive(Debug)]
struct Handle(Option<sled::Db>);

impl Handle {
    fn open(dir: &Path) -> sled::Result<Self> {
        open_db(dir).map(|db| Self(Some(db)))
    }

    fn db(&self) -> &sled::Db {
        self.0.as_ref().expect("present until closed, which takes the handle")
    }

    /// Runs `work` and flushes; closes when both went well, else abandons the database.
    fn finish(mut self, work: impl FnOnce(&sled::Db) -> Result<(), WriteError>) -> Result<(), WriteError> {
        let db = self.0.take().expect("present until closed, which takes the handle");
        let result = work(&db).and_then(|()| Ok(db.flush().map(drop)?));
        if result.is_err() {
            std::mem::forget(db);
        }
        result
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(db) = self.0.take()
            && db.flush().is_err()
        {
            std::mem::forget(db);
        }
    }
}

/// Why filling a database ended.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Sled(#[from] sled::Error),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Writes a snapshot into a new database in `dir` and closes it.
pub(super) fn write(dir: &Path, snapshot: &Snapshot, progress: &Progress) -> Result<(), StoreError> {
    let handle = Handle::open(dir).map_err(StoreError::database("create", dir))?;
    handle.finish(|db| fill(db, snapshot, progress)).map_err(|error| match error {
        WriteError::Sled(source) => StoreError::database("write", dir)(source),
        WriteError::Cancelled(cancelled) => cancelled.into(),
    })?;
    wait_until_closed(dir)
}

fn fill(db: &sled::Db, snapshot: &Snapshot, progress: &Progress) -> Result<(), WriteError> {
    db.insert(FORMAT, FORMAT_VERSION.to_string().as_bytes())?;
    db.insert(MANIFEST, json(&snapshot.manifest))?;
    db.insert(SEGMENTS, json(&snapshot.segments))?;
    let tree = db.open_tree(ASSIGNMENTS)?;
    let width = snapshot.manifest.features.len();
    let (mut done, total) = (0, snapshot.assignments.len() as u64);
    for rows in snapshot.assignments.chunks(BLOCK_CUSTOMERS) {
        progress.check()?;
        tree.insert(&rows[0].customer_id, Block::of(rows, width).encode())?;
        done += rows.len() as u64;
        progress.report("write", done, Some(total));
    }
    for (name, bytes) in snapshot.blocks() {
        let tree = db.open_tree(BLOCKS)?;
        for (part, bytes) in bytes.chunks(PART_BYTES).enumerate() {
            progress.check()?;
            tree.insert(part_key(name, part as u32), bytes)?;
        }
    }
    Ok(())
}

fn part_key(block: &str, part: u32) -> Vec<u8> {
    let mut key = part_prefix(block);
    key.extend(part.to_be_bytes());
    key
}

fn part_prefix(block: &str) -> Vec<u8> {
    format!("{block}/").into_bytes()
}

/// sled's worker threads may hold the database a moment longer than its handle; the files are final
/// once its lock is free.
fn wait_until_closed(dir: &Path) -> Result<(), StoreError> {
    const TRIES: usize = 1000;
    let path = dir.join("db");
    let file = File::open(&path).map_err(StoreError::io("open", &path))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(std::fs::TryLockError::Error(error)) => return Err(StoreError::io("lock", &path)(error)),
        }
    }
    Err(StoreError::io("close", &path)(std::io::ErrorKind::TimedOut.into()))
}

/// An open database whose manifest and segments were read.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) manifest: Manifest,
    pub(super) segments: Vec<Segment>,
    run_id: RunId,
    assignments: sled::Tree,
    blocks: sled::Tree,
    _handle: Handle,
}

impl Database {
    /// Opens the verified copy of a run in `dir`.
    pub(super) fn open(run_id: &RunId, dir: &Path) -> Result<Self, StoreError> {
        let handle = Handle::open(dir).map_err(StoreError::database("open", dir))?;
        let db = handle.db();
        check_format(run_id, dir, db)?;
        let manifest: Manifest = value(run_id, dir, db, MANIFEST)?;
        if manifest.run_id != run_id.as_str() {
            return Err(StoreError::damaged(run_id, Damage::Name { seen: manifest.run_id }));
        }
        let segments = value(run_id, dir, db, SEGMENTS)?;
        let assignments = db.open_tree(ASSIGNMENTS).map_err(StoreError::database("read", dir))?;
        let blocks = db.open_tree(BLOCKS).map_err(StoreError::database("read", dir))?;
        Ok(Self { manifest, segments, run_id: run_id.clone(), assignments, blocks, _handle: handle })
    }

    /// The bytes of a block that may be skipped, compared with their digest; none where the run has none of
    /// that name.
    pub(super) fn optional_block(&self, dir: &Path, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(expected) = self.manifest.blocks.get(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        for entry in self.blocks.scan_prefix(part_prefix(name)) {
            bytes.extend_from_slice(&entry.map_err(StoreError::database("read", dir))?.1);
        }
        let seen = block_digest(&bytes);
        if seen == *expected {
            return Ok(Some(bytes));
        }
        let what = Damage::Content { seen, expected: expected.clone() };
        Err(StoreError::damaged(&self.run_id, what))
    }

    /// The blocks in order of their customers.
    pub(super) fn blocks(&self, dir: &Path) -> impl Iterator<Item = Result<Block, StoreError>> {
        self.assignments.iter().map(move |entry| {
            let (key, bytes) = entry.map_err(StoreError::database("read", dir))?;
            Block::decode(&bytes).map_err(|error| {
                let key = format!("{ASSIGNMENTS}/{}", String::from_utf8_lossy(&key));
                StoreError::damaged(&self.run_id, Damage::Decode { key, reason: error.to_string() })
            })
        })
    }
}

fn check_format(run_id: &RunId, dir: &Path, db: &sled::Db) -> Result<(), StoreError> {
    let missing = || StoreError::damaged(run_id, Damage::Value { key: FORMAT });
    let bytes = db.get(FORMAT).map_err(StoreError::database("read", dir))?.ok_or_else(missing)?;
    let found = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok());
    match found {
        Some(version) if version > FORMAT_VERSION => {
            Err(StoreError::Newer { run_id: run_id.clone(), found: version })
        }
        Some(_) => Ok(()),
        None => Err(missing()),
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(value).expect("plain structs with text keys always serialise");
    let mut bytes = crc32fast::hash(&json).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes
}

fn value<T: DeserializeOwned>(
    run_id: &RunId,
    dir: &Path,
    db: &sled::Db,
    key: &'static str,
) -> Result<T, StoreError> {
    let missing = || StoreError::damaged(run_id, Damage::Value { key });
    let bytes = db.get(key).map_err(StoreError::database("read", dir))?.ok_or_else(missing)?;
    let broken = |reason: String| StoreError::damaged(run_id, Damage::Decode { key: key.to_owned(), reason });
    match bytes.split_first_chunk::<4>() {
        Some((sum, json)) if u32::from_le_bytes(*sum) == crc32fast::hash(json) => {
            serde_json::from_slice(json).map_err(|error| broken(error.to_string()))
        }
        _ => Err(broken("its checksum does not match its bytes".to_owned())),
    }
}
