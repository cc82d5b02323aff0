use api::error::Code;
use serde_json::Value;

use crate::helpers::{read, spawn_app, spawn_app_with, two_runs};

const READABLE: [&str; 7] = [
    "/v1/customers/C0000001/segment",
    "/v1/customers/C0000001",
    "/v1/segments/lookup?ids=C0000001",
    "/v1/segments",
    "/v1/segments/1",
    "/v1/segments/1/customers",
    "/v1/run",
];

#[actix_web::test]
async fn every_answer_names_its_run_and_can_be_revalidated() {
    let app = spawn_app().await;
    let run_id = app.snapshot.manifest.run_id.clone();
    let tag = format!("W/\"{run_id}\"");
    for path in READABLE {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status, answer.header("run-id"), answer.header("etag")),
            (200, run_id.as_str(), tag.as_str())
        );
        assert_eq!(answer.json()["run_id"], run_id, "{path}");
        for known in [tag.as_str(), &format!("\"{run_id}\""), &format!("\"x\", {tag}"), "*"] {
            let again = read(app.request("GET", path).header("if-none-match", known)).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}");
            assert_eq!((again.header("etag"), again.header("run-id")), (tag.as_str(), run_id.as_str()));
        }
        let other = read(app.request("GET", path).header("if-none-match", "W/\"another\"")).await;
        assert_eq!(other.status, 200);
    }
}

#[actix_web::test]
async fn head_answers_as_get_without_a_body() {
    let app = spawn_app().await;
    for path in READABLE {
        let (get, head) = (app.get(path).await, read(app.request("HEAD", path)).await);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        if path != "/v1/run" {
            assert_eq!(head.header("content-length"), get.header("content-length"), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_wrong_method_is_a_problem_that_lists_the_right_ones() {
    let app = spawn_app().await;
    for path in
        READABLE.iter().chain(&["/health/live", "/health/ready", "/openapi.json", "/docs/", "/problems"])
    {
        for method in ["DELETE", "PUT", "PATCH", "OPTIONS", "BREW"] {
            let answer = read(app.request(method, path)).await;
            let detail = answer.problem(405, "method_not_allowed");
            assert!(detail.contains(method), "{detail}");
            let allow = if path.contains("lookup") { "GET, HEAD, POST" } else { "GET, HEAD" };
            assert_eq!(answer.header("allow"), allow, "{path}");
        }
    }
    read(app.request("POST", "/v1/segments")).await.problem(405, "method_not_allowed");
}

#[actix_web::test]
async fn an_unknown_path_is_a_problem() {
    let app = spawn_app().await;
    for path in [
        "/nothing",
        "/v1",
        "/v1/customers",
        "/v1/segments/1/customers/",
        "/v2/run",
        "/docs/none.js",
        "/problems/x",
    ] {
        app.get(path).await.problem(404, "route_not_found");
    }
    read(app.request("POST", "/nothing")).await.problem(404, "route_not_found");
}

#[actix_web::test]
async fn a_long_uri_is_a_problem() {
    let app = spawn_app_with(&["--max-uri-bytes", "600"]).await;
    let detail =
        app.get(&format!("/v1/segments/lookup?ids={}", "a,".repeat(400))).await.problem(414, "uri_too_long");
    assert!(detail.contains("600") && detail.contains("POST"), "{detail}");
}

#[actix_web::test]
async fn every_answer_has_the_security_headers() {
    let app = spawn_app_with(&["--max-uri-bytes", "600"]).await;
    let long = format!("/v1/segments/lookup?ids={}", "a,".repeat(400));
    for path in ["/v1/run", "/v1/customers/nobody/segment", "/nothing", &long, "/docs/", "/health/live"] {
        let answer = app.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "private, no-cache"),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[actix_web::test]
async fn answers_are_compressed_when_asked_for() {
    let app = spawn_app().await;
    let plain = app.get("/v1/run").await;
    for encoding in ["gzip", "br", "zstd"] {
        let packed = read(app.request("GET", "/v1/run").header("accept-encoding", encoding)).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.body.len() < plain.body.len() / 2, "{encoding}");
    }
    assert_eq!(plain.header("content-encoding"), "");
    read(app.request("GET", "/v1/run").header("accept-encoding", "identity;q=0, x-none"))
        .await
        .problem(406, "not_acceptable");
}

#[actix_web::test]
async fn the_document_describes_what_is_served() {
    let app = spawn_app().await;
    let document = app.get("/openapi.json").await.json();
    assert_eq!(document["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
    let [before, now] = two_runs();
    let paths: Vec<_> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    let mut operations = std::collections::BTreeSet::new();
    for path in &paths {
        // With the placeholders filled in, each is a route: GET answers, or another method is allowed.
        let real =
            path.replace("{customer_id}", "C0000001").replace("{segment}", "1").replace("{code}", "internal");
        let real = real.replace("{from}", &before.manifest.run_id).replace("{to}", &now.manifest.run_id);
        let answer = app.get(&real).await;
        assert_ne!(answer.status, 404, "{path}");
        for (method, operation) in document["paths"][path].as_object().expect("methods") {
            assert!(operation["responses"]["200"].is_object(), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operations.insert(operation["operationId"].to_string()), "{method} {path}");
            let responses = operation["responses"].as_object().expect("responses");
            assert!(
                responses.values().all(|r| r["description"].as_str().is_some_and(|d| !d.is_empty())),
                "{path}"
            );
        }
    }
    assert_eq!(paths.len(), 20);
    let codes = document["components"]["schemas"]["Code"]["enum"].as_array().expect("the codes").clone();
    let listed = app.get("/problems").await.json();
    let listed: Vec<_> = listed.as_array().expect("a list").iter().map(|kind| kind["code"].clone()).collect();
    assert_eq!(codes, listed);
    for code in &listed {
        let kind = app.get(&format!("/problems/{}", code.as_str().expect("text"))).await;
        assert_eq!((kind.status, &kind.json()["code"]), (200, code));
    }
}

#[actix_web::test]
async fn the_documentation_page_needs_no_other_host() {
    let app = spawn_app().await;
    let page = app.get("/docs").await;
    assert_eq!(page.status, 200);
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("swagger-ui"), "{text}");
    let initializer = app.get("/docs/swagger-initializer.js").await;
    assert!(String::from_utf8_lossy(&initializer.body).contains("/openapi.json"));
    for (name, body) in [("index.html", &page.body), ("swagger-initializer.js", &initializer.body)] {
        let text = String::from_utf8_lossy(body).replace("http://www.w3.org/", "");
        assert!(
            !text.contains("http://") && !text.contains("https://") && !text.contains("src=\"//"),
            "{name}"
        );
    }
    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"] {
        assert_eq!(app.get(&format!("/docs/{file}")).await.status, 200, "{file}");
    }
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self';"));
}

#[actix_web::test]
async fn the_segment_explorer_comes_whole_from_the_service() {
    let app = spawn_app().await;
    let page = app.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    for name in [
        "",
        "explorer.css",
        "explorer.js",
        "charts.js",
        "decision.js",
        "forecast.js",
        "lift.js",
        "members.js",
        "movement.js",
        "texts.js",
    ] {
        let path = if name.is_empty() { "/".to_owned() } else { format!("/assets/{name}") };
        let file = app.get(&path).await;
        let text = String::from_utf8_lossy(&file.body);
        assert_eq!(file.status, 200, "{path}");
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("innerHTML"));
        assert_eq!(file.header("content-security-policy"), policy, "{path}");
    }
}

#[actix_web::test]
async fn a_request_that_is_not_http_gets_a_400_and_harms_nobody() {
    let app = spawn_app().await;
    for bytes in [b"\0\0\0\0\r\n\r\n".as_slice(), b"GET\r\n\r\n", b"GET /v1/run HTTP/9.9\r\n\r\n"] {
        let answer = app.raw(bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert!(matches!(app.get("/v1/run").await.json(), Value::Object(_)));
}

/// A fault of the service alone has none: there is no way to it that is known.
#[test]
fn every_documented_error_is_reached_by_a_test() {
    let tests = [
        include_str!("audit.rs"),
        include_str!("batch.rs"),
        include_str!("changes.rs"),
        include_str!("customers.rs"),
        include_str!("health.rs"),
        include_str!("http.rs"),
        include_str!("keys.rs"),
        include_str!("lookup.rs"),
        include_str!("segments.rs"),
        include_str!("../attacks/closed.rs"),
        include_str!("../attacks/gone.rs"),
        include_str!("../attacks/tools.rs"),
        include_str!("../attacks/wire.rs"),
    ];
    for code in Code::ALL.iter().filter(|&&code| code != Code::Internal) {
        let reached = format!("\"{}", code.as_str());
        assert!(tests.iter().any(|text| text.contains(&reached)), "no test gets {reached}");
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = include_str!("../../openapi.json");
    assert!(committed.trim_end() == api::openapi::json(), "api/openapi.json is not up to date: make openapi");
}
