use serde_json::json;

use crate::helpers::spawn_app;

#[actix_web::test]
async fn the_model_in_force_says_what_it_is_and_how_far_customers_have_drifted() {
    let app = spawn_app().await;
    let manifest = &app.snapshot.manifest;
    let answer = app.get("/v1/model").await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let model = manifest.model.as_ref().expect("the sample has one");
    assert_eq!((&body["run_id"], &body["model"]["id"]), (&json!(manifest.run_id), &json!(model.id)));
    assert_eq!((&body["k"], &body["algorithm"]), (&json!(3), &json!("kmeans")));
    assert_eq!(body["features"], serde_json::to_value(&manifest.features).expect("JSON"));
    assert_eq!(body["drift"], serde_json::to_value(&manifest.drift).expect("JSON"));
    assert_eq!(body["foresight"], serde_json::to_value(&manifest.foresight).expect("JSON"));
    for (shown, segment) in body["segments"].as_array().expect("a list").iter().zip(&app.snapshot.segments) {
        assert_eq!((&shown["id"], &shown["key"]), (&json!(segment.id), &json!(segment.key)));
        assert_eq!(shown["centroid"], json!(segment.centroid));
        assert_eq!(shown["at_fit"]["key"], json!(segment.key));
    }
    app.get("/v1/model?x=1").await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn drift_and_foresight_are_gauges() {
    let app = spawn_app().await;
    let text = String::from_utf8(app.get("/metrics").await.body).expect("text");
    let manifest = &app.snapshot.manifest;
    let (model, drift) = (manifest.model.as_ref().expect("a model"), manifest.drift.as_ref().expect("drift"));
    let moved = drift.moved.as_ref().expect("a run before");
    let foresight = manifest.foresight.as_ref().expect("a look-back");
    let ratio = |customers: u64| customers as f64 / moved.known as f64;
    for line in [
        format!("segmentation_model_info{{model_id=\"{}\",name=\"{}\"}} 1", model.id, model.name),
        format!(
            "segmentation_drift_stability_index{{feature=\"recency\"}} {}",
            drift.features[0].stability_index
        ),
        format!("segmentation_drift_moved_ratio{{by=\"ageing\"}} {}", ratio(moved.by_ageing)),
        format!("segmentation_drift_moved_ratio{{by=\"purchases\"}} {}", ratio(moved.by_purchases)),
        format!("segmentation_drift_warnings {}", drift.warnings.len()),
        format!("segmentation_foresight_r_squared {}", foresight.r_squared),
        format!("segmentation_foresight_ceiling {}", foresight.ceiling()),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
}
