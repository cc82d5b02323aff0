use serde_json::json;

use crate::helpers::{encode, number, spawn_app};

#[actix_web::test]
async fn a_customer_is_explained_from_the_snapshot() {
    let app = spawn_app().await;
    for a in &app.snapshot.assignments {
        let body = app.get(&format!("/v1/customers/{}", encode(&a.customer_id))).await.json();
        let segment = &app.snapshot.segments[usize::from(a.segment_id) - 1];
        assert_eq!(
            (&body["customer_id"], &body["segment"]["id"]),
            (&json!(a.customer_id), &json!(a.segment_id))
        );
        assert_eq!(body["silhouette"], number(a.silhouette));
        assert_eq!(body["description"], serde_json::to_value(&segment.description).expect("a plain struct"));
        let features = body["features"].as_array().expect("a list");
        for (i, feature) in features.iter().enumerate() {
            assert_eq!(feature["value"], a.features[i]);
            assert_eq!(feature["segment_median"], segment.features[i].median);
            let column: Vec<_> = app.snapshot.assignments.iter().map(|other| other.features[i]).collect();
            let below = column.iter().filter(|&&v| v < a.features[i]).count() as f64;
            let equal = column.iter().filter(|&&v| v == a.features[i]).count() as f64;
            let exact = 100.0 * (below + equal / 2.0) / column.len() as f64;
            let seen = feature["percentile"].as_f64().expect("a number");
            // The grid is of 1,001 points; with 208 customers one is half a percent.
            assert!((seen - exact).abs() < 0.6, "{seen} {exact}");
        }
        let own = body["distance"].as_f64().expect("a number");
        let second = body["second"]["distance"].as_f64().expect("three segments");
        assert_ne!(body["second"]["segment"]["id"], a.segment_id);
        assert_eq!(body["borderline"], a.silhouette < 0.1 || second <= 1.1 * own);
    }
}

#[actix_web::test]
async fn the_distance_is_that_of_the_formula() {
    let app = spawn_app().await;
    let a = app.snapshot.find("C0000007").expect("in the sample");
    let body = app.get("/v1/customers/C0000007").await.json();
    let centroid = &app.snapshot.segments[usize::from(a.segment_id) - 1].centroid;
    let matrix = app.snapshot.manifest.features.iter().zip(&a.features);
    let row = matrix.map(|(f, v)| ((v / f.divisor).ln_1p() - f.center) / f.scale);
    let expected = row.zip(centroid).map(|(x, c)| (x - c) * (x - c)).sum::<f64>().sqrt();
    assert!((body["distance"].as_f64().expect("a number") - expected).abs() < 1e-12);
}

#[actix_web::test]
async fn an_unknown_customer_is_not_explained() {
    let app = spawn_app().await;
    app.get("/v1/customers/nobody").await.problem(404, "customer_not_found");
    app.get("/v1/customers/%ff").await.problem(400, "invalid_id");
    app.get("/v1/customers/").await.problem(404, "route_not_found");
}
