//! The service under attack: what strangers, holders of keys, careless operators and broken disks can do to it, each
//! kind over real sockets on loopback. Bounds are of memory and of the order of events, never of time.

mod bombs;
mod closed;
mod gone;
mod h2;
mod large;
mod service;
mod tools;
mod wire;

use test_support::proof::proof;
use test_support::sample;

/// Each promise of the threat model names a test that runs and asserts something.
#[test]
fn every_promise_has_its_test() {
    let sources = [
        include_str!("bombs.rs"),
        include_str!("closed.rs"),
        include_str!("gone.rs"),
        include_str!("h2.rs"),
        include_str!("large.rs"),
        include_str!("tools.rs"),
        include_str!("wire.rs"),
        include_str!("../../src/audit/sink.rs"),
        include_str!("../../src/files.rs"),
        include_str!("../../src/keys.rs"),
        include_str!("../../../segmentation-lib/src/temporary.rs"),
    ];
    let promises = include_str!("../../THREATS.md").split("## Promises").nth(1).expect("the section");
    let promises = promises.split("## ").next().expect("a split has a first part");
    let names: Vec<&str> = promises
        .lines()
        .filter_map(|line| line.strip_suffix("` |")?.rsplit_once("| `").map(|(_, name)| name))
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let proofs: Vec<_> = sources.iter().filter_map(|source| proof(source, name)).collect();
        assert_eq!(proofs, [Ok(())], "{name}");
    }
}
