//! The program in a process of its own, so that its memory, descriptors and signals are its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use api::keys::Scope;
use api::keys::command::{Action, CreateArgs, KeysArgs, execute};
use chrono::Utc;
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, Store};
use serde_json::Value;

use crate::sample;

/// Longest wait for what must come, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A directory with a store, and where keys and audit of a service may go.
pub struct Home(tempfile::TempDir);

/// A running service; killed when dropped.
pub struct Service {
    child: Child,
    pub address: String,
}

impl Home {
    /// With a run of `customers` customers.
    pub fn of(customers: usize) -> Self {
        let home = Self(tempfile::tempdir().expect("a directory"));
        home.publish(&sample::snapshot(customers, 1));
        home
    }

    /// Publishes another run.
    pub fn publish(&self, snapshot: &Snapshot) {
        let store = Store::at(self.path("store"));
        let published = store.publish(snapshot, &PublishOptions::default(), &Progress::silent());
        published.expect("a valid snapshot is published");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A new key in `keys.json`; gives its text.
    pub fn key(&self, scopes: &[Scope], ids_per_minute: Option<u32>) -> String {
        let create =
            CreateArgs { name: "test".to_owned(), scopes: scopes.to_vec(), expires: None, ids_per_minute };
        let args = KeysArgs { keys: self.path("keys.json"), action: Action::Create(create) };
        execute(&args, Utc::now()).expect("created").lines().next().expect("the key").to_owned()
    }

    /// The command on the store, with these flags.
    pub fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
        command.env_remove("RUST_LOG").stdout(Stdio::null()).stderr(Stdio::piped());
        command.args(["--bind", "127.0.0.1:0", "--log", "json", "--workers", "1", "--poll-ms", "20"]);
        command.arg("--store").arg(self.path("store")).args(flags);
        command
    }

    /// A service with these flags that serves the run.
    pub fn serve(&self, flags: &[&str]) -> Service {
        Service::start(self.command(flags))
    }

    /// The same with the file of keys.
    pub fn serve_with_keys(&self, flags: &[&str]) -> Service {
        self.serve(&[&["--keys", &self.text("keys.json")], flags].concat())
    }
}

impl Service {
    /// Starts a command and waits until it serves.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut service = Self { child, address: String::new() };
        loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).expect("a log"), 0, "it ended before it served");
            let event: Value = serde_json::from_str(&line).expect("each line is JSON");
            let fields = &event["fields"];
            if let Some(address) = fields["address"].as_str() {
                service.address = address.to_owned();
            }
            if fields["message"] == "serving" {
                break;
            }
        }
        // A full pipe would stop the service.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        service
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.id().to_string()]).status().expect("kill is there");
        assert!(sent.success());
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// A figure of the process's status, in bytes: `VmRSS` or `VmHWM`.
    pub fn memory(&self, figure: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line =
            status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).expect("there");
        line.trim().strip_suffix(" kB").expect("kilobytes").parse::<usize>().expect("a number") * 1024
    }

    /// Number of open descriptors.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs").count()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Sends bytes as they are on a connection of their own, and reads to the end.
    pub fn exchange(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        // The service may refuse a body before it has it all.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        Reply::of(&answer)
    }

    /// A request with these lines in its head.
    pub fn ask(&self, method: &str, path: &str, head: &[(&str, &str)], body: &[u8]) -> Reply {
        self.exchange(&request(method, path, head, body))
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], b"")
    }

    pub fn get_with(&self, path: &str, key: &str) -> Reply {
        self.ask("GET", path, &[("authorization", &format!("Bearer {key}"))], b"")
    }

    /// The metric of this name, with its labels.
    pub fn metric(&self, name: &str, key: Option<&str>) -> Option<f64> {
        let reply = key.map_or_else(|| self.get("/metrics"), |key| self.get_with("/metrics", key));
        let text = reply.text();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Both fail only for a process that has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The bytes of a request that ends its connection.
pub fn request(method: &str, path: &str, head: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !head.iter().any(|(name, _)| *name == "host") {
        text.push_str("host: localhost\r\n");
    }
    for (name, value) in head {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the body is as long as it says, or has its last chunk.
    pub whole: bool,
}

impl Reply {
    fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let rest = bytes.get(end + 4..).unwrap_or_default();
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        let (body, whole) = if chunked { unchunk(rest) } else { (rest.to_vec(), true) };
        Self { head, body, whole }
    }

    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split(':').next().is_some_and(|seen| seen.eq_ignore_ascii_case(name));
        self.head.lines().find(named)?.split_once(": ").map(|(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.head, self.text()))
    }

    /// The code of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let length =
            std::str::from_utf8(&rest[..line]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        match length {
            Some(0) => return (body, true),
            Some(length) if rest.len() >= line + 4 + length => {
                body.extend_from_slice(&rest[line + 2..line + 2 + length]);
                rest = &rest[line + 4 + length..];
            }
            _ => return (body, false),
        }
    }
}

/// Waits until something is so; gives whether it ever was.
pub fn eventually(mut so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The bytes of a file of this directory.
pub fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks").join(name);
    std::fs::read(path).expect("there")
}
