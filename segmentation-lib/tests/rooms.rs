//! The picture of the rooms in the crate's documentation is that of its sources.

use std::path::Path;

use test_support::rooms;

#[test]
fn rooms_use_those_below_them_alone() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors = rooms::drawn(&source).expect("lib.rs is there");
    assert!(floors.len() > 8, "{floors:?}");
    assert_eq!(rooms::violations(&source, &floors).expect("read"), Vec::<String>::new());
}
