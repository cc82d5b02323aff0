use crate::helpers::{publish, spawn_app, spawn_empty};
use crate::sample;

#[actix_web::test]
async fn without_a_run_it_lives_and_is_not_ready() {
    let app = spawn_empty(&[], |_| {});
    let live = app.get("/health/live").await;
    assert_eq!((live.status, live.json()["status"].as_str()), (200, Some("live")));
    // Until the watcher has looked, the reason is that it is loading.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    for path in
        ["/health/ready", "/v1/run", "/v1/segments", "/v1/customers/a/segment", "/v1/segments/lookup?ids=a"]
    {
        let detail = app.get(path).await.problem(503, "no_run");
        assert!(detail.contains("segment run"), "{detail}");
    }
    let first = sample::snapshot(20, 1);
    publish(&app.store, &first);
    app.wait_until_serving(&first.manifest.run_id).await;
    assert_eq!(app.get("/v1/run").await.status, 200);
}

#[actix_web::test]
async fn ready_names_the_run_and_its_memory() {
    let app = spawn_app().await;
    let body = app.get("/health/ready").await.json();
    assert_eq!(body["run_id"], app.snapshot.manifest.run_id);
    assert_eq!(body["customers"], app.snapshot.assignments.len());
    assert!(body["bytes"].as_u64().is_some_and(|bytes| bytes > 0) && body["trouble"].is_null(), "{body}");
}
