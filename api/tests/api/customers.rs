use api::keys::Scope;
use serde_json::{Value, json};

use crate::helpers::{Answer, encode, number, read, spawn_app};
use crate::keys::KeyRing;
use crate::sample;

#[actix_web::test]
async fn a_customer_gets_the_segment_of_the_snapshot() {
    let app = spawn_app().await;
    let expected = app.snapshot.find("C0000007").expect("in the sample");
    let segment = &app.snapshot.segments[usize::from(expected.segment_id) - 1];
    let answer = app.get("/v1/customers/C0000007/segment").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "run_id": app.snapshot.manifest.run_id,
            "customer_id": "C0000007",
            "segment": {"id": segment.id, "key": segment.key, "name": {"en": segment.name.en, "pt_br": segment.name.pt_br}},
            "silhouette": number(expected.silhouette),
            "reference_date": "2011-12-10",
        })
    );
}

#[actix_web::test]
async fn every_customer_is_answered_from_the_snapshot() {
    let app = spawn_app().await;
    for a in &app.snapshot.assignments {
        let answer = app.get(&format!("/v1/customers/{}/segment", encode(&a.customer_id))).await;
        assert_eq!(answer.status, 200, "{:?}", a.customer_id);
        let body = answer.json();
        assert_eq!(body["customer_id"], a.customer_id);
        assert_eq!(body["segment"]["id"], a.segment_id);
    }
}

#[actix_web::test]
async fn ids_are_compared_exactly() {
    let app = spawn_app().await;
    for id in
        ["c0000007", "C0000007 ", " C0000007", "C000000", "C00000070", "a%2Cb", "cafe\u{301} ☕", "%252F"]
    {
        let answer = app.get(&format!("/v1/customers/{}/segment", encode(id))).await;
        let detail = answer.problem(404, "customer_not_found");
        assert!(detail.contains(&app.snapshot.manifest.run_id), "{detail}");
        assert_eq!(answer.header("run-id"), app.snapshot.manifest.run_id);
    }
}

#[actix_web::test]
async fn an_unescaped_id_is_taken_as_sent() {
    let app = spawn_app().await;
    for (path, id) in [("a,b", "a,b"), ("%252F", "%2F"), ("100%25", "100%"), ("a%2fb", "a/b")] {
        let answer = app.get(&format!("/v1/customers/{path}/segment")).await;
        assert_eq!(answer.json()["customer_id"], id, "{path}");
    }
    assert_eq!(sample::ODD_IDS.len(), 8);
}

#[actix_web::test]
async fn an_id_that_nobody_can_have_is_a_problem() {
    let app = spawn_app().await;
    for raw in ["%zz", "%", "%ff", "%C3", &"x".repeat(257)] {
        let answer = app.raw(
            format!("GET /v1/customers/{raw}/segment HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                .as_bytes(),
        );
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("\"invalid_id\""), "{raw}: {answer}");
    }
    app.get("/v1/customers//segment").await.problem(404, "route_not_found");
    app.get("/v1/customers/a/b/segment").await.problem(404, "route_not_found");
}

#[actix_web::test]
async fn a_parameter_that_does_not_exist_is_refused() {
    let app = spawn_app().await;
    let detail = app.get("/v1/customers/C0000007/segment?lang=pt").await.problem(400, "unknown_parameter");
    assert!(detail.contains("\"lang\""), "{detail}");
}

#[actix_web::test]
async fn every_customer_gets_the_same_text_both_ways() {
    let app = spawn_app().await;
    for a in app.snapshot.assignments.iter().filter(|a| a.customer_id.starts_with('C')) {
        let path = format!("/v1/customers/{}/segment", a.customer_id);
        // A query, even an empty one, is for the route table.
        assert_eq!(app.get(&path).await.body, app.get(&format!("{path}?")).await.body);
    }
}

/// The plain case is answered ahead of the route table (`direct`), anything else by it.
#[actix_web::test]
async fn both_ways_to_a_single_lookup_give_the_same_answer() {
    let (ring, dir) = (KeyRing::new(), tempfile::tempdir().expect("a directory"));
    let key = ring.create(&[Scope::AssignmentsRead], Some(600));
    let audit = dir.path().join("audit.log").display().to_string();
    let app = ring.spawn(&["--audit", &audit]).await;
    let ask = |encoding: Option<&'static str>| {
        let request = app.request("GET", "/v1/customers/C0000007/segment");
        let request = request.header("authorization", format!("Bearer {key}"));
        read(encoding.into_iter().fold(request, |request, value| request.header("accept-encoding", value)))
    };
    // Weights are for the route table.
    let (direct, listed, routed) =
        (ask(None).await, ask(Some("gzip, br")).await, ask(Some("identity;q=1")).await);
    let head = |answer: &Answer| {
        let mut headers: Vec<_> = answer.headers.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
        headers.retain(|(name, _)| !["date", "ratelimit-remaining"].contains(&name.as_str()));
        headers.sort_by(|a, b| a.0.cmp(&b.0));
        headers
    };
    assert_eq!((direct.status, routed.status), (200, 200));
    assert!(head(&direct).len() >= 12, "{:?}", direct.headers);
    assert_eq!((head(&direct), &direct.body), (head(&routed), &routed.body));
    assert_eq!((head(&listed), &listed.body), (head(&routed), &routed.body));
    let lines = std::fs::read_to_string(&audit).expect("the audit");
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        let fields = line.as_object_mut().expect("an object");
        assert!(fields.remove("time").is_some() && fields.remove("micros").is_some());
        line
    };
    let lines: Vec<_> = lines.lines().map(line).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:?}");
}
