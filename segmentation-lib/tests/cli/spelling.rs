//! The same customer written in two ways: forgotten, gone, and come.

use crate::support::{Sandbox, published, text};

/// The small input under other ids.
fn respelled(sandbox: &Sandbox, input: &str, name: &str, other: &dyn Fn(&str) -> String) -> String {
    let rows = std::fs::read_to_string(input).expect("written by the sandbox");
    let (header, rows) = rows.split_once('\n').expect("a header");
    let each = |row: &str| {
        let (id, rest) = row.split_once(',').expect("three columns");
        format!("\n{},{rest}", other(id))
    };
    let path = sandbox.path(name);
    std::fs::write(&path, format!("{header}{}\n", rows.lines().map(each).collect::<String>()))
        .expect("written");
    path.display().to_string()
}

#[test]
fn a_forgotten_customer_does_not_come_back_under_another_spelling() {
    let (sandbox, input, _) = published();
    sandbox.json(&["forget", "CS001"]);
    let small = respelled(&sandbox, &input, "small-letters.csv", &|id| match id {
        "CS001" => "cs001".to_owned(),
        other => other.to_owned(),
    });
    let output = sandbox.run(&["run", "--input", &small]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{error}");
    for part in ["\"cs001\"", "\"CS001\"", "segment forget 'cs001'", "segment forget --lift"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    // Both ways out lead on.
    sandbox.json(&["forget", "--lift", "cs001"]);
    assert_eq!(sandbox.json(&["run", "--input", &small, "--dry-run"])["manifest"]["customers"], 60);
    sandbox.json(&["forget", "cs001"]);
    assert_eq!(sandbox.json(&["run", "--input", &small])["manifest"]["customers"], 59);
}

#[test]
fn a_customer_is_forgotten_under_the_spelling_that_the_run_keeps() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    sandbox.json(&["run", "--input", &input, "--merge-ids", "case"]);
    let erased = sandbox.json(&["forget", "CS001"]);
    assert_eq!(erased["runs"][0]["removed"], 1);
    assert_eq!(sandbox.run(&["lookup", "cs001"]).status.code(), Some(4));
    let next = sandbox.json(&["run", "--input", &input, "--merge-ids", "case"]);
    assert_eq!(next["manifest"]["customers"], 59);
}

#[test]
fn an_id_like_one_of_the_run_is_told_of_when_it_is_forgotten() {
    let (sandbox, _, _) = published();
    let output = sandbox.run(&["forget", "cs001"]);
    assert!(
        output.status.success() && text(&output.stderr).contains("\"CS001\""),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn ids_that_are_all_written_otherwise_are_shown_in_both_ways() {
    let (sandbox, input, _) = published();
    let other = respelled(&sandbox, &input, "all.csv", &|id| id.to_lowercase());
    let output = sandbox.run(&["run", "--input", &other]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("\"CS000\" is \"cs000\" now"), "{error}");
    // The way out that is named leads past the forgotten no more than a run does.
    sandbox.json(&["forget", "CS001"]);
    for command in ["run", "refit"] {
        let output = sandbox.run(&[command, "--input", &other]);
        assert_eq!(output.status.code(), Some(7), "{command}: {}", text(&output.stderr));
    }
}

#[test]
fn ids_that_are_written_otherwise_than_before_are_not_published() {
    let (sandbox, input, first) = published();
    let six = |id: &str| match id.strip_prefix("CS00").filter(|last| *last < "6") {
        Some(last) => format!("cs00{last}"),
        None => id.to_owned(),
    };
    let other = respelled(&sandbox, &input, "six.csv", &six);
    let output = sandbox.run(&["run", "--input", &other]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{error}");
    for part in ["6 of the 60 customers", "\"CS000\" is \"cs000\" now", "segment refit"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
    assert_eq!(sandbox.json(&["show"])["manifest"]["run_id"], serde_json::json!(first));
}
