//! Servers that follow a bucket: a directory, and stores that answer with errors.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::{FORMAT_VERSION, Snapshot};
use segmentation_lib::store::bucket::{Bucket, PushOptions};
use segmentation_lib::store::{RunId, Store};
use serde_json::Value;

use crate::copy::copy;
use crate::disk::{Tmpfs, disk_bytes};
use crate::helpers::publish;
use crate::next_format::of_next_format;
use crate::process::{Server, get, signal, start, start_until};
use crate::sample;

const CUSTOMERS: usize = 500;

/// A bucket in a directory, and a publisher.
struct Place {
    dir: tempfile::TempDir,
    bucket: Bucket,
    publisher: Store,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(dir.path().join("bucket")).expect("created");
        let bucket = Bucket::at(&format!("file://{}/bucket", dir.path().display())).expect("an address");
        let publisher = Store::at(dir.path().join("publisher"));
        Self { dir, bucket, publisher }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("bucket").join(name)
    }

    fn store(&self, name: &str) -> Store {
        Store::at(self.dir.path().join(name))
    }

    fn push(&self) -> RunId {
        self.bucket
            .push(&self.publisher, None, &PushOptions::default(), &Progress::silent())
            .expect("pushed")
            .run_id
    }

    fn publish_and_push(&self, snapshot: &Snapshot) -> RunId {
        publish(&self.publisher, snapshot);
        self.push()
    }

    fn environment(&self) -> Vec<(String, String)> {
        follow(self.bucket.url())
    }
}

fn follow(url: &str) -> Vec<(String, String)> {
    [("SEGMENT_FOLLOW", url), ("SEGMENT_FOLLOW_EVERY", "100ms"), ("SEGMENT_POLL_MS", "20")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn pairs(environment: &[(String, String)]) -> Vec<(&str, &str)> {
    environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The reasons a server's log gives, as they come.
type Reasons = Arc<Mutex<Vec<String>>>;

/// A server that follows, and what its log says of it; it need not serve yet.
fn start_following(store: &Store, environment: &[(String, String)]) -> (Server, String, Reasons) {
    let reasons = Reasons::default();
    // A reason is given once, and may come before the server says where it listens.
    let first = reasons.clone();
    let (server, log, address) = start_until(store, &pairs(environment), |event| {
        keep_reason(&first, event);
        event["fields"]["address"].as_str().map(str::to_owned)
    });
    let kept = reasons.clone();
    std::thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            keep_reason(&kept, &serde_json::from_str(&line).expect("each line is JSON"));
        }
    });
    (server, address, reasons)
}

fn keep_reason(reasons: &Reasons, event: &Value) {
    let message = event["fields"]["message"].as_str().unwrap_or_default();
    let reason = event["fields"]["reason"].as_str().unwrap_or_default();
    if message.contains("followed") {
        reasons.lock().expect("not poisoned").push(format!("{message}: {reason}"));
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "it never comes: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for_reason(reasons: &Reasons, part: &str) {
    let given = || reasons.lock().expect("not poisoned").clone();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !given().iter().any(|reason| reason.contains(part)) {
        assert!(Instant::now() < deadline, "it never comes: {part}; but {:?}", given());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_until_served(address: &str, run_id: &RunId) {
    let run = format!("\"run_id\":\"{run_id}\"");
    wait_until(&run, || get(address, "/v1/run").contains(&run));
}

fn metric(address: &str, name: &str) -> f64 {
    let text = get(address, "/metrics");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

#[test]
fn all_servers_serve_what_is_pushed_without_a_failed_or_mixed_answer() {
    let place = Place::new();
    let snapshots: Vec<_> = (1..=4).map(|seed| sample::snapshot(CUSTOMERS, seed)).collect();
    let runs: BTreeMap<_, _> =
        snapshots.iter().map(|run| (run.manifest.run_id.clone(), run.clone())).collect();
    let runs = Arc::new(runs);
    place.publish_and_push(&snapshots[0]);
    let servers: Vec<_> =
        (0..3).map(|i| start(&place.store(&format!("replica-{i}")), &pairs(&place.environment()))).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::new([const { AtomicU64::new(0) }; 3]);
    let clients: Vec<_> = (0..3)
        .map(|i| {
            let (address, stop, asked, runs) =
                (servers[i].1.clone(), stop.clone(), asked.clone(), runs.clone());
            std::thread::spawn(move || {
                for n in (0..CUSTOMERS).cycle().step_by(7) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let id = format!("C{n:07}");
                    let answer = get(&address, &format!("/v1/customers/{id}/segment"));
                    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole answer");
                    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
                    let body: Value = serde_json::from_str(body).expect("JSON");
                    let run = &runs[body["run_id"].as_str().expect("a run")];
                    assert_eq!(body["segment"]["id"], run.find(&id).expect("there").segment_id);
                    asked[i].fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for snapshot in &snapshots[1..] {
        let run_id = place.publish_and_push(snapshot);
        servers.iter().for_each(|(_, address)| wait_until_served(address, &run_id));
    }
    // Back to the first run, on all of them.
    place.publisher.rollback(Some(&snapshots[0].manifest.run_id.parse().expect("an id"))).expect("kept");
    let first = place.push();
    servers.iter().for_each(|(_, address)| wait_until_served(address, &first));
    stop.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().expect("no failed and no mixed answer"));
    for (i, (_, address)) in servers.iter().enumerate() {
        assert!(asked[i].load(Ordering::Relaxed) > 20, "{asked:?}");
        assert_eq!(metric(address, "segmentation_follow_failures_total"), 0.0);
        assert!(metric(address, "segmentation_follow_pulls_total") >= 2.0);
    }
}

#[test]
fn every_fault_of_a_bucket_is_named_and_the_old_run_served_on() {
    let place = Place::new();
    let old = place.publish_and_push(&sample::snapshot(CUSTOMERS, 1));
    let (_server, address, reasons) = start_following(&place.store("replica"), &place.environment());
    wait_until_served(&address, &old);
    let served = |fault: &str| {
        assert!(get(&address, "/v1/run").contains(&format!("\"run_id\":\"{old}\"")), "{fault}");
        assert!(get(&address, "/health/ready").starts_with("HTTP/1.1 200 "), "{fault}");
    };
    let pointer = place.path("CURRENT");
    let whole = fs::read(&pointer).expect("there");

    fs::write(&pointer, "20200101T000000000Z-00000000\n").expect("written");
    wait_for_reason(&reasons, "run 20200101T000000000Z-00000000 is not whole");
    served("a pointer to a run that is not there");
    fs::write(&pointer, "<html>").expect("written");
    wait_for_reason(&reasons, "not a run id");
    served("a pointer that is none");
    fs::remove_file(&pointer).expect("removed");
    wait_for_reason(&reasons, "no run was pushed");
    served("no pointer");
    fs::rename(place.path(""), place.dir.path().join("aside")).expect("moved");
    wait_for_reason(&reasons, "there is no file://");
    served("no bucket");
    fs::rename(place.dir.path().join("aside"), place.path("")).expect("moved");
    fs::write(&pointer, &whole).expect("written");
    wait_for_reason(&reasons, "followed again");
    assert_eq!(metric(&address, "segmentation_follow_failures_in_a_row"), 0.0);

    // A run arrives cut, as by hand, with the pointer already on it.
    let next = sample::snapshot(CUSTOMERS, 2);
    let next_id = publish(&place.publisher, &next);
    fs::write(&pointer, format!("{next_id}\n")).expect("written");
    let run = place.path("runs").join(next_id.as_str());
    let source = place.publisher.root().join("runs").join(next_id.as_str());
    copy(&source, &run);
    let db = fs::read(source.join("db")).expect("there");
    fs::write(run.join("db"), &db[..db.len() / 2]).expect("written");
    wait_for_reason(&reasons, "is damaged: file db is not what was written");
    served("a truncated object");
    assert!(metric(&address, "segmentation_follow_failures_total") >= 5.0);
    assert!(metric(&address, "segmentation_follow_failures_in_a_row") >= 1.0);
    assert!(metric(&address, "segmentation_follow_last_success_age_seconds") > 0.0);
    // The way out that the log names.
    place.push();
    wait_until_served(&address, &next_id);

    // A publisher that was upgraded before the server.
    let newest = place.publish_and_push(&sample::snapshot(CUSTOMERS, 3));
    wait_until_served(&address, &newest);
    let newer = publish(&place.publisher, &sample::snapshot(CUSTOMERS, 4));
    let run = place.path("runs").join(newer.as_str());
    copy(&place.publisher.root().join("runs").join(newer.as_str()), &run);
    let list = fs::read_to_string(run.join("CHECKSUMS")).expect("there");
    fs::write(run.join("CHECKSUMS"), of_next_format(&list)).expect("written");
    fs::write(&pointer, format!("{newer}\n")).expect("written");
    wait_for_reason(&reasons, &format!("format {}", FORMAT_VERSION + 1));
    assert!(get(&address, "/v1/run").contains(&format!("\"run_id\":\"{newest}\"")));
}

#[test]
fn a_forgotten_customer_leaves_every_server_that_follows() {
    let place = Place::new();
    let old = place.publish_and_push(&sample::snapshot(CUSTOMERS, 1));
    let (_server, address, _) = start_following(&place.store("replica"), &place.environment());
    wait_until_served(&address, &old);
    let path = "/v1/customers/C0000007/segment";
    assert!(get(&address, path).starts_with("HTTP/1.1 200 "));
    place.publisher.forget(&["C0000007".to_owned()], &Progress::silent()).expect("erased");
    place.push();
    wait_until("the customer is gone", || get(&address, path).starts_with("HTTP/1.1 404 "));
    assert!(get(&address, "/v1/customers/C0000008/segment").starts_with("HTTP/1.1 200 "));
}

/// A store that answers every request with this status and body.
fn refusing(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client may open a connection that it does not use: nobody else waits for it.
            std::thread::spawn(move || refuse(stream, status, body));
        }
    });
    format!("http://{address}")
}

/// Reads a request's head, whole, which is all there is of a GET, and answers. Closing with a part of it
/// unread would reset the connection, and the answer with it.
fn refuse(mut stream: TcpStream, status: &str, body: &str) {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(bytes) => head.extend_from_slice(&part[..bytes]),
        }
    }
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    // A client that has gone is no concern of the store.
    let _ = stream.write_all(answer.as_bytes());
}

fn s3(endpoint: &str) -> Vec<(String, String)> {
    let mut environment = follow("s3://segments/production");
    let settings = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hidden-from-the-log"),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}

#[test]
fn what_a_store_refuses_is_named_without_the_secret() {
    let code = |code: &str, message: &str| -> &'static str {
        format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").leak()
    };
    let unreachable = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let place = Place::new();
    publish(&place.publisher, &sample::snapshot(CUSTOMERS, 1));
    for (endpoint, reason) in [
        (
            refusing("403 Forbidden", code("InvalidAccessKeyId", "No such key.")),
            "s3://segments/production refuses these credentials (InvalidAccessKeyId: No such key.)",
        ),
        (
            refusing("403 Forbidden", code("SignatureDoesNotMatch", "Wrong secret.")),
            "refuses these credentials (SignatureDoesNotMatch",
        ),
        (
            refusing(
                "403 Forbidden",
                "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message>\
                 <ServerTime>2026-01-02T03:04:05Z</ServerTime>\
                 <MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds></Error>",
            ),
            "The difference is too large.; the server's says 2026-01-02T03:04Z, and allows 15 minutes of difference)",
        ),
        (refusing("404 Not Found", code("NoSuchBucket", "None.")), "there is no s3://segments/production"),
        (
            refusing("400 Bad Request", code("InvalidRequest", "Odd.")),
            "cannot read s3://segments/production/CURRENT",
        ),
        (format!("http://{unreachable}"), "Connection refused"),
    ] {
        let (_server, address, reasons) = start_following(&place.publisher, &s3(&endpoint));
        wait_for_reason(&reasons, reason);
        let log = reasons.lock().expect("not poisoned").join("\n");
        assert!(!log.contains("hidden-from-the-log"), "{log}");
        wait_until("the run in its store is served", || {
            get(&address, "/health/ready").starts_with("HTTP/1.1 200 ")
        });
    }
}

#[test]
fn sighup_looks_at_the_bucket_at_once() {
    let place = Place::new();
    place.publish_and_push(&sample::snapshot(CUSTOMERS, 1));
    let mut environment = place.environment();
    environment[1].1 = "1h".to_owned();
    let (server, address) = start(&place.store("replica"), &pairs(&environment));
    let next = place.publish_and_push(&sample::snapshot(CUSTOMERS, 2));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!get(&address, "/v1/run").contains(next.as_str()));
    signal(&server, "-HUP");
    wait_until_served(&address, &next);
}

#[test]
fn sighup_pulls_at_once_what_was_put_off() {
    let place = Place::new();
    let run_id = place.publish_and_push(&sample::snapshot(CUSTOMERS, 1));
    let db = place.path("runs").join(run_id.as_str()).join("db");
    let whole = fs::read(&db).expect("there");
    fs::write(&db, "cut").expect("written");
    let mut environment = place.environment();
    environment[1].1 = "1h".to_owned();
    let (server, address, reasons) = start_following(&place.store("replica"), &environment);
    wait_for_reason(&reasons, "is damaged");
    fs::write(&db, whole).expect("written");
    signal(&server, "-HUP");
    wait_until_served(&address, &run_id);
}

#[test]
fn a_full_disk_is_named_and_the_old_run_served_on() {
    let place = Place::new();
    let old = place.publish_and_push(&sample::snapshot(CUSTOMERS, 1));
    let disk_path = place.dir.path().join("disk");
    fs::create_dir(&disk_path).expect("created");
    let Some(disk) = Tmpfs::mount(&disk_path, 64 << 20) else {
        eprintln!("skipped: a full disk (this process may not mount a file system)");
        return;
    };
    let (_server, address, reasons) =
        start_following(&Store::at(disk_path.join("store")), &place.environment());
    wait_until_served(&address, &old);
    disk.resize(disk_bytes(&disk_path) + 16_384);
    let next = place.publish_and_push(&sample::snapshot(CUSTOMERS, 2));
    wait_for_reason(&reasons, "No space left on device (os error 28); make room there and try again");
    assert!(get(&address, "/v1/run").contains(&format!("\"run_id\":\"{old}\"")));
    disk.resize(64 << 20);
    wait_until_served(&address, &next);
}
