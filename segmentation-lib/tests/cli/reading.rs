//! What is said of files that are doubtful, and when nothing is published.

use serde_json::Value;

use crate::support::*;

/// The small input with further lines.
fn small_with(sandbox: &Sandbox, lines: &str) -> String {
    let path = sandbox.small_input();
    let whole = std::fs::read_to_string(&path).expect("readable") + lines;
    std::fs::write(&path, whole).expect("written");
    path
}

#[test]
fn too_much_damage_is_not_published_unless_told_to() {
    let sandbox = Sandbox::new();
    let input = small_with(&sandbox, &"CS000,31/02/2013,10\n".repeat(40));
    let output = sandbox.run(&["run", "--input", &input]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{message}");
    for part in ["of the rows", "unparsable_date removed 40 rows", "31/02/2013", "--max-loss 14%"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert!(!sandbox.path("store").exists());
    let dry = sandbox.run(&["run", "--input", &input, "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{}", text(&dry.stderr));
    assert!(text(&dry.stdout).contains("would not be published: "), "{}", text(&dry.stdout));
    let told = sandbox.run(&["run", "--input", &input, "--max-loss", "14%"]);
    assert!(told.status.success(), "{}", text(&told.stderr));
}

#[test]
fn what_the_source_marks_stops_only_where_it_jumps() {
    let sandbox = Sandbox::new();
    let input = small_with(&sandbox, "");
    assert!(sandbox.run(&["run", "--input", &input, "--name", "shop"]).status.success());
    let input = small_with(&sandbox, &",2013-12-05,10\n".repeat(60));
    let output = sandbox.run(&["run", "--input", &input, "--name", "shop"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{message}");
    assert!(message.contains("missing_customer removed"), "{message}");
    let fresh = Sandbox::new();
    let input = small_with(&fresh, &",2013-12-05,10\n".repeat(60));
    let output = fresh.run(&["run", "--input", &input, "--name", "shop"]);
    assert!(
        output.status.success() && text(&output.stderr).contains("warning: 60 rows"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_question_has_an_exit_code_of_its_own() {
    let sandbox = Sandbox::new();
    for (content, hint) in [
        ("customer_id,date,amount,currency\nA,2013-01-05,1,EUR\nB,2013-01-06,1,USD\n", "--currency EUR"),
        ("customer_id,date,amount\nA,01-02-2013,1\n", "--date-order"),
        ("customer_id,date,amount\nA,2013-01-05,\"1,234\"\n", "--decimal"),
        (
            "customer_id,date,Amount,tax,Amount\nA,2013-01-05,1,2,3\n",
            "--column amount=#3 or --column amount=#5",
        ),
    ] {
        std::fs::write(sandbox.path("a.csv"), content).expect("written");
        for command in [&["check", "a.csv"][..], &["run", "--input", "a.csv"]] {
            let output = sandbox.run(command);
            let message = text(&output.stderr);
            assert!(output.status.code() == Some(7) && message.contains(hint), "{command:?}: {message}");
        }
    }
}

#[test]
fn a_check_says_what_is_read_and_publishes_nothing() {
    let sandbox = Sandbox::new();
    let input = small_with(&sandbox, "guest,2013-12-05,10\n");
    let output = sandbox.run(&["check", &input]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for part in
        ["customer = customer_id", "placeholder_customer", "Customers to compare", "would be published"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(text(&output.stderr).contains("warning: 1 row ("), "{}", text(&output.stderr));
    let checked = sandbox.json(&["check", &input]);
    assert_eq!(checked["tables"][0]["roles"]["amount"], "tran_amount");
    assert_eq!(checked["sample"].as_array().map(Vec::len), Some(5));
    assert_eq!((&checked["customers"], &checked["refused"]), (&60.into(), &Value::Null));
    assert!(!sandbox.path("store").exists());
}

#[test]
fn a_dry_run_warns_as_a_run_does_and_the_manifest_keeps_it() {
    let sandbox = Sandbox::new();
    let input = small_with(&sandbox, "0,2013-12-05,10\n");
    let dry = sandbox.json(&["run", "--input", &input, "--dry-run"]);
    let run = sandbox.json(&["run", "--input", &input]);
    assert_eq!(dry["manifest"]["warnings"], run["manifest"]["warnings"]);
    assert_eq!(run["manifest"]["warnings"][0]["kind"], "placeholder_customers");
    assert_eq!(sandbox.json(&["show"])["manifest"]["warnings"], run["manifest"]["warnings"]);
    // A check knows what there is to know of the data; that nothing can be forecast is the run's to say.
    let checked = sandbox.json(&["check", &input]);
    let of_run = run["manifest"]["warnings"].as_array().expect("a list").iter();
    let of_data: Vec<&Value> = of_run.filter(|warning| warning["kind"] != "no_forecast").collect();
    assert_eq!(checked["warnings"], serde_json::json!(of_data));
    assert_eq!(checked["ledger"], run["manifest"]["ledger"]);
}

#[test]
fn one_long_id_stops_nobody() {
    let sandbox = Sandbox::new();
    let input = small_with(&sandbox, &format!("{},2013-12-05,10\n", "x".repeat(300)));
    for flags in [&["--dry-run"][..], &[]] {
        let output = sandbox.run(&[&["run", "--input", &input][..], flags].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(
            text(&output.stderr).contains("customer id of more than 256 bytes"),
            "{}",
            text(&output.stderr)
        );
    }
}

/// The small input without its amounts.
fn without_money(sandbox: &Sandbox) -> String {
    let whole = std::fs::read_to_string(sandbox.small_input()).expect("readable");
    let lines = whole.lines().filter_map(|line| Some(line.rsplit_once(',')?.0));
    let path = sandbox.path("visits.csv");
    std::fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("written");
    path.display().to_string()
}

#[test]
fn data_without_money_is_segmented_by_when_and_how_often() {
    let sandbox = Sandbox::new();
    let input = without_money(&sandbox);
    let output = sandbox.run(&["run", "--input", &input]);
    let (said, warned) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && warned.contains("warning: the data holds no money"), "{warned}");
    assert!(!said.contains("spent"), "{said}");
    let shown = sandbox.json(&["show"]);
    let manifest = &shown["manifest"];
    let names: Vec<&Value> =
        manifest["features"].as_array().expect("features").iter().map(|f| &f["name"]).collect();
    assert_eq!(names, ["recency", "frequency"]);
    assert_eq!(manifest["parameters"]["features"], serde_json::json!(["recency", "frequency"]));
    assert_eq!((&manifest["customers"], &manifest["warnings"][0]["kind"]), (&60.into(), &"no_money".into()));
    let segments = shown["segments"].as_array().expect("segments");
    for segment in segments {
        let features = segment["features"].as_array().expect("features");
        assert!(features.iter().all(|f| f["name"] != "monetary" && f["name"] != "basket"), "{segment}");
    }
    // Best first is by purchases.
    let mean = |segment: &Value| segment["features"][1]["mean"].as_f64().expect("a mean");
    assert!(segments.windows(2).all(|pair| mean(&pair[0]) >= mean(&pair[1])), "{shown}");
    let shown = text(&sandbox.run(&["show"]).stdout);
    let segment = shown.lines().find(|line| line.contains("Hibernando")).expect("a segment of that name");
    assert_eq!(segment.matches('%').count(), 1, "no share of a revenue that is not known: {segment}");
    let found = sandbox.json(&["lookup", "CS000"]);
    assert_eq!(found["results"][0]["status"], "found");
    // The next night is placed among the same segments.
    let night = sandbox.json(&["run", "--input", &input]);
    assert_eq!(night["manifest"]["model"], manifest["model"]);
}

#[test]
fn features_that_need_money_are_refused_where_there_is_none() {
    let sandbox = Sandbox::new();
    let input = without_money(&sandbox);
    for features in ["recency,frequency,monetary", "frequency,basket", "recency,return_rate"] {
        let output = sandbox.run(&["run", "--input", &input, "--features", features]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(message.contains("needs an amount column, which this data does not have"), "{message}");
        assert!(!sandbox.path("store").exists());
    }
}

#[test]
fn too_few_customers_are_not_told_to_choose_features() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("two.csv");
    std::fs::write(&path, "customer,date,amount\nA,2013-01-05,10\nB,2013-02-06,20\n").expect("written");
    let output = sandbox.run(&["run", "--input", &path.display().to_string()]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("customers are 2; 3 segments of at least"), "{message}");
    assert!(!message.contains("tell the customers apart"), "{message}");
}

#[test]
fn one_missing_column_is_a_question() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("odd.csv");
    std::fs::write(&path, "customer,date,xyz\nA,2013-01-05,10\n").expect("written");
    let output = sandbox.run(&["check", &path.display().to_string()]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{message}");
    assert!(message.contains("--column amount=NAME; --column amount=- where"), "{message}");
}
