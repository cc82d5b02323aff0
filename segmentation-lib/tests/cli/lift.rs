//! Hold-outs from one run to the next, and what they say of a campaign.

use std::collections::BTreeMap;

use crate::support::{Sandbox, text};

const FIRST: &str = "2024-04-01T00:00:00Z";
const SECOND: &str = "2024-07-01T00:00:00Z";
const CUSTOMERS: usize = 400;

/// Three kinds of customers from January to March; `more` are those who spend 50.00 in May on top of what all do.
fn input(sandbox: &Sandbox, name: &str, more: Option<&dyn Fn(&str) -> bool>) -> String {
    let mut lines = String::from("customer_id,date,amount\n");
    for i in 0..CUSTOMERS {
        let (id, purchases) = (format!("K{i:03}"), [9, 4, 2][i % 3]);
        for p in 0..purchases {
            let (month, day) = (1 + p % 3, 1 + (i * 7 + p * 5) % 28);
            lines.push_str(&format!("{id},2024-{month:02}-{day:02},{}\n", 10 + (i * 13 + p) % 40));
        }
        if let Some(more) = more {
            lines.push_str(&format!("{id},2024-05-{:02},{}\n", 1 + i % 28, 5 + i * 11 % 30));
            if more(&id) {
                lines.push_str(&format!("{id},2024-05-{:02},50\n", 1 + (i + 3) % 28));
            }
        }
    }
    let path = sandbox.path(name);
    std::fs::write(&path, lines).expect("written");
    path.display().to_string()
}

fn run<'a>(input: &'a str, created: &'a str) -> Vec<&'a str> {
    vec!["run", "--input", input, "--starts", "5", "--k", "3", "--created-at", created]
}

fn held_out(sandbox: &Sandbox) -> BTreeMap<String, bool> {
    let lines = text(&sandbox.run(&["export", "--format", "ndjson"]).stdout);
    let one = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        (
            row["customer_id"].as_str().unwrap_or_default().to_owned(),
            row["held_out"].as_bool().expect("marked"),
        )
    };
    lines.lines().map(one).collect()
}

/// A store whose first run holds 30 % out, and the data of three months later in which whoever was treated spends 50.00
/// more.
fn campaign(sandbox: &Sandbox) -> (BTreeMap<String, bool>, String) {
    let first = input(sandbox, "first.csv", None);
    let report = sandbox.json(&[&run(&first, FIRST)[..], &["--holdout", "30%"]].concat());
    assert_eq!(report["manifest"]["parameters"]["holdout"], 0.3);
    assert!(report["manifest"]["blocks"]["holdout"].is_string(), "{}", report["manifest"]["blocks"]);
    let held = held_out(sandbox);
    let second = input(sandbox, "second.csv", Some(&|id| !held[id]));
    (held, second)
}

#[test]
fn the_next_run_says_what_the_campaign_brought_and_holds_the_same_customers_out() {
    let sandbox = Sandbox::new();
    let (held, second) = campaign(&sandbox);
    let first_run = sandbox.json(&["runs"])[0]["run_id"].clone();
    let next = sandbox.json(&[&run(&second, SECOND)[..], &["--holdout", "0.3"]].concat());
    assert_eq!(held_out(&sandbox), held);
    let lift = &next["manifest"]["lift"];
    assert_eq!((&lift["from_run"], &lift["until"]), (&first_run, &"2024-05-28".into()));
    let of = |side: &str, what: &str| lift["all"][side][what].as_f64().expect("a figure");
    assert_eq!(of("held_out", "customers") as usize, held.values().filter(|&&mark| mark).count());
    assert!(
        of("spend", "low") > 0.0 && of("spend", "low") < 5000.0 && 5000.0 < of("spend", "high"),
        "{lift}"
    );
    let shown = text(&sandbox.run(&["show"]).stdout);
    assert!(shown.contains("those not held out spent") && shown.contains("held out of campaigns"), "{shown}");
    let measured = sandbox.json(&["lift", "--input", &second]);
    assert_eq!((&measured["all"], &measured["from_run"]), (&lift["all"], &first_run));
}

#[test]
fn a_list_of_contacted_customers_is_compared_alone_and_may_hold_nobody_held_out() {
    let sandbox = Sandbox::new();
    let (held, second) = campaign(&sandbox);
    let file = sandbox.path("treated.csv");
    let treated: Vec<&String> =
        held.iter().filter(|(_, held)| !**held).map(|(id, _)| id).step_by(2).collect();
    let list: String = treated.iter().map(|id| format!("x;{id}\n")).collect();
    std::fs::write(&file, format!("name;Customer ID\n{list}y;NOBODY\n")).expect("written");
    let path = file.display().to_string();
    let measured = sandbox.json(&["lift", "--input", &second, "--treated", &path]);
    assert_eq!(measured["all"]["treated"]["customers"].as_u64(), Some(treated.len() as u64));
    assert_eq!(measured["unknown"], serde_json::json!(["NOBODY"]));
    let shown = text(&sandbox.run(&["lift", "--input", &second, "--treated", &path]).stdout);
    assert!(
        shown.contains("1 id of the campaign is not in run")
            && shown.contains("neither contacted")
            && shown.contains("campaign brought"),
        "{shown}"
    );

    std::fs::write(&file, held.keys().map(|id| format!("{id}\n")).collect::<String>()).expect("written");
    let refused = sandbox.run(&["lift", "--input", &second, "--treated", &path]);
    assert!(text(&refused.stderr).contains("are held out in run"), "{}", text(&refused.stderr));
    std::fs::write(&file, "STRANGER\n").expect("written");
    let refused = sandbox.run(&["lift", "--input", &second, "--treated", &path]);
    assert!(
        text(&refused.stderr).contains("has none of the campaign's 1 customers"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn another_seed_is_refused_while_a_campaign_lasts_and_an_erased_customer_is_held_out_nowhere() {
    let sandbox = Sandbox::new();
    let (held, second) = campaign(&sandbox);
    let other =
        sandbox.run(&[&run(&second, SECOND)[..], &["--holdout", "30%", "--holdout-seed", "7"]].concat());
    assert_eq!(other.status.code(), Some(3));
    assert!(text(&other.stderr).contains("keep seed 42"), "{}", text(&other.stderr));
    assert_eq!(
        sandbox.run(&[&run(&second, SECOND)[..], &["--holdout", "80%"]].concat()).status.code(),
        Some(3)
    );
    sandbox.json(&[&run(&second, SECOND)[..], &["--holdout", "30%"]].concat());
    let gone = held.iter().find(|(_, held)| **held).map(|(id, _)| id.clone()).expect("somebody");
    let mark = sandbox.json(&["lookup", &gone]);
    assert_eq!(mark["results"][0]["held_out"], true);
    let said = text(&sandbox.run(&["forget", &gone]).stdout);
    assert!(said.contains("what the campaign brought is not in the run any more"), "{said}");
    assert!(said.contains("`segment lift` measures it anew"), "{said}");
    let again = text(&sandbox.run(&["forget"]).stdout);
    assert!(again.contains("held none of them") && !again.contains("the campaign brought"), "{again}");
    let rest = held_out(&sandbox);
    assert!(!rest.contains_key(&gone) && rest.len() == CUSTOMERS - 1);
    assert!(rest.iter().all(|(id, mark)| held[id] == *mark));
    let shown = text(&sandbox.run(&["show", "--json"]).stdout);
    assert!(!shown.contains("\"lift\""), "an erasure takes the lift along");
    let measured = sandbox.json(&["lift", "--input", &second]);
    let all = held.values().filter(|&&mark| mark).count() as u64;
    assert_eq!(measured["all"]["held_out"]["customers"].as_u64(), Some(all - 1));
}

#[test]
fn a_campaign_goes_on_until_it_is_ended() {
    let sandbox = Sandbox::new();
    let (held, second) = campaign(&sandbox);
    let next = sandbox.json(&run(&second, SECOND));
    assert_eq!(held_out(&sandbox), held);
    let decisions = next["decisions"].as_array().expect("a list");
    assert!(decisions.iter().any(|said| said == "holdout = 0.3, as in the run before"), "{decisions:?}");
    let third = "2024-07-02T00:00:00Z";
    let other = [&run(&second, third)[..], &["--holdout", "30%", "--holdout-seed", "7"]].concat();
    let refused = text(&sandbox.run(&other).stderr);
    assert!(refused.contains("`segment run --holdout 0`"), "{refused}");
    let fewer = sandbox.run(&[&run(&second, third)[..], &["--holdout", "10%"]].concat());
    let refused = text(&fewer.stderr);
    assert_eq!(fewer.status.code(), Some(3), "{refused}");
    assert!(refused.contains("holds out 0.3 of the customers; with 0.1"), "{refused}");
    assert!(refused.contains("--holdout 0.3, or `segment run --holdout 0`"), "{refused}");
    let ended = sandbox.json(&[&run(&second, third)[..], &["--holdout", "0"]].concat());
    assert!(ended["manifest"]["blocks"]["holdout"].is_null());
    assert!(ended["manifest"]["parameters"]["holdout"].is_null());
    let after = sandbox.json(&run(&second, "2024-07-03T00:00:00Z"));
    assert!(after["manifest"]["blocks"]["holdout"].is_null());
}

#[test]
fn what_holds_nobody_out_says_how_and_is_as_it_was() {
    let sandbox = Sandbox::new();
    let first = input(&sandbox, "first.csv", None);
    let report = sandbox.json(&run(&first, FIRST));
    assert!(report["manifest"]["blocks"]["holdout"].is_null() && report["manifest"]["lift"].is_null());
    assert!(report["manifest"]["parameters"]["holdout"].is_null());
    assert!(!text(&sandbox.run(&["export"]).stdout).contains("held_out"));
    let refused = sandbox.run(&["lift", "--input", &first]);
    assert!(text(&refused.stderr).contains("--holdout 10%"), "{}", text(&refused.stderr));
}

#[test]
fn an_export_of_the_confident_leaves_out_whom_it_marks_as_borderline() {
    let sandbox = Sandbox::new();
    let first = input(&sandbox, "first.csv", None);
    // Twice as many segments as there are kinds of customers: borders run through the kinds.
    sandbox.json(&["run", "--input", &first, "--starts", "5", "--k", "6"]);
    let lines = |args: &[&str]| text(&sandbox.run(&[&["export"], args].concat()).stdout);
    let marked = lines(&["--include", "borderline"]);
    assert!(marked.lines().next().is_some_and(|header| header.ends_with(",borderline")), "{marked}");
    let sure: Vec<&str> = marked.lines().filter_map(|line| line.strip_suffix(",false")).collect();
    let confident = lines(&["--confident"]);
    assert_eq!(confident.lines().skip(1).collect::<Vec<_>>(), sure);
    assert!(!sure.is_empty() && sure.len() < CUSTOMERS);
    let file = sandbox.path("sure.csv").display().to_string();
    let report = sandbox.json(&["export", "--confident", "--output", &file]);
    assert_eq!(report["customers"].as_u64(), Some(sure.len() as u64));
}
