//! Files that were fetched from elsewhere, read beside those that are here.

use std::path::PathBuf;

use super::error::TransactionsError;
use super::sources::{Found, find};
use super::{ReadOptions, Transactions, finish, read_until_settled};
use crate::progress::Progress;
use crate::temporary::TemporaryDirectory;

/// A file that was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// Its address: what messages and the manifest call it.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
    /// Named by the caller rather than found: it must hold transactions.
    pub named: bool,
}

/// Files that were fetched, in a directory of their own, which is removed on drop.
#[derive(Debug)]
pub struct FetchedFiles {
    /// The files, in order.
    pub files: Vec<FetchedFile>,
    /// Where they are.
    pub directory: TemporaryDirectory,
}

/// Reads fetched files, after those that `inputs` lead to. The result keeps the directory as long as it lives.
///
/// # Errors
/// As [`read`](super::read).
pub fn read_files(
    inputs: &[PathBuf],
    fetched: FetchedFiles,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Transactions, TransactionsError> {
    let mut found = if inputs.is_empty() { Found::default() } else { find(inputs)? };
    for FetchedFile { name, path, named } in fetched.files {
        found.add_fetched(path, name, named);
    }
    let (collected, findings) = read_until_settled(&found, options, progress)?;
    let read = finish(collected, findings, options)?;
    Ok(Transactions { _fetched: Some(fetched.directory), ..read })
}
