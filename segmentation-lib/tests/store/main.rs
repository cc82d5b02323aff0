//! The store as its users meet it: publish, list, load, roll back, damage, crashes, formats.

#[cfg(feature = "bucket")]
mod bucket;
mod crash;
mod damage;
mod erase;
mod formats;
#[cfg(feature = "export")]
mod movement;
mod publish;

use std::sync::{Arc, OnceLock};

use segmentation_lib::progress::{Progress, Update};
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, RunId, Store};
use test_support::{copy, disk, next_format, sample};

fn publish(store: &Store, snapshot: &Snapshot) -> RunId {
    store
        .publish(snapshot, &PublishOptions::default(), &Progress::silent())
        .expect("a valid snapshot is published")
}

/// Whether the bytes stand in any file below `dir`.
#[cfg(any(feature = "bucket", feature = "export"))]
fn holds(dir: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("listed").flatten().any(|entry| match entry.path() {
        path if path.is_dir() => holds(&path, bytes),
        path => std::fs::read(&path).expect("read").windows(bytes.len()).any(|window| window == bytes),
    })
}

/// Progress that cancels the work at the first report of which `at` is true.
fn cancelling(at: impl Fn(&Update) -> bool + Send + Sync + 'static) -> Progress {
    let itself = Arc::new(OnceLock::<Progress>::new());
    let progress = Progress::new({
        let itself = itself.clone();
        move |update| {
            if at(&update) {
                itself.get().expect("set").cancel();
            }
        }
    });
    itself.set(progress.clone()).expect("once");
    progress
}

/// A store in a new directory; the directory lives as long as the first value.
fn empty() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::at(dir.path().join("store"));
    (dir, store)
}
