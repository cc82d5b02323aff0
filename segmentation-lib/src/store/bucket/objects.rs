//! One object at a time: get, put, list, remove.

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutMode, PutPayload, UpdateVersion};

use super::{Bucket, BucketError, Versioned};
use crate::store::lock::Lock;

/// Whether a conditional put went through.
pub(super) enum Swap {
    /// It did; the version written.
    Done(UpdateVersion),
    /// Somebody else was there first.
    Lost,
}

impl Bucket {
    /// A small object whole; `None` where there is none.
    pub(super) fn get(&self, name: &str) -> Result<Option<Versioned<Vec<u8>>>, BucketError> {
        let path = Path::from(name);
        let read = self.runtime.block_on(async {
            let found = self.objects.get(&path).await?;
            let version =
                UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
            Ok(Versioned { value: found.bytes().await?.to_vec(), version })
        });
        match read {
            Ok(object) => Ok(Some(object)),
            Err(error) => self.absent("read", name, error).map(|()| None),
        }
    }

    /// Bytes of an object; `None` where there is none.
    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, BucketError> {
        match self.runtime.block_on(self.objects.head(&Path::from(name))) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(error) => self.absent("read", name, error).map(|()| None),
        }
    }

    /// A part of an object that is there.
    pub(super) fn part(&self, name: &str, range: std::ops::Range<u64>) -> Result<Vec<u8>, BucketError> {
        let got = self.runtime.block_on(self.objects.get_range(&Path::from(name), range));
        Ok(got.map_err(|error| self.failed("read", name, &error))?.to_vec())
    }

    /// Puts a small object in place of the version seen, or of none. Stores that know no condition are
    /// asked just before: there two publishers at the same instant are told apart by a directory's lock
    /// alone.
    pub(super) fn swap(
        &self,
        name: &str,
        bytes: &[u8],
        seen: Option<&UpdateVersion>,
    ) -> Result<Swap, BucketError> {
        let mode = seen.map_or(PutMode::Create, |version| PutMode::Update(version.clone()));
        match self.put(name, bytes, mode) {
            Ok(version) => Ok(Swap::Done(version)),
            Err(Error::NotImplemented { .. }) => self.swap_unconditionally(name, bytes, seen),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                // An answer that got lost on the way makes the client's second try fail: ours may be there.
                let there = self.get(name)?.filter(|object| object.value == bytes);
                Ok(there.map_or(Swap::Lost, |object| Swap::Done(object.version)))
            }
            Err(error) => Err(self.failed("write", name, &error)),
        }
    }

    fn swap_unconditionally(
        &self,
        name: &str,
        bytes: &[u8],
        seen: Option<&UpdateVersion>,
    ) -> Result<Swap, BucketError> {
        if self.get(name)?.map(|object| object.version).as_ref() != seen {
            return Ok(Swap::Lost);
        }
        let put = self.put(name, bytes, PutMode::Overwrite);
        put.map(Swap::Done).map_err(|error| self.failed("write", name, &error))
    }

    /// Puts an object in place of whatever is there.
    pub(super) fn put_always(&self, name: &str, bytes: &[u8]) -> Result<(), BucketError> {
        self.put(name, bytes, PutMode::Overwrite)
            .map(drop)
            .map_err(|error| self.failed("write", name, &error))
    }

    fn put(&self, name: &str, bytes: &[u8], mode: PutMode) -> Result<UpdateVersion, Error> {
        let payload = PutPayload::from(bytes.to_vec());
        let path = Path::from(name);
        let put = self.objects.put_opts(&path, payload, mode.into());
        self.runtime.block_on(put).map(UpdateVersion::from)
    }

    /// Puts a large object part by part, as `next` hands them out until there is none. Where `next` fails
    /// nothing of the object appears.
    pub(super) fn put_parts(
        &self,
        name: &str,
        mut next: impl FnMut() -> Result<Option<Vec<u8>>, BucketError>,
    ) -> Result<(), BucketError> {
        let failed = |error: Error| self.failed("write", name, &error);
        let path = Path::from(name);
        let mut upload = self.runtime.block_on(self.objects.put_multipart(&path)).map_err(failed)?;
        loop {
            let sent = match next() {
                Ok(Some(part)) => self.runtime.block_on(upload.put_part(part.into())).map_err(failed),
                Ok(None) => break,
                Err(error) => Err(error),
            };
            if let Err(error) = sent {
                // What fails here is left to the bucket's own rule for unfinished uploads.
                let _ = self.runtime.block_on(upload.abort());
                return Err(error);
            }
        }
        self.runtime.block_on(upload.complete()).map(drop).map_err(failed)
    }

    /// Names and sizes of all objects below `prefix`, relative to it.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, BucketError> {
        let base = Path::from(prefix);
        let found: Result<Vec<_>, _> =
            self.runtime.block_on(self.objects.list(Some(&base)).try_collect::<Vec<_>>());
        let found = found.map_err(|error| self.failed("list", prefix, &error))?;
        let relative = |location: &Path| {
            let parts: Vec<_> = location.prefix_match(&base)?.map(|part| part.as_ref().to_owned()).collect();
            Some(parts.join("/"))
        };
        Ok(found.iter().filter_map(|meta| Some((relative(&meta.location)?, meta.size))).collect())
    }

    /// Removes an object; one that is not there is no failure.
    pub(super) fn remove(&self, name: &str) -> Result<(), BucketError> {
        match self.runtime.block_on(self.objects.delete(&Path::from(name))) {
            Ok(()) => Ok(()),
            Err(error) => self.absent("remove", name, error),
        }
    }

    /// Keeps other processes from pushing to the same directory while it lives; elsewhere a put's
    /// condition does.
    pub(super) fn lock(&self) -> Result<Option<Lock>, BucketError> {
        let Some(directory) = &self.directory else { return Ok(None) };
        if !directory.is_dir() {
            return Err(BucketError::Missing { url: self.url.clone() });
        }
        let lock = Lock::take(&directory.join("LOCK"))?;
        lock.map(Some).ok_or_else(|| BucketError::Locked { url: self.url.clone() })
    }

    /// An error that only says that the object is not there, in a bucket that is.
    fn absent(&self, action: &'static str, name: &str, error: Error) -> Result<(), BucketError> {
        let missing_directory = self.directory.as_ref().is_some_and(|directory| !directory.is_dir());
        match (&error, self.failed(action, name, &error)) {
            _ if missing_directory => Err(BucketError::Missing { url: self.url.clone() }),
            (Error::NotFound { .. }, BucketError::Failed { .. }) => Ok(()),
            (_, failed) => Err(failed),
        }
    }

    fn failed(&self, action: &'static str, name: &str, error: &Error) -> BucketError {
        match BucketError::of(action, &self.url, error) {
            // Where nothing is there, a list is empty.
            BucketError::Failed { action: "list", url, .. } if matches!(error, Error::NotFound { .. }) => {
                BucketError::Missing { url }
            }
            BucketError::Failed { action, url, reason } => {
                BucketError::Failed { action, url: format!("{url}/{name}"), reason }
            }
            other => other,
        }
    }
}
