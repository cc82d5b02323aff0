//! Each command, its output and its exit code.

use crate::support::{Sandbox, data, published, text};

#[test]
fn cdnow_is_segmented_published_and_looked_up() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["run", "--dataset", "cdnow"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    for part in
        ["Ledger", "69,659", "Comparison", "Choice: ", "Segments", "23,570", "Time: read", "Published: run"]
    {
        assert!(printed.contains(part), "{part:?} is not in\n{printed}");
    }
    assert!(output.stderr.is_empty(), "no progress off a terminal: {}", text(&output.stderr));
    let found = sandbox.json(&["lookup", "00001", "00001"]);
    assert_eq!(found["results"][0], found["results"][1]);
    assert_eq!(found["results"][0]["status"], "found");
}

#[test]
fn an_unknown_customer_exits_with_4_and_is_named() {
    let (sandbox, _, _) = published();
    let output = sandbox.run(&["lookup", "CS000", "nobody"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("\"nobody\""), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("CS000"));
}

#[test]
fn a_dry_run_publishes_nothing() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let output = sandbox.run(&["run", "--input", &input, "--dry-run"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!sandbox.path("store").exists());
    assert_eq!(sandbox.run(&["lookup", "CS000"]).status.code(), Some(4));
}

#[test]
fn the_ledger_adds_up_to_the_input() {
    let (sandbox, _, _) = published();
    let shown = sandbox.json(&["show"]);
    let lines = shown["manifest"]["ledger"].as_array().expect("a ledger");
    for figure in ["rows", "customers", "amount_pennies"] {
        let figures: Vec<i64> = lines.iter().map(|l| l[figure].as_i64().expect(figure)).collect();
        assert_eq!(figures[0], figures[1..].iter().sum::<i64>(), "{figure}");
    }
}

/// Runs a line in a shell, in the sandbox, with the program under its name.
#[cfg(unix)]
fn shell(sandbox: &Sandbox, line: &str) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_segment")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = std::process::Command::new("sh");
    command.args(["-c", line]).env("PATH", path).current_dir(sandbox.path(""));
    command.env("SEGMENT_STORE", sandbox.path("store")).env("SEGMENT_DATA", data());
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[cfg(unix)]
#[test]
fn a_run_is_made_again_by_the_command_that_it_shows() {
    let sandbox = Sandbox::new();
    let rows = std::fs::read_to_string(sandbox.small_input()).expect("readable");
    let (_, rows) = rows.split_once('\n').expect("a header");
    let dates = rows.replace("2013-12-", "12/").replace("2013-08-", "08/").replace("2013-02-", "02/");
    let dates: String = dates
        .lines()
        .map(|row| row.splitn(3, ',').collect::<Vec<_>>())
        .map(|cells| format!("{};{}/2013;{},00\n", cells[0], cells[1], cells[2]))
        .collect();
    std::fs::create_dir(sandbox.path("my sales")).expect("created");
    std::fs::write(sandbox.path("my sales/it's.csv"), format!("Who's;Day;Paid\n{dates}")).expect("written");
    std::fs::write(sandbox.path("my sales/notes.csv"), "a,b\n1,2\n").expect("written");
    std::fs::write(sandbox.path("roles.toml"), "customer = \"Who's\"\namount = \"Paid\"\n").expect("written");
    let made = sandbox.json(&[
        "run",
        "--input",
        "my sales",
        "--mapping",
        "roles.toml",
        "--column",
        "date=#2",
        "--date-order",
        "month-first",
        "--decimal",
        "comma",
        "--returns",
        "drop",
        "--duplicates",
        "drop",
        "--skip-rule",
        "bad_debt",
        "--skip-rule",
        "non_product",
        "--reference-date",
        "2014-01-01",
        "--k",
        "2..=6",
        "--choose",
        "silhouette",
        "--min-share",
        "0.1",
        "--max-share",
        "0.9",
        "--algorithm",
        "kmeans",
        "--seed",
        "7",
        "--starts",
        "3",
        "--features",
        "recency,monetary",
        "--transform",
        "none",
        "--scaling",
        "robust",
        "--winsorize",
        "0",
        "--memory-limit",
        "64",
        "--validate",
        "--validate-rows",
        "40",
        "--name",
        "our shop",
    ]);
    let line = text(&sandbox.run(&["show", "--command"]).stdout);
    let again = shell(&sandbox, &format!("cd 'my sales' && {} --json", line.trim()));
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(again["manifest"]["content_sha256"], made["manifest"]["content_sha256"], "{line}");
    assert_eq!(again["manifest"]["parameters"], made["manifest"]["parameters"], "{line}");
    assert_eq!(again["manifest"]["source"], made["manifest"]["source"], "{line}");
    assert_eq!(text(&sandbox.run(&["show", "--command"]).stdout), line);
    assert!(
        line.starts_with(
            "segment refit --afresh --input 'it'\\''s.csv' --name 'our shop' --algorithm kmeans "
        ),
        "{line}"
    );
}

#[cfg(unix)]
#[test]
fn a_run_of_the_model_in_force_is_made_again() {
    let sandbox = Sandbox::new();
    sandbox.json(&["run", "--dataset", "cdnow", "--returns", "drop"]);
    let made = sandbox.json(&["run", "--dataset", "cdnow"]);
    let id = made["manifest"]["run_id"].as_str().expect("an id");
    let words = &sandbox.json(&["show", id, "--command"])["command"];
    assert!(
        words
            .as_array()
            .expect("words")
            .starts_with(&["segment", "run", "--dataset", "cdnow"].map(serde_json::Value::from))
    );
    let line = text(&sandbox.run(&["show", id, "--command"]).stdout);
    let again: serde_json::Value =
        serde_json::from_str(&shell(&sandbox, &format!("{} --dry-run --json", line.trim()))).expect("JSON");
    assert_eq!(again["manifest"]["content_sha256"], made["manifest"]["content_sha256"], "{line}");
}

#[test]
fn rollback_serves_the_run_before() {
    let (sandbox, input, first) = published();
    let second = sandbox.json(&["refit", "--input", &input, "--k", "4"]);
    let second = second["manifest"]["run_id"].as_str().expect("a run id");
    assert_ne!(first, second);
    let current = || sandbox.json(&["show"])["manifest"]["run_id"].clone();
    assert_eq!(current(), second);
    sandbox.json(&["rollback"]);
    assert_eq!(current(), first.as_str());
    sandbox.json(&["rollback", second]);
    assert_eq!(current(), second);
    let runs = sandbox.json(&["runs"]);
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    assert_eq!(sandbox.run(&["rollback", "20000101T000000Z-00000000"]).status.code(), Some(4));
}

#[test]
fn runs_are_listed_from_their_manifests_and_verified_on_demand() {
    let (sandbox, _, run) = published();
    let verified = sandbox.json(&["runs", "--verify"]);
    assert_eq!(verified, sandbox.json(&["runs"]));
    std::fs::write(sandbox.path("store/runs").join(&run).join("db"), "cut").expect("written");
    assert_eq!(sandbox.json(&["runs"]), verified);
    let damaged = sandbox.json(&["runs", "--verify"]);
    assert!(damaged[0]["error"].as_str().is_some_and(|error| error.contains("is damaged")), "{damaged}");
    assert_eq!(damaged[0].get("manifest"), None);
}

#[test]
fn every_export_format_holds_every_customer() {
    let (sandbox, _, run) = published();
    let csv = text(&sandbox.run(&["export", &run]).stdout);
    assert_eq!(csv.lines().count(), 61);
    assert!(
        csv.starts_with("customer_id,segment_id,segment_key,segment,segmento,silhouette,recency"),
        "{csv}"
    );
    let ndjson = text(&sandbox.run(&["export", "--format", "ndjson"]).stdout);
    let first: serde_json::Value =
        serde_json::from_str(ndjson.lines().next().expect("a line")).expect("JSON");
    assert_eq!((ndjson.lines().count(), &first["customer_id"]), (60, &"CS000".into()));
    let path = sandbox.path("out.parquet").display().to_string();
    sandbox.json(&["export", "--format", "parquet", "--output", &path]);
    use polars::prelude::*;
    let frame = ParquetReader::new(std::fs::File::open(&path).expect("the file")).finish().expect("Parquet");
    assert_eq!(frame.height(), 60);
    let book = sandbox.path("out.xlsx").display().to_string();
    sandbox.json(&["export", "--format", "xlsx", "--output", &book]);
    use calamine::{Reader, Xlsx, open_workbook};
    let mut book: Xlsx<_> = open_workbook(&book).expect("a workbook");
    assert_eq!(book.worksheet_range("Customers").expect("its sheet").height(), 61);
    for refused in [&["--format", "parquet"][..], &["--format", "xlsx"], &["--format", "ndjson", "--safe"]] {
        let output = sandbox.run(&[&["export"], refused].concat());
        assert_eq!(output.status.code(), Some(3), "{refused:?}: {}", text(&output.stderr));
    }
    let safe = text(&sandbox.run(&["export", "--safe"]).stdout);
    assert!(safe.starts_with('\u{feff}') && safe.lines().count() == csv.lines().count(), "{safe}");
    let portuguese = text(&sandbox.run(&["export", "--safe", "--language", "pt"]).stdout);
    assert!(portuguese.starts_with("\u{feff}customer_id;segment_id;"), "{portuguese}");
    let sure = portuguese.lines().nth(1).and_then(|line| line.split(';').nth(5)).expect("a silhouette");
    assert!(sure.contains(',') && !sure.contains('.'), "{sure}");
    let exact = sandbox.run(&["export", "--language", "pt"]);
    assert_eq!(exact.status.code(), Some(2), "{}", text(&exact.stderr));
    let alike = text(&sandbox.run(&["export", "--include", "co-assignment"]).stdout);
    assert!(alike.lines().next().is_some_and(|header| header.ends_with(",co_assignment")), "{alike}");
}

#[test]
fn validation_prints_and_publishes_every_vote() {
    let (sandbox, input, plain) = published();
    let output = sandbox.run(&["refit", "--input", &input, "--validate"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&sandbox.run(&["show"]).stdout);
    for part in [
        "Decision sheet",
        "foresight",
        "calinski-harabasz",
        "davies-bouldin",
        "gap",
        "knee",
        "stability",
        "Hopkins",
    ] {
        assert!(text(&output.stdout).contains(part), "{part:?} is not printed by run");
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    let manifest = &sandbox.json(&["show"])["manifest"];
    let sheet = &manifest["decision_sheet"];
    assert_eq!((&sheet["chosen_k"], &sheet["sampled"]), (&manifest["k"], &60.into()));
    assert_eq!(sheet["votes"].as_array().map(Vec::len), Some(8));
    assert!(sandbox.json(&["show", &plain])["manifest"].get("decision_sheet").is_none());
}

#[test]
fn senseless_validation_exits_with_3_and_publishes_nothing() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let output = sandbox.run(&["refit", "--input", &input, "--validate", "--validate-rows", "5"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("is 5; allowed is 10 or more"), "{}", text(&output.stderr));
    assert!(!sandbox.path("store").exists());
}

#[test]
fn a_feature_that_is_alike_for_everybody_is_said_to_decide_nothing() {
    let sandbox = Sandbox::new();
    let rows: String =
        (0..60).map(|i| format!("C{i},2013-{:02}-{:02},{}\n", 1 + i % 12, 1 + i % 28, 10 + i * i)).collect();
    let input = sandbox.path("once.csv");
    std::fs::write(&input, format!("customer_id,date,amount\n{rows}")).expect("written");
    let shown = sandbox.json(&["run", "--input", &input.display().to_string(), "--dry-run"]);
    let reason = &shown["manifest"]["reason"];
    let said = |language: &str, part: &str| reason[language].as_str().is_some_and(|text| text.contains(part));
    assert!(said("en", "the same for every customer, so that it decides nothing: frequency"), "{reason}");
    assert!(said("pt_br", "igual para todos os clientes, portanto sem efeito: frequency"), "{reason}");
}

#[test]
fn the_user_can_overrule_the_choice() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let shown = sandbox.json(&["run", "--input", &input, "--algorithm", "complete", "--k", "5", "--dry-run"]);
    assert_eq!((&shown["manifest"]["algorithm"], &shown["manifest"]["k"]), (&"complete".into(), &5.into()));
    let reason = shown["manifest"]["reason"]["en"].as_str().expect("a reason");
    assert!(reason.contains("complete linkage with k = 5"), "{reason}");
}

#[test]
fn wrong_input_exits_with_3_and_says_what_to_do() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("strange.csv");
    std::fs::write(&path, "a,b,c\n1,2,3\n").expect("written");
    let output = sandbox.run(&["run", "--input", &path.display().to_string()]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("--column customer="), "{message}");
    assert!(!sandbox.path("store").exists());
    let missing = sandbox.run(&["run", "--input", "nowhere.csv"]);
    assert_eq!(missing.status.code(), Some(3), "{}", text(&missing.stderr));
    assert!(text(&missing.stderr).contains("nowhere.csv"));
}

#[test]
fn an_input_given_twice_is_read_once_and_the_report_says_so() {
    let sandbox = Sandbox::new();
    sandbox.small_input();
    let once = sandbox.json(&["run", "--input", "small.csv", "--dry-run"]);
    let output = sandbox.run(&["run", "--input", "small.csv", "./small.csv", "--dry-run"]);
    let printed = text(&output.stdout);
    assert!(
        printed.contains("Read: a file is read once; to one that is read already lead: ./small.csv"),
        "{printed}"
    );
    assert!(printed.contains(once["manifest"]["content_sha256"].as_str().expect("a digest")), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_directory_that_a_pattern_may_not_look_into_is_named() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let sandbox = Sandbox::new();
    let mode = |path: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sandbox.path(path), permissions).expect("ours");
    };
    std::fs::create_dir_all(sandbox.path("sales/locked")).expect("created");
    sandbox.small_input();
    std::fs::rename(sandbox.path("small.csv"), sandbox.path("sales/small.csv")).expect("renamed");
    let mut command = sandbox.command(&["run", "--input", "sales/**/*.csv", "--dry-run"]);
    if std::fs::metadata(sandbox.path("")).expect("there").uid() == 0 {
        // Root may look everywhere.
        mode("", 0o755);
        command.uid(65_534);
    }
    mode("sales/locked", 0o000);
    let output = command.output();
    mode("sales/locked", 0o755);
    let Ok(output) = output else {
        eprintln!("skipped: another user may not start the program where it lies");
        return;
    };
    let message = text(&output.stderr);
    assert!(output.status.code() == Some(3) && message.contains("sales/locked"), "{message}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let sandbox = Sandbox::new();
    for args in [&["run"][..], &["run", "--dataset", "cdnow", "--k", "1"], &["segment"], &["lookup"]] {
        assert_eq!(sandbox.run(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_parameter_that_cannot_be_used_exits_with_3_and_the_flag_that_helps() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let mapping = |name: &str, content: &str| {
        let path = sandbox.path(name);
        std::fs::write(&path, content).expect("written");
        path.display().to_string()
    };
    let no_toml = mapping("no.toml", "customer = ");
    let no_role = mapping("role.toml", "client = \"x\"");
    for (args, problem, flag) in [
        (["--skip-rule", "x"], "unknown rule \"x\"", "--skip-rule"),
        (["--reference-date", "x"], "\"x\" is no reference date", "--reference-date"),
        (["--mapping", "nowhere.toml"], "nowhere.toml: the mapping cannot be read", ""),
        (["--mapping", &no_toml], "this is no column mapping", ""),
        (["--mapping", &no_role], "unknown variant `client`", ""),
        (["--column", "client=x"], "\"client\" is no role", "--column"),
        (["--column", "customer=#0"], "\"#0\" is no position", "--column"),
        (
            ["--column", "customer=Client"],
            "there is no column \"Client\" for customer",
            "--column customer=NAME",
        ),
        (["--features", "age"], "unknown feature \"age\"", "--features"),
        (["--winsorize", "0.7"], "quantile is 0.7", "--winsorize"),
        (["--min-share", "2"], "the shares of a segment are 2 at least", "--min-share"),
        (["--created-at", "today"], "\"today\" is not an RFC 3339 time", "--created-at"),
        (["--threads", "0"], "--threads is 0", ""),
    ] {
        let output = sandbox.run(&[&["run", "--input", &input][..], &args].concat());
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(3) && message.contains(problem), "{args:?}: {message}");
        let hint = message.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap_or_default();
        assert!(hint.contains(flag), "{args:?}: {message}");
    }
    assert!(!sandbox.path("store").exists());
}

#[test]
fn the_hint_is_apart_from_the_error_for_programs_too() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["lookup", "CS000", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).expect("JSON on standard error");
    assert_eq!((&error["exit_code"], output.status.code()), (&4.into(), Some(4)));
    let (message, hint) = (error["error"].as_str().expect("a text"), error["hint"].as_str().expect("a text"));
    assert!(message.starts_with("no run was published to ") && !message.contains("segment run"), "{message}");
    assert!(hint.contains("`segment run`"), "{hint}");
}

#[test]
fn help_prints_every_exit_code() {
    let help = text(&Sandbox::new().run(&["--help"]).stdout);
    let (_, codes) = help.split_once("Exit codes:").expect("a table");
    let listed: Vec<&str> = codes.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(listed, ["0", "1", "2", "3", "4", "5", "6", "7", "130"], "{help}");
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&["run", "--dataset", "cdnoww"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("cdnow"), "{}", text(&output.stderr));
    let input = sandbox.small_input();
    let output = sandbox.run(&["run", "--input", &input, "--features", "recency,age"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("\"age\""), "{}", text(&output.stderr));
}

#[test]
fn the_catalogue_is_listed() {
    let sandbox = Sandbox::new();
    let names = sandbox.json(&["datasets"]);
    let names: Vec<&str> =
        names.as_array().expect("a list").iter().filter_map(|d| d["name"].as_str()).collect();
    assert!(names.contains(&"cdnow") && names.contains(&"online-retail"), "{names:?}");
}

#[test]
fn a_damaged_store_exits_with_5_and_the_way_out() {
    let (sandbox, _, run) = published();
    let directory = sandbox.path("store").join("runs").join(&run);
    let file = std::fs::read_dir(&directory).expect("a run").map(|e| e.expect("an entry").path());
    let largest =
        file.filter(|p| p.is_file()).max_by_key(|p| p.metadata().map_or(0, |m| m.len())).expect("a file");
    let mut bytes = std::fs::read(&largest).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&largest, bytes).expect("written");
    let output = sandbox.run(&["lookup", "CS000"]);
    assert_eq!(output.status.code(), Some(5), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("segment rollback"), "{}", text(&output.stderr));
}

#[test]
fn the_dictionary_is_written_and_checked() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("metadata.xlsx").display().to_string();
    sandbox.json(&["dictionary", "--output", &path]);
    sandbox.json(&["dictionary", "--output", &path, "--check"]);
    std::fs::write(&path, "something else").expect("written");
    assert_eq!(sandbox.run(&["dictionary", "--output", &path, "--check"]).status.code(), Some(1));
}

#[test]
fn help_explains_every_command() {
    let sandbox = Sandbox::new();
    for command in
        ["run", "datasets", "fetch", "runs", "show", "lookup", "rollback", "export", "forget", "dictionary"]
    {
        let output = sandbox.run(&[command, "--help"]);
        assert!(output.status.success() && text(&output.stdout).contains("Usage: segment"), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn output_cut_short_by_its_reader_is_no_error() {
    use std::process::Stdio;
    let (sandbox, ..) = published();
    let mut command = sandbox.command(&["export", "--format", "ndjson"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_forgotten_customer_leaves_every_run_and_stays_out_until_lifted() {
    let (sandbox, input, first) = published();
    let whole = sandbox.json(&["show"]);
    let erased = sandbox.json(&["forget", "CS001", "nobody"]);
    let rewritten = sandbox.json(&["show"]);
    assert_eq!((&erased["added"], &erased["verified"]), (&2.into(), &true.into()));
    assert_eq!((&erased["runs"][0]["before"], &erased["runs"][0]["removed"]), (&first.into(), &1.into()));
    assert_eq!(sandbox.run(&["lookup", "CS001"]).status.code(), Some(4));
    let next = sandbox.json(&["run", "--input", &input]);
    assert_eq!(next["manifest"]["customers"], 59);
    assert_eq!(sandbox.run(&["lookup", "CS001"]).status.code(), Some(4));
    let ledger = |report: &serde_json::Value, line: &str| {
        let lines = report["manifest"]["ledger"].as_array().expect("a ledger").clone();
        let line = lines.into_iter().find(|l| l["rule"] == line).unwrap_or_default();
        ["rows", "customers", "amount_pennies"].map(|figure| line[figure].as_i64().unwrap_or(-1))
    };
    // CS001 has three purchases of 40.00. Their number is told, what they cost is not.
    assert_eq!(ledger(&next, "forgotten"), [3, 1, 0]);
    let (read, kept) = (ledger(&whole, "input"), ledger(&whole, "kept"));
    assert_eq!(ledger(&next, "input"), [read[0], read[1], read[2] - 12_000]);
    assert_eq!(ledger(&next, "kept"), [kept[0] - 3, 59, kept[2] - 12_000]);
    assert_eq!(ledger(&rewritten, "forgotten"), [0, 1, 0]);
    assert_eq!(ledger(&rewritten, "input"), ledger(&next, "input"));
    assert_eq!(ledger(&rewritten, "kept"), [kept[0], 59, kept[2] - 12_000]);
    // The run was computed without the customer: nothing had to be taken out of it afterwards.
    assert!(next["manifest"]["parameters"].get("forgotten").is_none());
    assert_eq!(sandbox.json(&["show"])["manifest"]["run_id"], next["manifest"]["run_id"]);
    assert_eq!(sandbox.run(&["forget", "--lift", "CS002"]).status.code(), Some(4));
    sandbox.json(&["forget", "--lift", "CS001"]);
    sandbox.json(&["run", "--input", &input]);
    sandbox.json(&["lookup", "CS001"]);
    assert_eq!(sandbox.run(&["forget", "--lift"]).status.code(), Some(3));
    assert_eq!(sandbox.run(&["forget", &"x".repeat(257)]).status.code(), Some(3));
}

#[test]
fn an_erasure_that_fails_half_way_says_who_is_still_served_and_how_it_goes_on() {
    let (sandbox, _, run) = published();
    let database = sandbox.path("store").join("runs").join(&run).join("db");
    let whole = std::fs::read(&database).expect("there");
    std::fs::write(&database, "x").expect("written");
    let failed = sandbox.run(&["forget", "CS001"]);
    let said = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(5), "{said}");
    assert!(said.contains("error: the erasure is not finished: "), "{said}");
    assert!(said.contains("hint: customers who are to be forgotten are still served; "), "{said}");
    assert!(said.contains("`segment forget` again, without ids"), "{said}");
    std::fs::write(&database, whole).expect("written");
    assert_eq!(sandbox.json(&["forget"])["runs"][0]["removed"], 1);
    assert_eq!(sandbox.run(&["lookup", "CS001"]).status.code(), Some(4));
    // What fails before anybody is on the list says nothing of an erasure.
    std::fs::write(sandbox.path("store").join("FORGOTTEN"), "x").expect("written");
    let refused = text(&sandbox.run(&["forget", "CS002"]).stderr);
    assert!(!refused.contains("not finished") && refused.contains("incomplete or altered"), "{refused}");
}

#[test]
fn completions_and_manual_pages_are_written() {
    let sandbox = Sandbox::new();
    for (shell, marker) in
        [("bash", "complete -F"), ("zsh", "#compdef segment"), ("fish", "complete -c segment")]
    {
        let script = text(&sandbox.run(&["completions", shell]).stdout);
        assert!(script.contains(marker) && script.contains("rollback"), "{shell}: {script}");
    }
    let pages = sandbox.path("man");
    std::fs::create_dir(&pages).expect("created");
    assert!(sandbox.run(&["manual", &pages.display().to_string()]).status.success());
    let page = std::fs::read_to_string(pages.join("segment-run.1")).expect("written");
    assert!(page.contains("reference") && page.contains("winsorize"), "{page}");
    let output = sandbox.run(&["manual", "/nowhere"]);
    assert!(!output.status.success() && text(&output.stderr).contains("/nowhere"), "{output:?}");
}

#[test]
fn the_version_begins_with_the_packages() {
    let version = text(&Sandbox::new().run(&["--version"]).stdout);
    let expected = format!("segment {}", env!("CARGO_PKG_VERSION"));
    assert!(version.trim_end() == expected || version.starts_with(&format!("{expected} (")), "{version}");
}
