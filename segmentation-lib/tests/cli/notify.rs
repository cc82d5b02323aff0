//! Webhooks: the receiver of the documentation, killed and started again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Sandbox, text};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The receiver of the documentation.
struct Listening {
    child: Child,
    url: String,
    lines: Receiver<String>,
}

impl Listening {
    fn start(port: &str, secret: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/examples/webhook_receiver.py");
        let mut child = Command::new("python3")
            .arg(script)
            .arg(port)
            .env("SEGMENT_WEBHOOK_SECRET", secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 is there");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (send, lines) = channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let url = lines.recv_timeout(Duration::from_secs(20)).expect("it says where it listens");
        Self { child, url, lines }
    }

    fn port(&self) -> String {
        self.url.trim_end_matches('/').rsplit_once(':').expect("a port").1.to_owned()
    }

    /// What the receiver has taken as genuine.
    fn event(&self) -> Option<Value> {
        let line = self.lines.recv_timeout(Duration::from_secs(5)).ok()?;
        Some(serde_json::from_str(&line).expect("JSON"))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

fn run(sandbox: &Sandbox, args: &[&str]) -> Value {
    let input = sandbox.small_input();
    let output = sandbox
        .command(&[&["run", "--input", &input, "--json"], args].concat())
        .env("SEGMENT_WEBHOOK_SECRET", SECRET)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn notify(sandbox: &Sandbox, url: &str) -> (bool, String) {
    let output = sandbox.command(&["notify", url]).env("SEGMENT_WEBHOOK_SECRET", SECRET).output();
    let output = output.expect("it starts");
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_publication_is_told_once_the_run_is_served_and_never_held_up_by_the_receiver() {
    let sandbox = Sandbox::new();
    let receiver = Listening::start("0", SECRET);
    let (url, port) = (receiver.url.clone(), receiver.port());
    let first = run(&sandbox, &["--notify", &url]);
    let event = receiver.event().expect("told");
    assert_eq!((&event["run_id"], &event["customers"]), (&first["manifest"]["run_id"], &60.into()));
    assert!(event["changes"].is_null() && !event.to_string().contains("CS0"), "{event}");

    // Killed: the run is published all the same, and its event waits.
    drop(receiver);
    let second = run(&sandbox, &["--notify", &url]);
    assert_eq!(second["told"]["waiting"][0][0], second["manifest"]["run_id"]);
    let (told, said) = notify(&sandbox, &url);
    assert!(!told && said.contains("waits"), "{said}");

    // Started again: the next publication delivers both, in order.
    let receiver = Listening::start(&port, SECRET);
    let third = run(&sandbox, &["--notify", &url]);
    let events = [receiver.event().expect("the second"), receiver.event().expect("the third")];
    for (event, run) in events.iter().zip([&second, &third]) {
        assert_eq!(event["run_id"], run["manifest"]["run_id"]);
        assert!(event["changes"].as_str().expect("a path").starts_with("/v1/changes?from="));
    }
    let (told, said) = notify(&sandbox, &url);
    assert!(told && said.contains("nothing waits"), "{said}");
}

#[test]
fn an_event_that_the_receiver_does_not_believe_waits() {
    let sandbox = Sandbox::new();
    let receiver = Listening::start("0", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let run = run(&sandbox, &["--notify", &receiver.url]);
    let reason = run["told"]["waiting"][0][1].as_str().expect("a reason");
    assert!(reason.contains("401"), "{reason}");
    assert_eq!(receiver.event(), None);
}

#[test]
fn an_event_of_a_run_that_was_never_published_is_not_sent() {
    let sandbox = Sandbox::new();
    let receiver = Listening::start("0", SECRET);
    run(&sandbox, &["--notify", &receiver.url]);
    receiver.event().expect("told");
    let stray = sandbox.path("store/outbox/20300101T000000000Z-00000000");
    std::fs::write(&stray, "{}").expect("written");
    let (told, said) = notify(&sandbox, &receiver.url);
    assert!(told && !stray.exists(), "{said}");
    assert_eq!(receiver.event(), None);
}

#[test]
fn an_event_whose_file_is_damaged_holds_up_no_other() {
    let sandbox = Sandbox::new();
    run(&sandbox, &[]);
    let current = std::fs::read_to_string(sandbox.path("store/CURRENT")).expect("published");
    let (moment, _) = current.trim().split_once('-').expect("a run's id");
    let outbox = sandbox.path("store/outbox");
    std::fs::create_dir_all(&outbox).expect("made");
    let cut = outbox.join(format!("{moment}-00000000"));
    let pipe = outbox.join(format!("{moment}-00000001"));
    std::fs::write(&cut, "{\"type\":").expect("written");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    std::fs::create_dir(outbox.join(format!("{moment}-00000002"))).expect("made");
    std::fs::write(outbox.join(current.trim()), "{\"data\":{\"customers\":60}}").expect("written");
    let receiver = Listening::start("0", SECRET);
    let (_, said) = notify(&sandbox, &receiver.url);
    assert!(receiver.event().is_some() && said.contains("is damaged"), "{said}");
    assert!(cut.exists() && !outbox.join(current.trim()).exists(), "{said}");
}

#[test]
fn without_a_secret_or_an_address_nothing_is_computed() {
    let sandbox = Sandbox::new();
    let input = sandbox.small_input();
    let refused = |secret: Option<&str>, url: &str| {
        let mut command = sandbox.command(&["run", "--input", &input, "--notify", url]);
        command.env_remove("SEGMENT_WEBHOOK_SECRET");
        if let Some(secret) = secret {
            command.env("SEGMENT_WEBHOOK_SECRET", secret);
        }
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    assert!(refused(None, "http://127.0.0.1:1/").contains("SEGMENT_WEBHOOK_SECRET is not set"));
    assert!(refused(Some("hunter2"), "http://127.0.0.1:1/").contains("whsec_"));
    assert!(refused(Some(SECRET), "ftp://x").contains("not an address"));
    assert!(!sandbox.path("store").exists());
}
