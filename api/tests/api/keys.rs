//! Access control as clients and operators meet it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use api::keys::command::{Action, CreateArgs, KeysArgs, execute};
use api::keys::{KeyFile, Scope};
use api::routes::{ENDPOINTS, Method};
use chrono::Utc;
use serde_json::json;

use crate::helpers::{Answer, TestApp, read, spawn_app_with};
use crate::routes::data_routes;

const ALL: [Scope; 5] =
    [Scope::SegmentsRead, Scope::AssignmentsRead, Scope::ExplainRead, Scope::Export, Scope::Admin];

/// A file of keys in a directory of its own.
pub struct KeyRing {
    dir: tempfile::TempDir,
}

impl KeyRing {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a directory") }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("keys.json")
    }

    fn execute(&self, action: Action) -> String {
        execute(&KeysArgs { keys: self.path(), action }, Utc::now()).expect("done")
    }

    /// A new key; gives its text.
    pub fn create(&self, scopes: &[Scope], ids_per_minute: Option<u32>) -> String {
        let name = "test".to_owned();
        let create = CreateArgs { name, scopes: scopes.to_vec(), expires: None, ids_per_minute };
        self.execute(Action::Create(create)).lines().next().expect("the key").to_owned()
    }

    pub async fn spawn(&self, flags: &[&str]) -> TestApp {
        let path = self.path().display().to_string();
        spawn_app_with(&[&["--keys", &path], flags].concat()).await
    }
}

/// The public part of a key.
fn id(key: &str) -> &str {
    &key[4..16]
}

pub async fn get(app: &TestApp, path: &str, key: &str) -> Answer {
    read(app.request("GET", path).header("authorization", format!("Bearer {key}"))).await
}

#[actix_web::test]
async fn a_forecast_in_a_lookup_needs_what_an_explanation_needs() {
    let ring = KeyRing::new();
    let lookups = ring.create(&[Scope::AssignmentsRead], None);
    let both = ring.create(&[Scope::AssignmentsRead, Scope::ExplainRead], None);
    let app = ring.spawn(&[]).await;
    for path in [
        "/v1/customers/C0000002/segment?include=forecast",
        "/v1/segments/lookup?ids=C0000002&include=rfm,forecast",
    ] {
        let detail = get(&app, path, &lookups).await.problem(403, "scope_missing");
        assert!(detail.contains("explain:read"), "{detail}");
        assert_eq!(get(&app, path, &both).await.status, 200, "{path}");
        let without = path.replace("forecast", "rfm").replace("rfm,rfm", "rfm");
        assert_eq!(get(&app, &without, &lookups).await.status, 200, "{without}");
    }
}

#[actix_web::test]
async fn with_keys_every_request_for_data_needs_one_with_the_routes_scope() {
    let ring = KeyRing::new();
    let keys = ALL.map(|scope| (scope, ring.create(&[scope], None)));
    let app = ring.spawn(&[]).await;
    for (path, scope) in data_routes() {
        let path = path.as_str();
        let none = app.get(path).await;
        none.problem(401, "key_missing");
        assert!(none.header("www-authenticate").starts_with("Bearer realm="), "{path}");
        let wrong = get(&app, path, &format!("seg_{}_{}", "0".repeat(12), "0".repeat(64))).await;
        wrong.problem(401, "key_invalid");
        assert!(wrong.header("www-authenticate").contains("invalid_token"), "{path}");
        for (has, key) in &keys {
            let answer = get(&app, path, key).await;
            if *has == scope {
                assert_eq!(answer.status, 200, "{path}");
                continue;
            }
            let detail = answer.problem(403, "scope_missing");
            assert!(detail.contains(scope.as_str()) && detail.contains(has.as_str()), "{detail}");
            assert!(answer.header("www-authenticate").contains(&format!("scope=\"{}\"", scope.as_str())));
        }
    }
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.methods.contains(&Method::Post)) {
        app.post_json(endpoint.route.pattern, &json!({})).await.problem(401, "key_missing");
    }
    // Nothing of the run is in these.
    for path in ["/", "/docs/", "/openapi.json", "/problems", "/health/live", "/health/ready"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
    for path in ["/nothing", "/v1/"] {
        app.get(path).await.problem(404, "route_not_found");
    }
}

#[actix_web::test]
async fn keys_are_stored_as_hashes_can_end_and_can_be_revoked_while_the_server_runs() {
    let ring = KeyRing::new();
    let first = ring.create(&[Scope::SegmentsRead], None);
    let kept = std::fs::read_to_string(ring.path()).expect("there");
    assert!(kept.contains(id(&first)) && !kept.contains(&first[17..]), "{kept}");
    let app = ring.spawn(&[]).await;
    let (second, third) =
        (ring.create(&[Scope::SegmentsRead], None), ring.create(&[Scope::SegmentsRead], None));
    wait(&app, &third, 200).await;
    ring.execute(Action::Revoke { id: id(&first).to_owned() });
    wait(&app, &first, 401).await;
    get(&app, "/v1/run", &first).await.problem(401, "key_invalid");
    KeyFile::update(&ring.path(), |file| {
        file.keys[2].expires_at = Some("2020-01-01T00:00:00Z".to_owned());
        Ok(())
    })
    .expect("written");
    wait(&app, &third, 401).await;
    get(&app, "/v1/run", &third).await.problem(401, "key_expired");
    assert_eq!(get(&app, "/v1/run", &second).await.status, 200);
}

#[actix_web::test]
async fn a_file_of_keys_that_is_damaged_or_gone_changes_nothing() {
    let ring = KeyRing::new();
    let (good, revoked) =
        (ring.create(&[Scope::SegmentsRead], None), ring.create(&[Scope::SegmentsRead], None));
    ring.execute(Action::Revoke { id: id(&revoked).to_owned() });
    let app = ring.spawn(&[]).await;
    std::fs::write(ring.path(), "{").expect("written");
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(get(&app, "/v1/run", &good).await.status, 200);
        get(&app, "/v1/run", &revoked).await.problem(401, "key_invalid");
        // The second time it is gone.
        let _ = std::fs::remove_file(ring.path());
    }
}

async fn wait(app: &TestApp, key: &str, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while get(app, "/v1/run", key).await.status != status {
        assert!(Instant::now() < deadline, "the change is never seen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn the_limit_counts_ids_and_not_requests() {
    let ring = KeyRing::new();
    let key = ring.create(&[Scope::AssignmentsRead, Scope::SegmentsRead], Some(20_000));
    let other = ring.create(&[Scope::AssignmentsRead], None);
    let app = ring.spawn(&[]).await;
    let batch = |key: String, n: usize| {
        let body = json!({ "ids": vec!["C0000001"; n] });
        read(
            app.request("POST", "/v1/segments/lookup")
                .header("authorization", format!("Bearer {key}"))
                .json(&body),
        )
    };
    let first = batch(key.clone(), 10_000).await;
    assert_eq!((first.status, first.header("ratelimit-limit")), (200, "20000"));
    assert_eq!(first.header("ratelimit-policy"), "20000;w=60");
    let remaining = |answer: &Answer| answer.header("ratelimit-remaining").parse::<u64>().expect("a number");
    assert!((10_000..10_500).contains(&remaining(&first)), "{}", remaining(&first));
    assert_eq!(get(&app, "/v1/run", &key).await.status, 200);
    assert_eq!(batch(key.clone(), 9_900).await.status, 200);
    let over = batch(key.clone(), 10_000).await;
    over.problem(429, "rate_limited");
    let wait: u64 = over.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(over.header("ratelimit-reset").parse::<u64>().is_ok_and(|seconds| seconds >= wait));
    let plain = batch(other.clone(), 10_000).await;
    assert_eq!((plain.status, plain.header("ratelimit-limit")), (200, "600000"));
    let small = ring.create(&[Scope::AssignmentsRead], Some(100));
    wait_for_lookup(&app, &small).await;
    let detail = batch(small, 101).await.problem(413, "too_many_ids");
    assert!(detail.contains("101") && detail.contains("100 a minute"), "{detail}");
}

async fn wait_for_lookup(app: &TestApp, key: &str) {
    while get(app, "/v1/segments/lookup?ids=", key).await.status != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[actix_web::test]
async fn a_single_lookup_pays_once_whatever_comes_of_it() {
    let ring = KeyRing::new();
    let secret = ring.path().with_extension("secret").display().to_string();
    let full = ["--audit", "/dev/full", "--audit-secret", &secret];
    for (path, flags, status) in [
        ("/v1/customers/C0000001/segment", &[][..], 200),
        ("/v1/customers/nobody/segment", &[], 404),
        ("/v1/customers/%43/segment", &[], 404),
        ("/v1/customers/C0000001/segment", &full, 503),
    ] {
        // One id comes back a second: a second one paid would still be missing.
        let key = ring.create(&[Scope::AssignmentsRead], Some(60));
        let answer = get(&ring.spawn(flags).await, path, &key).await;
        assert_eq!((answer.status, answer.header("ratelimit-remaining")), (status, "59"), "{path}");
    }
}

#[actix_web::test]
async fn without_keys_no_limit_is_announced() {
    let app = crate::helpers::spawn_app().await;
    assert_eq!(app.get("/v1/run").await.header("ratelimit-limit"), "");
}
