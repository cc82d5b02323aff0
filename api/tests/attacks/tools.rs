//! What people's tools send and open: read where it is clear, asked where it is not, safe where it is opened.

use std::process::Command;

use serde_json::Value;

use crate::sample;
use crate::service::{Home, Reply, Service};

const LOOKUP: &str = "/v1/segments/lookup";
const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"x\")";

fn list(service: &Service, query: &str, kind: &str, body: &str) -> Reply {
    service.ask("POST", &format!("{LOOKUP}{query}"), &[("content-type", kind)], body.as_bytes())
}

/// A store whose first customers have these ids.
fn home_with(ids: &[&str]) -> Home {
    let home = Home::of(20);
    let mut snapshot = sample::snapshot(20, 2);
    for (assignment, &id) in snapshot.assignments.iter_mut().zip(ids) {
        assignment.customer_id = id.to_owned();
    }
    snapshot.assignments.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
    snapshot.rfm = None;
    snapshot.seal().expect("the creation time is valid");
    home.publish(&snapshot);
    home
}

fn first_fields(text: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.expect("a row")[0].to_owned()).collect()
}

#[test]
fn a_csv_is_exact_and_safe_for_spreadsheets_when_asked() {
    let service = home_with(&[FORMULA, "@SUM(1)", "+5511999", "-1"]).serve(&[]);
    let ids = [FORMULA, "@SUM(1)", "+5511999", "-1", "C0000010"];
    let guarded: Vec<String> =
        ids.iter().map(|id| if id.starts_with('C') { (*id).to_owned() } else { format!("'{id}") }).collect();
    let mut body = csv::Writer::from_writer(Vec::new());
    body.write_record(["id"]).expect("in memory");
    ids.iter().for_each(|id| body.write_record([id]).expect("in memory"));
    let body = String::from_utf8(body.into_inner().expect("in memory")).expect("text");
    assert_eq!(first_fields(&list(&service, "", "text/csv", &body).text()), ids);
    let safe = list(&service, "?safe=spreadsheet", "text/csv", &body).text();
    assert_eq!(first_fields(&safe), guarded);
    // Numbers stay numbers, also negative ones.
    assert!(
        csv::Reader::from_reader(safe.as_bytes())
            .records()
            .all(|row| !row.expect("a row")[4].starts_with('\''))
    );
    let export = |query: &str| -> Vec<String> {
        let replies = (1..=3).map(|segment| service.get(&format!("/v1/segments/{segment}/export{query}")));
        replies.filter(|reply| reply.whole).flat_map(|reply| first_fields(&reply.text())).collect()
    };
    for (exact, safe) in ids.iter().zip(&guarded) {
        assert!(export("").iter().any(|id| id == exact), "{exact}");
        assert!(export("?safe=spreadsheet").contains(safe), "{safe}");
    }
    for path in [
        "/v1/segments/1/export?safe=spreadsheet&format=ndjson",
        "/v1/segments/1/export?safe=excel",
        "/v1/segments/1/export?safe=spreadsheet&format=parquet",
    ] {
        assert_eq!(service.get(path).code(), "invalid_parameter", "{path}");
    }
    let page = service.get("/assets/explorer.js").text();
    assert!(
        page.contains(r#"{ safe: "spreadsheet", language: state.language }"#),
        "what the explorer downloads is safe"
    );
}

#[test]
fn lists_as_tools_write_them_are_read() {
    let service = Home::of(20).serve(&[]);
    for (kind, body) in [
        ("text/csv", "Customer_ID;name\r\nC0000001;x\r\nC0000002;y\r\n"),
        ("text/csv; charset=utf-8", "\u{feff}CustomerID\nC0000001\nC0000002"),
        ("text/tab-separated-values", "name\tcustomer id\nx\tC0000001\ny\tC0000002\n"),
        ("application/jsonl", "{\"id\": \"C0000001\"}\n\"C0000002\"\n"),
        ("application/x-ndjson", "\u{feff}\"C0000001\"\n{\"Customer_ID\": \"C0000002\"}\n"),
        ("application/ndjson", "\"C0000001\"\n\"C0000002\"\n"),
    ] {
        let reply = list(&service, "", kind, body);
        assert_eq!(reply.text().matches("found").count(), 2, "{kind}: {}", reply.text());
    }
    let numbers = list(&service, "", "application/x-ndjson", "17850\n{\"id\": 17850.0}\n1.5\n").text();
    let lines: Vec<Value> = numbers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&Value::from("17850"), &Value::from("17850")));
    assert_eq!(lines[2]["reason"], "malformed");
    let json =
        list(&service, "", "application/json", "\u{feff}{\"ids\": [17850, 17850.0, \"17850\"]}").json();
    let results = json["results"].as_array().expect("results");
    assert!(results.len() == 3 && results.iter().all(|result| result["id"] == "17850"), "{json}");
    let refused = list(&service, "", "application/json", "{\"ids\": [1.5]}");
    assert!(refused.code() == "invalid_body" && refused.text().contains("the id 1.5"), "{}", refused.text());
    let features = "{\"recency\": 1, \"frequency\": 2, \"monetary\": 300}";
    let newcomers = format!("\u{feff}{{\"customers\": [{{\"id\": 17850, \"features\": {features}}}]}}");
    let head = [("content-type", "application/json")];
    let placed = service.ask("POST", "/v1/classify", &head, newcomers.as_bytes()).json();
    assert_eq!(placed["results"][0]["id"], "17850", "{placed}");
}

#[test]
fn what_is_ambiguous_in_a_list_is_asked() {
    let service = Home::of(20).serve(&[]);
    for (kind, body) in [
        ("text/csv", "id,customer_id\nx,C0000001\n"),
        ("application/x-ndjson", "{\"id\": \"x\", \"customer_id\": \"C0000001\"}\n"),
    ] {
        let asked = list(&service, "", kind, body);
        assert_eq!(asked.code(), "invalid_body", "{kind}");
        assert!(asked.text().contains("?column=NAME"), "{}", asked.text());
        assert!(list(&service, "?column=customer_id", kind, body).text().contains("found"), "{kind}");
        assert!(list(&service, "?column=id", kind, body).text().contains("not_found"), "{kind}");
    }
    assert_eq!(list(&service, "?column=id", "application/json", "{\"ids\": []}").code(), "invalid_parameter");
}

/// A page whose name was made to point here asks for its own name.
#[test]
fn without_keys_only_this_machines_names_are_answered() {
    let home = Home::of(20);
    let service = home.serve(&["--allow-host", "segments.example.com"]);
    let paths = ["/v1/customers/C0000001/segment", "/v1/segments", "/", "/health/live", "/metrics"];
    for path in paths {
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "10.0.0.5",
            "evil%2eexample",
            "2001:db8::1",
            "",
        ] {
            let reply = service.ask("GET", path, &[("host", host)], b"");
            assert_eq!((reply.status(), reply.code().as_str()), (421, "host_not_allowed"), "{host} {path}");
            assert!(reply.text().contains("--allow-host"), "{}", reply.text());
        }
        for host in ["localhost", "127.0.0.1:80", "[::1]:8080", "segments.example.com:443"] {
            assert_eq!(service.ask("GET", path, &[("host", host)], b"").status(), 200, "{host} {path}");
        }
        let absolute = format!("http://evil.example{path}");
        assert_eq!(service.ask("GET", &absolute, &[("host", "localhost")], b"").status(), 421, "{path}");
    }
    home.key(&[api::keys::Scope::SegmentsRead], None);
    let reply = home.serve_with_keys(&[]).ask("GET", "/health/live", &[("host", "any.example")], b"");
    assert_eq!(reply.status(), 200, "keys protect the data");
    let mut command = Command::new(env!("CARGO_BIN_EXE_segmentation-api"));
    let output = command.args(["--allow-host", "http://a"]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stderr).contains("without a port"));
}

#[test]
fn a_client_that_refuses_gzip_gets_the_drawing_library_as_it_is() {
    let service = Home::of(20).serve(&[]);
    let ask = |accepted: &str| {
        service.ask("GET", "/assets/plotly-basic.min.js", &[("accept-encoding", accepted)], b"")
    };
    let packed = ask("gzip, br");
    assert_eq!((packed.header("content-encoding"), &packed.body[..2]), (Some("gzip"), &b"\x1f\x8b"[..]));
    for accepted in ["identity", "gzip;q=0"] {
        let plain = ask(accepted);
        assert_eq!((plain.status(), plain.header("content-encoding")), (200, None), "{accepted}");
        assert!(plain.body.len() > 2 * packed.body.len() && plain.text().contains("plotly.js"), "{accepted}");
    }
}

/// A browser takes them for steps in the path, so the explorer does not ask for them by their address.
#[test]
fn ids_that_are_steps_in_a_path_are_customers_like_others() {
    let service = home_with(&[".", ".."]).serve(&[]);
    for (sent, id) in [(".", "."), ("..", ".."), ("%2e", "."), ("%2E%2e", "..")] {
        let answer = service.get(&format!("/v1/customers/{sent}/segment"));
        assert_eq!((answer.status(), &answer.json()["customer_id"]), (200, &Value::from(id)), "{sent}");
    }
    let page = service.get("/assets/explorer.js").text();
    let explain = page.split("async function explain(id) {").nth(1).expect("it explains a customer");
    let before_it_asks = explain.split("ask(").next().expect("a split has a first part");
    assert!(before_it_asks.contains(r#"if (id === "." || id === "..") return"#), "{before_it_asks}");
}

#[test]
fn features_that_no_customer_has_are_invalid() {
    let service = Home::of(20).serve(&[]);
    for (recency, frequency, status) in
        [("12", "3", "placed"), ("-5", "3", "invalid"), ("12", "-1", "invalid")]
    {
        let features = format!("{{\"recency\": {recency}, \"frequency\": {frequency}, \"monetary\": -100}}");
        let body = format!("{{\"customers\": [{{\"features\": {features}}}]}}");
        let head = [("content-type", "application/json")];
        let answer = service.ask("POST", "/v1/classify", &head, body.as_bytes()).json();
        assert_eq!(answer["results"][0]["status"], status, "{answer}");
    }
}

#[test]
fn the_document_says_what_clients_rely_on() {
    let document = Home::of(20).serve(&[]).get("/openapi.json").json();
    assert_eq!(document["servers"][0]["url"], "/");
    let export = &document["paths"]["/v1/segments/{segment}/export"];
    assert!(export["head"]["responses"]["200"]["content"].is_null() && export["head"]["summary"].is_string());
    let get = &export["get"]["responses"];
    assert!(get["304"].is_object());
    for name in ["Run-Id", "ETag", "Export-Cursor", "RateLimit-Remaining"] {
        assert!(get["200"]["headers"][name].is_object(), "{name}");
    }
    assert!(get["405"]["headers"]["Allow"].is_object() && get["429"]["headers"]["Retry-After"].is_object());
}
