//! What is sent on a connection before anybody reads: requests ahead of their turn, answers that wait, bytes that are no
//! HTTP.

use std::io::{BufRead, BufReader, Read, Write};

use api::keys::Scope;

use crate::service::{Home, Reply, Service, eventually};

const MIB: usize = 1 << 20;

/// Each request's head takes a hundred times its bytes once it is read.
#[test]
fn requests_ahead_of_their_turn_stay_with_the_system() {
    let home = Home::of(20);
    home.key(&[Scope::AssignmentsRead], None);
    let service = home.serve_with_keys(&[]);
    let idle = service.memory("VmRSS");
    let ahead = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(10_000);
    let connections: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = service.connect();
            stream.set_write_timeout(Some(std::time::Duration::from_millis(200))).expect("a timeout");
            // What does not fit stays here.
            let _ = stream.write_all(ahead.as_bytes());
            stream
        })
        .collect();
    assert_eq!(service.get("/health/live").status(), 200);
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 32 * MIB, "{} MiB over idle", peak / MIB);
    drop(connections);
}

#[test]
fn heads_that_never_end_share_a_bounded_memory() {
    let service = Home::of(20).serve(&[]);
    let idle = service.memory("VmRSS");
    let long = format!("GET /health/live HTTP/1.1\r\nhost: localhost\r\nx: {}", "y".repeat(120_000));
    let mut halves = Vec::new();
    for _ in 0..700 {
        let mut stream = service.connect();
        // One that needs more than there is finds its connection closed.
        let _ = stream.write_all(long.as_bytes());
        halves.push(stream);
    }
    assert_eq!(service.get("/health/live").status(), 200);
    let peak = service.memory("VmHWM") - idle;
    // Whole heads would take 700 times 128 KiB, 87 MiB; a connection has buffers of its own beside what is shared.
    assert!(peak < 78 * MIB, "{} MiB over idle", peak / MIB);
    drop(halves);
    let whole = format!("{long}\r\nconnection: close\r\n\r\n");
    assert!(eventually(|| service.exchange(whole.as_bytes()).status() == 200));
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let service = Home::of(20).serve(&[]);
    let mut stream = service.connect();
    let lookup = "POST /v1/segments/lookup HTTP/1.1\r\nhost: localhost\r\n";
    let mut ahead = String::new();
    for i in 0..50 {
        ahead += &format!("\r\nGET /v1/customers/C{i:07}/segment HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let csv = format!("{lookup}content-type: text/csv\r\n");
        ahead += &format!("{csv}content-length: 6\r\n\r\nid\n{i:02}\n");
        let chunks = format!("3;a=b\r\nid\n\r\n3\r\n{i:02}\n\r\n0\r\nx: y\r\n\r\n");
        ahead += &format!("{csv}transfer-encoding: chunked\r\n\r\n{chunks}");
    }
    ahead += "GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(ahead.as_bytes()).expect("it reads");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("it ends");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count() + answers.matches("HTTP/1.1 404").count(), 151);
    let first = |text: &str| answers.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(first("C0000003") < first("C0000004") && first("C0000019") < first("\"live\""));
    assert!(answers.ends_with("{\"status\":\"live\"}"));
}

#[test]
fn files_that_nobody_reads_cost_their_connection_a_buffer() {
    let home = Home::of(20);
    home.key(&[Scope::AssignmentsRead], None);
    let service = home.serve_with_keys(&[]);
    // The files are packed and unpacked once.
    for encoding in ["gzip", "identity"] {
        for path in ["/docs/swagger-ui-bundle.js", "/assets/plotly-basic.min.js", "/openapi.json"] {
            let reply = service.ask("GET", path, &[("accept-encoding", encoding)], b"");
            assert_eq!(
                reply.header("content-encoding"),
                Some("gzip").filter(|_| encoding == "gzip"),
                "{path}"
            );
        }
    }
    let idle = service.memory("VmRSS");
    let ask = |encoding: &str| {
        let one =
            |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: {encoding}\r\n\r\n");
        (one("/docs/swagger-ui-bundle.js") + &one("/assets/plotly-basic.min.js")).repeat(5)
    };
    let connections: Vec<_> = (0..200)
        .map(|i| {
            let mut stream = service.connect();
            stream.write_all(ask(["br", "identity", "gzip", "zstd"][i % 4]).as_bytes()).expect("it reads");
            stream
        })
        .collect();
    assert_eq!(service.get("/health/live").status(), 200);
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 64 * MIB, "{} MiB over idle", peak / MIB);
    drop(connections);
}

#[test]
fn an_answer_without_room_for_its_encoder_is_sent_as_it_is() {
    let home = Home::of(200);
    let keys = [0; 2].map(|_| home.key(&[Scope::AssignmentsRead, Scope::SegmentsRead], Some(0)));
    let service = home.serve_with_keys(&["--request-memory", "33554432"]);
    let open = |key: &str| {
        let mut stream = service.connect();
        let head = format!("host: localhost\r\nauthorization: Bearer {key}\r\ncontent-type: text/csv");
        let first =
            "accept-encoding: br\r\ntransfer-encoding: chunked\r\n\r\nb\r\nid\nC0000001\r\n2\r\n\nx\r\n";
        write!(stream, "POST /v1/segments/lookup HTTP/1.1\r\n{head}\r\n{first}").expect("it reads");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).expect("a head"), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        (head.contains("content-encoding: br"), reader)
    };
    let packed = |key: &str| {
        let head = [("authorization", &*format!("Bearer {key}")), ("accept-encoding", "br")];
        let reply = service.ask("GET", "/v1/segments", &head, b"");
        assert_eq!(reply.status(), 200);
        reply.header("content-encoding").map(str::to_owned)
    };
    let streams: Vec<_> = (0..12).map(|_| open(&keys[0])).collect();
    let encoders = streams.iter().filter(|(packed, _)| *packed).count();
    assert!((1..=7).contains(&encoders), "{encoders} encoders in 28 MiB");
    assert_eq!(packed(&keys[0]), None);
    assert_eq!(packed(&keys[1]).as_deref(), Some("br"), "another key has its own share");
    drop(streams);
    assert!(eventually(|| packed(&keys[0]).is_some()));
}

fn refused(service: &Service, bytes: &[u8]) -> Reply {
    let reply = service.exchange(bytes);
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("connection", "close"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{}", reply.head);
    }
    assert!(reply.header("date").is_some_and(|date| date.ends_with("GMT")), "{}", reply.head);
    assert_eq!(reply.header("content-length"), Some(&*reply.body.len().to_string()));
    assert_eq!(reply.json()["status"], reply.status());
    reply
}

#[test]
fn what_is_no_request_is_refused_with_a_problem() {
    let service = Home::of(20).serve(&["--client-timeout", "1"]);
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        assert_eq!(refused(&service, bytes).code(), "invalid_request", "{bytes:?}");
    }
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(200));
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    for bytes in [many, long] {
        assert_eq!(refused(&service, bytes.as_bytes()).code(), "head_too_large");
    }
    assert_eq!(refused(&service, b"GET / HTTP/1.1\r\nhost:").code(), "head_timeout");
}
