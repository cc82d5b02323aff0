//! A model stays in force from run to run, and what does not fit it is refused.

use serde_json::Value;

use crate::support::{Sandbox, text};

const FIRST: &str = "2026-01-01T00:00:00Z";
const SECOND: &str = "2026-01-02T00:00:00Z";

fn published() -> (Sandbox, String, Value) {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let report = sandbox.json(&["run", "--input", &input, "--created-at", FIRST]);
    (sandbox, input, report)
}

/// The input with one more purchase of a customer who had bought once, years before it the last of all.
fn one_purchase_more(sandbox: &Sandbox, input: &str) -> String {
    let rows = std::fs::read_to_string(input).expect("written by the sandbox");
    let path = sandbox.path("next.csv");
    std::fs::write(&path, format!("{}\nCS002,2013-12-30,10\n", rows.trim_end())).expect("written");
    path.display().to_string()
}

fn centroids(report: &Value) -> Vec<Value> {
    let segments = report["segments"].as_array().expect("a list");
    segments.iter().map(|s| serde_json::json!([s["key"], s["name"], s["centroid"]])).collect()
}

#[test]
fn the_next_run_places_customers_in_the_same_segments() {
    let (sandbox, input, first) = published();
    let next = one_purchase_more(&sandbox, &input);
    let second = sandbox.json(&["run", "--input", &next, "--created-at", SECOND]);
    assert_eq!(second["manifest"]["model"], first["manifest"]["model"]);
    assert_eq!(centroids(&second), centroids(&first));
    let moved = &second["manifest"]["drift"]["moved"];
    assert_eq!(moved["from_run"], first["manifest"]["run_id"]);
    assert_eq!(
        (moved["known"].as_u64(), moved["came"].as_u64(), moved["left"].as_u64()),
        (Some(60), Some(0), Some(0))
    );
    let shown = text(&sandbox.run(&["show"]).stdout);
    assert!(shown.contains("60 known customers changed segment"), "{shown}");
}

#[test]
fn a_refit_is_compared_before_it_is_taken_over() {
    let (sandbox, input, first) = published();
    let args = ["refit", "--input", &input, "--created-at", SECOND, "--k", "4"];
    let tried = sandbox.json(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(tried["manifest"]["k"], 4);
    assert_eq!(tried["manifest"]["drift"]["moved"]["known"], 60);
    assert_eq!(sandbox.json(&["show"])["manifest"]["run_id"], first["manifest"]["run_id"]);
    sandbox.json(&args);
    let models = sandbox.json(&["models"]);
    let models = models.as_array().expect("a list");
    assert_eq!(models.iter().map(|m| &m["in_force"]).collect::<Vec<_>>(), [true, false]);
    assert_eq!(models[1]["id"], first["manifest"]["model"]["id"]);
    sandbox.json(&["rollback"]);
    let back = sandbox.json(&["run", "--input", &input, "--created-at", "2026-01-03T00:00:00Z"]);
    assert_eq!(back["manifest"]["model"], first["manifest"]["model"]);
}

#[test]
fn a_refit_keeps_what_the_model_was_fitted_with_as_far_as_nothing_else_is_given() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let vocabulary = sandbox.path("names.toml");
    let bundled = text(&sandbox.run(&["vocabulary"]).stdout);
    std::fs::write(&vocabulary, format!("# Ours.\n{bundled}")).expect("written");
    let file = vocabulary.display().to_string();
    let fit = ["--input", &input, "--features", "recency,monetary", "--starts", "7", "--vocabulary", &file];
    let first = sandbox.json(&[&["run", "--created-at", FIRST], &fit[..]].concat());
    // The store has its text: neither a run nor a refit needs the file again.
    std::fs::remove_file(&vocabulary).expect("there");
    let night = sandbox.json(&["run", "--input", &input, "--created-at", SECOND]);
    let refit =
        sandbox.json(&["refit", "--input", &input, "--starts", "8", "--created-at", "2026-01-03T00:00:00Z"]);
    for (report, starts) in [(&first, 7), (&night, 7), (&refit, 8)] {
        let manifest = &report["manifest"];
        let parameters = &manifest["parameters"];
        assert_eq!(parameters["features"], serde_json::json!(["recency", "monetary"]));
        assert_eq!(
            (&parameters["starts"], &parameters["vocabulary"]),
            (&starts.into(), &file.as_str().into())
        );
        assert_eq!(manifest["naming"]["vocabulary_sha256"], first["manifest"]["naming"]["vocabulary_sha256"]);
        assert_eq!(manifest["blocks"]["vocabulary"], first["manifest"]["naming"]["vocabulary_sha256"]);
    }
    let afresh = sandbox.json(&["refit", "--afresh", "--input", &input]);
    assert_eq!(afresh["manifest"]["parameters"]["starts"], 100);
    assert_eq!(afresh["manifest"]["blocks"]["vocabulary"], first["manifest"]["blocks"]["vocabulary"]);
}

#[test]
fn a_run_with_another_vocabulary_than_the_model_is_refused() {
    let (sandbox, input, _) = published();
    let file = sandbox.path("names.toml");
    let bundled = text(&sandbox.run(&["vocabulary"]).stdout);
    std::fs::write(&file, format!("# Ours.\n{bundled}")).expect("written");
    let output = sandbox.run(&["run", "--input", &input, "--vocabulary", &file.display().to_string()]);
    let message = text(&output.stderr);
    assert!(message.contains("names.toml") && message.contains("segment refit"), "{message}");
    assert_eq!(output.status.code(), Some(3), "{message}");
}

#[test]
fn what_does_not_fit_the_model_is_refused_and_the_run_stays_served() {
    let (sandbox, input, first) = published();
    let strangers = sandbox.path("strangers.csv");
    let rows = std::fs::read_to_string(&input).expect("written by the sandbox").replace("CS", "X");
    std::fs::write(&strangers, rows).expect("written");
    let strangers = strangers.display().to_string();
    let refused: [(&[&str], &str); 3] = [
        (&["run", "--input", &input, "--name", "other"], "\"other\""),
        (&["run", "--input", &input, "--k", "5"], "fitted with k"),
        (&["run", "--input", &strangers], "of the 60 customers of the published run 0 are in this one"),
    ];
    for (args, part) in refused {
        let output = sandbox.run(args);
        let message = text(&output.stderr);
        assert!(!output.status.success() && message.contains(part), "{args:?}: {message}");
        assert_eq!(sandbox.json(&["show"])["manifest"]["run_id"], first["manifest"]["run_id"]);
    }
}

/// The input with a return of every third customer.
fn with_returns(sandbox: &Sandbox, input: &str) -> String {
    let rows = std::fs::read_to_string(input).expect("written by the sandbox");
    let returns: String = (0..60).step_by(3).map(|i| format!("CS{i:03},2013-12-29,-45\n")).collect();
    let path = sandbox.path("returns.csv");
    std::fs::write(&path, format!("{}\n{returns}", rows.trim_end())).expect("written");
    path.display().to_string()
}

#[test]
fn the_cleaning_stays_that_of_the_run_before_and_another_is_refused() {
    let sandbox = Sandbox::new();
    let input = with_returns(&sandbox, &sandbox.small_input());
    let run = |more: &[&str], created: &str| {
        sandbox.json(&[&["run", "--input", &input, "--created-at", created][..], more].concat())
    };
    let first = run(&["--returns", "drop"], FIRST);
    let night = run(&[], SECOND);
    assert_eq!(night["manifest"]["parameters"]["returns"], "drop");
    assert_eq!(night["manifest"]["content_sha256"], first["manifest"]["content_sha256"]);
    let decisions = night["decisions"].as_array().expect("a list");
    assert!(decisions.iter().any(|said| said == "returns = \"drop\", as in the run before"), "{decisions:?}");
    for other in [["--returns", "net"], ["--duplicates", "drop"], ["--merge-ids", "case"], ["--seed", "7"]] {
        let output = sandbox.run(&[&["run", "--input", &input][..], &other[..]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(message.contains(&format!("leave out {}; `segment refit`", other[0])), "{message}");
    }
    let refit = ["refit", "--input", &input, "--dry-run"];
    assert_eq!(sandbox.json(&refit)["manifest"]["parameters"]["returns"], "drop");
    let afresh = sandbox.json(&[&refit[..], &["--afresh"]].concat());
    assert_eq!(afresh["manifest"]["parameters"]["returns"], "net");
    let net = sandbox.json(&[&refit[..], &["--returns", "net"]].concat());
    assert_eq!(net["manifest"]["parameters"]["returns"], "net");
    // What was merged and skipped can be unset.
    let merged = ["--merge-ids", "case", "--skip-rule", "non_product"];
    sandbox.json(&[&["refit", "--input", &input][..], &merged].concat());
    for (flag, before) in [("merge-ids", "case"), ("skip-rule", "non_product")] {
        assert_eq!(sandbox.json(&refit)["manifest"]["parameters"][flag], serde_json::json!([before]));
        let given = format!("--{flag}");
        let unset = sandbox.json(&[&refit[..], &[given.as_str(), "none"]].concat());
        assert_eq!(unset["manifest"]["parameters"][flag], serde_json::json!([]));
    }
}

#[test]
fn what_an_amount_is_of_may_be_said_where_the_data_decided_before() {
    let (sandbox, input, _) = published();
    let said = sandbox.json(&["run", "--input", &input, "--amount-of", "line", "--created-at", SECOND]);
    assert_eq!(said["manifest"]["parameters"]["amount-of"], "line");
    let other = sandbox.run(&["run", "--input", &input, "--amount-of", "invoice"]);
    assert_eq!(other.status.code(), Some(3), "{}", text(&other.stderr));
}

#[test]
fn amounts_that_were_read_in_another_currency_are_refused() {
    let sandbox = Sandbox::new();
    let rows = std::fs::read_to_string(sandbox.small_input()).expect("written by the sandbox");
    let in_currency = |code: &str| {
        let path = sandbox.path(&format!("{code}.csv"));
        let each = |row: &str| match row.starts_with("customer_id") {
            true => format!("{row},currency\n"),
            false => format!("{row},{code}\n"),
        };
        std::fs::write(&path, rows.lines().map(each).collect::<String>()).expect("written");
        path.display().to_string()
    };
    let (usd, eur, none) = (in_currency("USD"), in_currency("EUR"), sandbox.small_input());
    let first = sandbox.json(&["run", "--input", &usd, "--created-at", FIRST]);
    assert_eq!(first["manifest"]["source"]["currency"], "USD");
    let refused: [&[&str]; 2] =
        [&["run", "--input", &eur], &["run", "--input", &none, "--currency", "EUR", "--created-at", SECOND]];
    for args in refused {
        let output = sandbox.run(args);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{message}");
        assert!(message.contains("counts money in USD, this run in EUR"), "{message}");
    }
    // Data that name none are the model's.
    let unnamed = sandbox.json(&["run", "--input", &none, "--created-at", SECOND]);
    assert_eq!(unnamed["manifest"]["source"]["currency"], "USD");
    assert_eq!(sandbox.run(&["run", "--input", &eur]).status.code(), Some(3));
    let converted = ["run", "--input", &eur, "--currency", "USD", "--rate", "EUR=1", "--dry-run"];
    assert_eq!(sandbox.json(&converted)["manifest"]["source"]["currency"], "USD");
}

#[test]
fn customers_forgotten_stay_out_of_the_next_run_of_the_model() {
    let (sandbox, input, first) = published();
    sandbox.json(&["forget", "CS000"]);
    let rest = sandbox.json(&["show"]);
    assert_eq!(rest["manifest"]["model"], first["manifest"]["model"]);
    assert!(rest["manifest"].get("drift").is_none());
    let next = sandbox.json(&["run", "--input", &input, "--created-at", SECOND]);
    assert_eq!(next["manifest"]["customers"], 59);
    assert_eq!(centroids(&next), centroids(&first));
}

#[test]
fn new_rows_of_another_unit_or_of_other_ids_wait_for_a_refit() {
    let (sandbox, input, _) = published();
    let rows = std::fs::read_to_string(&input).expect("written by the sandbox");
    let later = |name: &str, each: &dyn Fn(usize) -> String| {
        let new: Vec<String> = (0..25).map(each).collect();
        std::fs::write(sandbox.path(name), format!("{}\n{}\n", rows.trim_end(), new.join("\n")))
            .expect("written");
        sandbox.path(name).display().to_string()
    };
    let of_known = |amount: &'static str| move |at: usize| format!("CS{at:03},2014-01-02,{amount}");
    for (file, words) in [
        (later("cents.csv", &of_known("2500.00")), "a purchase since the run before brings 2,500.00"),
        (
            later("strangers.csv", &|at| format!("NEW{at:03},2014-01-02,25.00")),
            "25 customers came since the run before",
        ),
    ] {
        let output = sandbox.run(&["run", "--input", &file]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{error}");
        assert!(error.contains(words) && error.contains("segment refit"), "{error}");
    }
    let usual = later("usual.csv", &of_known("25.00"));
    let output = text(&sandbox.run(&["run", "--input", &usual, "--dry-run"]).stdout);
    assert!(!output.contains("would not be published"), "{output}");
}

#[test]
fn what_is_unlike_the_run_before_waits_for_a_refit() {
    let (sandbox, input, first) = published();
    let rows = std::fs::read_to_string(&input).expect("written by the sandbox");
    let without = |name: &str, is_out: &dyn Fn(&str) -> bool| {
        let path = sandbox.path(name);
        let left: Vec<&str> = rows.lines().filter(|row| !is_out(row)).collect();
        std::fs::write(&path, left.join("\n")).expect("written");
        path.display().to_string()
    };
    let current = || sandbox.json(&["show"])["manifest"]["run_id"].clone();
    let part = without("part.csv", &|row| {
        row.starts_with("CS00")
            || row.starts_with("CS010,")
            || row.starts_with("CS011,")
            || row.starts_with("CS012,")
    });
    let older = without("older.csv", &|row| row.contains(",2013-12-"));
    let with = |name: &str, each: &dyn Fn(&str) -> String| {
        let path = sandbox.path(name);
        let told: Vec<String> = rows.lines().map(each).collect();
        std::fs::write(&path, told.join("\n")).expect("written");
        path.display().to_string()
    };
    // Tonight's export has the money before tax.
    let net =
        with("net.csv", &|row| match row.rsplit_once(',').map(|(rest, text)| (rest, text.parse::<f64>())) {
            Some((rest, Ok(amount))) => format!("{rest},{:.2}", amount / 1.25),
            _ => row.to_owned(),
        });
    // One in which nearly all who bought in December did so a month before.
    let early = with("early.csv", &|row| match row.starts_with("CS000,") {
        true => row.to_owned(),
        false => row.replace(",2013-12-", ",2013-11-"),
    });
    // One without the first week of December.
    let weeks = without("weeks.csv", &|row| (1..9).any(|day| row.contains(&format!(",2013-12-0{day},"))));
    // And one in which each purchase stands twice, as two.
    let twice = with("twice.csv", &|row| match row.split_once(',').expect("three columns") {
        ("customer_id", _) => format!("{row},invoice"),
        (id, rest) => format!("{row},{id}-1-{}\n{row},{id}-2-{}", &rest[..10], &rest[..10]),
    });
    for (file, words) in [
        (&part, "13 of the 60 customers of the run before are gone"),
        (&older, "the data end on 2013-08-"),
        (&weeks, "purchases of the run before are missing"),
        (&early, "19 of 60 customers bought last on an earlier day"),
        (
            &net,
            "60 of 60 customers who bought nothing since the run before have another monetary now, in the middle 0.80",
        ),
        (&twice, "have another frequency now, in the middle 2.00"),
    ] {
        let output = sandbox.run(&["run", "--input", file]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{error}");
        assert!(error.contains(words) && error.contains("segment refit"), "{error}");
        assert_eq!(current(), first["manifest"]["run_id"]);
    }
    // A few days older than the file of the run before, and a day that lies before its own.
    let days = without("days.csv", &|row| row.contains(",2013-12-28,"));
    for (args, words) in [
        (&["run", "--input", &days][..], "the data end on 2013-12-27"),
        (
            &["run", "--input", &days, "--reference-date", "2013-12-20"][..],
            "the reference date 2013-12-20 lies before 2013-12-29",
        ),
    ] {
        let output = sandbox.run(args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{error}");
        assert!(error.contains(words) && error.contains("segment refit"), "{error}");
    }
    // The same night once more, and the same files as of an earlier day.
    for day in ["2013-12-29", "2013-12-20"] {
        let output = sandbox.run(&["run", "--input", &input, "--reference-date", day, "--dry-run"]);
        let output = text(&output.stdout);
        assert!(!output.contains("would not be published"), "{output}");
    }
    // A day that is asked for is no older file.
    let output = sandbox.run(&["run", "--input", &part, "--reference-date", "2014-01-15", "--dry-run"]);
    assert!(
        text(&output.stdout).contains("would not be published: 13 of the 60"),
        "{}",
        text(&output.stdout)
    );
    sandbox.json(&["refit", "--input", &part, "--created-at", SECOND]);
    assert_ne!(current(), first["manifest"]["run_id"]);
}

/// The small input with a state beside each row.
fn with_states(sandbox: &Sandbox) -> String {
    let rows = std::fs::read_to_string(sandbox.small_input()).expect("written by the sandbox");
    let (header, rows) = rows.split_once('\n').expect("a header");
    let stated: String = rows.lines().map(|line| format!("{line},paid\n")).collect();
    let path = sandbox.path("states.csv");
    std::fs::write(&path, format!("{header},status\n{stated}")).expect("written");
    path.display().to_string()
}

#[test]
fn the_values_of_sales_stay_those_of_the_run_before_and_may_be_named_later() {
    let sandbox = Sandbox::new();
    let input = with_states(&sandbox);
    let first = sandbox.json(&["run", "--input", &input, "--created-at", FIRST]);
    assert_eq!(first["manifest"]["parameters"]["sales"], serde_json::json!([]));
    // An answer to what was left to the data before is no other parameter.
    let named = sandbox.json(&["run", "--input", &input, "--sales", "paid", "--created-at", SECOND]);
    assert_eq!(named["manifest"]["parameters"]["sales"], serde_json::json!(["paid"]));
    let night = sandbox.json(&["run", "--input", &input, "--dry-run"]);
    assert_eq!(night["manifest"]["parameters"]["sales"], serde_json::json!(["paid"]));
    let command = text(&sandbox.run(&["show", "--command"]).stdout);
    assert!(command.contains("--sales paid"), "{command}");
}
