//! The same customers give the same content, whatever the row order and the number of threads.

use crate::support::{Sandbox, data};

fn digest(sandbox: &Sandbox, input: &str, threads: &str) -> String {
    let args = ["run", "--input", input, "--threads", threads, "--dry-run"];
    sandbox.json(&args)["manifest"]["content_sha256"].as_str().expect("a digest").to_owned()
}

/// CDNOW with its rows in an order that depends on `seed` alone.
fn shuffled(sandbox: &Sandbox, seed: u64) -> String {
    let text = std::fs::read_to_string(data().join("cdnow/CDNOW_master.txt")).expect("bundled");
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let mut rows: Vec<(u64, &str)> = Vec::new();
    let mut state = seed;
    for row in lines {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.push((state >> 20, row));
    }
    rows.sort_unstable();
    let body: Vec<&str> = rows.into_iter().map(|(_, row)| row).collect();
    let path = sandbox.path(&format!("shuffled{seed}.txt"));
    std::fs::write(&path, format!("{header}\n{}\n", body.join("\n"))).expect("written");
    path.display().to_string()
}

#[test]
fn row_order_and_threads_change_no_byte() {
    let sandbox = Sandbox::new();
    let bundled = data().join("cdnow/CDNOW_master.txt").display().to_string();
    let expected = digest(&sandbox, &bundled, "1");
    for (input, threads) in [(bundled, "8"), (shuffled(&sandbox, 1), "2"), (shuffled(&sandbox, 2), "3")] {
        assert_eq!(digest(&sandbox, &input, threads), expected, "{input} with {threads} threads");
    }
}

#[test]
fn threads_change_no_byte_of_a_decision_sheet() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let digest = |threads| {
        let args = [
            "run",
            "--input",
            &input,
            "--threads",
            threads,
            "--validate",
            "--validate-rows",
            "40",
            "--dry-run",
        ];
        sandbox.json(&args)["manifest"]["content_sha256"].as_str().expect("a digest").to_owned()
    };
    assert_eq!(digest("1"), digest("3"));
}
