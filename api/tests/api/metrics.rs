use crate::helpers::{read, spawn_app, spawn_empty};

#[actix_web::test]
async fn requests_ids_and_the_run_are_counted() {
    let app = spawn_app().await;
    for _ in 0..3 {
        app.get("/v1/customers/C0000001/segment").await;
    }
    app.get("/v1/customers/nobody/segment").await;
    app.get("/nothing").await;
    read(app.request("BREW", "/v1/run")).await;
    let answer = app.get("/metrics").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4");
    let text = String::from_utf8(answer.body).expect("text");
    let route = "/v1/customers/{customer_id}/segment";
    let run_id = &app.snapshot.manifest.run_id;
    for line in [
        format!("segmentation_requests_total{{method=\"GET\",route=\"{route}\",status=\"200\"}} 3"),
        format!("segmentation_requests_total{{method=\"GET\",route=\"{route}\",status=\"404\"}} 1"),
        "segmentation_requests_total{method=\"GET\",route=\"unknown\",status=\"404\"} 1".to_owned(),
        "segmentation_requests_total{method=\"other\",route=\"/v1/run\",status=\"405\"} 1".to_owned(),
        format!("segmentation_request_duration_seconds_count{{route=\"{route}\"}} 4"),
        "segmentation_request_ids_count 4".to_owned(),
        format!("segmentation_run_info{{run_id=\"{run_id}\"}} 1"),
        "segmentation_ready 1".to_owned(),
        format!("segmentation_run_customers {}", app.snapshot.assignments.len()),
        "segmentation_data_until_timestamp_seconds 1323388800".to_owned(),
        "segmentation_run_created_timestamp_seconds 1323504001".to_owned(),
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line}\n{text}");
    }
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("there");
        line.trim().parse::<f64>().expect("a number")
    };
    assert!(value("process_resident_memory_bytes") > 1e6 && value("segmentation_run_memory_bytes") > 1e3);
}

#[actix_web::test]
async fn without_a_run_it_is_not_ready() {
    let app = spawn_empty(&[], |_| {});
    let text = String::from_utf8(app.get("/metrics").await.body).expect("text");
    assert!(text.lines().any(|line| line == "segmentation_ready 0"), "{text}");
    assert!(!text.contains("run_id="), "{text}");
}
