//! Whether a download is what it should be.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::super::{CatalogueError, Check};
use crate::progress::Progress;
use crate::transactions::{self, ReadOptions, TransactionsError};

/// Fails when the checksum is known and another.
pub(super) fn checksum(part: &Path, check: &Check, url: &str) -> Result<(), CatalogueError> {
    let Check::Sha256 { sha256 } = check else { return Ok(()) };
    let mut hasher = Sha256::new();
    let read = File::open(part).and_then(|mut file| io::copy(&mut file, &mut hasher));
    read.map_err(|source| CatalogueError::Io { path: part.to_owned(), source })?;
    let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == *sha256 {
        return Ok(());
    }
    Err(CatalogueError::Altered {
        what: url.to_owned(),
        found: format!("SHA-256 {found}"),
        expected: format!("SHA-256 {sha256}"),
    })
}

/// Unpacks the members of a zip, without the directories they are in; anything else is kept as it is.
pub(super) fn unpack(part: &Path, directory: &Path, url: &str) -> Result<(), CatalogueError> {
    let io = |source| CatalogueError::Io { path: part.to_owned(), source };
    let mut file = File::open(part).map_err(io)?;
    if is_zip_of_files(&mut file).map_err(io)? {
        return unpack_zip(file, directory, url);
    }
    let name = url.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("download");
    fs::copy(part, directory.join(name)).map(|_| ()).map_err(io)
}

/// An xlsx is a zip as well, and stays whole.
fn is_zip_of_files(file: &mut File) -> io::Result<bool> {
    use io::{Read, Seek};
    let mut head = Vec::new();
    file.take(4).read_to_end(&mut head)?;
    file.rewind()?;
    if head != *b"PK\x03\x04" {
        return Ok(false);
    }
    let is_workbook =
        ZipArchive::new(&mut *file).is_ok_and(|archive| archive.index_for_name("xl/workbook.xml").is_some());
    file.rewind()?;
    Ok(!is_workbook)
}

fn unpack_zip(file: File, directory: &Path, url: &str) -> Result<(), CatalogueError> {
    let damaged = |error: &dyn std::fmt::Display| CatalogueError::Altered {
        what: url.to_owned(),
        found: format!("a zip that cannot be unpacked ({error})"),
        expected: "a sound one".to_owned(),
    };
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(&error))?;
    for at in 0..archive.len() {
        let mut member = archive.by_index(at).map_err(|error| damaged(&error))?;
        let path = member.enclosed_name();
        let Some(name) = path.as_deref().and_then(Path::file_name).filter(|_| member.is_file()) else {
            continue;
        };
        let path = directory.join(name);
        let mut target =
            File::create(&path).map_err(|source| CatalogueError::Io { path: path.clone(), source })?;
        io::copy(&mut member, &mut target).map_err(|error| damaged(&error))?;
        target.sync_all().map_err(|source| CatalogueError::Io { path, source })?;
    }
    Ok(())
}

/// Fails when the content is known and another.
pub(super) fn content(
    directory: &Path,
    check: &Check,
    url: &str,
    progress: &Progress,
) -> Result<(), CatalogueError> {
    let Check::Content { rows, customers, amount_pennies } = check else { return Ok(()) };
    let altered =
        |found: String, expected: String| CatalogueError::Altered { what: url.to_owned(), found, expected };
    let expected = || format!("transactions with {rows} rows and {customers} customers");
    let read = match transactions::read(&[directory.to_owned()], &ReadOptions::default(), progress) {
        Ok(read) => read,
        Err(TransactionsError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(error) => return Err(altered(error.to_string(), expected())),
    };
    let input = &read.ledger().lines[0];
    let found = (input.rows, input.customers);
    if found != (*rows, *customers) {
        return Err(altered(format!("{} rows and {} customers", found.0, found.1), expected()));
    }
    match amount_pennies {
        Some(pennies) if *pennies != input.amount_pennies => {
            Err(altered(format!("a total of {} pennies", input.amount_pennies), format!("{pennies}")))
        }
        _ => Ok(()),
    }
}
