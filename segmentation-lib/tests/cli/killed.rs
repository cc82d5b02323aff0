//! A run killed at any moment leaves the former run served and the next one able to proceed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, text};

#[test]
fn a_run_killed_at_any_moment_leaves_the_former_one_served() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let start = Instant::now();
    let shown = sandbox.json(&["run", "--input", &input, "--created-at", "2026-01-01T00:00:00Z"]);
    let whole = start.elapsed();
    let mut served = shown["manifest"]["run_id"].clone();
    let mut killed = 0;
    for step in 0..40u32 {
        let created = format!("2026-01-02T00:00:{step:02}Z");
        let k = if step % 2 == 0 { "4" } else { "5" };
        let args = ["refit", "--input", &input, "--created-at", &created, "--k", k];
        let mut command = sandbox.command(&args);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_micros((whole.as_micros() as u64 * u64::from(step)) / 36));
        let finished = child.try_wait().expect("waited").is_some();
        child.kill().expect("killed, or ended already");
        child.wait().expect("waited");
        killed += u32::from(!finished);
        let current = sandbox.json(&["lookup", "CS000"])["run_id"].clone();
        let is_new =
            current.as_str().is_some_and(|id| id.starts_with(&format!("20260102T0000{step:02}000Z")));
        assert!(current == served || is_new, "step {step}: {current} is neither {served} nor the new run");
        served = current;
    }
    assert!(killed >= 10, "only {killed} runs were killed before they ended");
    let next = sandbox.run(&["run", "--input", &input, "--created-at", "2026-01-03T00:00:00Z"]);
    assert!(next.status.success(), "{}", text(&next.stderr));
    let runs = sandbox.json(&["runs", "--verify"]);
    assert!(runs.as_array().expect("a list").iter().all(|r| r.get("error").is_none()), "{runs}");
}
