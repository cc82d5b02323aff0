//! Objects as they are, whatever they hold: listed, and copied into files.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;

use super::{Bucket, BucketError};
use crate::progress::Progress;
use crate::store::error::StoreError;

impl Bucket {
    /// Names, relative to `below`, and sizes in bytes of the objects below it, sorted by name. Empty where there are none.
    ///
    /// # Errors
    /// The bucket is away, is not there, or refuses the credentials.
    pub fn names(&self, below: &str) -> Result<Vec<(String, u64)>, BucketError> {
        let mut names = self.list(below)?;
        names.sort();
        Ok(names)
    }

    /// Bytes of an object; `None` where there is none.
    ///
    /// # Errors
    /// As [`names`](Self::names).
    pub fn size(&self, name: &str) -> Result<Option<u64>, BucketError> {
        match self.runtime.block_on(self.objects.head(&ObjectPath::from(name))) {
            Ok(found) => Ok(Some(found.size)),
            Err(error) => self.absent("read", name, error).map(|()| None),
        }
    }

    /// Copies objects into files, several at a time; each is of one moment. Reports the bytes as `fetch`, of `total`.
    /// Memory is a part of each object under way.
    ///
    /// # Errors
    /// An object is not there or was replaced meanwhile, the bucket is away, or a file cannot be written.
    pub fn copy(
        &self,
        objects: &[(String, PathBuf)],
        total: u64,
        progress: &Progress,
    ) -> Result<(), BucketError> {
        let done = std::cell::Cell::new(0);
        self.for_each(objects, |(name, path)| {
            let done = &done;
            async move {
                let mut file = File::create(path).map_err(StoreError::io("create", path))?;
                let keep = |bytes: &[u8]| {
                    progress.check()?;
                    write(&mut file, path, bytes)?;
                    done.set(done.get() + bytes.len() as u64);
                    progress.report("fetch", done.get(), Some(total));
                    Ok(())
                };
                let found = self.fetch(name, keep).await?;
                found.ok_or_else(|| BucketError::Missing { url: format!("{}/{name}", self.url) })
            }
        })
    }
}

fn write(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), BucketError> {
    Ok(file.write_all(bytes).map_err(StoreError::io("write", path))?)
}
