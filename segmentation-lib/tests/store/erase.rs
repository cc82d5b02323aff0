//! Customers who asked to be forgotten are in no run, however the erasure ends.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{RunId, Store, StoreError};
use segmentation_lib::wording::{money, portuguese};

use crate::{empty, publish, sample};

const STORE: &str = "ERASE_TEST_STORE";
const ABORT_AT: &str = "ERASE_TEST_ABORT_AT";
const CUSTOMERS: usize = 500;

fn forget(store: &Store, ids: &[&str]) -> segmentation_lib::store::Erasure {
    let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
    store.forget(&ids, &Progress::silent()).expect("erased")
}

fn runs(store: &Store) -> Vec<Snapshot> {
    let ids: Vec<RunId> = store.runs().expect("listed").into_iter().map(|run| run.run_id).collect();
    ids.iter().map(|id| store.load(id).expect("whole")).collect()
}

/// Whether the bytes stand in any file below `dir`.
fn holds(dir: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("listed").flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        std::fs::read(&path).expect("read").windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn a_forgotten_customer_is_in_no_kept_run_and_in_no_file() {
    let (_dir, store) = empty();
    let old: Vec<RunId> = (1..=3).map(|seed| publish(&store, &sample::snapshot(CUSTOMERS, seed))).collect();
    assert!(holds(store.root(), b"C0000007"));
    let erasure = forget(&store, &["C0000007", "C0000400", "nobody"]);
    assert_eq!((erasure.listed, erasure.added, erasure.runs.len()), (3, 3, 3));
    assert!(erasure.runs.iter().all(|run| run.removed == 2 && run.before != run.after));
    assert_eq!(store.current().expect("readable").as_ref(), Some(&erasure.runs[0].after));
    for (snapshot, seed) in runs(&store).iter().zip([3, 2, 1]) {
        let before = sample::snapshot(CUSTOMERS, seed);
        snapshot.validate().expect("valid");
        assert_eq!(snapshot.manifest.customers, before.manifest.customers - 2);
        assert_eq!(snapshot.manifest.created_at, before.manifest.created_at);
        let stay = before.assignments.iter().filter(|a| !["C0000007", "C0000400"].contains(&&*a.customer_id));
        assert!(snapshot.assignments.iter().eq(stay));
    }
    assert!(!holds(store.root(), b"C0000007") && !holds(store.root(), b"C0000400"));
    for id in old {
        assert!(matches!(store.rollback(Some(&id)), Err(StoreError::UnknownRun { .. })));
    }
    let again = forget(&store, &[]);
    assert!(again.added == 0 && again.runs.iter().all(|run| run.removed == 0 && run.before == run.after));
}

#[test]
fn later_runs_leave_a_forgotten_customer_out_until_lifted() {
    let (_dir, store) = empty();
    forget(&store, &["C0000007"]);
    let next = sample::snapshot(CUSTOMERS, 2);
    let published = publish(&store, &next);
    assert_ne!(published.as_str(), next.manifest.run_id);
    assert!(store.open_current().expect("whole").find("C0000007").is_none());
    let lifted = store.lift(&["C0000007".to_owned(), "C0000008".to_owned()]).expect("lifted");
    assert_eq!(lifted, [true, false]);
    assert!(store.open_current().expect("whole").find("C0000007").is_none(), "nothing comes back by itself");
    assert_eq!(publish(&store, &next).as_str(), next.manifest.run_id);
    assert!(store.open_current().expect("whole").find("C0000007").is_some());
}

#[test]
fn no_difference_of_sums_gives_a_forgotten_customers_figures_back() {
    let (_dir, store) = empty();
    let before = sample::snapshot(CUSTOMERS, 1);
    publish(&store, &before);
    forget(&store, &["C0000007"]);
    let after = store.open_current().expect("whole");
    let segment = before.find("C0000007").expect("there").segment_id;
    for s in &after.segments {
        let members: Vec<_> = after.assignments.iter().filter(|a| a.segment_id == s.id).collect();
        let n = members.len() as f64;
        assert_eq!(s.revenue_pennies, members.iter().map(|a| a.features[2] as i64).sum::<i64>());
        assert_eq!(s.customer_share, n / after.assignments.len() as f64);
        if s.id == segment {
            for (i, summary) in s.features.iter().enumerate() {
                let mean = members.iter().map(|a| a.features[i]).sum::<f64>() / n;
                assert!((summary.mean - mean).abs() <= 1e-9 * mean.abs(), "{}", summary.name);
            }
        }
    }
    let shares: f64 = after.segments.iter().map(|s| s.revenue_share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    assert_eq!(after.manifest.parameters["forgotten"], 1);
}

#[test]
fn the_sentence_of_a_segments_medians_is_made_anew() {
    let (_dir, store) = empty();
    let before = sample::snapshot(CUSTOMERS, 1);
    publish(&store, &before);
    let first = before.assignments.iter().filter(|a| a.segment_id == 1).take(20);
    let gone: Vec<&str> = first.map(|a| a.customer_id.as_str()).collect();
    forget(&store, &gone);
    let after = store.open_current().expect("whole");
    after.validate().expect("sealed");
    let segment = &after.segments[0];
    let monetary = segment.features.iter().find(|f| f.name == "monetary").expect("a feature");
    let spent = money(monetary.median.round() as i64);
    let said = &segment.description;
    assert!(said.en.ends_with(&format!("half spent {spent} or more in all")), "{}", said.en);
    assert!(said.pt_br.ends_with(&format!("metade gastou {} ou mais no total", portuguese(&spent))));
    assert_eq!(after.segments[1].description, before.segments[1].description, "nobody left it");
}

#[test]
fn a_segment_left_without_customers_keeps_nothing_of_them() {
    let (_dir, store) = empty();
    let before = sample::snapshot(40, 1);
    publish(&store, &before);
    let first = before.assignments.iter().filter(|a| a.segment_id == 1);
    let all: Vec<&str> = first.map(|a| a.customer_id.as_str()).collect();
    forget(&store, &all);
    let after = store.open_current().expect("whole");
    let emptied = &after.segments[0];
    assert_eq!((emptied.id, emptied.customers, emptied.revenue_pennies, emptied.silhouette), (1, 0, 0, 0.0));
    assert!(emptied.centroid.iter().all(|&c| c == 0.0));
    assert!(emptied.features.iter().all(|f| [f.q1, f.median, f.q3, f.mean] == [0.0; 4]));
    let near = segmentation_lib::nearest_segments::nearest_segments(
        &after.manifest.features,
        &after.segments,
        &[1.0; 3],
    );
    assert_eq!(near.len(), 2, "nobody is placed where nobody is");
}

#[test]
fn runs_that_cannot_be_read_are_removed_unless_served() {
    let (_dir, store) = empty();
    let old = publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let current = publish(&store, &sample::snapshot(CUSTOMERS, 2));
    let file = |id: &RunId| store.root().join("runs").join(id.as_str()).join("db");
    std::fs::write(file(&old), "x").expect("written");
    let erasure = forget(&store, &["C0000007"]);
    assert_eq!(erasure.discarded, [old]);
    let current = erasure.runs.iter().find(|run| run.before == current).expect("there").after.clone();
    std::fs::write(file(&current), "x").expect("written");
    let failed = store.forget(&["C0000008".to_owned()], &Progress::silent());
    assert!(matches!(failed, Err(StoreError::Damaged { .. })), "{failed:?}");
    // The next publish replaces what is served and completes what was asked for.
    publish(&store, &sample::snapshot(CUSTOMERS, 3));
    assert_eq!(runs(&store).len(), 1);
    assert!(!holds(store.root(), b"C0000008"));
}

/// Not a test by itself: what the child does.
#[test]
fn child_forgets() {
    let Ok(root) = std::env::var(STORE) else { return };
    let abort_at = std::env::var(ABORT_AT).ok().and_then(|v| v.parse::<u64>().ok());
    let reports = AtomicU64::new(0);
    let progress = Progress::new(move |_| {
        if Some(reports.fetch_add(1, Ordering::Relaxed)) == abort_at {
            std::process::abort();
        }
    });
    Store::at(root).forget(&["C0000007".to_owned()], &progress).expect("erased");
}

fn child(store: &Store) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "erase::child_forgets", "--nocapture"]).env(STORE, store.root());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// After a death: what is served is whole, and the erasure can be completed by whoever writes next.
fn check_completes(store: &Store, complete: impl FnOnce(&Store)) {
    let served = store.open_current().expect("a whole run is current");
    let listed = store.runs().expect("listed");
    assert!(listed.iter().all(|run| store.verify(&run.run_id).is_ok()), "a torn run is listed");
    served.validate().expect("valid");
    complete(store);
    assert!(runs(store).iter().all(|run| run.find("C0000007").is_none()));
    assert!(!holds(store.root(), b"C0000007"));
}

#[test]
fn an_erasure_that_aborts_at_any_step_is_completed() {
    let mut steps = 0;
    for step in 0.. {
        assert!(step < 100, "the child aborts at every step: it never gets through");
        let (_dir, store) = empty();
        for seed in 1..=2 {
            publish(&store, &sample::snapshot(CUSTOMERS, seed));
        }
        let status = child(&store).env(ABORT_AT, step.to_string()).status().expect("it starts");
        match step % 3 {
            0 => check_completes(&store, |store| drop(forget(store, &[]))),
            1 => check_completes(&store, |store| drop(publish(store, &sample::snapshot(CUSTOMERS, 9)))),
            _ => check_completes(&store, |store| drop(store.rollback(None))),
        }
        steps = step;
        if status.success() {
            break;
        }
    }
    assert!(steps >= 10, "only {steps} steps");
}

#[test]
fn an_erasure_killed_at_any_moment_is_completed() {
    const KILLS: u32 = 12;
    let prepared = || {
        let (dir, store) = empty();
        for seed in 1..=3 {
            publish(&store, &sample::snapshot(CUSTOMERS, seed));
        }
        (dir, store)
    };
    // The quickest of three: a machine that was busy for one of them would have all kills come too late.
    let timed = |_| {
        let (_dir, store) = prepared();
        let start = Instant::now();
        assert!(child(&store).status().expect("it starts").success());
        start.elapsed()
    };
    let (whole, mut killed) = ((0..3).map(timed).min().unwrap_or_default(), 0);
    for i in 0..KILLS {
        let (_dir, store) = prepared();
        let mut child = child(&store).spawn().expect("it starts");
        std::thread::sleep(Duration::from_micros(whole.as_micros() as u64 * u64::from(i) / u64::from(KILLS)));
        killed += u32::from(child.try_wait().expect("waited").is_none());
        // Fails only when the child has already ended, which is one of the moments to be tested.
        let _ = child.kill();
        child.wait().expect("it was started");
        // Killed before it wrote its list, it has forgotten nobody: asked again it does.
        check_completes(&store, |store| drop(forget(store, &["C0000007"])));
    }
    assert!(killed >= KILLS / 3, "only {killed} of {KILLS} were killed before they ended");
}
