use serde_json::{Value, json};

use crate::helpers::spawn_app;

const PATH: &str = "/v1/classify";

#[actix_web::test]
async fn a_customer_of_the_run_is_placed_at_the_nearest_centroid() {
    let app = spawn_app().await;
    let names: Vec<_> = app.snapshot.manifest.features.iter().map(|f| f.name.clone()).collect();
    let customers: Vec<Value> = app
        .snapshot
        .assignments
        .iter()
        .map(|a| {
            let features: serde_json::Map<_, _> =
                names.iter().cloned().zip(a.features.iter().map(|&v| json!(v))).collect();
            json!({"id": a.customer_id, "features": features})
        })
        .collect();
    let answer = app.post_json(PATH, &json!({ "customers": customers })).await;
    assert_eq!((answer.status, answer.header("run-id")), (200, app.snapshot.manifest.run_id.as_str()));
    let body = answer.json();
    let results = body["results"].as_array().expect("a list");
    assert_eq!(results.len(), customers.len());
    for (result, a) in results.iter().zip(&app.snapshot.assignments) {
        assert_eq!((&result["id"], &result["status"]), (&json!(a.customer_id), &json!("placed")));
        let explained =
            app.get(&format!("/v1/customers/{}", crate::helpers::encode(&a.customer_id))).await.json();
        let place = &result["place"];
        if place["segment"]["id"] == explained["segment"]["id"] {
            assert_eq!(
                (&place["distance"], &place["second"]),
                (&explained["distance"], &explained["second"])
            );
        } else {
            assert_eq!(place["distance"], explained["second"]["distance"], "the nearest is not the own");
        }
        assert!(place["distance"].as_f64() <= place["second"]["distance"].as_f64());
    }
}

#[actix_web::test]
async fn transactions_give_the_features() {
    let app = spawn_app().await;
    let body = json!({"customers": [
        {"id": "a", "transactions": [
            {"date": "2011-12-01", "amount_pennies": 1000},
            {"date": "2011-12-01T10:30:00", "amount_pennies": 500},
            {"date": "2011-12-08", "amount_pennies": -200}]},
        {"features": {"recency": 9, "frequency": 1, "monetary": 1300}},
    ]});
    let results = app.post_json(PATH, &body).await.json()["results"].clone();
    assert_eq!(results[0]["place"], results[1]["place"]);
    assert_eq!((&results[0]["id"], &results[1]["id"]), (&json!("a"), &Value::Null));
    let values: Vec<_> = (0..3).map(|i| results[0]["place"]["features"][i]["value"].clone()).collect();
    assert_eq!(values, [json!(9.0), json!(1.0), json!(1300.0)]);
}

#[actix_web::test]
async fn one_bad_customer_does_not_spoil_the_others() {
    let app = spawn_app().await;
    let good = json!({"recency": 9, "frequency": 1, "monetary": 1300});
    let body = json!({"customers": [
        {"features": good},
        {},
        {"features": good, "transactions": []},
        {"features": {"recency": 9, "frequency": 1}},
        {"features": {"recency": 9, "frequency": 1, "monetary": 1300, "mood": 2}},
        {"transactions": []},
        {"transactions": [{"date": "01/12/2011", "amount_pennies": 1}]},
        {"transactions": [{"date": "2011-12-11", "amount_pennies": 1}]},
        {"features": good},
    ]});
    let results = app.post_json(PATH, &body).await.json()["results"].clone();
    let reasons = [
        None,
        Some("either features or transactions"),
        Some("either features or transactions"),
        Some("monetary is missing"),
        Some("\"mood\" is not a feature"),
        Some("no transaction"),
        Some("\"01/12/2011\" is not a date"),
        Some("after the run's reference date"),
        None,
    ];
    for (i, reason) in reasons.iter().enumerate() {
        let result = &results[i];
        match reason {
            None => assert_eq!(result["status"], "placed"),
            Some(part) => {
                assert_eq!(result["status"], "invalid");
                assert!(result["reason"].as_str().is_some_and(|text| text.contains(part)), "{result}");
            }
        }
    }
}

#[actix_web::test]
async fn a_wrong_body_is_a_problem() {
    let app = spawn_app().await;
    for body in [
        "",
        "{}",
        r#"{"customers": [{"id": 1.5}]}"#,
        r#"{"customers": [{"features": {"recency": "x"}}]}"#,
        r#"{"customers": [{"features": {"recency": 1e999}}]}"#,
        r#"{"customers": [{"name": "x"}]}"#,
    ] {
        app.post(PATH, "application/json", body).await.problem(400, "invalid_body");
    }
    app.post(PATH, "text/csv", "x").await.problem(415, "unsupported_media_type");
    let answer = app.get(PATH).await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    let many = json!({ "customers": vec![json!({}); 10_001] });
    app.post_json(PATH, &many).await.problem(413, "too_many_ids");
}

#[actix_web::test]
async fn whole_pennies_may_be_written_with_a_decimal_point() {
    let app = spawn_app().await;
    let customer = |amount: &str| {
        format!(
            "{{\"customers\": [{{\"transactions\": [{{\"date\": \"2011-12-01\", \"amount_pennies\": {amount}}}]}}]}}"
        )
    };
    let whole = app.post(PATH, "application/json", customer("1530")).await.json();
    assert_eq!(app.post(PATH, "application/json", customer("1530.0")).await.json(), whole);
    for wrong in ["1530.5", "1e300", "9223372036854775808", "\"1530\"", "null"] {
        app.post(PATH, "application/json", customer(wrong)).await.problem(400, "invalid_body");
    }
}
