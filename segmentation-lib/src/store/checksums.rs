//! The list of a run's files with their checksums, beside the database it describes.
//!
//! A run is read through a private copy, because opening sled writes to its directory: the run
//! itself never changes after it was published, one process does not lock out another, the store
//! can be mounted read-only, and a damaged file is recognised before sled parses a byte of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Component, Path};

use sha2::{Digest, Sha256};

use super::error::{Damage, StoreError};
use super::files::{self, create_dir, write_durably};
use crate::record::RunId;
use crate::record::{FORMAT_VERSION, hex};
use crate::regular_file;

/// Name of the list.
pub(super) const FILE: &str = "CHECKSUMS";
/// Most bytes of the list, and of a file that is read whole: a line is some hundred bytes, a manifest some thousand.
const MOST_BYTES: u64 = 64 << 20;

/// Lists every file below `dir` and writes the list durably.
///
/// First the format version, so that a reader of another version can say so; then one line a file
/// as `sha256sum` prints it; last the checksum of all lines before, which makes a cut list as
/// visible as a cut file.
pub(super) fn write(dir: &Path) -> Result<(), StoreError> {
    let mut text = format!("format {FORMAT_VERSION}\n");
    for name in files::list(dir)? {
        let path = dir.join(&name);
        let sum = File::open(&path).and_then(|f| files::hash_chunks(f, |_| Ok(())));
        let sum = sum.map_err(StoreError::io("read", &path))?;
        text.push_str(&format!("{sum}  {}\n", name.display()));
    }
    text.push_str(&format!("end {}\n", sha256(text.as_bytes())));
    write_durably(&dir.join(FILE), text.as_bytes())
}

/// Copies a run's files to `to`, verifying each on the way.
pub(super) fn copy_verified(run_id: &RunId, from: &Path, to: &Path) -> Result<(), StoreError> {
    for (sum, name) in parse(run_id, &read(run_id, from)?)? {
        copy_file(run_id, from, to, &name, &sum)?;
    }
    Ok(())
}

/// The bytes of a run's list.
pub(super) fn read(run_id: &RunId, dir: &Path) -> Result<Vec<u8>, StoreError> {
    let path = dir.join(FILE);
    match regular_file::read(&path, MOST_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::damaged(run_id, Damage::Missing { name: FILE.to_owned() }))
        }
        other => other.map_err(StoreError::io("read", &path)),
    }
}

/// The bytes of one of a run's files, verified; `None` where the run's list has no file of that name.
pub(super) fn read_listed(run_id: &RunId, dir: &Path, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let listed = parse(run_id, &read(run_id, dir)?)?;
    let Some((expected, _)) = listed.into_iter().find(|(_, listed)| listed == name) else { return Ok(None) };
    let mut bytes = Vec::new();
    let file = open(run_id, dir, name)?.take(MOST_BYTES);
    let seen = files::hash_chunks(file, |chunk| bytes.write_all(chunk))
        .map_err(StoreError::io("read", &dir.join(name)))?;
    compare(run_id, name, seen, &expected)?;
    Ok(Some(bytes))
}

fn copy_file(run_id: &RunId, from: &Path, to: &Path, name: &str, expected: &str) -> Result<(), StoreError> {
    let target = to.join(name);
    let file = open(run_id, from, name)?;
    if let Some(parent) = target.parent() {
        create_dir(parent)?;
    }
    let mut copy = File::create(&target).map_err(StoreError::io("create", &target))?;
    let seen = files::hash_chunks(file, |chunk| copy.write_all(chunk))
        .map_err(StoreError::io("copy to", &target))?;
    compare(run_id, name, seen, expected)
}

fn open(run_id: &RunId, dir: &Path, name: &str) -> Result<File, StoreError> {
    let path = dir.join(name);
    match regular_file::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(StoreError::damaged(run_id, Damage::Missing { name: name.to_owned() }))
        }
        other => other.map_err(StoreError::io("open", &path)),
    }
}

fn compare(run_id: &RunId, name: &str, seen: String, expected: &str) -> Result<(), StoreError> {
    if seen == expected {
        return Ok(());
    }
    let what = Damage::File { name: name.to_owned(), seen, expected: expected.to_owned() };
    Err(StoreError::damaged(run_id, what))
}

/// The list's lines as (checksum, name), once the list itself is verified. A name is always that of a
/// file below the run's directory.
pub(super) fn parse(run_id: &RunId, bytes: &[u8]) -> Result<Vec<(String, String)>, StoreError> {
    let altered = || StoreError::damaged(run_id, Damage::Checksums);
    let text = std::str::from_utf8(bytes).map_err(|_| altered())?;
    let (body, end) = text.rsplit_once("\nend ").ok_or_else(altered)?;
    let end = end.strip_suffix('\n').ok_or_else(altered)?;
    if end != sha256(format!("{body}\n").as_bytes()) {
        return Err(altered());
    }
    let (head, lines) = body.split_once('\n').unwrap_or((body, ""));
    if body.ends_with('\n') {
        return Err(altered());
    }
    let version = head.strip_prefix("format ").and_then(|v| v.parse::<u32>().ok()).ok_or_else(altered)?;
    if version > FORMAT_VERSION {
        return Err(StoreError::Newer { run_id: run_id.clone(), found: version });
    }
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        is_below(name).then(|| (sum.to_owned(), name.to_owned()))
    };
    lines.lines().map(|l| line(l).ok_or_else(altered)).collect()
}

/// Whether the name stays below the run's directory: a list that came from elsewhere must not have files
/// read or written anywhere else.
fn is_below(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run_id() -> RunId {
        "20111210T080000000Z-1f3a9c52".parse().expect("a run id")
    }

    /// A list with a valid checksum of its own.
    fn sealed(lines: &str) -> Vec<u8> {
        let body = format!("format {FORMAT_VERSION}\n{lines}");
        format!("{body}end {}\n", sha256(body.as_bytes())).into_bytes()
    }

    #[test]
    fn a_name_outside_the_run_is_refused() {
        for name in ["../CURRENT", "/etc/passwd", "blobs/../../x", "..", ".", ""] {
            let seen = parse(&run_id(), &sealed(&format!("{}  {name}\n", "0".repeat(64))));
            assert!(seen.is_err(), "{name}: {seen:?}");
        }
        let kept = parse(&run_id(), &sealed("0  db\n1  blobs/1\n")).expect("valid");
        assert_eq!(kept.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["db", "blobs/1"]);
    }

    proptest! {
        #[test]
        fn arbitrary_lists_give_files_below_the_run_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), lines in "([0-9a-f]{0,4} {0,3}[./a-z]{0,8}\n){0,5}") {
            prop_assert!(parse(&run_id(), &bytes).is_err());
            if let Ok(files) = parse(&run_id(), &sealed(&lines)) {
                prop_assert_eq!(files.len(), lines.lines().count());
                prop_assert!(files.iter().all(|(_, name)| is_below(name)));
            }
        }
    }
}
