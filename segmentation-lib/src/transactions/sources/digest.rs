//! Checksums of the inputs.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::super::error::TransactionsError;
use super::Source;
use crate::record::{InputFile, hex};

/// Takes the checksum of the bytes that are read through it.
pub(super) struct Hashed<R> {
    inner: R,
    sha: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, sha: Sha256::new(), bytes: 0 }
    }

    /// Name, size and checksum of the whole file, of which the rest is read for it.
    pub fn finish(mut self, place: &str) -> Result<InputFile, TransactionsError> {
        io::copy(&mut self, &mut io::sink()).map_err(|error| TransactionsError::io(place, error))?;
        Ok(self.file(place))
    }

    fn file(self, place: &str) -> InputFile {
        InputFile { name: place.to_owned(), bytes: self.bytes, sha256: hex(&self.sha.finalize()) }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.sha.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// The checksum of a source that is not read from its beginning to its end, over all its files. When `stop` is set it gives up:
/// the result is then of no use.
pub(in crate::transactions) fn digest(
    source: &Source,
    stop: &AtomicBool,
) -> Result<InputFile, TransactionsError> {
    let io = |error| TransactionsError::io(&source.place, error);
    let mut all: Box<dyn Read> = Box::new(io::empty());
    for path in source.files() {
        all = Box::new(all.chain(File::open(path).map_err(io)?));
    }
    let mut file = Hashed::new(all);
    let mut buffer = vec![0; 128 << 10];
    while !stop.load(Ordering::Relaxed) && file.read(&mut buffer).map_err(io)? > 0 {}
    Ok(file.file(&source.place))
}
