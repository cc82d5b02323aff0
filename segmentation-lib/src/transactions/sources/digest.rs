//! Checksums of the inputs.

use std::fs::File;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::super::error::TransactionsError;
use super::Source;
use crate::snapshot::InputFile;

/// Size and SHA-256 of each source; gives up early when `stop` is set.
pub(in super::super) fn digests(
    sources: &[Source],
    stop: &AtomicBool,
) -> Result<Vec<InputFile>, TransactionsError> {
    sources.iter().map(|source| digest(source, stop)).collect()
}

fn digest(source: &Source, stop: &AtomicBool) -> Result<InputFile, TransactionsError> {
    let io = |error| TransactionsError::io(&source.place, error);
    let mut file = File::open(&source.path).map_err(io)?;
    let (mut sha, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    while !stop.load(Ordering::Relaxed) {
        let read = file.read(&mut buffer).map_err(io)?;
        if read == 0 {
            break;
        }
        sha.update(&buffer[..read]);
        bytes += read as u64;
    }
    let sha256 = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(InputFile { name: source.place.clone(), bytes, sha256 })
}
