use std::sync::{Arc, Mutex};

use segmentation_lib::progress::Progress;
use segmentation_lib::record::{ForecastError, Snapshot, SnapshotError, content_digest};
use segmentation_lib::store::{PublishOptions, Store, StoreError};

use crate::{cancelling, empty, publish, sample};

#[test]
fn what_is_loaded_is_what_was_published() {
    let (_dir, store) = empty();
    let snapshot = sample::snapshot(10_000, 1);
    let run_id = publish(&store, &snapshot);
    assert_eq!(run_id.as_str(), snapshot.manifest.run_id);
    assert_eq!(store.current().expect("readable"), Some(run_id.clone()));
    assert_eq!(store.open_current().expect("readable"), snapshot);
    assert_eq!(content_digest(&snapshot), snapshot.manifest.content_sha256);
    for id in sample::ODD_IDS {
        assert_eq!(snapshot.find(id).map(|a| a.customer_id.as_str()), Some(id));
    }
    assert_eq!(snapshot.find("nobody"), None);
}

#[test]
fn a_run_without_customers_can_be_published() {
    let (_dir, store) = empty();
    let mut snapshot = sample::snapshot(0, 1);
    snapshot.assignments.clear();
    snapshot.segments.clear();
    snapshot.manifest.customers = 0;
    (snapshot.rfm, snapshot.manifest.forecast, snapshot.forecasts) = (None, None, None);
    snapshot.co_assignment = None;
    snapshot.seal().expect("the creation time is valid");
    publish(&store, &snapshot);
    assert_eq!(store.open_current().expect("readable"), snapshot);
}

#[test]
fn provenance_does_not_change_the_digest_and_content_does() {
    let snapshot = sample::snapshot(50, 1);
    let digest = content_digest(&snapshot);
    let mut other = snapshot.clone();
    other.manifest.source.inputs.clear();
    other.manifest.parameters.clear();
    other.manifest.created_at = "2012-01-01T00:00:00Z".to_owned();
    assert_eq!(content_digest(&other), digest);
    other.assignments[7].features[0] += 1.0;
    assert_ne!(content_digest(&other), digest);
}

#[test]
fn an_empty_store_has_no_run() {
    let (_dir, store) = empty();
    assert_eq!(store.current().expect("readable"), None);
    assert!(store.runs().expect("readable").is_empty());
    assert!(matches!(store.open_current(), Err(StoreError::NoRun { .. })));
    assert!(matches!(store.rollback(None), Err(StoreError::NoRun { .. })));
}

#[test]
fn runs_are_listed_newest_first_and_the_oldest_retired() {
    let (_dir, store) = empty();
    let keep = PublishOptions { keep: 2, ..PublishOptions::default() };
    let ids: Vec<_> = (1..=4)
        .map(|seed| store.publish(&sample::snapshot(5, seed), &keep, &Progress::silent()).expect("published"))
        .collect();
    let runs = store.runs().expect("readable");
    let listed: Vec<_> = runs.iter().map(|run| (run.run_id.clone(), run.current)).collect();
    assert_eq!(listed, [(ids[3].clone(), true), (ids[2].clone(), false)]);
    assert!(runs.iter().all(|run| run.manifest.as_ref().is_ok_and(|m| m.run_id == run.run_id.as_str())));
}

#[test]
fn the_run_that_a_campaign_is_measured_from_stays() {
    let (_dir, store) = empty();
    let keep = PublishOptions { keep: 2, ..PublishOptions::default() };
    let night = |seed: u64, share: Option<f64>| {
        let mut snapshot = sample::snapshot(5, seed);
        let share = share.map(|share| ("holdout".to_owned(), serde_json::json!(share)));
        snapshot.manifest.parameters.extend(share);
        store.publish(&snapshot, &keep, &Progress::silent()).expect("published")
    };
    let listed = || -> Vec<_> { store.runs().expect("readable").into_iter().map(|run| run.run_id).collect() };
    night(1, None);
    let ids: Vec<_> = (2..=7).map(|seed| night(seed, Some(0.1))).collect();
    assert_eq!(listed(), [ids[5].clone(), ids[4].clone(), ids[0].clone()]);
    // It has ended.
    let after = night(8, None);
    assert_eq!(listed(), [after, ids[5].clone()]);
}

#[test]
fn rollback_moves_to_the_previous_or_the_named_run() {
    let (_dir, store) = empty();
    let ids: Vec<_> = (1..=3).map(|seed| publish(&store, &sample::snapshot(5, seed))).collect();
    assert_eq!(store.rollback(None).expect("there is one before"), ids[1]);
    assert_eq!(store.rollback(None).expect("there is one before"), ids[0]);
    assert!(
        matches!(store.rollback(None), Err(StoreError::NothingBefore { current: Some(id) }) if id == ids[0])
    );
    assert_eq!(store.rollback(Some(&ids[2])).expect("it is there"), ids[2]);
    assert_eq!(store.current().expect("readable"), Some(ids[2].clone()));
    let unknown = "20000101T000000Z-00000000".parse().expect("a valid id");
    assert!(matches!(store.rollback(Some(&unknown)), Err(StoreError::UnknownRun { .. })));
}

#[test]
fn the_current_run_is_never_retired() {
    let (_dir, store) = empty();
    let keep = |n| PublishOptions { keep: n, ..PublishOptions::default() };
    let newest = publish(&store, &sample::snapshot(5, 9));
    // Older by its creation time, published later: outside the newest one, but current.
    let older = store.publish(&sample::snapshot(5, 2), &keep(0), &Progress::silent()).expect("published");
    let listed: Vec<_> = store.runs().expect("readable").into_iter().map(|run| run.run_id).collect();
    assert_eq!(listed, [newest, older.clone()]);
    assert_eq!(store.current().expect("readable"), Some(older));
}

#[test]
fn publishing_the_same_run_again_moves_the_pointer_only() {
    let (_dir, store) = empty();
    let first = sample::snapshot(5, 1);
    let id = publish(&store, &first);
    publish(&store, &sample::snapshot(5, 2));
    assert_eq!(publish(&store, &first), id);
    assert_eq!(store.current().expect("readable"), Some(id));
    assert_eq!(store.runs().expect("readable").len(), 2);
}

#[test]
fn two_publishers_cannot_interleave() {
    let (_dir, store) = empty();
    let second: Arc<Mutex<Option<Result<_, StoreError>>>> = Arc::default();
    let (slot, inner) = (second.clone(), store.clone());
    let progress = Progress::new(move |update| {
        if update.stage == "write" {
            let options = PublishOptions::default();
            let result = inner.publish(&sample::snapshot(5, 2), &options, &Progress::silent());
            *slot.lock().expect("not poisoned") = Some(result);
        }
    });
    let first = sample::snapshot(5, 1);
    store.publish(&first, &PublishOptions::default(), &progress).expect("published");
    let seen = second.lock().expect("not poisoned").take();
    assert!(matches!(seen, Some(Err(StoreError::Locked { .. }))), "{seen:?}");
    assert_eq!(store.open_current().expect("readable"), first);
}

#[test]
fn a_cancelled_publish_leaves_the_run_before_it() {
    let (_dir, store) = empty();
    let id = publish(&store, &sample::snapshot(5, 1));
    let progress = Progress::silent();
    progress.cancel();
    let result = store.publish(&sample::snapshot(5, 2), &PublishOptions::default(), &progress);
    assert!(matches!(result, Err(StoreError::Cancelled(_))));
    assert_eq!(store.current().expect("readable"), Some(id));
}

#[test]
fn a_publish_cancelled_half_way_leaves_no_files() {
    let (_dir, store) = empty();
    // By the fifth step the database is written.
    let progress = cancelling(|update| update.stage == "publish" && update.done == 4);
    let result = store.publish(&sample::snapshot(5, 1), &PublishOptions::default(), &progress);
    assert!(matches!(result, Err(StoreError::Cancelled(_))), "{result:?}");
    assert_eq!(std::fs::read_dir(store.root().join("staging")).expect("listed").count(), 0);
}

#[test]
fn a_store_in_an_unwritable_place_says_so() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let store = Store::at(file.path().join("store"));
    let result = store.publish(&sample::snapshot(5, 1), &PublishOptions::default(), &Progress::silent());
    assert!(matches!(result, Err(StoreError::Io { action: "create the directory", .. })), "{result:?}");
}

/// Breaks a good snapshot, seals it again, and gives what its validation says.
fn broken(break_it: impl FnOnce(&mut Snapshot)) -> SnapshotError {
    let mut snapshot = sample::snapshot(5, 1);
    break_it(&mut snapshot);
    snapshot.seal().expect("the creation time is valid");
    snapshot.validate().expect_err("the snapshot is broken")
}

#[test]
fn every_contradiction_is_refused_with_its_place() {
    use SnapshotError::*;
    assert!(matches!(broken(|s| s.manifest.format_version = 99), Format { seen: 99 }));
    assert!(matches!(broken(|s| s.assignments[0].customer_id.clear()), IdLength { row: 0, bytes: 0 }));
    assert!(matches!(
        broken(|s| s.assignments[12].customer_id = "é".repeat(129)),
        IdLength { row: 12, bytes: 258 }
    ));
    assert!(matches!(broken(|s| s.assignments.swap(3, 4)), Order { row: 4, .. }));
    assert!(matches!(
        broken(|s| s.assignments[3].customer_id = s.assignments[2].customer_id.clone()),
        Order { row: 3, .. }
    ));
    assert!(matches!(broken(|s| s.assignments[2].segment_id = 9), UnknownSegment { row: 2, segment: 9, .. }));
    assert!(matches!(broken(|s| s.segments[1].id = 1), SegmentId { id: 1, place: 2 }));
    assert!(matches!(broken(|s| s.segments[1].id = 0), SegmentId { id: 0, place: 2 }));
    assert!(matches!(broken(|s| s.segments[0].customers += 1), Count { .. }));
    assert!(matches!(broken(|s| s.manifest.customers += 1), Count { .. }));
    assert!(matches!(broken(|s| s.assignments[1].features.push(0.0)), Width { seen: 4, expected: 3, .. }));
    assert!(matches!(broken(|s| s.segments[0].centroid.clear()), Width { seen: 0, expected: 3, .. }));
    assert!(matches!(broken(|s| s.assignments[1].features[0] = f64::NAN), Number { .. }));
    assert!(matches!(broken(|s| s.assignments[1].silhouette = f32::INFINITY), Number { .. }));
    assert!(matches!(broken(|s| s.manifest.features[0].scale = 0.0), Number { .. }));
    assert!(matches!(broken(|s| s.manifest.candidates[0].inertia = Some(f64::NAN)), Number { .. }));
    assert!(matches!(broken(|s| s.segments[0].revenue_share = f64::NAN), Number { .. }));
    assert!(matches!(broken(|s| s.forecasts = None), Forecast(ForecastError::Apart)));
    let row = |s: &mut Snapshot| {
        s.forecasts.as_mut().and_then(|all| all.rows[0].as_mut()).expect("a forecast").alive = Some(2.0)
    };
    assert!(matches!(broken(row), Forecast(ForecastError::Row { row: 0 })));
    let sum =
        |s: &mut Snapshot| s.segments[0].forecast.as_mut().expect("a sum").expected_purchases = f64::NAN;
    assert!(matches!(broken(sum), Number { place, .. } if place == "the forecast"));
    assert!(matches!(broken(|s| s.manifest.candidates[1].davies_bouldin = Some(f64::NAN)), Number { .. }));
    let sheet = |s: &mut Snapshot| s.manifest.decision_sheet.take().expect("the sample has one");
    assert!(matches!(
        broken(|s| {
            let mut sheet = sheet(s);
            sheet.by_k[1].jaccard[1] = f64::NAN;
            s.manifest.decision_sheet = Some(sheet);
        }),
        Number { place, .. } if place == "decision sheet at k = 2"
    ));
}

/// What formats 1 and 2 did not have.
fn without_later_blocks(snapshot: &mut Snapshot) {
    snapshot.co_assignment = None;
    snapshot.count_placed_alike();
    let manifest = &mut snapshot.manifest;
    (manifest.model, manifest.drift, manifest.naming) = (None, None, None);
    manifest.foresight = None;
    for candidate in &mut manifest.candidates {
        (candidate.largest_share, candidate.r_squared, candidate.recovery) = (None, None, None);
    }
    for row in manifest.decision_sheet.iter_mut().flat_map(|sheet| &mut sheet.by_k) {
        (row.r_squared, row.refits) = (None, None);
    }
    manifest.blocks.clear();
    (snapshot.rfm, snapshot.manifest.forecast, snapshot.forecasts) = (None, None, None);
    for segment in &mut snapshot.segments {
        (segment.condition, segment.came_back) = (None, None);
        (segment.forecast, segment.repeat_buyers) = (None, None);
        segment.best_products.clear();
    }
}

/// The digest was recorded with the last version that wrote format 1.
#[test]
fn a_run_of_format_1_keeps_its_digest() {
    let mut snapshot = sample::snapshot(5, 1);
    without_later_blocks(&mut snapshot);
    snapshot.manifest.decision_sheet = None;
    for candidate in &mut snapshot.manifest.candidates {
        (candidate.calinski_harabasz, candidate.davies_bouldin) = (None, None);
    }
    assert_eq!(content_digest(&snapshot), "a234ed010f7c91b144415214891d91661b333fcbfedcbfda6c66c750725d6718");
    let stored = serde_json::to_value(&snapshot.manifest).expect("plain structs");
    assert!(
        stored.get("decision_sheet").is_none() && stored["candidates"][0].get("davies_bouldin").is_none()
    );
}

#[test]
fn the_decision_sheet_and_the_indices_are_content() {
    let whole = sample::snapshot(5, 1);
    let mut other = whole.clone();
    other.manifest.decision_sheet.as_mut().expect("the sample has one").votes[0].k = Some(4);
    assert_ne!(content_digest(&whole), content_digest(&other));
    let mut other = whole.clone();
    other.manifest.candidates[0].calinski_harabasz = None;
    assert_ne!(content_digest(&whole), content_digest(&other));
}

#[test]
fn a_change_after_the_seal_is_refused() {
    let mut snapshot = sample::snapshot(5, 1);
    snapshot.assignments[0].features[0] += 1.0;
    assert!(matches!(snapshot.validate(), Err(SnapshotError::Seal { field: "content_sha256", .. })));
    let mut snapshot = sample::snapshot(5, 1);
    snapshot.manifest.run_id = "20111210T080001Z-00000000".to_owned();
    assert!(matches!(snapshot.validate(), Err(SnapshotError::Seal { field: "run_id", .. })));
    snapshot.manifest.created_at = "today".to_owned();
    assert_eq!(snapshot.seal(), Err(SnapshotError::CreatedAt { seen: "today".to_owned() }));
}
