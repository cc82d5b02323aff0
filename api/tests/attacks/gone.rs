//! Clients that are slow, greedy or gone: what they hold is bounded, what they did not get is not charged.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use api::keys::Scope;
use serde_json::Value;

use crate::service::{Home, Service, eventually, request};

const LOOKUP: &str = "/v1/segments/lookup";
const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");
const MIB: usize = 1 << 20;

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

fn ids(n: usize) -> String {
    (0..n).map(|i| format!("\"C{i:07}\"\n")).collect()
}

/// Sends a request and reads the answer up to the end of its head.
fn begin(service: &Service, bytes: &[u8]) -> BufReader<TcpStream> {
    let mut stream = service.connect();
    stream.write_all(bytes).expect("it reads");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a head");
    assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
    while line != "\r\n" {
        line.clear();
        assert_ne!(reader.read_line(&mut line).expect("a head"), 0);
    }
    reader
}

#[test]
fn what_waits_for_clients_that_have_gone_is_freed() {
    let home = Home::of(200);
    let key = home.key(&[Scope::AssignmentsRead], Some(60));
    let service = home.serve_with_keys(&[]);
    let (idle, descriptors) = (service.memory("VmRSS"), service.descriptors());
    let list = request("POST", LOOKUP, &[NDJSON, ("authorization", &bearer(&key))], ids(400_000).as_bytes());
    let clients: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = service.connect();
            // More than may wait: the rest stays with the system.
            stream.set_write_timeout(Some(std::time::Duration::from_millis(300))).expect("a timeout");
            let _ = stream.write_all(&list);
            stream
        })
        .collect();
    assert_eq!(service.get("/health/live").status(), 200);
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 256 * MIB, "{} MiB over idle", peak / MIB);
    drop(clients);
    assert!(eventually(|| service.descriptors() <= descriptors), "{} descriptors", service.descriptors());
}

#[test]
fn a_slowed_list_that_was_sent_whole_ends_when_its_client_leaves() {
    let home = Home::of(200);
    let key = home.key(&[Scope::AssignmentsRead], Some(60));
    let service = home.serve_with_keys(&[]);
    let descriptors = service.descriptors();
    for encoding in ["identity", "gzip"] {
        let head = [NDJSON, ("authorization", &*bearer(&key)), ("accept-encoding", encoding)];
        drop(begin(&service, &request("POST", LOOKUP, &head, ids(10_000).as_bytes())));
    }
    assert!(eventually(|| service.descriptors() <= descriptors), "{} descriptors", service.descriptors());
}

#[test]
fn a_list_longer_than_the_rate_is_slowed_and_json_says_so() {
    let home = Home::of(200);
    let key = home.key(&[Scope::AssignmentsRead], Some(60));
    let service = home.serve_with_keys(&[]);
    let authorization = bearer(&key);
    let json = format!("{{\"ids\": [{}]}}", ids(1000).trim_end().replace('\n', ","));
    let head = [("content-type", "application/json"), ("authorization", &*authorization)];
    let refused = service.ask("POST", LOOKUP, &head, json.as_bytes());
    assert_eq!((refused.status(), refused.code().as_str()), (413, "too_many_ids"));
    assert!(refused.text().contains("application/x-ndjson"), "{}", refused.text());
    let list = request("POST", LOOKUP, &[NDJSON, ("authorization", &authorization)], ids(1000).as_bytes());
    let answer = begin(&service, &list);
    // A minute's worth at once, then one after the other.
    let lines = answer.lines().map(|line| line.expect("it goes on")).filter(|line| line.starts_with('{'));
    assert_eq!(lines.take(62).filter(|line| line.contains("\"found\"")).count(), 62);
}

fn reset(service: &Service, key: &str) -> u64 {
    let reply = service.get_with("/v1/run", key);
    reply.header("ratelimit-reset").expect("a limit").parse().expect("seconds")
}

#[test]
fn an_export_that_was_stopped_is_charged_by_what_was_sent() {
    let home = Home::of(20_000);
    let formats = ["csv", "parquet", "xlsx"];
    let keys = formats.map(|_| home.key(&[Scope::Export, Scope::SegmentsRead], Some(600)));
    let service = home.serve_with_keys(&[]);
    let descriptors = service.descriptors();
    for (format, key) in formats.into_iter().zip(&keys) {
        let path = format!("/v1/segments/1/export?format={format}");
        drop(begin(&service, &request("GET", &path, &[("authorization", &bearer(key))], b"")));
        assert!(eventually(|| service.descriptors() <= descriptors), "{path} goes on");
        // What may be spent at once is a minute's worth; thousands of rows would be many minutes.
        let reset = reset(&service, key);
        assert!(reset <= 75, "{path}: {reset} s until all is paid off");
    }
}

#[test]
fn a_head_of_an_export_makes_no_row_and_an_export_can_be_revalidated() {
    let home = Home::of(2000);
    let key = home.key(&[Scope::Export], Some(600));
    let service = home.serve_with_keys(&["--audit", &home.text("audit.log")]);
    let head = [("authorization", &*bearer(&key))];
    let path = "/v1/segments/1/export";
    let reply = service.ask("HEAD", path, &head, b"");
    for format in ["csv", "ndjson", "parquet", "xlsx"] {
        let reply = service.ask("HEAD", &format!("{path}?format={format}"), &head, b"");
        assert_eq!((reply.status(), reply.header("ratelimit-remaining")), (200, Some("600")), "{format}");
        assert!(reply.body.is_empty(), "{format}");
    }
    assert_eq!((reply.status(), reply.header("ratelimit-remaining")), (200, Some("600")));
    assert!(reply.header("export-cursor").is_some() && reply.body.is_empty());
    let tag = reply.header("etag").expect("a tag").to_owned();
    let audit = std::fs::read_to_string(home.path("audit.log")).expect("written");
    assert_eq!(audit.lines().count(), 5, "{audit}");
    for line in audit.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&line["ids"], &line["method"]), (&Value::from(0), &Value::from("HEAD")));
    }
    let known = [head[0], ("if-none-match", &*tag)];
    let reply = service.ask("GET", "/v1/segments/1/export", &known, b"");
    assert_eq!((reply.status(), reply.body.len()), (304, 0), "{tag} {}", reply.head);
}

#[test]
fn a_key_has_so_many_streams_and_others_have_theirs() {
    let home = Home::of(200);
    let keys = [0; 2].map(|_| home.key(&[Scope::AssignmentsRead], None));
    let service = home.serve_with_keys(&["--max-streams", "3"]);
    let open = |key: &str| {
        let head = format!("host: localhost\r\nauthorization: {}\r\ncontent-type: text/csv", bearer(key));
        let first = "transfer-encoding: chunked\r\n\r\nb\r\nid\nC0000001\r\n2\r\n\nx\r\n";
        begin(&service, format!("POST {LOOKUP} HTTP/1.1\r\n{head}\r\n{first}").as_bytes())
    };
    let ask = |key: &str| {
        service.ask("POST", LOOKUP, &[NDJSON, ("authorization", &bearer(key))], ids(2).as_bytes())
    };
    let streams = [open(&keys[0]), open(&keys[0]), open(&keys[0])];
    let refused = ask(&keys[0]);
    assert_eq!(
        (refused.status(), refused.code().as_str(), refused.header("retry-after")),
        (503, "busy", Some("1"))
    );
    assert_eq!(ask(&keys[1]).status(), 200);
    drop(streams);
    assert!(eventually(|| ask(&keys[0]).status() == 200));
}

/// Nagle's algorithm would keep the second part of an answer in chunks back until the client has acknowledged the first,
/// which it puts off for 40 ms: fifty other requests are answered before.
#[test]
fn an_answer_in_chunks_comes_whole_before_fifty_other_answers() {
    let service = Home::of(200).serve(&[]);
    let (mut one, mut other) = (service.connect(), service.connect());
    let mut late = 0;
    for _ in 0..20 {
        let ask = b"GET /v1/run HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\n\r\n";
        one.write_all(ask).expect("it reads");
        let mut seen = vec![0; 64 << 10];
        let mut length = one.read(&mut seen).expect("an answer");
        for _ in 0..50 {
            other.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it reads");
            let mut answer = [0; 4096];
            assert_ne!(other.read(&mut answer).expect("an answer"), 0);
        }
        one.set_nonblocking(true).expect("a socket");
        let more = one.read(&mut seen[length..]);
        one.set_nonblocking(false).expect("a socket");
        match more {
            Ok(more) => length += more,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        if !seen[..length].ends_with(b"0\r\n\r\n") {
            late += 1;
            while !seen[..length].ends_with(b"0\r\n\r\n") {
                length += one.read(&mut seen[length..]).expect("the rest");
            }
        }
    }
    assert!(late < 10, "{late} of 20 answers were late");
}
