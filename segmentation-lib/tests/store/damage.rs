use std::fs;
use std::path::PathBuf;

use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{Damage, RunId, Store, StoreError};

use crate::{empty, publish, sample};

struct Published {
    _dir: tempfile::TempDir,
    store: Store,
    good: RunId,
    run_id: RunId,
    snapshot: Snapshot,
}

/// Two runs; the second, current one is to be damaged.
fn published() -> Published {
    let (dir, store) = empty();
    let good = publish(&store, &sample::snapshot(5, 1));
    let snapshot = sample::snapshot(9000, 2);
    let run_id = publish(&store, &snapshot);
    Published { _dir: dir, store, good, run_id, snapshot }
}

impl Published {
    fn dir(&self) -> PathBuf {
        self.store.root().join("runs").join(self.run_id.as_str())
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut open = vec![self.dir()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { open.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    fn damage(&self) -> Damage {
        match self.store.load(&self.run_id) {
            Err(StoreError::Damaged { run_id, what }) if run_id == self.run_id => what,
            other => panic!("expected damage, got {:?}", other.map(|s| s.manifest.run_id)),
        }
    }
}

#[test]
fn a_flipped_bit_in_any_file_is_refused() {
    let p = published();
    for file in p.files() {
        let good = fs::read(&file).expect("readable");
        for part in 0..5 {
            let Some(at) = good.len().checked_sub(1).map(|last| last * part / 4) else { continue };
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&file, &bad).expect("writable");
            let what = p.damage();
            assert!(matches!(what, Damage::File { .. } | Damage::Checksums), "{}: {what:?}", file.display());
        }
        fs::write(&file, &good).expect("writable");
    }
    assert_eq!(p.store.load(&p.run_id).expect("whole again"), p.snapshot);
}

#[test]
fn a_truncated_file_is_refused() {
    let p = published();
    for file in p.files() {
        let good = fs::read(&file).expect("readable");
        for keep in [0, good.len() / 2, good.len().saturating_sub(1)] {
            if keep < good.len() {
                fs::write(&file, &good[..keep]).expect("writable");
                p.damage();
            }
        }
        fs::write(&file, &good).expect("writable");
    }
}

#[test]
fn a_missing_file_is_named() {
    let p = published();
    for file in p.files() {
        let good = fs::read(&file).expect("readable");
        fs::remove_file(&file).expect("removable");
        let name = file.strip_prefix(p.dir()).expect("below the run").display().to_string();
        assert_eq!(p.damage(), Damage::Missing { name });
        fs::write(&file, &good).expect("writable");
    }
}

#[test]
fn the_message_says_what_to_do() {
    let p = published();
    fs::remove_file(p.dir().join("CHECKSUMS")).expect("removable");
    let message = p.store.load(&p.run_id).expect_err("damaged").to_string();
    for word in ["CHECKSUMS", "is missing", "go back to another run", "make it again"] {
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_damaged_run_is_listed_with_its_reason_and_can_be_left() {
    let p = published();
    fs::write(p.dir().join("CHECKSUMS"), "format 1\n").expect("writable");
    let runs = p.store.runs().expect("listing goes on");
    assert!(runs[0].current && matches!(runs[0].manifest, Err(StoreError::Damaged { .. })));
    assert!(runs[1].manifest.is_ok());
    assert!(matches!(p.store.rollback(Some(&p.run_id)), Err(StoreError::Damaged { .. })));
    assert_eq!(p.store.rollback(None).expect("the other one is good"), p.good);
    assert_eq!(p.store.open_current().expect("readable").manifest.run_id, p.good.as_str());
}

#[test]
fn listing_reads_manifests_alone_and_verifying_reads_everything() {
    let p = published();
    fs::write(p.dir().join("db"), "cut").expect("writable");
    let runs = p.store.runs().expect("listed");
    assert_eq!(runs[0].manifest.as_ref().expect("a file of its own"), &p.snapshot.manifest);
    assert!(matches!(p.store.verify(&p.run_id), Err(StoreError::Damaged { .. })));
    assert_eq!(p.store.verify(&p.good).expect("whole"), *runs[1].manifest.as_ref().expect("readable"));
}

#[test]
fn a_damaged_manifest_is_listed_as_such() {
    let p = published();
    let path = p.dir().join("MANIFEST");
    let good = fs::read(&path).expect("readable");
    fs::write(&path, &good[1..]).expect("writable");
    let listed = p.store.runs().expect("listing goes on").remove(0).manifest;
    let file = |what: &Damage| matches!(what, Damage::File { name, .. } if name == "MANIFEST");
    assert!(matches!(&listed, Err(StoreError::Damaged { what, .. }) if file(what)), "{listed:?}");
    assert!(file(&p.damage()));
    let unknown: RunId = "20000101T000000Z-00000000".parse().expect("a valid id");
    assert!(matches!(p.store.manifest(&unknown), Err(StoreError::UnknownRun { .. })));
}

#[test]
fn publishing_a_damaged_run_again_repairs_it() {
    let p = published();
    fs::write(p.dir().join("db"), "").expect("writable");
    publish(&p.store, &p.snapshot);
    assert_eq!(p.store.open_current().expect("readable"), p.snapshot);
}

#[test]
fn a_pointer_that_names_nothing_says_so_and_rollback_mends_it() {
    let p = published();
    let pointer = p.store.root().join("CURRENT");
    for text in ["", "../../etc", "\u{0}\u{0}", "no such run"] {
        fs::write(&pointer, text).expect("writable");
        assert!(matches!(p.store.open_current(), Err(StoreError::Pointer { .. })), "{text:?}");
        assert!(p.store.runs().expect("listing goes on").iter().all(|run| !run.current));
    }
    assert_eq!(p.store.rollback(None).expect("the newest is good"), p.run_id);
    fs::write(&pointer, "20000101T000000Z-00000000\n").expect("writable");
    assert!(matches!(p.store.open_current(), Err(StoreError::UnknownRun { .. })));
}

/// Opening a pipe waits for its other end, reading a device never ends: the server would wait with it.
#[cfg(unix)]
#[test]
fn what_is_no_file_in_the_place_of_one_is_neither_waited_for_nor_read() {
    let p = published();
    let root = p.store.root().to_owned();
    let mut files = p.files();
    files.extend(["CURRENT", "FORGOTTEN"].map(|name| root.join(name)));
    for file in files {
        let good = fs::read(&file).ok();
        for pipe in [true, false] {
            let _ = fs::remove_file(&file);
            if pipe {
                let made = std::process::Command::new("mkfifo").arg(&file).status();
                assert!(made.expect("mkfifo is there").success());
            } else {
                std::os::unix::fs::symlink("/dev/zero", &file).expect("a link");
            }
            let (store, (done, ended)) = (p.store.clone(), std::sync::mpsc::channel());
            let forgets = file.ends_with("FORGOTTEN");
            std::thread::spawn(move || {
                let refused =
                    if forgets { store.forgotten().is_err() } else { store.open_current().is_err() };
                // Fails when nobody waits any more.
                let _ = done.send(refused);
            });
            let refused = ended.recv_timeout(std::time::Duration::from_secs(60));
            assert_eq!(refused, Ok(true), "{}", file.display());
        }
        fs::remove_file(&file).expect("there");
        if let Some(good) = good {
            fs::write(&file, good).expect("writable");
        }
    }
    assert_eq!(p.store.open_current().expect("whole again"), p.snapshot);
}

#[test]
fn reading_changes_no_file_of_a_run() {
    let p = published();
    let before: Vec<_> = p.files().into_iter().map(|f| (fs::read(&f).expect("readable"), f)).collect();
    p.store.load(&p.run_id).expect("readable");
    p.store.runs().expect("readable");
    let after: Vec<_> = p.files().into_iter().map(|f| (fs::read(&f).expect("readable"), f)).collect();
    assert!(before == after, "a file of the run changed");
}
