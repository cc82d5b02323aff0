//! Objects: get, put, list, remove.

use std::ops::{Deref, Range};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStoreExt, PutMode, PutPayload, UpdateVersion};

use super::{Bucket, BucketError, PART, Versioned};

/// Requests under way at a time, where there are many: most of a request's time is waiting. No more, so that
/// a slow line gets all of them through within a request's 30 seconds.
const REQUESTS: usize = 8;

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

    /// Hands an object's bytes to `each`, in pieces of up to [`PART`]; `None` where there is none, or no longer.
    pub(super) async fn fetch(
        &self,
        name: &str,
        mut each: impl FnMut(&[u8]) -> Result<(), BucketError>,
    ) -> Result<Option<()>, BucketError> {
        let path = Path::from(name);
        let absent = |error| self.absent("read", name, error).map(|()| None);
        let found = match self.objects.get(&path).await {
            Ok(found) => found,
            Err(error) => return absent(error),
        };
        let (size, seen) = (found.meta.size, found.meta.e_tag.clone());
        if size <= PART {
            return match found.bytes().await {
                Ok(bytes) => each(&bytes).map(Some),
                Err(error) => absent(error),
            };
        }
        // What is larger would not come within a request's time on a slow line.
        drop(found);
        let mut start = 0;
        while start < size {
            let end = size.min(start + PART);
            match self.range(&path, start..end, seen.clone()).await {
                Ok(bytes) => each(&bytes)?,
                Err(Error::Precondition { .. }) => {
                    return Err(BucketError::Replaced { url: format!("{}/{name}", self.url) });
                }
                Err(error) => return absent(error),
            }
            start = end;
        }
        Ok(Some(()))
    }

    /// A part of an object, which must still be the one seen.
    async fn range(
        &self,
        path: &Path,
        range: Range<u64>,
        seen: Option<String>,
    ) -> Result<impl Deref<Target = [u8]>, Error> {
        let options = GetOptions { range: Some(range.into()), if_match: seen, ..GetOptions::default() };
        self.objects.get_opts(path, options).await?.bytes().await
    }

    /// Lets `request` do its part for each item, for up to [`REQUESTS`] of them at a time. The first failure
    /// ends it.
    pub(super) fn for_each<T, F: Future<Output = Result<(), BucketError>>>(
        &self,
        items: impl IntoIterator<Item = T>,
        request: impl FnMut(T) -> F,
    ) -> Result<(), BucketError> {
        let requests = stream::iter(items).map(request).buffer_unordered(REQUESTS);
        self.runtime.block_on(requests.try_for_each(|()| future::ready(Ok(()))))
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
        match self.runtime.block_on(self.put(name, bytes.to_vec(), mode)) {
            Ok(version) => self.swapped(name, version),
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
        let put = self.runtime.block_on(self.put(name, bytes.to_vec(), PutMode::Overwrite));
        let version = put.map_err(|error| self.failed("write", name, &error))?;
        self.swapped(name, version)
    }

    fn swapped(&self, name: &str, version: UpdateVersion) -> Result<Swap, BucketError> {
        self.sync_file(name)?;
        Ok(Swap::Done(version))
    }

    /// Puts an object in place of whatever is there.
    pub(super) async fn put_always(&self, name: &str, bytes: Vec<u8>) -> Result<(), BucketError> {
        let put = self.put(name, bytes, PutMode::Overwrite).await;
        put.map(drop).map_err(|error| self.failed("write", name, &error))
    }

    async fn put(&self, name: &str, bytes: Vec<u8>, mode: PutMode) -> Result<UpdateVersion, Error> {
        let path = Path::from(name);
        self.objects.put_opts(&path, PutPayload::from(bytes), mode.into()).await.map(UpdateVersion::from)
    }

    /// Puts a large object part by part, as `next` hands them out until there is none. Where that fails
    /// nothing of the object appears.
    pub(super) fn put_parts(
        &self,
        name: &str,
        mut next: impl FnMut() -> Result<Option<Vec<u8>>, BucketError>,
    ) -> Result<(), BucketError> {
        let failed = |error: Error| self.failed("write", name, &error);
        let path = Path::from(name);
        let mut upload = self.runtime.block_on(self.objects.put_multipart(&path)).map_err(failed)?;
        let mut send = || -> Result<(), BucketError> {
            while let Some(part) = next()? {
                self.runtime.block_on(upload.put_part(part.into())).map_err(failed)?;
            }
            self.runtime.block_on(upload.complete()).map(drop).map_err(failed)
        };
        let sent = send();
        if sent.is_err() {
            // What fails here is left to the bucket's own rule for unfinished uploads.
            let _ = self.runtime.block_on(upload.abort());
        }
        sent
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

    /// Removes objects; one that is not there is no failure.
    pub(super) fn remove(&self, names: &[String]) -> Result<(), BucketError> {
        self.for_each(names, |name| async move {
            match self.objects.delete(&Path::from(name.as_str())).await {
                Ok(()) => Ok(()),
                Err(error) => self.absent("remove", name, error),
            }
        })
    }

    /// An error that only says that the object is not there, in a bucket that is.
    pub(super) fn absent(&self, action: &'static str, name: &str, error: Error) -> Result<(), BucketError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> (tempfile::TempDir, Bucket) {
        let dir = tempfile::tempdir().expect("a directory");
        let bucket = Bucket::at(&format!("file://{}", dir.path().display())).expect("an address");
        (dir, bucket)
    }

    #[test]
    fn a_large_object_arrives_as_it_was_put() {
        let (_dir, bucket) = bucket();
        let whole: Vec<u8> = (0..2 * PART + 12_345).map(|i| (i % 251) as u8).collect();
        let mut parts = whole.chunks(PART as usize);
        bucket.put_parts("runs/large", || Ok(parts.next().map(<[u8]>::to_vec))).expect("put");
        let mut fetched = Vec::new();
        let keep = |piece: &[u8]| {
            assert!(piece.len() as u64 <= PART);
            fetched.extend_from_slice(piece);
            Ok(())
        };
        let found = bucket.runtime.block_on(bucket.fetch("runs/large", keep)).expect("read");
        assert!(found.is_some() && fetched == whole);
    }

    #[test]
    fn nothing_appears_of_a_large_object_that_is_cut() {
        let (dir, bucket) = bucket();
        let mut parts = vec![Err(BucketError::Empty { url: "cut".to_owned() }), Ok(Some(b"first".to_vec()))];
        let cut = bucket.put_parts("runs/large", || parts.pop().expect("asked no more after a failure"));
        assert!(matches!(cut, Err(BucketError::Empty { .. })));
        let left: Vec<_> = std::fs::read_dir(dir.path().join("runs")).expect("listed").collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn an_object_that_is_replaced_while_it_is_read_is_refused() {
        let (dir, bucket) = bucket();
        let path = dir.path().join("large");
        std::fs::write(&path, vec![1; 2 * PART as usize]).expect("written");
        let cut = |_: &[u8]| {
            std::fs::write(&path, "cut").expect("written");
            Ok(())
        };
        let error = bucket.runtime.block_on(bucket.fetch("large", cut)).expect_err("it is another one");
        assert!(matches!(error, BucketError::Replaced { .. }), "{error}");
    }
}
