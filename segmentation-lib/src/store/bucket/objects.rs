//! One object at a time: get, put, list, remove.

use futures_util::{StreamExt, TryStreamExt, future, stream};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutMode, PutPayload, UpdateVersion};

use super::{Bucket, BucketError, Versioned};

/// Requests under way at a time, where there are many: most of a request's time is waiting.
const REQUESTS: usize = 16;

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

    /// Hands an object's bytes to `each` as they come; `None` where there is none.
    pub(super) async fn fetch(
        &self,
        name: &str,
        mut each: impl FnMut(&[u8]) -> Result<(), BucketError>,
    ) -> Result<Option<()>, BucketError> {
        let absent = |error| self.absent("read", name, error).map(|()| None);
        let mut pieces = match self.objects.get(&Path::from(name)).await {
            Ok(found) => found.into_stream(),
            Err(error) => return absent(error),
        };
        loop {
            match pieces.try_next().await {
                Ok(Some(piece)) => each(&piece)?,
                Ok(None) => return Ok(Some(())),
                Err(error) => return absent(error),
            }
        }
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
