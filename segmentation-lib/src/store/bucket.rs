//! Runs in object storage: one publisher pushes, any number of servers pull.
//!
//! A bucket has the layout of a store, without its staging and, but for a directory, its lock:
//!
//! ```text
//! <url>/CURRENT             one line: the id of the run to serve
//! <url>/FORGOTTEN           hashes of the customers who must be in no run; there whenever CURRENT is
//! <url>/runs/<run id>/…     the run's files, its CHECKSUMS last; never changed
//! <url>/changes/<run id>    what the publication changed; outlives the run
//! ```
//!
//! [`Bucket::push`] verifies a run, uploads its files, the list of their checksums after them, and
//! moves the pointer last, on condition that nobody else has moved it meanwhile. Whoever dies on the way
//! leaves the pointer where it was. [`Bucket::pull`] downloads into the store's staging directory,
//! compares every file with its checksum, reads the run back whole and lets it become current on the
//! path of [`Store::publish`].
//!
//! Both ways begin with the list of forgotten customers. A push joins it with the bucket's, and of the
//! runs in the bucket none remains that the pushing store does not know to be free of them; a pull
//! joins it with the store's, which erases them there, and takes no run over that holds one of them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::{ObjectStore, UpdateVersion};
use tokio::runtime::Runtime;

use super::error::StoreError;
use super::forgotten::{self, Forgotten};
use super::{PublishOptions, Store, checksums, publish};
use crate::progress::Progress;
use crate::record::RunId;

mod address;
mod copy;
mod directory;
mod error;
mod log;
mod objects;
mod pull;
mod push;

pub use error::BucketError;
pub use push::{PushOptions, Pushed};

/// Most bytes moved by one request: more than the smallest part that S3 takes, little enough for a slow line
/// within a request's 30 seconds. Most of a run's files are smaller by far.
const PART: u64 = 8 << 20;

/// Name of the pointer.
const POINTER: &str = "CURRENT";

/// A place in object storage, by its address. Everything here blocks, and must not be called from an
/// asynchronous task.
#[derive(Debug)]
pub struct Bucket {
    url: String,
    objects: Arc<dyn ObjectStore>,
    /// The directory, where the address is one: such a bucket is locked, as it has no conditional put.
    directory: Option<PathBuf>,
    runtime: Network,
}

/// The event loop that requests run on.
#[derive(Debug)]
struct Network(Option<Runtime>);

impl Network {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.as_ref().expect("present until dropped").block_on(future)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Dropped as it is, a runtime waits, and panics where waiting is not allowed.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a bucket says: which run to serve, and who must not be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    run_id: RunId,
    forgotten: Forgotten,
}

impl Seen {
    /// The run to serve.
    pub fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// The same with another run in the place of the one to serve.
    pub fn with_run(self, run_id: RunId) -> Self {
        Self { run_id, ..self }
    }
}

/// How much of a run is in the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upload {
    /// The list of its checksums is not there: it is on its way, or was left there.
    Half,
    /// All of it.
    Whole,
}

/// Something small read from the bucket, and the version it must still have to be replaced.
struct Versioned<T> {
    value: T,
    version: UpdateVersion,
}

impl Bucket {
    /// The bucket at `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or
    /// `file:///DIRECTORY`. Credentials, region and endpoint come from the environment (`AWS_…`,
    /// `GOOGLE_…`, `AZURE_…`) or from the machine's or container's role. Nothing is asked yet.
    pub fn at(url: &str) -> Result<Self, BucketError> {
        address::open(url)
    }

    /// The address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Uploads a run, the store's current one by default, and makes it the one to serve. What is already
    /// there is not sent again. Cost: the run is read twice, to verify and to send it.
    pub fn push(
        &self,
        store: &Store,
        run_id: Option<&RunId>,
        options: &PushOptions,
        progress: &Progress,
    ) -> Result<Pushed, BucketError> {
        push::push(self, store, run_id, options, progress)
    }

    /// What the bucket says now: two small requests.
    pub fn look(&self) -> Result<Seen, BucketError> {
        let Some(pointer) = self.pointer()? else {
            // Not every store tells an object that is missing from a bucket that is.
            self.list("runs")?;
            return Err(BucketError::Empty { url: self.url.clone() });
        };
        // Read after the pointer: a push writes the list before it moves the pointer, so this list is at
        // least as new as the run.
        let forgotten = self.forgotten()?.ok_or_else(|| BucketError::Forgotten { url: self.url.clone() })?;
        Ok(Seen { run_id: pointer.value, forgotten: forgotten.value })
    }

    /// Brings the store to what the bucket says. Returns the run that is current there now, which is
    /// another than the bucket's where the bucket's holds forgotten customers.
    pub fn pull(
        &self,
        seen: &Seen,
        store: &Store,
        options: &PublishOptions,
        progress: &Progress,
    ) -> Result<RunId, BucketError> {
        let run = |staged: &Path| pull::download(self, &seen.run_id, staged, progress);
        let movement = |list: &Forgotten| log::pull(self, store, list);
        publish::adopt(store, &seen.run_id, &seen.forgotten, options, progress, run, movement)
    }

    /// Ids of the whole runs in the bucket, newest first.
    pub fn runs(&self) -> Result<Vec<RunId>, BucketError> {
        let whole = self.listed()?.into_iter().rev().filter(|(_, upload)| *upload == Upload::Whole);
        Ok(whole.map(|(run_id, _)| run_id).collect())
    }

    /// The runs of which there is something in the bucket.
    fn listed(&self) -> Result<BTreeMap<RunId, Upload>, BucketError> {
        let mut runs: BTreeMap<RunId, Upload> =
            self.leftovers()?.into_iter().map(|run_id| (run_id, Upload::Half)).collect();
        for (name, _) in self.list("runs")? {
            let Some((run_id, file)) = name.split_once('/') else { continue };
            let Ok(run_id) = run_id.parse::<RunId>() else { continue };
            let upload = runs.entry(run_id).or_insert(Upload::Half);
            if file == checksums::FILE {
                *upload = Upload::Whole;
            }
        }
        Ok(runs)
    }

    fn pointer(&self) -> Result<Option<Versioned<RunId>>, BucketError> {
        let Some(object) = self.get(POINTER)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&object.value[..object.value.len().min(100)]).into_owned();
        match text.strip_suffix('\n').unwrap_or(&text).parse() {
            Ok(value) => Ok(Some(Versioned { value, version: object.version })),
            Err(_) => Err(BucketError::Pointer { url: self.url.clone(), seen: text }),
        }
    }

    fn forgotten(&self) -> Result<Option<Versioned<Forgotten>>, BucketError> {
        let Some(object) = self.get(forgotten::FILE)? else { return Ok(None) };
        let list = std::str::from_utf8(&object.value).ok().and_then(Forgotten::parse);
        match list {
            Some(value) => Ok(Some(Versioned { value, version: object.version })),
            None => Err(BucketError::Forgotten { url: self.url.clone() }),
        }
    }

    fn damaged(&self, run_id: &RunId, error: StoreError) -> BucketError {
        match error {
            StoreError::Damaged { what, .. } => {
                BucketError::Damaged { url: self.url.clone(), run_id: run_id.clone(), what }
            }
            other => other.into(),
        }
    }
}

/// Reports files as they are through, and stops at a cancelled one.
struct Counted<'a> {
    stage: &'static str,
    done: Cell<u64>,
    total: u64,
    progress: &'a Progress,
}

impl<'a> Counted<'a> {
    fn start(stage: &'static str, total: usize, progress: &'a Progress) -> Result<Self, BucketError> {
        let total = total as u64;
        progress.report(stage, 0, Some(total));
        progress.check()?;
        Ok(Self { stage, done: Cell::new(0), total, progress })
    }

    fn one_more(&self) -> Result<(), BucketError> {
        self.done.set(self.done.get() + 1);
        self.progress.report(self.stage, self.done.get(), Some(self.total));
        Ok(self.progress.check()?)
    }
}

/// Where a run's file is.
fn object_name(run_id: &RunId, name: &str) -> String {
    format!("runs/{run_id}/{name}")
}
