//! The fuzzer's targets under a plain test: every seed, and what a few edits make of it. `make fuzz` looks further.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// The files in a target's directory of seeds.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = std::fs::read_dir(dir).expect("each target has seeds");
    let mut paths: Vec<_> = files.map(|file| file.expect("listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("read")).collect()
}

#[derive(Debug, Clone)]
enum Edit {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    /// Appends what stands there once more.
    Repeat(Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<Index>(), 1..20_usize).prop_map(|(at, n)| Edit::Remove(at, n)),
        (any::<Index>(), 1..200_usize).prop_map(|(at, n)| Edit::Repeat(at, n)),
    ]
}

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match edit {
            Edit::Set(at, byte) => {
                let at = place(at);
                bytes.get_mut(at).into_iter().for_each(|seen| *seen = *byte);
            }
            Edit::Insert(at, more) => {
                let at = place(at);
                drop(bytes.splice(at..at, more.iter().copied()));
            }
            Edit::Remove(at, n) => {
                let at = place(at);
                drop(bytes.drain(at..bytes.len().min(at + n)));
            }
            Edit::Repeat(at, n) => {
                let at = place(at);
                bytes.extend_from_within(at..bytes.len().min(at + n));
            }
        }
    }
    bytes
}

macro_rules! targets {
    ($($target:ident),+) => {
        #[test]
        fn every_target_takes_its_seeds() {
            $(
                let all = seeds(stringify!($target));
                assert!(all.len() > 1);
                all.iter().for_each(|seed| targets::$target(seed));
            )+
        }

        proptest! {
            $(
                #[test]
                fn $target(seed: Index, edits in vec(edit(), 1..6)) {
                    let all = seeds(stringify!($target));
                    targets::$target(&edited(seed.get(&all).clone(), &edits));
                }
            )+
        }

        /// The fuzzer has the same targets.
        #[test]
        fn no_target_is_left_out() {
            let manifest = include_str!("../../fuzz/Cargo.toml");
            assert_eq!(manifest.matches("[[bin]]").count(), [$(stringify!($target)),+].len());
            $(assert!(manifest.contains(concat!("\"fuzz_targets/", stringify!($target), ".rs\"")));)+
        }
    };
}

targets!(id_lists, bodies, cursors, keys, snapshots);
