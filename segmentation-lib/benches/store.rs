//! Publishing and reading 1,000,000 customers, as `segment run` and the server do. With a folder in
//! `SEGMENT_BENCH_STORE` the store stays there, for a server to be started on it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use segmentation_lib::progress::Progress;
use segmentation_lib::store::{Block, PublishOptions, Store};
use test_support::sample;

fn main() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let kept = std::env::var_os("SEGMENT_BENCH_STORE").map(PathBuf::from);
    let store = Store::at(kept.unwrap_or_else(|| directory.path().join("store")));
    let snapshot = sample::snapshot(1_000_000, 1);
    let start = Instant::now();
    let run_id = store
        .publish(&snapshot, &PublishOptions::default(), &Progress::silent())
        .expect("a valid snapshot is published");
    println!("published in {:.2} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let mut customers = 0;
    store.open(&run_id).and_then(|run| run.read(|block: Block| customers += block.len())).expect("readable");
    println!("opened, verified and read in {:.2} s", start.elapsed().as_secs_f64());
    let bytes = size(store.root());
    println!("{bytes} bytes on disk, {:.1} a customer", bytes as f64 / customers as f64);
}

fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| match entry.path().is_dir() {
            true => size(&entry.path()),
            false => entry.metadata().expect("a file").len(),
        })
        .sum()
}
