//! `segment summary` and `segment forecast`.

use crate::support::{Sandbox, text};

#[test]
fn a_summary_has_the_columns_of_lifetimes_in_both_conventions() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let line = |args: &[&str]| {
        let output = sandbox.run(&[&["summary", "--input", &input], args].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let printed = text(&output.stdout);
        assert_eq!(printed.lines().count(), 61);
        assert_eq!(printed.lines().next(), Some("customer_id,frequency,recency,T,monetary_value"));
        printed.lines().nth(1).map(str::to_owned).unwrap_or_default()
    };
    // Nine purchases of 90.00 each, every third day from 1 December; the last day of the data is the 28th.
    assert_eq!(line(&[]), "CS000,8,24.0,27.0,90.0");
    assert_eq!(line(&["--frequency", "all"]), "CS000,9,24.0,27.0,90.0");
    let weeks = line(&["--unit", "weeks"]);
    let recency: f64 = weeks.split(',').nth(2).and_then(|cell| cell.parse().ok()).expect("a number");
    assert_eq!(recency, 24.0 / 7.0);
    assert_eq!(line(&["--reference-date", "2014-01-01"]), "CS000,8,24.0,30.0,90.0");
    let rows = sandbox.json(&["summary", "--input", &input]);
    assert_eq!((rows[0]["customer_id"].as_str(), rows[0]["T"].as_f64()), (Some("CS000"), Some(27.0)));
}

#[test]
fn a_forecast_says_what_it_expects_and_how_it_did_before() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("forecast.csv");
    let file = path.display().to_string();
    let forecast = sandbox.json(&["forecast", "--dataset", "cdnow", "--horizon", "13w", "--output", &file]);
    assert_eq!((&forecast["horizon_days"], &forecast["customers"]), (&91.into(), &23_502.into()));
    let number = |name: &str| forecast[name].as_f64().unwrap_or(f64::NAN);
    assert!(number("expected_purchases_low") < number("expected_purchases"));
    assert!(number("expected_purchases") < number("expected_purchases_high"));
    assert_eq!(forecast["holdout"]["scores"].as_array().map(Vec::len), Some(4));
    let written = std::fs::read_to_string(&path).expect("the file");
    let of_each =
        written.lines().skip(1).map(|line| line.split(',').nth(3).and_then(|n| n.parse::<f64>().ok()));
    let sum: f64 = of_each.map(|n| n.expect("a number")).sum();
    assert!((sum - number("expected_purchases")).abs() < 1e-6 * sum, "{sum}");
    let printed = text(&sandbox.run(&["forecast", "--dataset", "cdnow"]).stdout);
    for part in
        ["Expected: ", "Pareto/NBD", "standard error", "own past rate", "Tried on the data themselves"]
    {
        assert!(printed.contains(part), "{part:?} is not in\n{printed}");
    }
}

#[test]
fn what_allows_no_forecast_exits_with_3_and_leaves_no_file() {
    let sandbox = Sandbox::new();
    let (input, file) = (sandbox.path("once.csv"), sandbox.path("out.csv"));
    std::fs::write(&input, "customer,date,amount\na,2024-01-01,5\nb,2024-01-02,6\nc,2024-02-03,7\n")
        .expect("written");
    let [input, output] = [&input, &file].map(|path| path.display().to_string());
    let ended = sandbox.run(&["forecast", "--input", &input, "--output", &output]);
    assert_eq!(ended.status.code(), Some(3));
    assert!(text(&ended.stderr).contains("none of the 3 customers bought again"), "{}", text(&ended.stderr));
    assert!(!file.exists());
    assert_eq!(sandbox.run(&["forecast", "--input", &input, "--horizon", "0"]).status.code(), Some(2));
}

#[test]
fn forgotten_customers_are_in_no_summary() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    sandbox.json(&["run", "--input", &input]);
    sandbox.json(&["forget", "CS000"]);
    let rows = sandbox.json(&["summary", "--input", &input]);
    assert_eq!((rows.as_array().map(Vec::len), &rows[0]["customer_id"]), (Some(59), &"CS001".into()));
}

#[test]
fn segments_made_of_forecasts_are_named_by_them_and_the_names_can_be_edited() {
    let sandbox = Sandbox::new();
    let keys = |report: &serde_json::Value| -> Vec<String> {
        let segments = report["segments"].as_array().expect("segments");
        segments.iter().map(|s| s["key"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let ahead = [
        "run",
        "--dataset",
        "cdnow",
        "--dry-run",
        "--features",
        "recency,alive,expected_value",
        "--starts",
        "5",
    ];
    let named = sandbox.json(&ahead);
    assert_eq!(keys(&named)[0], "future_champions");
    let first = &named["segments"][0];
    let said = |text: &str| first[text]["pt_br"].as_str().unwrap_or_default().to_owned();
    assert!(said("condition").contains("probabilidade de 50 % ou mais"), "{}", said("condition"));
    let features = first["features"].as_array().expect("features");
    let alive = features.iter().find(|f| f["name"] == "alive").expect("clustered on")["median"].as_f64();
    let percent = format!("{:.1} % ou mais", 100.0 * alive.expect("a number")).replace('.', ",");
    assert!(said("description").contains(&percent), "{}", said("description"));

    let file = sandbox.path("names.toml");
    let text = text(&sandbox.run(&["vocabulary"]).stdout).replace("future_champions", "stars");
    std::fs::write(&file, text).expect("written");
    let edited = sandbox.json(&[&ahead[..], &["--vocabulary", &file.display().to_string()]].concat());
    assert_eq!(keys(&edited)[0], "stars");
}
