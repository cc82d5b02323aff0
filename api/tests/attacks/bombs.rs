//! Few bytes that stand for many. The files in `bombs/` were made with `node:zlib` (brotli, window of 2^24 bytes) and
//! `zstd -9`: `spaces` is a gibibyte of spaces, `lines` 8 MiB of line breaks.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use api::keys::Scope;

use crate::service::{Home, Reply, Service, eventually, file, request};

const LOOKUP: &str = "/v1/segments/lookup";
const MIB: usize = 1 << 20;
/// What a service may hold beside what it holds idle, whatever is sent to it.
const BOUND: usize = 256 * MIB;

fn gzip(byte: u8, mib: usize) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..mib).for_each(|_| gzip.write_all(&vec![byte; MIB]).expect("in memory"));
    gzip.finish().expect("in memory")
}

fn send(service: &Service, kind: &str, coding: &str, body: &[u8]) -> Reply {
    service.ask("POST", LOOKUP, &[("content-type", kind), ("content-encoding", coding)], body)
}

#[test]
fn a_bomb_is_refused_at_the_limit_and_takes_no_more_than_its_decoder() {
    let service = Home::of(200).serve(&[]);
    let idle = service.memory("VmRSS");
    for (coding, body) in
        [("br", file("bombs/spaces.br")), ("zstd", file("bombs/spaces.zst")), ("gzip", gzip(b' ', 32))]
    {
        for path in [LOOKUP, "/v1/classify"] {
            let head = [("content-type", "application/json"), ("content-encoding", coding)];
            let reply = service.ask("POST", path, &head, &body);
            assert_eq!((reply.status(), reply.code().as_str()), (413, "body_too_large"), "{coding} {path}");
        }
        // As a list it is one endless line.
        assert_eq!(send(&service, "application/x-ndjson", coding, &body).code(), "invalid_body", "{coding}");
        let peak = service.memory("VmHWM") - idle;
        // 8 MiB of body, its buffers, the largest decoder of 20 MiB; two of them while one is being freed.
        assert!(peak < 96 * MIB, "{coding}: {} MiB over idle", peak / MIB);
    }
}

#[test]
fn many_bombs_at_once_stay_within_the_budget_and_others_are_answered_meanwhile() {
    let home = Home::of(200);
    let keys = [0; 4].map(|_| home.key(&[Scope::AssignmentsRead], Some(0)));
    let honest = home.key(&[Scope::AssignmentsRead], None);
    let service = home.serve_with_keys(&[]);
    let idle = service.memory("VmRSS");
    let bombs = [
        ("br", "application/json", file("bombs/spaces.br")),
        ("zstd", "application/json", file("bombs/spaces.zst")),
        ("br", "application/x-ndjson", file("bombs/lines.br")),
    ];
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..48)
            .map(|i| {
                let ((coding, kind, body), key) = (&bombs[i % bombs.len()], &keys[i % keys.len()]);
                let bearer = format!("Bearer {key}");
                let service = &service;
                scope.spawn(move || {
                    let head =
                        [("content-type", *kind), ("content-encoding", *coding), ("authorization", &*bearer)];
                    service.ask("POST", LOOKUP, &head, body).status()
                })
            })
            .collect();
        let asked = scope.spawn(|| {
            let mut answers = 0;
            while !ended.load(Ordering::Relaxed) || answers == 0 {
                assert_eq!(service.get("/health/live").status(), 200);
                let reply = service.get_with("/v1/segments/lookup?ids=C0000001", &honest);
                assert_eq!((reply.status(), reply.json()["counts"]["found"].as_u64()), (200, Some(1)));
                answers += 1;
            }
        });
        let statuses: Vec<_> = attackers.into_iter().map(|attacker| attacker.join()).collect();
        ended.store(true, Ordering::Relaxed);
        for status in statuses {
            let status = status.expect("answered");
            // Refused for its size, or because others hold the memory or the processors for too long; a list of
            // empty lines is answered.
            assert!(matches!(status, 200 | 408 | 413 | 503), "{status}");
        }
        asked.join().expect("others are answered");
    });
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < BOUND, "{} MiB over idle", peak / MIB);
}

#[test]
fn an_unknown_or_broken_coding_is_a_problem() {
    let service = Home::of(20).serve(&[]);
    let json = "application/json";
    assert_eq!(send(&service, json, "gzip, gzip", &gzip(b' ', 1)).code(), "unsupported_media_type");
    assert_eq!(send(&service, json, "compress", b"x").code(), "unsupported_media_type");
    for coding in ["br", "gzip", "deflate", "zstd"] {
        assert_eq!(send(&service, json, coding, b"not compressed").code(), "invalid_body", "{coding}");
    }
    let mut body = Vec::new();
    let ids = br#"{"ids": ["C0000001"]}"#;
    brotli::CompressorWriter::new(&mut body, 4096, 5, 22).write_all(ids).expect("in memory");
    assert_eq!(send(&service, json, "br", &body).json()["counts"]["found"], 1);
    let cut = send(&service, json, "br", &body[..body.len() - 1]);
    assert_eq!(cut.code(), "invalid_body");
    body.push(0);
    assert_eq!(send(&service, json, "br", &body).code(), "invalid_body", "bytes after the end");
}

#[test]
fn a_list_of_too_many_items_is_counted_and_not_kept() {
    let service = Home::of(20).serve(&[]);
    let idle = service.memory("VmRSS");
    let many = |item: &str| vec![item; 8 * MIB / 6].join(",");
    for (path, body, detail) in [
        (LOOKUP, format!("{{\"ids\":[{}]}}", many("\"a\"")), "1398101 ids, the most"),
        ("/v1/classify", format!("{{\"customers\":[{}]}}", many("{  }")), "1398101 customers, the most"),
    ] {
        let reply = service.ask("POST", path, &[("content-type", "application/json")], body.as_bytes());
        assert_eq!(reply.code(), "too_many_ids", "{path}");
        assert!(reply.text().contains(detail), "{}", reply.text());
    }
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < 64 * MIB, "{} MiB over idle", peak / MIB);
}

#[test]
fn a_body_that_says_it_is_too_large_is_refused_before_it_is_read() {
    let service = Home::of(20).serve(&[]);
    let mut stream: TcpStream = service.connect();
    let head = "content-type: application/json\r\ncontent-length: 100000000";
    write!(stream, "POST {LOOKUP} HTTP/1.1\r\nhost: localhost\r\n{head}\r\n\r\n").expect("it reads");
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut first).expect("an answer, though no body was sent");
    assert_eq!(&first, b"HTTP/1.1 413");
}

#[test]
fn large_answers_that_nobody_reads_stay_within_the_budget() {
    let home = Home::of(20);
    let key = home.key(&[Scope::AssignmentsRead], Some(0));
    let service = home.serve_with_keys(&[]);
    let idle = service.memory("VmRSS");
    let ids = ["\"C0000001\""; 10_000].join(",");
    let bearer = format!("Bearer {key}");
    let head = [("content-type", "application/json"), ("authorization", &*bearer)];
    let request = request("POST", LOOKUP, &head, format!("{{\"ids\":[{ids}]}}").as_bytes());
    let unread: Vec<_> = (0..300)
        .map(|_| {
            let mut stream = service.connect();
            stream.write_all(&request).expect("it reads");
            stream
        })
        .collect();
    // All of them have been answered or wait for memory once another key's request is answered after them.
    assert!(eventually(|| service.get("/health/live").status() == 200));
    std::thread::sleep(std::time::Duration::from_secs(2));
    let peak = service.memory("VmHWM") - idle;
    assert!(peak < BOUND, "{} MiB over idle", peak / MIB);
    drop(unread);
}
