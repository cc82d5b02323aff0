//! What is published holds: from one night to the next, through months, and through a refit.
#![cfg(feature = "analysis")]

use std::path::{Path, PathBuf};

use polars::prelude::*;
use segmentation_lib::pipeline::{Fit, Pipeline, Run};
use segmentation_lib::progress::Progress;
use segmentation_lib::record::Snapshot;
use segmentation_lib::transactions::ReadOptions;

fn cdnow() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/cdnow/CDNOW_master.txt")
}

fn online_retail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/online-retail/OnlineRetail.parquet")
}

fn run(previous: Option<&Snapshot>, fit: Fit, created_at: &str, files: &[PathBuf]) -> Run {
    let pipeline = Pipeline {
        previous: previous.cloned(),
        fit,
        created_at: Some(created_at.to_owned()),
        ..Pipeline::default()
    };
    pipeline.run(files, &Progress::silent()).expect("a run")
}

fn keys(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.segments.iter().map(|segment| segment.key.as_str()).collect()
}

/// Share of the customers of both who carry another name.
fn moved(before: &Snapshot, now: &Snapshot) -> f64 {
    let pairs = before.assignments.iter().filter_map(|a| Some((a, now.segment_of(&a.customer_id)?)));
    let (mut known, mut moved) = (0, 0);
    for (assignment, after) in pairs {
        known += 1;
        moved += u64::from(before.segment(assignment.segment_id).is_none_or(|s| s.key != after.key));
    }
    moved as f64 / known as f64
}

#[test]
fn one_more_day_of_purchases_moves_hardly_anybody_with_the_model_in_force_or_a_refit() {
    let next_day = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cdnow-1998-07-01.csv");
    let first = run(None, Fit::WithoutModel, "1998-07-01T06:00:00Z", &[cdnow()]).snapshot;
    let chosen = first.manifest.candidates.iter().find(|c| c.chosen).expect("a choice");
    assert!(chosen.recovery.as_ref().is_some_and(|recovery| recovery.holds()), "{chosen:?}");
    assert!(first.segments.iter().all(|s| (0.02..=0.6).contains(&s.customer_share)));
    let foresight = first.manifest.foresight.as_ref().expect("a look-back");
    assert!(foresight.kept() >= Some(0.85), "{foresight:?}");
    assert!(first.segments.iter().all(|segment| segment.key != "lost"));

    let both = [cdnow(), next_day];
    let night = run(Some(&first), Fit::WithoutModel, "1998-07-02T06:00:00Z", &both).snapshot;
    assert_eq!(night.manifest.model, first.manifest.model);
    let drift = night.manifest.drift.as_ref().and_then(|drift| drift.moved.as_ref()).expect("a run before");
    assert!((drift.share() - moved(&first, &night)).abs() < 1e-12);
    assert!(drift.share() < 0.01, "{drift:?}");

    let [fitted, applied] = [&first, &night].map(|run| run.co_assignment.as_ref().expect("resampled"));
    assert_eq!(applied.resamples, fitted.resamples);
    assert_eq!((fitted.resamples.len(), applied.alike.len()), (100, night.assignments.len()));
    // Everybody's segment is at least a pattern: most are in it in most draws.
    let placed_alike = |run: &Snapshot| run.segments.iter().all(|s| s.placed_alike >= Some(0.5));
    assert!(placed_alike(&first) && placed_alike(&night), "{:?}", night.segments);

    let refit = run(Some(&first), Fit::Continue, "1998-07-02T06:00:00Z", &both).snapshot;
    assert!(moved(&first, &refit) < 0.02, "{}", moved(&first, &refit));
    assert_eq!(keys(&refit), keys(&first));
    assert!(refit.manifest.reason.en.contains("the segments in force"), "{}", refit.manifest.reason.en);
}

#[test]
fn the_same_data_again_give_the_same_content_and_move_nobody() {
    for file in [cdnow(), online_retail()] {
        let files = [file];
        let first = run(None, Fit::WithoutModel, "2012-01-01T06:00:00Z", &files).snapshot;
        let again = run(Some(&first), Fit::WithoutModel, "2012-01-02T06:00:00Z", &files).snapshot;
        assert!(again.changes.is_none(), "{files:?}");
        assert_eq!(again.manifest.silhouette, first.manifest.silhouette, "{files:?}");
        assert_eq!(again.manifest.content_sha256, first.manifest.content_sha256, "{files:?}");
    }
}

/// A table of types and a file of text, held in memory and put into temporary files.
#[test]
fn memory_that_does_not_hold_the_rows_changes_nothing() {
    for file in [cdnow(), online_retail()] {
        let held = |rows_in_memory: usize| {
            let read = ReadOptions { rows_in_memory, ..ReadOptions::default() };
            let run = Pipeline { read, ..Pipeline::default() }.run(&[&file], &Progress::silent());
            let run = run.expect("a run");
            (run.transactions.is_spilled(), run.snapshot.manifest.content_sha256)
        };
        let (whole, spilled) = (held(1_000_000), held(20_000));
        assert!(!whole.0 && spilled.0);
        assert_eq!(whole.1, spilled.1, "{file:?}");
    }
}

#[test]
fn through_months_names_stay_and_customers_move_for_reasons_of_their_own() {
    let path = online_retail();
    let folder = tempfile::tempdir().expect("a folder");
    let until = |day: &str| -> PathBuf {
        let part = folder.path().join(format!("{day}.parquet"));
        let rows = ParquetReader::new(std::fs::File::open(&path).expect("a file")).finish().expect("Parquet");
        let first = day.parse::<chrono::NaiveDate>().expect("a day").and_time(chrono::NaiveTime::MIN);
        let mut rows = rows.lazy().filter(col("InvoiceDate").lt(lit(first))).collect().expect("rows");
        ParquetWriter::new(std::fs::File::create(&part).expect("a file")).finish(&mut rows).expect("written");
        part
    };
    let ends = ["2011-07-01", "2011-08-01", "2011-09-01", "2011-10-01", "2011-11-01", "2011-12-01"];
    let mut previous: Option<Snapshot> = None;
    for end in ends {
        let now =
            run(previous.as_ref(), Fit::WithoutModel, &format!("{end}T06:00:00Z"), &[until(end)]).snapshot;
        if let Some(before) = &previous {
            assert_eq!(now.manifest.model, before.manifest.model, "{end}");
            let names = |s: &Snapshot| s.segments.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
            assert_eq!(names(&now), names(before), "{end}");
            let drift =
                now.manifest.drift.as_ref().and_then(|drift| drift.moved.clone()).expect("a run before");
            assert_eq!(drift.by_model, 0, "{end}: {drift:?}");
            for (assignment, segment) in now.rows() {
                let stayed = before.find(&assignment.customer_id);
                if let Some(former) = stayed.filter(|former| former.features == assignment.features) {
                    let same = before.segment(former.segment_id).is_some_and(|s| s.key == segment.key);
                    assert!(same, "{end}: {} moved and nothing of it changed", assignment.customer_id);
                }
            }
        }
        previous = Some(now);
    }
    let last = previous.expect("six runs");
    let refit = run(Some(&last), Fit::Continue, "2011-12-01T07:00:00Z", &[until("2011-12-01")]).snapshot;
    for segment in &refit.segments {
        let alike = last.segments.iter().find(|before| {
            before
                .features
                .iter()
                .zip(&segment.features)
                .take(3)
                .all(|(then, now)| (then.median - now.median).abs() <= 0.1 * then.median.abs().max(1.0))
        });
        if let Some(before) = alike {
            assert_eq!(segment.name, before.name);
        }
    }
}
