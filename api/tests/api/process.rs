//! The command itself: flags, environment, signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use segmentation_lib::store::Store;

use crate::helpers::publish;
use crate::sample;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
    command.env_remove("RUST_LOG").stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A started command; killed when a test fails before it ends.
pub struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only for a process that has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub type Log = BufReader<std::process::ChildStderr>;

/// Starts the command and reads its log up to the first event of which `last` makes something.
pub fn start_until<T>(
    store: &Store,
    environment: &[(&str, &str)],
    mut last: impl FnMut(&serde_json::Value) -> Option<T>,
) -> (Server, Log, T) {
    let mut command = command();
    command
        .args(["--bind", "127.0.0.1:0", "--log", "json", "--workers", "1"])
        .arg("--store")
        .arg(store.root());
    let mut server = Server(command.envs(environment.iter().copied()).spawn().expect("it starts"));
    let mut log = BufReader::new(server.0.stderr.take().expect("piped"));
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).expect("a log"), 0, "it ended before it served");
        let event = serde_json::from_str(&line).expect("each line is JSON");
        if let Some(found) = last(&event) {
            return (server, log, found);
        }
    }
}

/// Starts the command and waits until it serves; gives its address.
pub fn start(store: &Store, environment: &[(&str, &str)]) -> (Server, String) {
    let mut address = None;
    let (server, mut log, address) = start_until(store, environment, |event| {
        address = event["fields"]["address"].as_str().map(str::to_owned).or(address.take());
        address.clone().filter(|_| event["fields"]["message"] == "serving")
    });
    // A full pipe would stop the server.
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    (server, address)
}

pub fn signal(server: &Server, name: &str) {
    let sent = Command::new("kill").args([name, &server.0.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
}

fn published() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::at(dir.path().join("store"));
    publish(&store, &sample::snapshot(20, 1));
    (dir, store)
}

pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn wrong_settings_end_it_with_the_reason() {
    for (args, reason) in [
        (["--bind", "0.0.0.0:0"], "keys create"),
        (["--keys", "nowhere.json"], "keys create"),
        (["--tls-cert", "nowhere.pem"], "--tls-key"),
        (["--audit", "-"], "--audit-secret"),
        (["--max-ids", "0"], "1..=1000000"),
        (["--store", ""], "a value is required"),
        (["--follow", "bucket"], "s3://BUCKET/PREFIX"),
        (["--follow-every", "10"], "such as 10s"),
        (["--unknown", "1"], "unexpected argument"),
    ] {
        let output = command().args(args).output().expect("it runs");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && message.contains(reason), "{args:?}: {message}");
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let output = command().env("SEGMENT_BIND", &address).output().expect("it runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && message.contains(&address) && message.contains("--bind"),
        "{message}"
    );
}

#[test]
fn sigterm_lets_a_running_request_end() {
    let (_dir, store) = published();
    for name in ["-TERM", "-INT"] {
        let (mut child, address) = start(&store, &[]);
        let mut stream = TcpStream::connect(&address).expect("it listens");
        let body = r#"{"ids": ["C0000001"]}"#;
        let head = format!(
            "POST /v1/segments/lookup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body.as_bytes()[..5]))
            .expect("it reads");
        std::thread::sleep(Duration::from_millis(200));
        signal(&child, name);
        std::thread::sleep(Duration::from_millis(300));
        stream.write_all(&body.as_bytes()[5..]).expect("the connection is still open");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, then the end of the connection");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"found\":1"), "{answer}");
        assert!(child.0.wait().expect("it ends").success());
    }
}

#[test]
fn sighup_looks_at_the_store_at_once() {
    let (_dir, store) = published();
    // Left to itself it would look again in an hour.
    let (mut child, address) = start(&store, &[("SEGMENT_POLL_MS", "3600000")]);
    let next = publish(&store, &sample::snapshot(20, 2));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!get(&address, "/v1/run").contains(&format!("\"run_id\":\"{next}\"")));
    signal(&child, "-HUP");
    let deadline = Instant::now() + Duration::from_secs(10);
    while !get(&address, "/v1/run").contains(&format!("\"run_id\":\"{next}\"")) {
        assert!(Instant::now() < deadline, "the new run is never served");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(&child, "-TERM");
    assert!(child.0.wait().expect("it ends").success());
}

#[test]
fn neither_the_audit_nor_any_log_holds_a_customers_id() {
    let (dir, store) = published();
    let audit = dir.path().join("audit.log").display().to_string();
    let listening = |event: &serde_json::Value| event["fields"]["address"].as_str().map(str::to_owned);
    let (mut child, mut log, address) =
        start_until(&store, &[("RUST_LOG", "trace"), ("SEGMENT_AUDIT", &audit)], listening);
    let rest = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).expect("UTF-8");
        text
    });
    while get(&address, "/health/ready").starts_with("HTTP/1.1 503") {
        std::thread::sleep(Duration::from_millis(20));
    }
    for path in [
        "/v1/customers/C0000001/segment",
        "/v1/customers/SECRET-1/segment",
        "/v1/segments/lookup?ids=C0000002,SECRET-2",
        "/v1/segments/lookup?idz=SECRET-3",
        "/SECRET-4",
        "/v1/customers/SECRET%zz/segment",
        "/v1/segments/1/customers?cursor=SECRET-5",
        "/v1/segments/1/export",
        "/v1/customers/C0000002",
    ] {
        get(&address, path);
    }
    signal(&child, "-TERM");
    assert!(child.0.wait().expect("it ends").success());
    let log = rest.join().expect("read");
    assert!(log.contains("/v1/customers/{customer_id}/segment"), "{log}");
    let audit = std::fs::read_to_string(audit).expect("written");
    assert!(audit.lines().count() >= 7 && audit.contains("\"customers\":[\""), "{audit}");
    for secret in ["C00000", "SECRET"] {
        for line in log.lines().chain(audit.lines()) {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}
