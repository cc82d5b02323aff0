//! Runs on their way through a bucket, here a directory: what arrives, what must not, and what a fault leaves.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::bucket::{Bucket, BucketError, PushOptions, Pushed};
use segmentation_lib::store::{Damage, PublishOptions, RunId, Store, StoreError};

use crate::copy::copy;
use crate::{cancelling, holds, publish, sample};

const STORE: &str = "PUSH_TEST_STORE";
const BUCKET: &str = "PUSH_TEST_BUCKET";
const ABORT_AT: &str = "PUSH_TEST_ABORT_AT";
const CUSTOMERS: usize = 300;

/// A bucket, and stores beside it.
struct Place {
    dir: tempfile::TempDir,
    bucket: Bucket,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(dir.path().join("bucket")).expect("created");
        let bucket = Bucket::at(&format!("file://{}/bucket", dir.path().display())).expect("an address");
        Self { dir, bucket }
    }

    fn store(&self, name: &str) -> Store {
        Store::at(self.dir.path().join(name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("bucket").join(name)
    }

    fn file(&self, run_id: &RunId, name: &str) -> PathBuf {
        self.path("runs").join(run_id.as_str()).join(name)
    }

    fn push(&self, store: &Store) -> Pushed {
        self.bucket.push(store, None, &PushOptions::default(), &Progress::silent()).expect("pushed")
    }

    fn try_pull(&self, store: &Store) -> Result<RunId, BucketError> {
        let seen = self.bucket.look()?;
        self.bucket.pull(&seen, store, &PublishOptions::default(), &Progress::silent())
    }

    fn pull(&self, store: &Store) -> Snapshot {
        let run_id = self.try_pull(store).expect("pulled");
        assert_eq!(store.current().expect("readable"), Some(run_id));
        store.open_current().expect("whole")
    }

    /// The directories of runs, by name.
    fn dirs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("runs")).expect("listed").flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn pointer(&self) -> String {
        std::fs::read_to_string(self.path("CURRENT")).expect("there").trim().to_owned()
    }
}

fn forget(store: &Store, id: &str) {
    store.forget(&[id.to_owned()], &Progress::silent()).expect("erased");
}

#[test]
fn what_is_pushed_is_what_is_pulled() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let first = sample::snapshot(CUSTOMERS, 1);
    publish(&here, &first);
    let pushed = place.push(&here);
    assert_eq!((pushed.run_id.as_str(), pushed.before), (first.manifest.run_id.as_str(), None));
    assert!(pushed.files > 0 && pushed.bytes > 0);
    assert!(place.pull(&there) == first);
    let second = sample::snapshot(CUSTOMERS, 2);
    publish(&here, &second);
    assert_eq!(place.push(&here).before, Some(pushed.run_id.clone()));
    assert!(place.pull(&there) == second);
    // Going back is a push like any other.
    here.rollback(None).expect("there is one before");
    let back = place.push(&here);
    assert_eq!((back.run_id, back.files, back.bytes), (pushed.run_id, 0, 0));
    assert!(place.pull(&there) == first);
}

#[test]
fn pushing_again_sends_nothing_and_changes_nothing() {
    let place = Place::new();
    let here = place.store("here");
    publish(&here, &sample::snapshot(CUSTOMERS, 1));
    let run_id = place.push(&here).run_id;
    let times = |name: &str| place.file(&run_id, name).metadata().expect("there").modified().expect("a time");
    let before = ["db", "CHECKSUMS"].map(times);
    let again = place.push(&here);
    assert_eq!((again.files, again.bytes, again.before), (0, 0, Some(run_id.clone())));
    assert_eq!(["db", "CHECKSUMS"].map(times), before);
    let all = PushOptions { overwrite: true, ..PushOptions::default() };
    let all = place.bucket.push(&here, Some(&run_id), &all, &Progress::silent()).expect("pushed");
    assert!(all.files > 0);
}

#[test]
fn the_bucket_keeps_as_many_runs_as_asked_for() {
    let place = Place::new();
    let here = place.store("here");
    let keep = PushOptions { keep: 2, ..PushOptions::default() };
    let ids: Vec<RunId> = (1..=4)
        .map(|seed| {
            let run_id = publish(&here, &sample::snapshot(20, seed));
            place.bucket.push(&here, None, &keep, &Progress::silent()).expect("pushed");
            run_id
        })
        .collect();
    for (run_id, kept) in ids.iter().zip([false, false, true, true]) {
        assert_eq!(place.file(run_id, "CHECKSUMS").exists(), kept, "{run_id}");
        assert_eq!(place.file(run_id, "db").exists(), kept, "{run_id}");
    }
}

#[test]
fn nothing_is_overwritten_that_another_publisher_has_pushed_meanwhile() {
    let place = Place::new();
    let (one, two) = (place.store("one"), place.store("two"));
    publish(&one, &sample::snapshot(20, 1));
    place.push(&one);
    publish(&one, &sample::snapshot(20, 2));
    let other = sample::snapshot(20, 3);
    publish(&two, &other);
    // The other's push falls between this push's look at the pointer and its move.
    let pushed_between = AtomicU64::new(0);
    let (url, store) = (place.bucket.url().to_owned(), two.clone());
    let progress = Progress::new(move |update| {
        if update.stage == "push" && pushed_between.fetch_add(1, Ordering::Relaxed) == 0 {
            let path = url.strip_prefix("file://").expect("a directory");
            let id = format!("{}\n", store.current().expect("readable").expect("one"));
            std::fs::write(Path::new(path).join("CURRENT"), id).expect("written");
        }
    });
    let error = place.bucket.push(&one, None, &PushOptions::default(), &progress).expect_err("refused");
    assert!(
        matches!(&error, BucketError::Conflict { seen: Some(seen), .. } if seen.as_str() == other.manifest.run_id),
        "{error}"
    );
    assert_eq!(place.pointer(), other.manifest.run_id);
}

#[test]
fn one_directory_takes_one_push_at_a_time() {
    let place = Place::new();
    let here = place.store("here");
    publish(&here, &sample::snapshot(20, 1));
    let held = std::fs::File::create(place.path("LOCK")).expect("created");
    held.lock().expect("free");
    let push = || place.bucket.push(&here, None, &PushOptions::default(), &Progress::silent());
    assert!(matches!(push(), Err(BucketError::Locked { .. })));
    held.unlock().expect("held");
    push().expect("free again");
}

#[test]
fn what_is_wrong_in_a_bucket_is_named_and_leaves_the_store() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let gone = Bucket::at(&format!("file://{}/gone", place.dir.path().display())).expect("an address");
    assert!(matches!(gone.look(), Err(BucketError::Missing { .. })));
    assert!(matches!(place.bucket.look(), Err(BucketError::Empty { .. })));
    publish(&here, &sample::snapshot(CUSTOMERS, 1));
    place.push(&here);
    let old = place.pull(&there);
    let next = publish(&here, &sample::snapshot(CUSTOMERS, 2));
    place.push(&here);

    type Harm = (&'static str, fn(&mut Vec<u8>), fn(&BucketError) -> bool);
    let harms: [Harm; 4] = [
        (
            "db",
            |bytes| bytes.truncate(bytes.len() / 2),
            |e| matches!(e, BucketError::Damaged { what: Damage::File { .. }, .. }),
        ),
        (
            "db",
            |bytes| bytes[100] ^= 1,
            |e| matches!(e, BucketError::Damaged { what: Damage::File { .. }, .. }),
        ),
        ("db", Vec::clear, |e| matches!(e, BucketError::Damaged { what: Damage::File { .. }, .. })),
        (
            "CHECKSUMS",
            |bytes| bytes.truncate(bytes.len() - 1),
            |e| matches!(e, BucketError::Damaged { what: Damage::Checksums, .. }),
        ),
    ];
    for (name, harm, expected) in harms {
        let path = place.file(&next, name);
        let whole = std::fs::read(&path).expect("there");
        let mut bytes = whole.clone();
        harm(&mut bytes);
        std::fs::write(&path, bytes).expect("written");
        let error = place.try_pull(&there).expect_err("refused");
        assert!(expected(&error) && error.to_string().contains("push it again"), "{error}");
        assert!(there.open_current().expect("whole") == old);
        std::fs::write(&path, whole).expect("written");
    }
    for name in ["db", "CHECKSUMS"] {
        let path = place.file(&next, name);
        std::fs::rename(&path, place.path("aside")).expect("moved");
        let error = place.try_pull(&there).expect_err("refused");
        assert!(
            matches!(&error, BucketError::Incomplete { name: missing, .. } if missing == name),
            "{error}"
        );
        std::fs::rename(place.path("aside"), &path).expect("moved");
    }
    for (name, text) in [("CURRENT", "../../etc\n"), ("FORGOTTEN", "forgotten 1\n"), ("FORGOTTEN", "")] {
        let whole = std::fs::read(place.path(name)).expect("there");
        std::fs::write(place.path(name), text).expect("written");
        let error = place.try_pull(&there).expect_err("refused");
        let expected = matches!(
            (name, &error),
            ("CURRENT", BucketError::Pointer { .. }) | ("FORGOTTEN", BucketError::Forgotten { .. })
        );
        assert!(expected, "{error}");
        std::fs::write(place.path(name), whole).expect("written");
    }
    // A list that is gone is no empty list.
    std::fs::rename(place.path("FORGOTTEN"), place.path("aside")).expect("moved");
    assert!(matches!(place.try_pull(&there), Err(BucketError::Forgotten { .. })));
    std::fs::rename(place.path("aside"), place.path("FORGOTTEN")).expect("moved");
    assert!(there.open_current().expect("whole") == old);
    assert!(place.pull(&there) == sample::snapshot(CUSTOMERS, 2));
}

#[test]
fn a_push_mends_what_is_missing_or_cut() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    publish(&here, &sample::snapshot(CUSTOMERS, 1));
    let run_id = place.push(&here).run_id;
    std::fs::remove_file(place.file(&run_id, "db")).expect("removed");
    assert_eq!(place.push(&here).files, 1);
    std::fs::write(place.file(&run_id, "db"), "cut").expect("written");
    assert_eq!(place.push(&here).files, 1);
    assert!(place.pull(&there) == sample::snapshot(CUSTOMERS, 1));
}

#[test]
fn a_run_damaged_on_this_disk_is_not_pushed() {
    let place = Place::new();
    let here = place.store("here");
    let run_id = publish(&here, &sample::snapshot(CUSTOMERS, 1));
    std::fs::write(here.root().join("runs").join(run_id.as_str()).join("db"), "x").expect("written");
    let error =
        place.bucket.push(&here, None, &PushOptions::default(), &Progress::silent()).expect_err("refused");
    assert!(matches!(error, BucketError::Store(StoreError::Damaged { .. })), "{error}");
    assert!(!place.path("CURRENT").exists() && !place.path("runs").exists());
}

/// Not a test by itself: what the child does.
#[test]
fn child_pushes() {
    let (Ok(root), Ok(url)) = (std::env::var(STORE), std::env::var(BUCKET)) else { return };
    let abort_at = std::env::var(ABORT_AT).ok().and_then(|text| text.parse::<u64>().ok());
    let reports = AtomicU64::new(0);
    let progress = Progress::new(move |update| {
        if update.stage == "push" && Some(reports.fetch_add(1, Ordering::Relaxed)) == abort_at {
            std::process::abort();
        }
    });
    let bucket = Bucket::at(&url).expect("an address");
    if bucket.push(&Store::at(root), None, &PushOptions::default(), &progress).is_err() {
        std::process::exit(3);
    }
}

#[test]
fn a_push_that_dies_at_any_file_leaves_the_former_run_whole() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let old = sample::snapshot(CUSTOMERS, 1);
    publish(&here, &old);
    place.push(&here);
    let mut aborted = 0;
    for step in 0.. {
        assert!(step < 100, "the child never gets through");
        publish(&here, &sample::snapshot(CUSTOMERS, 2 + step));
        let mut child = Command::new(std::env::current_exe().expect("this binary"));
        child.args(["--exact", "bucket::child_pushes", "--nocapture"]).env(STORE, here.root());
        child.env(BUCKET, place.bucket.url()).env(ABORT_AT, step.to_string());
        let status = child.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
        if status.success() {
            break;
        }
        aborted += 1;
        assert_eq!(place.pointer(), old.manifest.run_id);
        assert!(place.pull(&place.store(&format!("fresh-{step}"))) == old);
    }
    assert!(aborted >= 2, "it was killed {aborted} times");
    assert_eq!(place.pointer(), here.current().expect("readable").expect("one").as_str());
    assert!(place.pull(&there) == here.open_current().expect("whole"));
    // What the dead have left goes with the runs that are too old, also a file that no list of objects names.
    let part = place.path("runs/20000101T000000000Z-00000000/db#1");
    std::fs::create_dir(part.parent().expect("a directory")).expect("created");
    std::fs::write(part, "C0000007").expect("written");
    assert!(place.dirs().len() > 3, "{:?}", place.dirs());
    let keep = PushOptions { keep: 1, ..PushOptions::default() };
    place.bucket.push(&here, None, &keep, &Progress::silent()).expect("pushed");
    assert_eq!(place.dirs(), [place.pointer()]);
}

#[test]
fn an_overwrite_that_is_cut_leaves_no_mixture_and_the_next_push_mends_it() {
    let place = Place::new();
    let (one, two, there) = (place.store("one"), place.store("two"), place.store("there"));
    let snapshot = sample::snapshot(CUSTOMERS, 1);
    publish(&one, &snapshot);
    let run_id = publish(&two, &snapshot);
    place.push(&one);
    let reports = AtomicU64::new(0);
    let progress =
        cancelling(move |update| update.stage == "push" && reports.fetch_add(1, Ordering::Relaxed) == 2);
    let all = PushOptions { overwrite: true, ..PushOptions::default() };
    let error = place.bucket.push(&two, Some(&run_id), &all, &progress).expect_err("cancelled");
    assert!(matches!(error, BucketError::Store(StoreError::Cancelled(_))), "{error}");
    let error = place.try_pull(&there).expect_err("refused");
    assert!(matches!(&error, BucketError::Incomplete { name, .. } if name == "CHECKSUMS"), "{error}");
    assert!(place.push(&two).files > 1);
    assert!(place.pull(&there) == snapshot);
}

#[test]
fn a_pull_that_is_cancelled_anywhere_leaves_the_former_run_and_nothing_else() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    publish(&here, &sample::snapshot(CUSTOMERS, 1));
    place.push(&here);
    let old = place.pull(&there);
    publish(&here, &sample::snapshot(CUSTOMERS, 2));
    place.push(&here);
    let seen = place.bucket.look().expect("readable");
    let mut cancelled = 0;
    for step in 0.. {
        assert!(step < 100, "it never gets through");
        let reports = AtomicU64::new(0);
        let progress = cancelling(move |_| reports.fetch_add(1, Ordering::Relaxed) == step);
        match place.bucket.pull(&seen, &there, &PublishOptions::default(), &progress) {
            Ok(run_id) => {
                assert_eq!(&run_id, seen.run_id());
                break;
            }
            Err(BucketError::Store(StoreError::Cancelled(_))) => cancelled += 1,
            Err(other) => panic!("{other}"),
        }
        let staging = there.root().join("staging");
        assert_eq!(std::fs::read_dir(&staging).expect("there").count(), 0, "at report {step}");
        // The last steps come after the pointer was moved.
        let current = there.open_current().expect("whole");
        assert!(current == old || current.manifest.run_id == seen.run_id().as_str(), "at report {step}");
    }
    assert!(cancelled > 3, "cancelled {cancelled} times");
    assert!(place.pull(&there) == sample::snapshot(CUSTOMERS, 2));
}

#[test]
fn a_run_of_many_files_arrives_whole() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let snapshot = sample::snapshot(150_000, 1);
    publish(&here, &snapshot);
    let pushed = place.push(&here);
    assert!(pushed.files > 32, "{pushed:?}");
    assert!(place.pull(&there) == snapshot);
}

#[test]
fn a_customer_forgotten_by_the_publisher_leaves_the_bucket_and_every_store_that_pulls() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    for seed in 1..=3 {
        publish(&here, &sample::snapshot(CUSTOMERS, seed));
        place.push(&here);
        place.pull(&there);
    }
    assert!(holds(&place.path("runs"), b"C0000007") && holds(there.root(), b"C0000007"));
    forget(&here, "C0000007");
    let pushed = place.push(&here);
    assert_eq!(pushed.removed.len(), 3, "{pushed:?}");
    assert!(!holds(&place.path(""), b"C0000007"));
    let served = place.pull(&there);
    assert!(served.find("C0000007").is_none() && served.find("C0000008").is_some());
    assert!(!holds(there.root(), b"C0000007"));
    // From here on they are out of everything that is published there, too.
    publish(&there, &sample::snapshot(CUSTOMERS, 9));
    assert!(there.open_current().expect("whole").find("C0000007").is_none());
}

#[test]
fn a_pull_brings_back_nobody_even_before_the_erased_run_was_pushed() {
    let place = Place::new();
    let (here, there, fresh) = (place.store("here"), place.store("there"), place.store("fresh"));
    publish(&here, &sample::snapshot(CUSTOMERS, 1));
    place.push(&here);
    place.pull(&there);
    // The publisher died after the list and before the run.
    forget(&here, "C0000007");
    std::fs::copy(here.root().join("FORGOTTEN"), place.path("FORGOTTEN")).expect("copied");
    for store in [&there, &fresh] {
        let served = place.pull(store);
        assert!(served.find("C0000007").is_none() && served.find("C0000008").is_some());
        assert!(!holds(store.root(), b"C0000007"));
    }
    assert_eq!(there.current().expect("readable"), here.current().expect("readable"));
    assert_eq!(fresh.current().expect("readable"), here.current().expect("readable"));
}

#[test]
fn two_publishers_forget_for_one_another_and_lift_together() {
    let place = Place::new();
    let (one, two, there) = (place.store("one"), place.store("two"), place.store("there"));
    publish(&one, &sample::snapshot(CUSTOMERS, 1));
    publish(&two, &sample::snapshot(CUSTOMERS, 2));
    forget(&one, "C0000001");
    forget(&two, "C0000002");
    place.push(&one);
    let second = place.push(&two);
    // What the other has pushed holds a customer this one has forgotten.
    assert_eq!(second.removed.len(), 1);
    for store in [&two, &there] {
        let served = place.pull(store);
        assert!(served.find("C0000001").is_none() && served.find("C0000002").is_none());
    }
    place.pull(&one);
    let lifted = one.lift(&["C0000002".to_owned()]).expect("lifted");
    assert_eq!(lifted, [true]);
    publish(&one, &sample::snapshot(CUSTOMERS, 3));
    place.push(&one);
    for store in [&two, &there] {
        let served = place.pull(store);
        assert!(served.find("C0000001").is_none() && served.find("C0000002").is_some());
    }
}

#[test]
fn a_run_that_came_while_another_publisher_erased_goes_with_the_next_push() {
    let place = Place::new();
    let (one, two) = (place.store("one"), place.store("two"));
    publish(&one, &sample::snapshot(CUSTOMERS, 1));
    place.push(&one);
    let late = publish(&two, &sample::snapshot(CUSTOMERS, 2));
    forget(&one, "C0000007");
    place.push(&one);
    // The other's run arrives behind the erasure, which is complete by then.
    copy(&two.root().join("runs").join(late.as_str()), &place.path("runs").join(late.as_str()));
    assert!(holds(&place.path("runs"), b"C0000007"));
    let pushed = place.push(&two);
    assert_eq!(pushed.removed, [late]);
    assert!(!holds(&place.path(""), b"C0000007"));
}

#[test]
fn an_erasure_that_died_is_completed_by_the_next_push() {
    let place = Place::new();
    let here = place.store("here");
    for seed in 1..=2 {
        publish(&here, &sample::snapshot(CUSTOMERS, seed));
        place.push(&here);
    }
    forget(&here, "C0000007");
    // Cancelled at the first file: by then the list is in the bucket, the erased run is not.
    let progress = cancelling(|update| update.stage == "push");
    let error = place.bucket.push(&here, None, &PushOptions::default(), &progress).expect_err("cancelled");
    assert!(matches!(error, BucketError::Store(StoreError::Cancelled(_))), "{error}");
    let list = std::fs::read_to_string(place.path("FORGOTTEN")).expect("there");
    assert!(list.contains("\nerasing\n") && holds(&place.path("runs"), b"C0000007"));
    place.push(&here);
    let list = std::fs::read_to_string(place.path("FORGOTTEN")).expect("there");
    assert!(list.contains("\ndone\n") && !holds(&place.path(""), b"C0000007"));
}

#[test]
fn a_list_of_the_forgotten_that_only_joins_is_not_lost_to_a_race() {
    let place = Place::new();
    let (one, two) = (place.store("one"), place.store("two"));
    for (store, seed) in [(&one, 1), (&two, 2)] {
        publish(store, &sample::snapshot(CUSTOMERS, seed));
    }
    place.push(&two);
    forget(&two, "C0000002");
    // The other publisher's list arrives while this one's files are on their way.
    let (from, to, once) = (two.root().join("FORGOTTEN"), place.path("FORGOTTEN"), AtomicU64::new(0));
    let progress = Progress::new(move |update| {
        if update.stage == "push" && once.fetch_add(1, Ordering::Relaxed) == 0 {
            std::fs::copy(&from, &to).expect("copied");
        }
    });
    place.bucket.push(&one, None, &PushOptions::default(), &progress).expect("pushed");
    let served = place.pull(&place.store("there"));
    assert!(served.find("C0000002").is_none() && served.find("C0000001").is_some());
    assert_eq!(place.pointer(), served.manifest.run_id);
}

#[test]
fn the_movement_log_goes_with_the_runs_and_an_erasure_reaches_it() {
    let place = Place::new();
    let (here, there) = (place.store("here"), place.store("there"));
    let first = sample::snapshot(60, 1);
    let second = sample::following(&first, 80, 2);
    let third = sample::following(&second, 40, 3);
    for run in [&first, &second, &third] {
        publish(&here, run);
    }
    place.push(&here);
    place.pull(&there);
    let log = |store: &Store| -> Vec<RunId> {
        store
            .log()
            .expect("listed")
            .into_iter()
            .map(|(run_id, entry)| entry.map(|_| run_id).expect("whole"))
            .collect()
    };
    // The server has one run, and knows the way to it from all others.
    assert_eq!((there.runs().expect("listed").len(), log(&there)), (1, log(&here)));
    assert!(holds(there.root(), b"C0000070"), "left with the third run");
    forget(&here, "C0000070");
    place.push(&here);
    assert!(!holds(&place.path(""), b"C0000070"));
    place.pull(&there);
    assert!(!holds(there.root(), b"C0000070"));
    assert_eq!(log(&there), log(&here));
    // A publisher who has never had the log takes it over before he pushes.
    let other = place.store("other");
    place.pull(&other);
    publish(&other, &sample::following(&third, 50, 4));
    place.push(&other);
    place.pull(&there);
    assert_eq!((log(&other).len(), log(&there)), (4, log(&other)));
}
