//! Customers whom campaigns leave alone, and customers whose place is uncertain.

use segmentation_lib::nearest_segments::is_borderline;
use segmentation_lib::record::{HeldOut, HoldoutParams, Snapshot};
use serde_json::{Value, json};

use crate::helpers::{TestApp, publish, spawn_app};
use crate::sample;

async fn holding_out() -> (TestApp, Snapshot) {
    let app = spawn_app().await;
    let mut run = sample::snapshot(200, 3);
    let ids = run.assignments.iter().map(|a| a.customer_id.as_str());
    run.held_out = Some(HeldOut::of(HoldoutParams { share: 0.2, seed: 1 }, ids));
    run.seal().expect("a creation time");
    publish(&app.store, &run);
    app.wait_until_serving(&run.manifest.run_id).await;
    (app, run)
}

/// A plain id of who is held out, or of who is not.
fn one(run: &Snapshot, held: bool) -> &str {
    let plain = |id: &&str| id.starts_with('C') && run.is_held_out(id) == Some(held);
    run.assignments.iter().map(|a| a.customer_id.as_str()).find(plain).expect("somebody")
}

#[actix_web::test]
async fn every_answer_about_a_customer_says_who_is_held_out() {
    let (app, run) = holding_out().await;
    for held in [true, false] {
        let id = one(&run, held);
        for path in ["/segment", "/segment?include=rfm", ""] {
            let answer = app.get(&format!("/v1/customers/{id}{path}")).await.json();
            assert_eq!((&answer["customer_id"], &answer["held_out"]), (&json!(id), &json!(held)), "{path}");
        }
        let list = app.post_json("/v1/segments/lookup", &json!({"ids": [id, "nobody"]})).await.json();
        assert_eq!(list["results"][0]["held_out"], held);
        assert_eq!(list["results"][1], json!({"id": "nobody", "status": "not_found"}));
        let csv = app.post("/v1/segments/lookup", "text/csv", format!("id\n{id}\nnobody\n")).await.body;
        let csv = String::from_utf8_lossy(&csv).into_owned();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(lines[0].ends_with(",reason,held_out"), "{csv}");
        assert!(lines[1].ends_with(&format!(",{held}")) && lines[2].ends_with("not_found,,,,,"), "{csv}");
    }
}

#[actix_web::test]
async fn members_and_exports_mark_who_is_held_out() {
    let (app, run) = holding_out().await;
    let page = app.get("/v1/segments/1/customers?limit=10000").await.json();
    let rows = app.get("/v1/segments/1/export?format=ndjson").await.body;
    let rows = String::from_utf8_lossy(&rows).into_owned();
    let exported: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let members = page["customers"].as_array().expect("a list");
    assert_eq!(members.len(), exported.len());
    for row in members.iter().chain(&exported) {
        let id = row["customer_id"].as_str().expect("text");
        assert_eq!(row["held_out"].as_bool(), run.is_held_out(id), "{id}");
    }
}

#[actix_web::test]
async fn a_run_that_holds_nobody_out_does_not_speak_of_it() {
    let app = spawn_app().await;
    for path in
        ["/v1/customers/C0000001/segment", "/v1/customers/C0000001", "/v1/segments/lookup?ids=C0000001"]
    {
        let body = app.get(path).await.body;
        assert!(!String::from_utf8_lossy(&body).contains("held_out"), "{path}");
    }
}

#[actix_web::test]
async fn the_confident_are_those_whom_nothing_marks_as_borderline() {
    let app = spawn_app().await;
    let run = &app.snapshot;
    let uncertain = |id: &str| {
        let a = run.find(id).expect("of the run");
        is_borderline((&run.manifest.features, &run.segments), a.segment_id, a.silhouette, &a.features)
    };
    let ids = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["customer_id"].as_str().expect("text").to_owned()).collect()
    };
    let all = app.get("/v1/segments/2/customers?limit=10000").await.json();
    let all = all["customers"].as_array().expect("a list").clone();
    assert!(all.iter().all(|row| row["borderline"] == uncertain(row["customer_id"].as_str().expect("text"))));
    let sure: Vec<String> = ids(&all).into_iter().filter(|id| !uncertain(id)).collect();
    assert!(!sure.is_empty() && sure.len() < all.len());

    let mut walked = Vec::new();
    let mut path = "/v1/segments/2/customers?limit=5&confident=true".to_owned();
    loop {
        let page = app.get(&path).await.json();
        walked.extend(ids(page["customers"].as_array().expect("a list")));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/segments/2/customers?limit=5&confident=true&cursor={cursor}");
    }
    assert_eq!(walked, sure);
    for format in ["ndjson", "csv"] {
        let answer = app.get(&format!("/v1/segments/2/export?format={format}&confident=true")).await;
        assert!(answer.header("export-cursor").ends_with(".2c.0"), "{}", answer.header("export-cursor"));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(text.lines().count(), sure.len() + usize::from(format == "csv"), "{format}");
        assert!(sure.iter().all(|id| text.contains(id)), "{format}");
    }
    app.get("/v1/segments/2/customers?confident=yes").await.problem(400, "invalid_parameter");
}

#[actix_web::test]
async fn an_export_of_the_confident_goes_on_where_it_broke_off() {
    let app = spawn_app().await;
    for path in ["/v1/segments/2/export", "/v1/export"] {
        let whole = app.get(&format!("{path}?format=ndjson&confident=true")).await;
        let cursor = whole.header("export-cursor").to_owned();
        let text = String::from_utf8(whole.body).expect("text");
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for arrived in [0, 1, lines.len() - 1, lines.len()] {
            let at = format!("{}{arrived}", cursor.strip_suffix('0').expect("the first place"));
            let rest = app.get(&format!("{path}?format=ndjson&confident=true&cursor={at}")).await;
            assert_eq!(String::from_utf8_lossy(&rest.body), lines[arrived..].concat(), "{at}");
            app.get(&format!("{path}?format=ndjson&cursor={at}")).await.problem(400, "invalid_cursor");
        }
        let beyond = format!("{}{}", cursor.strip_suffix('0').expect("as above"), lines.len() + 1);
        app.get(&format!("{path}?confident=true&cursor={beyond}")).await.problem(400, "invalid_cursor");
    }
}

#[actix_web::test]
async fn borderline_is_said_where_it_is_asked_for_as_the_explanation_says_it() {
    let app = spawn_app().await;
    for a in app.snapshot.assignments.iter().filter(|a| a.customer_id.starts_with('C')).take(20) {
        let id = &a.customer_id;
        let explained = app.get(&format!("/v1/customers/{id}")).await.json()["borderline"].clone();
        let one = app.get(&format!("/v1/customers/{id}/segment?include=borderline")).await.json();
        let list = app.get(&format!("/v1/segments/lookup?ids={id}&include=borderline,rfm")).await.json();
        assert_eq!((&one["borderline"], &list["results"][0]["borderline"]), (&explained, &explained), "{id}");
    }
}

#[actix_web::test]
async fn co_assignment_is_said_alike_wherever_a_customer_is() {
    let app = spawn_app().await;
    let found = app.snapshot.co_assignment.clone().expect("the sample has one");
    let members = app.get("/v1/segments/2/customers?limit=10000").await.json();
    let members = members["customers"].as_array().expect("a list").clone();
    let rows = app.snapshot.assignments.iter().enumerate();
    for (row, a) in rows.filter(|(_, a)| a.customer_id.starts_with('C') && a.segment_id == 2).take(20) {
        let (id, share) = (&a.customer_id, Some(found.share(row)));
        let explained = app.get(&format!("/v1/customers/{id}")).await.json();
        let one = app.get(&format!("/v1/customers/{id}/segment?include=co_assignment")).await.json();
        let list = app.get(&format!("/v1/segments/lookup?ids={id}&include=co_assignment")).await.json();
        let member = members.iter().find(|member| member["customer_id"] == id.as_str()).expect("a member");
        for answer in [&explained, &one, &list["results"][0], member] {
            assert_eq!(answer["co_assignment"].as_f64().map(|said| said as f32), share, "{answer}");
        }
    }
    let csv = app.get("/v1/segments/2/export?include=co_assignment").await;
    let header = String::from_utf8_lossy(&csv.body).lines().next().map(str::to_owned);
    assert!(header.is_some_and(|header| header.ends_with(",co_assignment")));
}

#[actix_web::test]
async fn a_run_without_co_assignment_says_so_once_it_is_asked_for() {
    let app = spawn_app().await;
    let mut run = sample::snapshot(200, 4);
    run.co_assignment = None;
    run.count_placed_alike();
    run.seal().expect("a creation time");
    publish(&app.store, &run);
    app.wait_until_serving(&run.manifest.run_id).await;
    let id = "C0000001";
    let explained = app.get(&format!("/v1/customers/{id}")).await.json();
    assert_eq!(explained.get("co_assignment"), None);
    let list = app.get(&format!("/v1/segments/lookup?ids={id}&include=co_assignment")).await.json();
    assert_eq!(list["results"][0].get("co_assignment"), None);
    let detail = app.get("/v1/export?include=co_assignment").await.problem(400, "invalid_parameter");
    assert!(detail.contains("fits a model anew"), "{detail}");
}
