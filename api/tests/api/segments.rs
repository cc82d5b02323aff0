use std::collections::BTreeSet;

use segmentation_lib::card::cards;
use serde_json::{Value, json};

use crate::helpers::{TestApp, publish, spawn_app, spawn_empty, two_runs};
use crate::sample;

#[actix_web::test]
async fn segments_are_those_of_the_snapshot() {
    let app = spawn_app().await;
    let segments = serde_json::to_value(&app.snapshot.segments).expect("plain structs");
    let run_id = &app.snapshot.manifest.run_id;
    let snapshot = &app.snapshot;
    let cards = cards(&snapshot.manifest, &snapshot.segments, snapshot.assignments.iter().map(Into::into));
    let cards = serde_json::to_value(cards).expect("plain structs");
    let all = json!({"run_id": run_id, "segments": segments, "cards": cards});
    assert_eq!(app.get("/v1/segments").await.json(), all);
    for name in ["2", "loyal"] {
        let answer = app.get(&format!("/v1/segments/{name}")).await.json();
        assert_eq!(answer, json!({"run_id": run_id, "segment": segments[1], "card": cards[1]}));
    }
    for name in ["9", "0", "Loyal", "-1", "%zz", "99999999999"] {
        app.get(&format!("/v1/segments/{name}")).await.problem(404, "segment_not_found");
    }
}

#[actix_web::test]
async fn pages_give_every_member_once_in_order() {
    let app = spawn_app().await;
    let mut all = BTreeSet::new();
    for segment in &app.snapshot.segments {
        let mut path = format!("/v1/segments/{}/customers?limit=7", segment.id);
        let mut seen: Vec<String> = Vec::new();
        loop {
            let page = app.get(&path).await.json();
            assert_eq!(
                (&page["segment_id"], &page["total"]),
                (&json!(segment.id), &json!(segment.customers))
            );
            let customers = page["customers"].as_array().expect("a list");
            assert!(!customers.is_empty() && customers.len() <= 7);
            seen.extend(customers.iter().map(|c| c["customer_id"].as_str().expect("text").to_owned()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/segments/{}/customers?limit=7&cursor={cursor}", segment.key);
        }
        assert!(seen.is_sorted(), "{seen:?}");
        assert_eq!(seen.len() as u64, segment.customers);
        for id in &seen {
            assert_eq!(app.snapshot.find(id).map(|a| a.segment_id), Some(segment.id));
        }
        all.extend(seen);
    }
    assert_eq!(all.len(), app.snapshot.assignments.len());
}

#[actix_web::test]
async fn a_page_has_a_hundred_members_when_nothing_is_said() {
    let app = spawn_app().await;
    let largest = app.snapshot.segments.iter().max_by_key(|s| s.customers).expect("three segments");
    let page = app.get(&format!("/v1/segments/{}/customers", largest.id)).await.json();
    assert_eq!(page["customers"].as_array().map(Vec::len), Some(largest.customers.min(100) as usize));
}

#[actix_web::test]
async fn wrong_limits_and_cursors_are_problems() {
    let app = spawn_app().await;
    for limit in ["0", "10001", "-1", "ten", "", "1.5"] {
        let detail = app
            .get(&format!("/v1/segments/1/customers?limit={limit}"))
            .await
            .problem(400, "invalid_parameter");
        assert!(detail.contains("10000"), "{detail}");
    }
    app.get("/v1/segments/1/customers?limit=1&limit=2").await.problem(400, "invalid_parameter");
    let run_id = &app.snapshot.manifest.run_id;
    for cursor in [
        "",
        "x",
        "1.2",
        &format!("{run_id}.2.0"),
        &format!("{run_id}.1.99999"),
        &format!("{run_id}.1.-1"),
        &format!("{run_id}.1.0.0"),
        "../x.1.0",
    ] {
        app.get(&format!("/v1/segments/1/customers?cursor={cursor}")).await.problem(400, "invalid_cursor");
    }
    app.get("/v1/segments/9/customers").await.problem(404, "segment_not_found");
}

#[actix_web::test]
async fn a_cursor_of_another_run_is_gone_and_says_what_to_do() {
    let app = spawn_app().await;
    let page = app.get("/v1/segments/1/customers?limit=1").await.json();
    let cursor = page["next_cursor"].as_str().expect("more than one member");
    let next = sample::snapshot(200, 2);
    publish(&app.store, &next);
    app.wait_until_serving(&next.manifest.run_id).await;
    let answer = app.get(&format!("/v1/segments/1/customers?cursor={cursor}")).await;
    let detail = answer.problem(410, "cursor_expired");
    assert!(detail.contains("without a cursor") && detail.contains(&next.manifest.run_id), "{detail}");
}

#[actix_web::test]
async fn the_run_answers_with_its_manifest_and_age() {
    let app = spawn_app().await;
    let body = app.get("/v1/run").await.json();
    assert_eq!(body["manifest"], serde_json::to_value(&app.snapshot.manifest).expect("plain structs"));
    assert_eq!(body["data_until"], "2011-12-09");
    assert!(body["age_seconds"].as_i64().is_some_and(|age| age > 400_000_000), "{body}");
}

/// A segment's members in this order, page by page.
async fn members(app: &TestApp, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/v1/segments/1/customers?limit=13{query}{cursor}")).await.json();
        found.extend(page["customers"].as_array().expect("a list").clone());
        let Some(next) = page["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[actix_web::test]
async fn members_come_by_id_by_value_and_by_who_is_about_to_leave() {
    let app = spawn_app().await;
    let by_id = members(&app, "").await;
    let ids = |rows: &[Value]| -> BTreeSet<String> {
        rows.iter().map(|row| row["customer_id"].as_str().expect("an id").to_owned()).collect()
    };
    for (sort, figure, ascending) in [("value", "expected_value_pennies", false), ("leaving", "alive", true)]
    {
        let rows = members(&app, &format!("&sort={sort}")).await;
        assert_eq!((rows.len(), ids(&rows)), (by_id.len(), ids(&by_id)));
        let figures: Vec<f64> = rows.iter().filter_map(|row| row[figure].as_f64()).collect();
        assert!(
            figures.len() > 30 && figures.is_sorted_by(|a, b| if ascending { a <= b } else { a >= b }),
            "{sort}"
        );
    }
    app.get("/v1/segments/1/customers?sort=age").await.problem(400, "invalid_parameter");
}

#[actix_web::test]
async fn only_those_who_joined_since_a_day_are_listed_where_that_is_asked() {
    let [before, now] = two_runs();
    let key = &now.segments[0].key;
    let joined: BTreeSet<String> = now
        .rows()
        .filter(|(a, segment)| {
            segment.key == *key && before.segment_of(&a.customer_id).is_none_or(|s| s.key != *key)
        })
        .map(|(a, _)| a.customer_id.clone())
        .collect();
    assert!(!joined.is_empty());
    let mut later = now.clone();
    later.manifest.created_at = "2011-12-20T08:00:00Z".to_owned();
    // What people mean is a day of the data, not of the publication.
    later.manifest.reference_date = "2011-12-20".to_owned();
    later.seal().expect("a valid time");
    let app = spawn_empty(&[], |store| [&before, &later].iter().for_each(|run| drop(publish(store, run))));
    app.wait_until_serving(&later.manifest.run_id).await;
    assert!(members(&app, "&joined_since=2011-12-20").await.is_empty());
    let seen: BTreeSet<String> = members(&app, "&joined_since=2011-12-10")
        .await
        .iter()
        .map(|row| row["customer_id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(seen, joined);
    let listed = app.get("/v1/segments/1/export?format=ndjson&joined_since=2011-12-11&sort=value").await;
    assert_eq!(
        (listed.header("export-cursor"), String::from_utf8_lossy(&listed.body).lines().count()),
        ("", joined.len())
    );
    app.get("/v1/export?joined_since=2011-12-11").await.problem(400, "unknown_parameter");
    let refused = app.get("/v1/segments/1/customers?joined_since=2001-01-01").await.problem(410, "run_gone");
    assert!(refused.contains(&before.manifest.reference_date), "{refused}");
    app.get("/v1/segments/1/customers?joined_since=x").await.problem(400, "invalid_parameter");
}
