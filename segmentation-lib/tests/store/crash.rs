//! Processes that die while publishing: a child of this test binary publishes and is killed.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use segmentation_lib::progress::Progress;
use segmentation_lib::store::{PublishOptions, Store};

use crate::disk::{Tmpfs, disk_bytes};
use crate::{empty, publish, sample};

const STORE: &str = "CRASH_TEST_STORE";
const SEED: &str = "CRASH_TEST_SEED";
const ABORT_AT: &str = "CRASH_TEST_ABORT_AT";
const CUSTOMERS: usize = 6_000;

/// Not a test by itself: what the child does.
#[test]
fn child_publishes() {
    let Ok(root) = std::env::var(STORE) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    let (abort_at, reports) = (number(ABORT_AT), AtomicU64::new(0));
    let progress = Progress::new(move |_| {
        if Some(reports.fetch_add(1, Ordering::Relaxed)) == abort_at {
            std::process::abort();
        }
    });
    let snapshot = sample::snapshot(CUSTOMERS, number(SEED).expect("a seed"));
    let result = Store::at(root).publish(&snapshot, &PublishOptions::default(), &progress);
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(3);
    }
}

fn child(store: &Store, seed: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "crash::child_publishes", "--nocapture"]);
    command.env(STORE, store.root()).env(SEED, seed.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// After a death: the store serves the old or the new run whole, and takes the next publish.
fn check_survives(store: &Store, old_seed: u64, new_seed: u64) -> bool {
    let seen = store.open_current().expect("a whole run is current");
    let old = sample::snapshot(CUSTOMERS, old_seed);
    let new = sample::snapshot(CUSTOMERS, new_seed);
    assert!(seen == old || seen == new, "current is neither the run before nor the new one");
    let runs = store.runs().expect("listed");
    assert!(runs.iter().all(|run| store.verify(&run.run_id).is_ok()), "a torn run is listed");
    seen == new
}

#[test]
fn a_process_that_aborts_at_any_step_leaves_a_whole_run() {
    let (_dir, store) = empty();
    publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let mut became_current = Vec::new();
    for step in 0.. {
        assert!(step < 100, "the child aborts at every step: it never gets through");
        store
            .rollback(Some(&sample::snapshot(CUSTOMERS, 1).manifest.run_id.parse().expect("an id")))
            .expect("there");
        // A new run each time: one that is already stored takes the short way.
        let seed = 2 + step;
        let status = child(&store, seed).env(ABORT_AT, step.to_string()).status().expect("it starts");
        let new = check_survives(&store, 1, seed);
        if status.success() {
            assert!(new, "a publish that ended well is current");
            break;
        }
        assert_eq!(status.signal(), Some(6), "step {step}");
        became_current.push(new);
    }
    // Before the pointer moves nothing of it is seen, after it everything.
    assert!(became_current.len() >= 10, "{became_current:?}");
    assert!(became_current.is_sorted(), "{became_current:?}");
    assert!(!became_current[0] && became_current[became_current.len() - 1], "{became_current:?}");
}

fn kill_after(mut child: Child, delay: Duration) -> bool {
    std::thread::sleep(delay);
    // Fails only when the child has already ended, which is one of the moments to be tested.
    let _ = child.kill();
    child.wait().expect("it was started").signal() == Some(9)
}

#[test]
fn a_process_killed_at_any_moment_leaves_a_whole_run() {
    const KILLS: u64 = 60;
    let (_dir, store) = empty();
    publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let start = Instant::now();
    assert!(child(&store, 2).status().expect("it starts").success());
    let mut whole = start.elapsed();
    let (mut current, mut killed) = (2, 0_u64);
    for i in 0..KILLS {
        // Evenly over the whole of a publish, in an order that alternates early and late.
        let fraction = ((i * 37) % KILLS) as f64 / KILLS as f64;
        let seed = 3 + i;
        let delay = whole.mul_f64(fraction * 1.1);
        if kill_after(child(&store, seed).spawn().expect("it starts"), delay) {
            killed += 1;
        } else {
            // It took no longer than that: the first was slowed by others on the machine.
            whole = whole.min(delay);
        }
        if check_survives(&store, current, seed) {
            current = seed;
        }
    }
    assert!(killed >= KILLS / 2, "only {killed} of {KILLS} were killed before they ended");
    publish(&store, &sample::snapshot(CUSTOMERS, 1000));
    assert_eq!(std::fs::read_dir(store.root().join("staging")).expect("listed").count(), 0);
}

#[test]
fn a_full_disk_leaves_the_old_run() {
    let (_dir, store) = empty();
    publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let mut failed = 0;
    // A limit on the size of files stands for the full disk: writes fail in the middle of a file.
    for blocks in [0, 1, 16, 64, 256, 400, 500, 512, 600, 1024] {
        let mut sh = Command::new("sh");
        let exe = std::env::current_exe().expect("this binary");
        sh.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")).arg(exe);
        sh.args(["--exact", "crash::child_publishes", "--nocapture"]);
        sh.env(STORE, store.root()).env(SEED, (2 + blocks).to_string());
        let mut child = sh.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            match child.try_wait().expect("it was started") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    child.kill().expect("it still runs");
                    child.wait().expect("it was killed");
                    panic!("a publish on a full disk hangs (limit {blocks})");
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        if !status.success() {
            failed += 1;
            check_survives(&store, 1, 1);
        }
    }
    assert!(failed >= 5, "the limit never bit");
    publish(&store, &sample::snapshot(CUSTOMERS, 5000));
}

#[test]
fn a_disk_without_room_for_a_second_run_serves_the_first() {
    let (_dir, elsewhere) = empty();
    publish(&elsewhere, &sample::snapshot(CUSTOMERS, 1));
    let one = disk_bytes(elsewhere.root());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let Some(disk) = Tmpfs::mount(dir.path(), 2 * one + one / 2) else {
        eprintln!("skipped: a full disk (this process may not mount a file system)");
        return;
    };
    let store = Store::at(dir.path().join("store"));
    publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let mut refused = 0;
    for percent in [5, 20, 50, 80, 95] {
        disk.resize(disk_bytes(store.root()) + one * percent / 100 + 8192);
        let status = child(&store, 2 + percent).status().expect("it starts");
        refused += u32::from(!status.success());
        check_survives(&store, 1, 2 + percent);
        if status.success() {
            break;
        }
    }
    assert!(refused >= 2, "the disk was never full");
    disk.resize(10 * one);
    publish(&store, &sample::snapshot(CUSTOMERS, 3));
}
