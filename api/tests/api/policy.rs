//! Each sentence of the data policy (README) has a test of its name, here or beside what it is about.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use api::routes::ENDPOINTS;
use api::settings::Cli;
use clap::Parser;
use segmentation_lib::progress::Progress;
use test_support::proof::proof;

use crate::helpers::{publish, read, spawn_app, spawn_empty};
use crate::routes::data_routes;
use crate::sample;

const README: &str = include_str!("../../../README.md");
const TESTS: [&str; 5] = [
    include_str!("policy.rs"),
    include_str!("keys.rs"),
    include_str!("audit.rs"),
    include_str!("changes.rs"),
    include_str!("process.rs"),
];

#[test]
fn every_sentence_has_a_test_of_its_name() {
    let section = README.split("## Data policy\n").nth(1).expect("the section");
    let paragraph = section.trim_start().split("\n\n").next().expect("its first paragraph");
    let text = paragraph.replace('\n', " ").replace(['\'', ','], "").to_lowercase();
    let sentences: Vec<String> = text
        .split(". ")
        .map(|sentence| sentence.trim_end_matches('.'))
        .map(|sentence| sentence.split_whitespace().collect::<Vec<_>>().join("_"))
        .filter(|name| !name.is_empty())
        .collect();
    assert!(sentences.len() >= 10, "{sentences:?}");
    for name in sentences {
        let proofs: Vec<_> = TESTS.iter().filter_map(|source| proof(source, &name)).collect();
        assert_eq!(proofs, [Ok(())], "{name}");
    }
}

#[actix_web::test]
async fn assignments_leave_the_service_only_through_documented_routes() {
    let app = spawn_app().await;
    let document = app.get("/openapi.json").await.json();
    for endpoint in ENDPOINTS {
        let (pattern, open) = (endpoint.route.pattern, endpoint.route.scope.is_none());
        assert!(
            open || document["paths"][pattern].is_object(),
            "{pattern} gives out data and is not documented"
        );
    }
    let root = app.store.root().display().to_string();
    for path in [
        "/store",
        "/CURRENT",
        "/runs",
        "/../store/CURRENT",
        "/docs/../../CURRENT",
        "/assets/..%2fCURRENT",
        &root,
    ] {
        let answer =
            app.raw(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
    for (path, _) in data_routes() {
        let answer = read(app.request("GET", &path).header("origin", "https://elsewhere.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[test]
fn the_server_binds_to_loopback_unless_it_has_keys() {
    let check = |flags: &[&str]| {
        Cli::try_parse_from([&["segmentation-api"], flags].concat()).expect("flags").settings.check()
    };
    assert!(check(&[]).is_ok() && check(&["--bind", "[::1]:80"]).is_ok());
    for bind in ["0.0.0.0:80", "192.168.1.7:80", "[::]:80"] {
        let message = check(&["--bind", bind]).expect_err("refused").to_string();
        assert!(message.contains(bind) && message.contains("keys create"), "{message}");
        assert!(check(&["--bind", bind, "--keys", "keys.json"]).is_ok());
    }
}

/// Every file below `dir` with its bytes.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).expect("listed").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => drop(found.insert(path.clone(), fs::read(&path).expect("read"))),
        }
    }
    found
}

#[actix_web::test]
async fn unless_it_follows_a_bucket_it_never_changes_the_store() {
    let app = spawn_app().await;
    let before = files(app.store.root());
    for (path, _) in data_routes() {
        assert_eq!(app.get(&path).await.status, 200, "{path}");
    }
    for method in ["PUT", "DELETE", "PATCH", "POST"] {
        read(app.request(method, "/v1/customers/C0000001").body("x"))
            .await
            .problem(405, "method_not_allowed");
    }
    app.post("/v1/segments/lookup", "text/csv", "id\nC0000001\n").await;
    assert!(files(app.store.root()) == before);
}

#[actix_web::test]
async fn it_serves_whole_verified_runs_only() {
    let (old, new) = (sample::snapshot(20, 1), sample::snapshot(20, 2));
    let app = spawn_empty(&[], |store| drop(publish(store, &old)));
    app.wait_until_serving(&old.manifest.run_id).await;
    let pointer = app.store.root().join("CURRENT");
    let current = fs::read(&pointer).expect("there");
    let run_id = publish(&app.store, &new);
    app.wait_until_serving(run_id.as_str()).await;
    let dir = app.store.root().join("runs").join(run_id.as_str());
    for (path, whole) in files(&dir) {
        for damaged in [&whole[..whole.len() / 2], &[], &flipped(&whole)] {
            if damaged.len() == whole.len() && whole.is_empty() {
                continue;
            }
            fs::write(&pointer, &current).expect("written");
            app.wait_until_serving(&old.manifest.run_id).await;
            fs::write(&path, damaged).expect("written");
            fs::write(&pointer, format!("{run_id}\n")).expect("written");
            for _ in 0..5 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                assert_eq!(
                    app.get("/v1/run").await.json()["run_id"],
                    old.manifest.run_id,
                    "{}",
                    path.display()
                );
            }
            fs::write(&path, &whole).expect("written");
        }
    }
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 4;
    }
    bytes
}

#[actix_web::test]
async fn a_forgotten_customer_is_removed_from_every_kept_run_and_stays_out_of_later_ones_until_lifted() {
    const PATH: &str = "/v1/customers/C0000007/segment";
    let app = spawn_app().await;
    assert_eq!(app.get(PATH).await.status, 200);
    let ids = ["C0000007".to_owned()];
    let erasure = app.store.forget(&ids, &Progress::silent()).expect("erased");
    let after = erasure.runs[0].after.clone();
    app.wait_until_serving(after.as_str()).await;
    app.get(PATH).await.problem(404, "customer_not_found");
    assert_eq!(app.get("/v1/customers/C0000008/segment").await.status, 200);
    let next = sample::snapshot(200, 2);
    app.wait_until_serving(publish(&app.store, &next).as_str()).await;
    app.get(PATH).await.problem(404, "customer_not_found");
    app.store.rollback(None).expect("there is one before");
    app.wait_until_serving(after.as_str()).await;
    app.get(PATH).await.problem(404, "customer_not_found");
    assert_eq!(app.store.lift(&ids).expect("lifted"), [true]);
    app.wait_until_serving(publish(&app.store, &next).as_str()).await;
    assert_eq!(app.get(PATH).await.status, 200);
}

#[actix_web::test]
async fn what_a_forgotten_customer_contributed_to_the_centroids_stays_in_them_until_the_next_refit() {
    let app = spawn_app().await;
    let segments = |json: serde_json::Value| json["segments"].as_array().expect("segments").clone();
    let before = segments(app.get("/v1/segments").await.json());
    let own = app.snapshot.find("C0000007").expect("there").segment_id;
    let erasure = app.store.forget(&["C0000007".to_owned()], &Progress::silent()).expect("erased");
    app.wait_until_serving(erasure.runs[0].after.as_str()).await;
    let after = segments(app.get("/v1/segments").await.json());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before["centroid"], after["centroid"]);
        let fewer = u64::from(before["id"] == own);
        assert_eq!(before["customers"].as_u64(), after["customers"].as_u64().map(|n| n + fewer));
    }
}

#[test]
fn downloads_and_stores_are_not_under_version_control() {
    let ignored =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.gitignore")).expect("there");
    for entry in ["data/raw", "store", "keys.json"] {
        let listed = ignored.lines().any(|line| line.trim_matches('/') == entry);
        assert!(listed, "{entry} is not in .gitignore");
    }
}
