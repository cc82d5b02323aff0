//! What can go wrong with files in object storage.

use std::io;
use std::path::PathBuf;

use crate::store::bucket::BucketError;
use crate::transactions::TransactionsError;

/// Files in object storage were not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectsError {
    /// What stands behind the bucket is no pattern.
    #[error("{address} is no pattern: {source}; * stands for any part of a name, ** for any directories")]
    Pattern {
        /// The address.
        address: String,
        /// Why not.
        source: glob::PatternError,
    },
    /// Nothing is there.
    #[error(
        "{address}: no object has this name or lies below it as a data file (CSV, text, JSON, xlsx, Parquet, gz, zst or zip); \
         list the bucket, or correct the address"
    )]
    NotFound {
        /// The address.
        address: String,
    },
    /// The directory for what is fetched cannot be made.
    #[error("cannot make a directory in {}: {source}; TMPDIR names another place", directory.display())]
    Directory {
        /// Where.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The bucket failed.
    #[error(transparent)]
    Bucket(Box<BucketError>),
    /// What is wrong with the files.
    #[error(transparent)]
    Transactions(#[from] TransactionsError),
}

impl From<BucketError> for ObjectsError {
    fn from(error: BucketError) -> Self {
        Self::Bucket(Box::new(error))
    }
}
