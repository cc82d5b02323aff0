//! Who changed segment: pages, streams, the way over several runs, and what is refused.

use std::collections::BTreeMap;

use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use serde_json::{Value, json};

use crate::helpers::{publish, spawn_app, two_runs};
use crate::sample;

/// Segment keys by customer.
fn keys(run: &Snapshot) -> BTreeMap<String, String> {
    run.rows().map(|(a, segment)| (a.customer_id.clone(), segment.key.clone())).collect()
}

fn applied(mut copy: BTreeMap<String, String>, changes: &[Value]) -> BTreeMap<String, String> {
    for change in changes {
        let id = change["customer_id"].as_str().expect("an id");
        match change["to"]["key"].as_str() {
            Some(key) => copy.insert(id.to_owned(), key.to_owned()),
            None => copy.remove(id),
        };
    }
    copy
}

#[actix_web::test]
async fn pages_of_changes_applied_to_the_copy_of_the_run_before_give_this_run() {
    let app = spawn_app().await;
    let [before, now] = two_runs();
    let mut copy = keys(&before);
    let mut path = "/v1/changes?limit=7".to_owned();
    let mut pages = 0;
    loop {
        let answer = app.get(&path).await;
        assert_eq!(answer.status, 200);
        let page = answer.json();
        assert_eq!(
            (&page["from"], &page["to"]),
            (&json!(before.manifest.run_id), &json!(now.manifest.run_id))
        );
        copy = applied(copy, page["changes"].as_array().expect("a list"));
        pages += 1;
        let Some(after) = page["next_after"].as_str() else { break };
        let encoded: String = after.bytes().map(|byte| format!("%{byte:02X}")).collect();
        path = format!("/v1/changes?limit=7&after={encoded}");
    }
    assert!(pages > 3);
    assert_eq!(copy, keys(&now));
}

#[actix_web::test]
async fn a_change_says_from_where_to_where_since_when_and_why() {
    let app = spawn_app().await;
    let [before, now] = two_runs();
    let page = app.get("/v1/changes").await.json();
    let changes = page["changes"].as_array().expect("a list");
    let moved = changes.iter().find(|change| change["change"] == "moved").expect("one moved");
    let id = moved["customer_id"].as_str().expect("an id");
    let segment = |run: &Snapshot| run.segment_of(id).expect("there").clone();
    assert_eq!(moved["from"]["key"], json!(segment(&before).key));
    assert_eq!(moved["to"]["name"]["pt_br"], json!(segment(&now).name.pt_br));
    assert_eq!(moved["segment_id"], json!(segment(&now).id));
    assert_eq!(moved["since"], json!(now.manifest.reference_date));
    assert!(moved["why"]["en"].as_str().expect("a text").contains("recency from"), "{moved}");
    assert!(moved["why"]["pt_br"].as_str().expect("a text").contains("recência de"), "{moved}");
    let came = changes.iter().find(|change| change["change"] == "came").expect("one came");
    assert!(came["from"].is_null() && came["why"].is_null() && came["to"].is_object());
}

#[actix_web::test]
async fn streams_hold_what_pages_hold_and_go_on_where_they_broke_off() {
    let app = spawn_app().await;
    let page = app.get("/v1/changes").await.json();
    let expected: Vec<&str> = page["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|change| change["customer_id"].as_str())
        .collect();
    let lines = app.get("/v1/changes?format=ndjson").await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let ids = |body: &[u8]| -> Vec<String> {
        let lines = std::str::from_utf8(body).expect("text").lines();
        lines
            .map(|line| {
                serde_json::from_str::<Value>(line).expect("JSON")["customer_id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(ids(&lines.body), expected);
    let [before, now] = two_runs().map(|run| run.manifest.run_id);
    assert_eq!((lines.header("changes-from"), lines.header("changes-to")), (&*before, &*now));
    let rest = app.get(&format!("/v1/changes?format=ndjson&from={before}&to={now}&after=C0000050")).await;
    let after: Vec<&&str> = expected.iter().filter(|id| **id > "C0000050").collect();
    assert!(ids(&rest.body).iter().eq(after) && !rest.body.is_empty());
    let csv = app.get("/v1/changes?format=csv").await;
    let mut reader = csv::Reader::from_reader(csv.body.as_slice());
    assert_eq!(reader.records().count(), expected.len());
    let parquet = app.get("/v1/changes?format=parquet").await;
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));
}

#[actix_web::test]
async fn the_changes_bring_the_export_of_one_run_to_that_of_the_other() {
    let app = spawn_app().await;
    let ids = |export: &[u8]| -> BTreeMap<String, String> {
        let mut reader = csv::Reader::from_reader(export);
        assert_eq!(reader.headers().expect("a header").len(), 5);
        reader
            .records()
            .map(|row| row.expect("a row"))
            .map(|row| (row[0].to_owned(), row[2].to_owned()))
            .collect()
    };
    let export = app.get("/v1/export?only=segment").await;
    assert_eq!(export.status, 200);
    let [before, now] = two_runs();
    assert_eq!(ids(&export.body), keys(&now));
    let changes = app.get(&format!("/v1/changes?from={}", before.manifest.run_id)).await.json();
    assert_eq!(applied(keys(&before), changes["changes"].as_array().expect("a list")), ids(&export.body));
    let whole = app.get("/v1/export?format=ndjson").await;
    assert_eq!(
        std::str::from_utf8(&whole.body).expect("text").lines().count() as u64,
        now.manifest.customers
    );
}

#[actix_web::test]
async fn runs_are_listed_with_their_sizes_and_the_movement_between_them_adds_up() {
    let app = spawn_app().await;
    let [before, now] = two_runs();
    let runs = app.get("/v1/runs").await.json();
    let list = runs["runs"].as_array().expect("a list");
    assert_eq!(list.len(), 2);
    assert_eq!(list[0]["from_run"], json!(before.manifest.run_id));
    assert_eq!(list[1]["segments"][0]["customers"], json!(before.segments[0].customers));
    let path = format!("/v1/runs/{}/movement/{}", before.manifest.run_id, now.manifest.run_id);
    let movement = app.get(&path).await.json()["movement"].clone();
    let sum = |side: &str, key: &str| -> u64 {
        let cells = movement["cells"].as_array().expect("a list").iter();
        cells
            .filter(|cell| cell[side] == json!(key))
            .map(|cell| cell["customers"].as_u64().expect("a count"))
            .sum()
    };
    for segment in &now.segments {
        assert_eq!(sum("to", &segment.key), segment.customers);
    }
    for segment in &before.segments {
        assert_eq!(sum("from", &segment.key), segment.customers);
    }
    assert_eq!(movement["came"], json!(10));
}

#[actix_web::test]
async fn a_history_names_the_segment_of_each_run() {
    let app = spawn_app().await;
    let [before, now] = two_runs();
    let (then, later) = (keys(&before), keys(&now));
    let changed = |id: &str, key: &str| id.starts_with('C') && then.get(id).is_some_and(|then| then != key);
    let moved = later.iter().find(|(id, key)| changed(id, key)).expect("one moved").0;
    let runs = app.get(&format!("/v1/customers/{moved}/history")).await.json()["runs"].clone();
    assert_eq!(
        (&runs[0]["segment"]["key"], &runs[1]["segment"]["key"]),
        (&json!(later[moved]), &json!(then[moved]))
    );
    assert_eq!((&runs[0]["changed"], &runs[0]["run_id"]), (&json!(true), &json!(now.manifest.run_id)));
    app.get("/v1/customers/nobody/history").await.problem(404, "customer_not_found");
}

#[actix_web::test]
async fn what_cannot_be_told_is_refused_with_the_way_out() {
    let app = spawn_app().await;
    let gone = app.get("/v1/changes?from=20010101T000000000Z-00000000").await.problem(410, "run_gone");
    assert!(gone.contains("take a whole export"), "{gone}");
    app.get("/v1/changes?from=20300101T000000000Z-00000000").await.problem(404, "run_not_found");
    app.get("/v1/changes?since=2001-01-01").await.problem(410, "run_gone");
    for query in [
        "from=a/b",
        "since=yesterday",
        "format=xls",
        "format=xlsx&after=C1",
        "format=xlsx&limit=5",
        "format=xlsx&safe=spreadsheet",
        "limit=0",
        "limit=10001",
        "safe=spreadsheet",
        "format=csv&limit=5",
        "format=parquet&after=C1",
        "from=x&since=2011-12-10",
        "safe=no&format=csv",
    ] {
        app.get(&format!("/v1/changes?{query}")).await.problem(400, "invalid_parameter");
    }
    app.get("/v1/changes?form=x").await.problem(400, "unknown_parameter");
    app.get("/v1/export?only=id").await.problem(400, "invalid_parameter");
    app.get("/v1/export?only=segment&include=rfm").await.problem(400, "invalid_parameter");
    app.get("/v1/runs/a%2Fb/movement/c").await.problem(400, "invalid_parameter");
}

#[actix_web::test]
async fn changes_lead_over_a_rollback_and_reach_a_later_run() {
    let app = spawn_app().await;
    let [before, now] = two_runs();
    let next = sample::following(&before, 150, 7);
    publish(&app.store, &next);
    app.wait_until_serving(&next.manifest.run_id).await;
    let page = app.get(&format!("/v1/changes?from={}&limit=10000", now.manifest.run_id)).await.json();
    assert_eq!(applied(keys(&now), page["changes"].as_array().expect("a list")), keys(&next));
}

#[actix_web::test]
async fn a_damaged_log_stops_changes_and_nothing_else() {
    let app = spawn_app().await;
    let path = app.store.root().join("changes").join(&app.snapshot.manifest.run_id);
    let mut bytes = std::fs::read(&path).expect("there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).expect("written");
    app.get("/v1/changes").await.problem(503, "log_unavailable");
    assert_eq!(app.get("/v1/customers/C0000001/segment").await.status, 200);
    assert_eq!(app.get("/v1/runs").await.status, 200);
}

#[actix_web::test]
async fn a_forgotten_customer_is_in_no_change_and_no_history() {
    let app = spawn_app().await;
    // One who came, so that no earlier run holds the id.
    let erasure = app.store.forget(&["C0000195".to_owned()], &Progress::silent()).expect("erased");
    let current = erasure.runs.iter().find(|run| run.current).expect("one is served").after.to_string();
    app.wait_until_serving(&current).await;
    let text = String::from_utf8(app.get("/v1/changes?format=csv").await.body).expect("text");
    assert!(text.contains("C0000194") && !text.contains("C0000195"));
    app.get("/v1/customers/C0000195/history").await.problem(404, "customer_not_found");
}
