//! Servers and publishers killed at any moment, under load: no torn run, no wrong answer, no failed start.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::store::{PublishOptions, Store};
use serde_json::Value;

use crate::helpers::publish;
use crate::process::start;
use crate::sample;

const STORE: &str = "KILLED_TEST_STORE";
/// How many kills; more for a longer test.
const KILLS: &str = "SEGMENT_TEST_KILLS";
const CUSTOMERS: usize = 2_000;
/// Snapshots that publishers take turns with.
const SEEDS: u64 = 4;

/// Not a test by itself: what the publisher does until it is killed.
#[test]
fn child_publishes() {
    let Ok(root) = std::env::var(STORE) else { return };
    let snapshots: Vec<_> = (1..=SEEDS).map(|seed| sample::snapshot(CUSTOMERS, seed)).collect();
    let store = Store::at(root);
    for snapshot in snapshots.iter().cycle() {
        store
            .publish(snapshot, &PublishOptions { keep: 2, ..PublishOptions::default() }, &Progress::silent())
            .expect("published");
    }
}

fn publisher(store: &Store) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "killed::child_publishes", "--nocapture"]).env(STORE, store.root());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// One lookup; `None` when the server was killed before the answer was complete.
fn look_up(address: &str, id: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET /v1/customers/{id}/segment HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    if body.len() < length.parse::<usize>().ok()? {
        return None;
    }
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    Some(serde_json::from_str(body).expect("a complete answer is JSON"))
}

/// Asks until told to stop; each answer is that of the run it names. Gives the number of answers.
fn ask(address: String, stop: Arc<AtomicBool>, runs: Arc<BTreeMap<String, Snapshot>>) -> u64 {
    let mut answers = 0;
    for i in (0..CUSTOMERS).cycle().step_by(7) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("C{i:07}");
        let Some(answer) = look_up(&address, &id) else { continue };
        let run = &runs[answer["run_id"].as_str().expect("a run")];
        assert_eq!(answer["segment"]["id"], run.find(&id).expect("there").segment_id);
        answers += 1;
    }
    answers
}

#[test]
fn kills_at_any_moment_tear_no_run_and_give_no_wrong_answer() {
    let kills: u64 = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let runs = (1..=SEEDS).map(|seed| sample::snapshot(CUSTOMERS, seed));
    let runs: Arc<BTreeMap<_, _>> = Arc::new(runs.map(|run| (run.manifest.run_id.clone(), run)).collect());
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::at(dir.path().join("store"));
    publish(&store, &sample::snapshot(CUSTOMERS, 1));
    let audit = dir.path().join("audit.log").display().to_string();
    let answers = AtomicU64::new(0);
    let mut publishing = publisher(&store);
    for i in 0..kills {
        // Fails the test when it does not start and serve.
        let (server, address) = start(&store, &[("SEGMENT_POLL_MS", "10"), ("SEGMENT_AUDIT", &audit)]);
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..2)
            .map(|_| {
                let (address, stop, runs) = (address.clone(), stop.clone(), runs.clone());
                std::thread::spawn(move || ask(address, stop, runs))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(40 + i * 37 % 160));
        if i % 2 == 0 {
            publishing.kill().expect("it runs until killed");
            publishing.wait().expect("it was started");
            let whole = store.open_current().expect("a whole run is current");
            assert!(runs[&whole.manifest.run_id] == whole);
            publishing = publisher(&store);
            std::thread::sleep(Duration::from_millis(30));
        }
        // The server is killed while it answers.
        drop(server);
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            answers.fetch_add(client.join().expect("no wrong answer"), Ordering::Relaxed);
        }
    }
    publishing.kill().expect("it runs until killed");
    publishing.wait().expect("it was started");
    let answers = answers.into_inner();
    assert!(answers > kills, "only {answers} answers");
    let lines = std::fs::read_to_string(&audit).expect("the audit");
    let accounted = lines.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count() as u64;
    assert!(accounted >= answers, "{answers} answers, {accounted} lines of the audit");
    println!(
        "{kills} servers and {} publishers killed, {answers} answers, {accounted} lines of the audit",
        kills.div_ceil(2) + 1
    );
    let runs = store.runs().expect("listed");
    assert!(runs.iter().all(|run| store.verify(&run.run_id).is_ok()), "a torn run is listed");
}
