use std::time::{Duration, Instant};

use segmentation_lib::store::Block;

use crate::{empty, publish, sample};

/// Reads 1,000,000 customers block by block, as the server does.
#[test]
#[ignore = "a measurement: run it in release, alone"]
fn a_million_customers_are_read_in_under_two_seconds() {
    let (_dir, store) = empty();
    let start = Instant::now();
    let snapshot = sample::snapshot(1_000_000, 1);
    println!("made in {:?}", start.elapsed());
    let start = Instant::now();
    let run_id = publish(&store, &snapshot);
    println!("published in {:?}", start.elapsed());
    let start = Instant::now();
    let mut customers = 0;
    store.open(&run_id).and_then(|run| run.read(|block: Block| customers += block.len())).expect("readable");
    let took = start.elapsed();
    println!("read in {took:?}");
    let bytes: u64 = walk(store.root());
    println!("{} bytes on disk, {:.1} a customer", bytes, bytes as f64 / customers as f64);
    assert!(took < Duration::from_secs(2), "{took:?}");
}

fn walk(dir: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("a directory").map(|e| e.expect("an entry"));
    entries
        .map(|e| if e.path().is_dir() { walk(&e.path()) } else { e.metadata().expect("a file").len() })
        .sum()
}
