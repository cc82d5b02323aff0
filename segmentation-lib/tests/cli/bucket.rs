//! `push`, `pull` and `--push`, on a bucket in a directory.

use crate::support::{Sandbox, text};
use test_support::disk::Tmpfs;

fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("bucket")).expect("created");
    let url = format!("file://{}", sandbox.path("bucket").display());
    (sandbox, url)
}

/// `segment` with a store of its own.
fn elsewhere(sandbox: &Sandbox, args: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_segment"));
    command.args(args).arg("--store").arg(sandbox.path("elsewhere")).arg("--json");
    command.output().expect("the program starts")
}

fn fails(output: &std::process::Output, code: i32, part: &str) {
    let message = text(&output.stderr);
    assert!(output.status.code() == Some(code) && message.contains(part), "{:?}: {message}", output.status);
}

#[test]
fn a_run_is_pushed_pulled_elsewhere_and_gone_back_from() {
    let (sandbox, url) = sandbox();
    let input = sandbox.small_input();
    let run = |created: &str, k: &str| {
        let args = ["refit", "--input", &input, "--created-at", created, "--k", k, "--push", &url];
        sandbox.json(&args)
    };
    let first = run("2026-01-01T00:00:00Z", "3");
    assert_eq!(first["pushed"]["run_id"], first["manifest"]["run_id"]);
    assert_eq!(first["pushed"]["before"], serde_json::Value::Null);
    assert!(first["pushed"]["files"].as_u64().is_some_and(|files| files > 0));
    let second = run("2026-01-02T00:00:00Z", "4");
    assert_eq!(second["pushed"]["before"], first["manifest"]["run_id"]);
    let again = sandbox.json(&["push", &url]);
    assert_eq!((&again["files"], &again["run_id"]), (&0.into(), &second["manifest"]["run_id"]));

    let listed = elsewhere(&sandbox, &["pull", &url, "--list"]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(listed["current"], second["manifest"]["run_id"]);
    let ids = [&second["manifest"]["run_id"], &first["manifest"]["run_id"]];
    assert!(listed["runs"].as_array().expect("a list").iter().eq(ids), "{listed}");

    assert!(elsewhere(&sandbox, &["pull", &url]).status.success());
    let shown = elsewhere(&sandbox, &["lookup", "CS000"]);
    assert!(text(&shown.stdout).contains(second["manifest"]["run_id"].as_str().expect("an id")));
    let back = first["manifest"]["run_id"].as_str().expect("an id");
    assert!(elsewhere(&sandbox, &["pull", &url, "--run", back]).status.success());
    assert!(elsewhere(&sandbox, &["push", &url]).status.success());
    assert_eq!(sandbox.json(&["pull", &url])["run_id"], back);
}

#[test]
fn a_customer_forgotten_in_the_bucket_stays_out_of_every_later_run() {
    let (sandbox, url) = sandbox();
    let input = sandbox.small_input();
    sandbox.json(&["run", "--input", &input, "--created-at", "2026-01-01T00:00:00Z", "--push", &url]);
    // Forgotten by somebody whose store is empty.
    let report = elsewhere(&sandbox, &["forget", "CS000", "--push", &url]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["verified"], true);
    assert!(report["pushed"]["removed"].as_array().is_some_and(|runs| runs.len() == 1), "{report}");
    let next = ["run", "--input", &input, "--created-at", "2026-01-02T00:00:00Z", "--push", &url];
    assert_eq!(sandbox.json(&next)["manifest"]["customers"], 59);
    fails(&sandbox.run(&["lookup", "CS000"]), 4, "not in this run");
    assert!(elsewhere(&sandbox, &["forget", "--lift", "CS000", "--push", &url]).status.success());
    let next = ["run", "--input", &input, "--created-at", "2026-01-03T00:00:00Z", "--push", &url];
    assert_eq!(sandbox.json(&next)["manifest"]["customers"], 60);
}

#[test]
fn what_cannot_be_pushed_or_pulled_is_named_with_its_exit_code() {
    let (sandbox, url) = sandbox();
    fails(&sandbox.run(&["push", "somewhere"]), 3, "s3://BUCKET/PREFIX");
    fails(&sandbox.run(&["push", "s3://key:secret@bucket/x"]), 3, "credentials belong into the environment");
    fails(&sandbox.run(&["push", &url]), 4, "no run was published");
    fails(&sandbox.run(&["pull", &url]), 4, "no run was pushed");
    fails(&sandbox.run(&["pull", &format!("{url}-gone")]), 4, "create the bucket");
    let input = sandbox.small_input();
    fails(
        &sandbox.run(&["run", "--input", &input, "--push", &format!("{url}-gone")]),
        4,
        "create the bucket",
    );
    fails(&sandbox.run(&["run", "--input", &input, "--push", &url, "--dry-run"]), 2, "--dry-run");
    let pushed = sandbox.json(&["run", "--input", &input, "--push", &url]);
    fails(&sandbox.run(&["push", &url, "--run", "20200101T000000000Z-00000000"]), 4, "is not in");
    let run_id = pushed["manifest"]["run_id"].as_str().expect("an id");
    std::fs::write(sandbox.path("bucket/runs").join(run_id).join("db"), "cut").expect("written");
    fails(&elsewhere(&sandbox, &["pull", &url]), 5, "is damaged");
    let mended = sandbox.json(&["push", &url, "--overwrite"]);
    assert!(mended["files"].as_u64().is_some_and(|files| files > 1), "{mended}");
    assert!(elsewhere(&sandbox, &["pull", &url]).status.success());
}

#[test]
fn a_full_disk_is_named_and_the_former_run_stays_on_either_side() {
    let (sandbox, _) = sandbox();
    let disk_path = sandbox.path("disk");
    std::fs::create_dir(&disk_path).expect("created");
    let Some(_disk) = Tmpfs::mount(&disk_path, 16 << 20) else {
        eprintln!("skipped: a full disk (this process may not mount a file system)");
        return;
    };
    let filler = disk_path.join("filler");
    let fill = || std::fs::write(&filler, vec![0; 16 << 20]).expect_err("no room for all of it");
    let make_room = || std::fs::remove_file(&filler).expect("there");
    std::fs::create_dir(disk_path.join("bucket")).expect("created");
    let url = format!("file://{}", disk_path.join("bucket").display());
    let input = sandbox.small_input();
    let run = |created: &str| {
        let report = sandbox.json(&["run", "--input", &input, "--created-at", created]);
        report["manifest"]["run_id"].as_str().expect("an id").to_owned()
    };
    let old = run("2026-01-01T00:00:00Z");
    sandbox.json(&["push", &url]);
    let new = run("2026-01-02T00:00:00Z");
    fill();
    fails(&sandbox.run(&["push", &url]), 1, "No space left on device (os error 28); make room there");
    assert_eq!(sandbox.json(&["pull", &url, "--list"])["current"], old);
    assert_eq!(sandbox.json(&["pull", &url, "--list"])["runs"], serde_json::json!([old]));
    make_room();
    assert_eq!(sandbox.json(&["push", &url])["run_id"], new);

    // The other way round: the store's disk is full.
    let store = disk_path.join("store").display().to_string();
    let pull = |run_id: &str| {
        let args = ["pull", &url, "--run", run_id, "--store", &store];
        std::process::Command::new(env!("CARGO_BIN_EXE_segment")).args(args).output().expect("it starts")
    };
    assert!(pull(&old).status.success());
    fill();
    fails(&pull(&new), 5, "No space left on device (os error 28); make room there and try again");
    let served = std::fs::read_to_string(disk_path.join("store/CURRENT")).expect("there");
    assert_eq!(served.trim(), old);
    assert_eq!(std::fs::read_dir(disk_path.join("store/staging")).expect("there").count(), 0);
    make_room();
    assert!(pull(&new).status.success());
}
