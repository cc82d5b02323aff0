//! Tables of a Spark Connect server, with a program in the place of `segment-spark`; a real server has a test of its own.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use polars::prelude::*;

use crate::support::*;

const COLUMNS: &str = r#"echo '{"columns":[{"name":"note","type":"string"},{"name":"customer_id","type":"string"},{"name":"trans_date","type":"timestamp"},{"name":"tran_amount","type":"bigint"}]}'"#;

/// A sandbox with a program `segment-spark` that does this when it is asked for rows.
struct Spark {
    sandbox: Sandbox,
    program: PathBuf,
}

impl Spark {
    fn new(fetch: &str) -> Self {
        let sandbox = Sandbox::new();
        std::fs::create_dir_all(sandbox.path("tmp")).expect("made");
        let own = sandbox.directory.path().display();
        let script = format!(
            "#!/bin/sh\ncat > {own}/sql.$1\necho \"$2 $SPARK_CONNECT_TOKEN\" > {own}/asked\n\
             if [ $1 = columns ]; then {COLUMNS}; exit; fi\n{fetch}\n"
        );
        let program = sandbox.path("segment-spark");
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
        Self { sandbox, program }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.command(args);
        command.env("SEGMENT_SPARK", &self.program);
        command.env("TMPDIR", self.sandbox.path("tmp")).env_remove("SPARK_CONNECT_TOKEN");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().expect("the program starts");
        assert!(self.is_empty("tmp"), "nothing stays in TMPDIR");
        output
    }

    fn is_empty(&self, directory: &str) -> bool {
        std::fs::read_dir(self.sandbox.path(directory)).expect("there").next().is_none()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.sandbox.path(name)).expect("written by the program")
    }
}

/// The small input's rows in two Parquet files.
fn parts(sandbox: &Sandbox, into: &Path) {
    let rows = std::fs::read_to_string(sandbox.small_input()).expect("readable");
    let rows: Vec<Vec<&str>> = rows.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let of = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
    let amounts: Vec<i64> = rows.iter().map(|row| row[2].parse().expect("whole")).collect();
    let frame =
        df!("customer_id" => of(0), "trans_date" => of(1), "tran_amount" => amounts).expect("a table");
    let frame = frame
        .lazy()
        .with_column(col("trans_date").str().to_date(StrptimeOptions::default()))
        .collect()
        .expect("dates");
    std::fs::create_dir_all(into).expect("made");
    for (at, mut part) in [frame.slice(0, 100), frame.slice(100, 1000)].into_iter().enumerate() {
        let file = std::fs::File::create(into.join(format!("part-0000{at}.parquet"))).expect("created");
        ParquetWriter::new(file).finish(&mut part).expect("written");
    }
}

const COPY: &str = r#"cp parts/*.parquet "$4"; echo '{"rows":100}'; echo '{"done":true,"rows":260}'"#;

#[test]
fn a_table_in_parts_gives_the_digest_of_the_file() {
    let spark = Spark::new(COPY);
    parts(&spark.sandbox, &spark.sandbox.path("parts"));
    let small = spark.sandbox.small_input();
    let file = spark.sandbox.json(&["run", "--input", &small, "--dry-run"]);
    let url = "sc://me@spark:15002/;use_ssl=true;token=s3cret";
    let output = spark.run(&["run", "--input", url, "--table", "shop.`My Sales`", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(table["manifest"]["content_sha256"], file["manifest"]["content_sha256"]);
    assert_eq!(table["manifest"]["ledger"], file["manifest"]["ledger"]);
    assert_eq!(table["manifest"]["source"]["inputs"][0]["name"], "sc://spark:15002 table shop.`My Sales`");
    let decisions = table["decisions"].to_string();
    assert!(decisions.contains("trans_date holds moments with a time zone"), "{decisions}");
    assert!(!text(&output.stdout).contains("s3cret"));
    assert_eq!(spark.read("asked"), "sc://spark:15002/;use_ssl=true s3cret\n");
    assert_eq!(spark.read("sql.columns"), "SELECT * FROM shop.`My Sales`");
    assert_eq!(
        spark.read("sql.fetch"),
        "SELECT `customer_id`, `trans_date`, `tran_amount` FROM (SELECT * FROM shop.`My Sales`) AS source"
    );
    let command = text(&spark.run(&["show", "--command"]).stdout);
    for part in ["--input sc://spark:15002 ", "--table 'shop.`My Sales`' "] {
        assert!(command.contains(part), "{command}");
    }
}

#[test]
fn what_the_program_says_ends_the_run_in_one_line() {
    for (fetch, code, parts) in [
        ("echo 'no table sales' >&2; exit 2", 3, ["sc://spark:15002 table sales: ", "no table sales"]),
        ("echo 'connection refused' >&2; exit 3", 1, ["cannot be reached", "connection refused"]),
        ("echo '{\"rows\":70}'; echo gone >&2; exit 3", 1, ["broken off after 70 rows", "gone"]),
        ("echo '{\"rows\":70}'", 1, ["broken off after 70 rows", "did not say that it was done"]),
        ("echo '{\"done\":true,\"rows\":0}'", 3, ["there is no row in it", "at least one transaction"]),
        ("echo nonsense", 3, ["segment-spark: ", "expected"]),
    ] {
        let spark = Spark::new(fetch);
        let output = spark.run(&["run", "--input", "sc://spark", "--table", "sales"]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{fetch}: {message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{fetch}: {message}");
        assert!(!spark.sandbox.path("store").exists());
    }
}

#[test]
fn an_interrupted_fetch_asks_the_program_to_end() {
    let spark = Spark::new(
        "trap 'echo ended > ended; exit 3' TERM; echo '{\"rows\":5}'; touch begun\nwhile true; do sleep 0.1; done",
    );
    let mut command = spark.command(&["run", "--input", "sc://spark", "--table", "sales"]);
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let begun = || spark.sandbox.path("begun").exists();
    (0..200)
        .find(|_| {
            begun() || {
                std::thread::sleep(Duration::from_millis(50));
                false
            }
        })
        .expect("it begins");
    let id = running.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().expect("sent");
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(spark.sandbox.path("ended").exists() && spark.is_empty("tmp"));
}

#[test]
fn a_table_needs_an_address_and_an_address_a_table() {
    let sandbox = Sandbox::new();
    let small = sandbox.small_input();
    for (args, code, part) in [
        (vec!["run", "--input", "sc://spark"], 3, "no table is named"),
        (vec!["run", "--input", &small, "--table", "sales"], 3, "go with an input that is an address"),
        (vec!["run", "--input", "sc://spark", "sc://other", "--table", "sales"], 3, "is read alone"),
        (vec!["run", "--input", "sc://spark", "--table", "a", "--query", "b"], 2, "cannot be used with"),
        (vec!["run", "--input", "sc://spark", "--table", "sales"], 1, "segment-spark, which reads"),
        (vec!["run", "--customers", &small, "--input", &small], 2, "cannot be used with"),
    ] {
        let mut command = sandbox.command(&args);
        let output = command.env("SEGMENT_SPARK", "/nowhere").output().expect("the program starts");
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        assert!(message.contains(part), "{args:?}: {message}");
    }
}
