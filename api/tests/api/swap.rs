use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::helpers::{publish, spawn_app, spawn_empty};
use crate::sample;

#[actix_web::test]
async fn new_runs_and_rollbacks_are_picked_up_without_a_failed_or_mixed_answer() {
    let app = Arc::new(spawn_app().await);
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (app, stop, asked) = (app.clone(), stop.clone(), asked.clone());
            actix_web::rt::spawn(async move {
                let later = (2..=6).map(|seed| sample::snapshot(200, seed));
                let snapshots: Vec<_> = [app.snapshot.clone()].into_iter().chain(later).collect();
                while !stop.load(Ordering::Relaxed) {
                    let answer = app.get("/v1/customers/C0000007/segment").await;
                    assert_eq!(answer.status, 200);
                    let body = answer.json();
                    let of = snapshots
                        .iter()
                        .find(|s| s.manifest.run_id == body["run_id"])
                        .expect("a published run");
                    // Every part of an answer is of the run it names.
                    assert_eq!(body["segment"]["id"], of.find("C0000007").expect("there").segment_id);
                    assert_eq!(answer.header("run-id"), of.manifest.run_id);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for seed in 2..=6 {
        let next = sample::snapshot(200, seed);
        publish(&app.store, &next);
        app.wait_until_serving(&next.manifest.run_id).await;
    }
    let before = app.store.rollback(None).expect("there is one before");
    app.wait_until_serving(before.as_str()).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no client failed");
    }
    assert!(asked.load(Ordering::Relaxed) > 50, "{asked:?}");
}

#[actix_web::test]
async fn a_bad_run_is_refused_and_the_old_one_served_on() {
    let app = spawn_app().await;
    let old = app.snapshot.manifest.run_id.clone();
    fs::write(app.store.root().join("CURRENT"), "not a run id\n").expect("writable");
    wait_for_trouble(&app, "not a run id").await;
    assert_eq!(app.get("/v1/run").await.json()["run_id"], old);
    fs::write(app.store.root().join("CURRENT"), "20200101T000000Z-00000000\n").expect("writable");
    wait_for_trouble(&app, "20200101T000000Z-00000000 is not in").await;
    fs::remove_dir_all(app.store.root()).expect("removable");
    wait_for_trouble(&app, "no run was published").await;
    assert_eq!(app.get("/v1/customers/C0000007/segment").await.status, 200);
    let next = sample::snapshot(20, 3);
    publish(&app.store, &next);
    app.wait_until_serving(&next.manifest.run_id).await;
    assert!(app.get("/health/ready").await.json()["trouble"].is_null());
}

async fn wait_for_trouble(app: &crate::helpers::TestApp, part: &str) {
    for _ in 0..500 {
        let body = app.get("/health/ready").await.json();
        if body["trouble"].as_str().is_some_and(|text| text.contains(part)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never in trouble for {part:?}");
}

#[actix_web::test]
async fn a_damaged_run_at_start_is_named_and_its_repair_served() {
    let snapshot = sample::snapshot(20, 1);
    let app = spawn_empty(&[], |store| {
        let run_id = publish(store, &snapshot);
        fs::write(store.root().join("runs").join(run_id.as_str()).join("db"), "x").expect("writable");
    });
    let mut detail = String::new();
    for _ in 0..500 {
        detail = app.get("/v1/run").await.problem(503, "no_run");
        if detail.contains("damaged") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        detail.contains("file db is not what was written") && detail.contains("go back to another run"),
        "{detail}"
    );
    publish(&app.store, &snapshot);
    app.wait_until_serving(&snapshot.manifest.run_id).await;
}
