//! A program, a store of its own, the bundled data.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub struct Sandbox {
    pub directory: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `segment` with these arguments, on this sandbox's store and the bundled data.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment"));
        command.args(args).args(["--store".as_ref(), self.path("store").as_os_str()]);
        command.args(["--data".as_ref(), data().as_os_str()]);
        command.env_remove("SEGMENT_STORE").env_remove("SEGMENT_DATA").current_dir(self.directory.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// Runs, expects success, and parses the JSON it prints.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let output = self.run(&[args, &["--json"]].concat());
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// A file of a few customers that segment well: enough for every command, done in a moment.
    pub fn small_input(&self) -> String {
        let mut text = String::from("customer_id,trans_date,tran_amount\n");
        for i in 0..60 {
            let (purchases, month, amount) = [(9, 12, 90), (3, 8, 40), (1, 2, 10)][i % 3];
            for p in 0..purchases {
                let day = 1 + (i + 3 * p) % 28;
                text.push_str(&format!("CS{i:03},2013-{month:02}-{day:02},{}\n", amount + i / 3));
            }
        }
        let path = self.path("small.csv");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }
}

pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The small input published: where, the input, the run.
pub fn published() -> (Sandbox, String, String) {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let shown = sandbox.json(&["run", "--input", &input]);
    let run = shown["manifest"]["run_id"].as_str().expect("a run id").to_owned();
    (sandbox, input, run)
}
