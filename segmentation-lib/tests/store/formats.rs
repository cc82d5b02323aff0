//! A store of every format, as the program of that time wrote it, with the snapshot it wrote beside it.
//! They are never changed: a new format gets a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::{FORMAT_VERSION, Snapshot};
use segmentation_lib::store::{RunId, Store, StoreError};

use crate::copy::copy;
use crate::next_format::of_next_format;
use crate::{publish, sample};

fn recorded(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/formats").join(format.to_string())
}

/// A copy of the store of that format, to be worked with, and what is in it.
fn of_format(format: u32) -> (tempfile::TempDir, Store, Snapshot) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    copy(&recorded(format).join("store"), dir.path());
    let json = fs::read(recorded(format).join("snapshot.json")).expect("recorded with the store");
    let store = Store::at(dir.path());
    (dir, store, serde_json::from_slice(&json).expect("a snapshot"))
}

#[test]
fn every_format_is_read_as_it_was_written() {
    for format in 1..=FORMAT_VERSION {
        let (_dir, store, written) = of_format(format);
        let read = store.open_current().expect("readable");
        assert_eq!(read.manifest.format_version, format);
        assert_eq!(read, written, "format {format}");
        for id in sample::ODD_IDS {
            assert_eq!(read.find(id), written.assignments.iter().find(|a| a.customer_id == id), "{id:?}");
        }
        assert!(store.runs().expect("listed").iter().all(|run| run.current && run.manifest.is_ok()));
    }
}

#[test]
fn a_run_of_every_format_can_be_followed_and_gone_back_to() {
    for format in 1..=FORMAT_VERSION {
        let (_dir, store, written) = of_format(format);
        let next = publish(&store, &sample::snapshot(5, 60));
        assert_eq!(store.open_current().expect("readable").manifest.run_id, next.as_str());
        assert_eq!(store.rollback(None).expect("still there").as_str(), written.manifest.run_id);
        assert_eq!(store.open_current().expect("readable"), written, "format {format}");
    }
}

#[test]
fn customers_are_forgotten_in_a_run_of_every_format() {
    for format in 1..=FORMAT_VERSION {
        let (_dir, store, written) = of_format(format);
        store.forget(&["a/b".to_owned()], &Progress::silent()).expect("forgotten");
        let rest = store.open_current().expect("readable");
        assert!(rest.find("a/b").is_none(), "format {format}");
        assert_eq!(rest.assignments.len(), written.assignments.len() - 1);
        assert_eq!(rest.find("a,b"), written.find("a,b"));
    }
}

/// Makes a run look as if a program of the next format had written it.
fn made_newer(store: &Store, run_id: &RunId) {
    let path = store.root().join("runs").join(run_id.as_str()).join("CHECKSUMS");
    let list = fs::read_to_string(&path).expect("readable");
    fs::write(&path, of_next_format(&list)).expect("writable");
}

#[test]
fn a_newer_format_is_refused_with_the_way_out_and_can_be_left() {
    let (_dir, store, written) = of_format(FORMAT_VERSION);
    let newer = publish(&store, &sample::snapshot(5, 60));
    made_newer(&store, &newer);
    let error = store.open_current().expect_err("newer");
    assert!(matches!(error, StoreError::Newer { found, .. } if found == FORMAT_VERSION + 1), "{error}");
    let (found, most) = (format!("format {}", FORMAT_VERSION + 1), format!("up to {FORMAT_VERSION}"));
    for part in [newer.as_str(), &found, &most, "upgrade", "go back"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let runs = store.runs().expect("listing goes on");
    assert!(runs[0].current && matches!(runs[0].manifest, Err(StoreError::Newer { .. })));
    assert_eq!(store.rollback(None).expect("the one before").as_str(), written.manifest.run_id);
    // A program that cannot read it does not take it away either.
    publish(&store, &sample::snapshot(6, 120));
    assert!(matches!(store.load(&newer), Err(StoreError::Newer { .. })));
}

#[cfg(feature = "bucket")]
#[test]
fn a_run_of_every_format_goes_through_a_bucket_and_a_newer_one_is_refused() {
    use segmentation_lib::store::PublishOptions;
    use segmentation_lib::store::bucket::{Bucket, BucketError, PushOptions};

    for format in 1..=FORMAT_VERSION {
        let (dir, store, written) = of_format(format);
        let url = format!("file://{}/bucket", dir.path().display());
        fs::create_dir(dir.path().join("bucket")).expect("created");
        let (bucket, there) = (Bucket::at(&url).expect("an address"), Store::at(dir.path().join("there")));
        let push =
            || bucket.push(&store, None, &PushOptions::default(), &Progress::silent()).expect("pushed");
        let pull = || {
            let seen = bucket.look().expect("readable");
            bucket.pull(&seen, &there, &PublishOptions::default(), &Progress::silent())
        };
        push();
        pull().expect("pulled");
        assert_eq!(there.open_current().expect("readable"), written, "format {format}");

        publish(&store, &sample::snapshot(5, 60));
        made_newer(&Store::at(dir.path().join("bucket")), &push().run_id);
        let error = pull().expect_err("newer");
        assert!(matches!(error, BucketError::Store(StoreError::Newer { .. })), "{error}");
        assert!(error.to_string().contains("upgrade"), "{error}");
        assert_eq!(there.open_current().expect("readable"), written, "format {format}");
    }
}
