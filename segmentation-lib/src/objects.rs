//! Files in object storage, fetched so that they are read as files here are.
//!
//! An address is `s3://BUCKET/…`, `gs://BUCKET/…`, `az://CONTAINER/…` or `file:///…`, and what stands behind the bucket
//! names one object, a directory of objects, or a pattern (`*`, `?`, `[…]` within a name, `**` for any directories), as
//! a path does. Objects are copied into a temporary directory, several at a time, and live as long as the transactions
//! read from them. Credentials, region and endpoint come from the environment or from the machine's role, as for
//! [`Bucket`].
//!
//! Memory: 8 MiB for each of up to eight objects under way. Disk: all of them.

mod error;
mod wanted;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};

pub use self::error::ObjectsError;
use self::wanted::Wanted;
use crate::progress::Progress;
use crate::store::bucket::Bucket;
use crate::temporary::TemporaryDirectory;
use crate::transactions::{FetchedFile, FetchedFiles, ReadOptions, Transactions, read_files};

/// What addresses begin with.
const SCHEMES: [&str; 4] = ["s3://", "gs://", "az://", "file://"];

/// Whether an input is an address in object storage rather than a path.
pub fn is_address(input: &Path) -> bool {
    input.to_str().is_some_and(|text| SCHEMES.iter().any(|scheme| text.starts_with(scheme)))
}

/// Reads transactions from files, of which some are in object storage.
///
/// # Errors
/// As [`fetch`], and what is wrong with the files.
pub fn read(
    inputs: &[PathBuf],
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, ObjectsError> {
    let (there, here): (Vec<PathBuf>, Vec<PathBuf>) =
        inputs.iter().cloned().partition(|input| is_address(input));
    let addresses: Vec<_> = there.iter().map(|address| address.to_string_lossy()).collect();
    let fetched = fetch(addresses.iter().map(AsRef::as_ref), progress)?;
    Ok(read_files(&here, fetched, options, progress)?)
}

/// Copies the objects that the addresses mean into files; one that several mean, once.
///
/// # Errors
/// [`ObjectsError`] says what was wrong, where, and what helps. Nothing stays of what had come.
pub fn fetch<'a>(
    addresses: impl IntoIterator<Item = &'a str>,
    progress: &Progress,
) -> Result<FetchedFiles, ObjectsError> {
    let directory = TemporaryDirectory::new("objects")
        .map_err(|source| ObjectsError::Directory { directory: std::env::temp_dir(), source })?;
    let mut files = Files { directory: directory.path(), files: Vec::new(), places: HashMap::new() };
    for address in addresses {
        let wanted = Wanted::parse(address)?;
        let bucket = Bucket::at(&wanted.base)?;
        let found = wanted.objects(&bucket)?;
        let (mut copies, mut total) = (Vec::new(), 0);
        for (name, bytes, named) in found {
            if let Some(path) = files.add(format!("{}/{name}", bucket.url()), named) {
                total += bytes;
                copies.push((name, path));
            }
        }
        bucket.copy(&copies, total, progress)?;
    }
    Ok(FetchedFiles { files: files.files, directory })
}

/// Files by the addresses of their objects.
struct Files<'a> {
    directory: &'a Path,
    files: Vec<FetchedFile>,
    /// Where among the files an address is.
    places: HashMap<String, usize>,
}

impl Files<'_> {
    /// Where a new object is to be copied to; nowhere when an address before has led to it.
    fn add(&mut self, address: String, named: bool) -> Option<PathBuf> {
        match self.places.entry(address) {
            Entry::Occupied(place) => {
                // Whoever names an object that was found means it to be read.
                self.files[*place.get()].named |= named;
                None
            }
            Entry::Vacant(place) => {
                let path = self.directory.join(format!("{:06}", self.files.len()));
                self.files.push(FetchedFile { name: place.key().clone(), path: path.clone(), named });
                place.insert(self.files.len() - 1);
                Some(path)
            }
        }
    }
}

#[cfg(test)]
mod tests;
