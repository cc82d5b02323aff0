//! The audit as a security officer reads it.

use api::audit::{AuditSettings, hash};
use api::keys::Scope;
use serde_json::{Value, json};

use crate::helpers::{TestApp, read, spawn_app_with};
use crate::keys::{KeyRing, get};

/// A directory whose `audit.log` is the audit.
struct Log(tempfile::TempDir);

impl Log {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> String {
        self.0.path().join("audit.log").display().to_string()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).expect("the audit")
    }

    /// The lines, once there are `n`.
    async fn lines(&self, n: usize) -> Vec<Value> {
        for _ in 0..1000 {
            let text = self.text();
            if text.lines().count() >= n && text.ends_with('\n') {
                return text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("never {n} lines: {}", self.text());
    }

    /// The lines, once `n` answers are complete.
    async fn lines_until_last(&self, n: usize) -> Vec<Value> {
        for lines in 1..1000 {
            let seen = self.lines(lines).await;
            if seen.iter().filter(|line| line["last"] == true).count() >= n {
                return seen;
            }
        }
        panic!("never {n} answers: {}", self.text());
    }

    fn hash(&self, id: &str) -> String {
        let audit = Some(self.path().into());
        let settings = AuditSettings { audit, audit_secret: None, audit_max_bytes: 1 << 20, audit_keep: 1 };
        hash(&settings.secret().expect("made"), id)
    }
}

async fn spawn(log: &Log) -> TestApp {
    spawn_app_with(&["--audit", &log.path()]).await
}

#[actix_web::test]
async fn every_access_to_customer_data_is_a_line_of_the_audit() {
    let (ring, log) = (KeyRing::new(), Log::new());
    let key = ring.create(&[Scope::AssignmentsRead], None);
    let app = ring.spawn(&["--audit", &log.path()]).await;
    let body = json!({"ids": ["C0000001", "nobody", ""]});
    let request = app.request("POST", "/v1/segments/lookup").header("authorization", format!("Bearer {key}"));
    assert_eq!(read(request.json(&body)).await.status, 200);
    get(&app, "/v1/customers/C0000002", &key).await.problem(403, "scope_missing");
    app.get("/v1/customers/C0000002/segment").await.problem(401, "key_missing");
    let lines = log.lines(3).await;
    let first = &lines[0];
    assert_eq!(first["key"], key[4..16]);
    assert_eq!((&first["method"], &first["route"]), (&json!("POST"), &json!("/v1/segments/lookup")));
    assert_eq!((&first["status"], &first["run_id"]), (&json!(200), &json!(app.snapshot.manifest.run_id)));
    assert_eq!([&first["ids"], &first["found"], &first["not_found"], &first["invalid"]], [3, 1, 1, 1]);
    assert_eq!(first["customers"], json!([log.hash("C0000001"), log.hash("nobody")]));
    assert!(first["micros"].is_u64() && first["time"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert_eq!(
        (&lines[1]["status"], &lines[1]["key"], &lines[1]["ids"]),
        (&json!(403), &json!(key[4..16]), &json!(0))
    );
    assert_eq!((&lines[2]["status"], &lines[2]["key"]), (&json!(401), &Value::Null));
}

#[actix_web::test]
async fn what_holds_no_customer_data_is_no_access() {
    let log = Log::new();
    let app = spawn(&log).await;
    for path in ["/", "/docs/", "/health/ready", "/problems", "/nothing"] {
        app.get(path).await;
    }
    app.get("/v1/run").await;
    assert_eq!(log.lines(1).await[0]["route"], "/v1/run");
}

#[actix_web::test]
async fn exports_and_lists_name_every_customer_they_gave_out() {
    let log = Log::new();
    let app = spawn(&log).await;
    let members = |app: &TestApp| app.snapshot.assignments.iter().filter(|a| a.segment_id == 1).count();
    app.get("/v1/segments/1/export?format=ndjson").await;
    app.get("/v1/segments/1/customers?limit=10000").await;
    let ids: String = (0..25_000).map(|i| format!("\"X{i}\"\n")).collect();
    app.post("/v1/segments/lookup", "application/x-ndjson", ids).await;
    let lines = log.lines_until_last(3).await;
    let answers: Vec<_> = lines.split_inclusive(|line| line["last"] == true).collect();
    let customers = |line: &Value| line["customers"].as_array().map_or(0, Vec::len);
    let found = |line: &Value| line["found"].as_u64().expect("n") as usize;
    let sum = |lines: &[Value], of: &dyn Fn(&Value) -> usize| lines.iter().map(of).sum::<usize>();
    let [export, list, long] = answers[..] else { panic!("{} answers", answers.len()) };
    // A stream has a line for each piece that was sent, and one at its end.
    assert_eq!((export.len(), list.len()), (2, 1));
    for answer in [export, list] {
        assert_eq!([sum(answer, &found), sum(answer, &customers)], [members(&app); 2]);
    }
    assert_eq!(sum(long, &customers), 25_000);
    assert!(long.len() >= 3 && long.iter().all(|line| line["status"] == 200), "{}", long.len());
    assert!(long.iter().enumerate().all(|(i, line)| line["part"] == i));
}

#[actix_web::test]
async fn a_line_of_the_audit_is_with_the_system_before_the_data_it_is_about_are_sent() {
    let log = Log::new();
    let app = spawn(&log).await;
    app.get("/v1/customers/C0000001/segment").await;
    assert!(log.text().contains(&log.hash("C0000001")), "directly");
    app.get("/v1/customers/C0000002/segment?").await;
    assert!(log.text().contains(&log.hash("C0000002")), "through the route table");
    app.post_json("/v1/segments/lookup", &json!({"ids": ["C0000003"]})).await;
    assert!(log.text().contains(&log.hash("C0000003")), "in a list");
    let mut export =
        app.request("GET", "/v1/segments/1/export?format=ndjson").send().await.expect("an answer");
    let piece = export.chunk().await.expect("a piece").expect("one");
    let rows = String::from_utf8_lossy(&piece).into_owned();
    let first: Value = serde_json::from_str(rows.lines().next().expect("a row")).expect("JSON");
    assert!(log.text().contains(&log.hash(first["customer_id"].as_str().expect("an id"))), "in a stream");
}

#[actix_web::test]
async fn no_raw_id_is_in_the_audit_or_the_metrics() {
    let log = Log::new();
    let app = spawn(&log).await;
    for path in [
        "/v1/customers/C0000001/segment",
        "/v1/customers/C0000001",
        "/v1/customers/SECRET-1/segment",
        "/v1/segments/lookup?ids=C0000002,SECRET-2",
        "/v1/segments/lookup?idz=SECRET-3",
        "/v1/SECRET-4",
        "/v1/segments/1/customers?cursor=SECRET-5",
        "/v1/segments/1/customers",
        "/v1/segments/2/export",
        "/v1/segments/SECRET-6",
    ] {
        app.get(path).await;
    }
    app.post("/v1/segments/lookup", "text/csv", "customer_id\nSECRET-7\nC0000003\n").await;
    app.post("/v1/segments/lookup", "application/json", "{\"ids\": [SECRET-8]}").await;
    read(app.request("SECRET", "/v1/run")).await;
    log.lines(12).await;
    let metrics = String::from_utf8(app.get("/metrics").await.body).expect("text");
    for text in [log.text(), metrics] {
        for secret in ["C00000", "SECRET"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[actix_web::test]
async fn no_customer_data_are_given_out_while_the_audit_cannot_be_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let secret = dir.path().join("secret").display().to_string();
    let app = spawn_app_with(&["--audit", "/dev/full", "--audit-secret", &secret]).await;
    for path in [
        "/v1/customers/C0000001/segment",
        "/v1/customers/C0000001/segment?",
        "/v1/run",
        "/v1/segments/1/customers",
        "/v1/customers/nobody/segment",
    ] {
        app.get(path).await.problem(503, "audit_unavailable");
        // The next one is tried again.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    }
    let export = app.request("GET", "/v1/segments/1/export").send().await.expect("a head");
    assert!(export.bytes().await.is_err(), "the stream breaks off before its first row");
    assert_eq!(app.get("/health/live").await.status, 200);
}
