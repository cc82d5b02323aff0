//! Whatever a client sends, over real HTTP: an answer, never a fault of the service, and the next client
//! is served. `PROPTEST_CASES=20000 cargo test -p api fuzz` for a longer run.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::helpers::{publish, spawn_server};
use crate::sample;

/// One server for all cases.
static SERVER: LazyLock<(SocketAddr, tempfile::TempDir)> = LazyLock::new(|| {
    let (address, _, dir) = spawn_server(&["--max-body-bytes", "65536"], |store| {
        publish(store, &sample::snapshot(200, 1));
    });
    while !exchange(address, &get("/health/ready"), false).starts_with("HTTP/1.1 200") {
        std::thread::sleep(Duration::from_millis(10));
    }
    (address, dir)
});

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes()
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// What comes back; `half` says that nothing more will be sent.
fn exchange(address: SocketAddr, request: &[u8], half: bool) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    // Closed at once: thousands of connections in their last minute would use up the machine's ports.
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket option");
    // It may have answered and closed before it read everything.
    let _ = stream.write_all(request);
    if half {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let (mut answer, mut piece) = (Vec::new(), [0; 65_536]);
    // Where a body was refused unread, the connection stays open for a second: what is whole need not wait for its end.
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        answer.extend_from_slice(&piece[..read]);
        if is_whole(&answer) {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whether an answer has its whole body, by its length or by its last chunk.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).to_lowercase(), &answer[end + 4..]);
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
    length.map_or_else(|| body.ends_with(b"0\r\n\r\n"), |length: usize| body.len() >= length)
}

/// The answer's status and body; anything but 2xx is a problem.
fn ask(request: &[u8]) -> Result<(u16, String), TestCaseError> {
    let answer = exchange(SERVER.0, request, false);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer.as_str(), ""));
    let status = head.get(9..12).and_then(|text| text.parse().ok()).unwrap_or(0);
    prop_assert!((200..500).contains(&status), "{}", answer);
    // What is no HTTP is refused before it gets to the service.
    if status >= 400 && !body.is_empty() {
        prop_assert!(head.contains("content-type: application/problem+json"), "{}", answer);
        prop_assert!(body.contains("\"code\":\""), "{}", answer);
    }
    Ok((status, body.to_owned()))
}

/// Characters that mean something in paths and queries, and any others that an HTTP target may have.
fn target() -> impl Strategy<Value = String> {
    "[-%&=?+/.,;:@!$'()*~A-Za-z0-9]{0,40}"
}

/// Bodies near enough to the right ones to get past the first check.
fn json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<String>().prop_map(|text| serde_json::json!(text)),
        any::<i64>().prop_map(|number| serde_json::json!(number)),
        any::<f64>().prop_map(|number| serde_json::json!(number)),
        Just(serde_json::json!(null)),
        Just(serde_json::json!(true)),
    ];
    let names = prop::sample::select(vec![
        "ids",
        "id",
        "customers",
        "features",
        "transactions",
        "date",
        "amount_pennies",
        "purchase",
        "recency",
        "frequency",
        "monetary",
        "other",
    ]);
    let value = leaf.prop_recursive(4, 40, 6, move |inner| {
        let object = prop::collection::btree_map(names.clone().prop_map(str::to_owned), inner.clone(), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(serde_json::Value::from),
            object.prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    (value, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(value, cut, whole)| {
        let bytes = value.to_string().into_bytes();
        let end = if whole { bytes.len() } else { cut.index(bytes.len() + 1) };
        bytes[..end].to_vec()
    })
}

proptest! {
    #[test]
    fn any_id_or_segment_in_a_path_is_answered(text in target(), after in "|/|/segment|/customers|/export") {
        for before in ["/v1/customers/", "/v1/segments/", "/problems/", "/assets/", "/docs/", "/"] {
            ask(&get(&format!("{before}{text}{after}")))?;
        }
    }

    #[test]
    fn any_query_is_answered(text in target(), name in "ids|id|limit|cursor|format|x") {
        for path in ["/v1/segments/lookup", "/v1/segments/1/customers", "/v1/segments/1/export", "/v1/run"] {
            ask(&get(&format!("{path}?{name}={text}")))?;
        }
    }

    #[test]
    fn any_json_is_answered(body in json()) {
        for path in ["/v1/segments/lookup", "/v1/classify"] {
            ask(&post(path, "application/json", &body))?;
        }
    }

    #[test]
    fn any_list_of_ids_is_answered_completely(ids in vec(any::<String>(), 0..30)) {
        let (status, body) = ask(&post("/v1/segments/lookup", "application/json", serde_json::json!({"ids": ids}).to_string().as_bytes()))?;
        prop_assert_eq!(status, 200);
        let answer: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let answered: Vec<_> = answer["results"].as_array().expect("a list").iter().map(|r| r["id"].as_str().expect("an id").to_owned()).collect();
        prop_assert_eq!(answered, ids);
    }

    #[test]
    fn any_bytes_in_a_body_are_answered(body in vec(any::<u8>(), 0..300), kind in 0..5_usize) {
        let kind = ["application/json", "application/x-ndjson", "text/csv", "text/plain", "application/json; charset=utf-8"][kind];
        for path in ["/v1/segments/lookup", "/v1/classify"] {
            ask(&post(path, kind, &body))?;
        }
    }

    #[test]
    fn bytes_that_are_no_http_harm_nobody(bytes in vec(any::<u8>(), 1..200), named in any::<bool>()) {
        let start: &[u8] = if named { b"GET /v1/run HTTP/1.1\r\n" } else { b"" };
        let answer = exchange(SERVER.0, &[start, &bytes[..], b"\r\n\r\n"].concat(), true);
        prop_assert!(answer.is_empty() || answer.starts_with("HTTP/1.") && !answer.starts_with("HTTP/1.1 5"), "{}", answer);
        prop_assert_eq!(ask(&get("/v1/customers/C0000007/segment"))?.0, 200);
    }

    #[test]
    fn any_header_is_answered(name in 0..5_usize, value in "[ -~]{0,60}") {
        let name = ["authorization", "if-none-match", "accept-encoding", "content-encoding", "content-type"][name];
        let head = format!("GET /v1/customers/C0000007/segment HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{name}: {value}\r\n\r\n");
        ask(head.as_bytes())?;
    }
}
