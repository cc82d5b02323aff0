//! What a run says of the days to come, on CDNOW.

#![cfg(feature = "analysis")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use segmentation_lib::Error;
use segmentation_lib::features::FeaturesError;
use segmentation_lib::lifetime::{Family, ForecastParams};
use segmentation_lib::matrix::MatrixParams;
use segmentation_lib::pipeline::{Pipeline, Run};
use segmentation_lib::progress::Progress;
use segmentation_lib::record::{ForecastSum, Snapshot, WarningKind};
use segmentation_lib::selection::{Algorithm, Criterion, SelectionParams};

fn inputs() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    segmentation_lib::catalogue::locate("cdnow", &data).expect("bundled")
}

/// Four segments by few starts: what is tried here is the forecast.
fn pipeline() -> Pipeline {
    let selection = SelectionParams {
        k: 4..=4,
        algorithm: Some(Algorithm::KMeans),
        criterion: Criterion::Silhouette,
        starts: 2,
        ..SelectionParams::default()
    };
    Pipeline { dataset: "cdnow".to_owned(), selection, ..Pipeline::default() }
}

fn run(pipeline: &Pipeline) -> Result<Run, Box<Error>> {
    pipeline.run(&inputs(), &Progress::silent()).map_err(Box::new)
}

static FIRST: LazyLock<Snapshot> = LazyLock::new(|| run(&pipeline()).expect("a run").snapshot);

#[test]
fn everybody_and_every_segment_has_a_forecast_and_they_add_up() {
    let forecast = FIRST.manifest.forecast.as_ref().expect("fits");
    let rows = &FIRST.forecasts.as_ref().expect("with the manifest's").rows;
    assert_eq!((rows.len(), forecast.end.as_str(), forecast.horizon_days), (23_502, "1998-06-30", 90));
    assert_eq!(forecast.model.purchases.family, Family::ParetoNbd);
    let sum = |of: fn(&ForecastSum) -> f64| {
        FIRST.segments.iter().filter_map(|s| s.forecast.as_ref()).map(of).sum::<f64>()
    };
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6 * b.abs();
    assert!(near(sum(|s| s.expected_purchases), forecast.all.expected_purchases));
    assert!(near(sum(|s| s.alive.unwrap_or(0.0)), forecast.all.alive.expect("a probability")));
    let value = |s: &ForecastSum| s.expected_value_pennies.unwrap_or(0) as f64;
    assert!(near(sum(value), value(&forecast.all)));
    let interval = forecast.all.value_interval_pennies.expect("a finite variance");
    assert!(interval.low < value(&forecast.all) && value(&forecast.all) < interval.high);
    let trial = forecast.model.trial.as_ref().expect("long enough");
    assert_eq!((trial.cut_off.as_str(), trial.actual), ("1998-04-01", 5618));
    FIRST.validate().expect("sealed");
}

#[test]
fn a_later_run_forecasts_with_what_was_fitted() {
    let next = Pipeline { previous: Some(FIRST.clone()), ..pipeline() };
    let next = run(&next).expect("a run").snapshot;
    assert_eq!(next.manifest.forecast, FIRST.manifest.forecast);
    assert_eq!(next.forecasts, FIRST.forecasts);
    let without = Pipeline { previous: Some(FIRST.clone()), forecast: None, ..pipeline() };
    let without = run(&without).expect("a run").snapshot;
    assert_eq!((without.manifest.forecast, without.forecasts), (None, None));
    assert!(without.segments.iter().all(|segment| segment.forecast.is_none()));
}

#[test]
fn who_is_forgotten_is_in_no_sum() {
    let gone = FIRST.assignments[7].customer_id.clone();
    let without = FIRST.without(|id| id == gone).expect("sealed").expect("there");
    without.validate().expect("sealed");
    let rows = &without.forecasts.as_ref().expect("kept").rows;
    let all = &without.manifest.forecast.as_ref().expect("kept").all;
    assert_eq!((rows.len(), all.purchases_interval), (23_501, None));
    assert_eq!(*all, ForecastSum::of(rows.iter().flatten()));
    let smaller = |(now, before): (&ForecastSum, &ForecastSum)| now.customers < before.customers;
    let sums = without.segments.iter().zip(&FIRST.segments);
    let changed = sums.filter_map(|(now, before)| Some((now.forecast.as_ref()?, before.forecast.as_ref()?)));
    assert_eq!(changed.filter(|pair| smaller(*pair)).count(), 1);
}

#[test]
fn segments_can_be_made_of_what_is_expected() {
    let features = ["recency", "alive", "expected_purchases", "expected_value"].map(str::to_owned).to_vec();
    let matrix = MatrixParams { features: features.clone(), ..MatrixParams::default() };
    let pipeline = Pipeline { matrix, ..pipeline() };
    let first = run(&pipeline).expect("a run");
    let names: Vec<String> = first.snapshot.manifest.features.iter().map(|f| f.name.clone()).collect();
    assert_eq!(names, features);
    let (row, assignment) =
        (&first.snapshot.forecasts.as_ref().expect("made").rows[0], &first.snapshot.assignments[0]);
    let row = row.expect("a purchase");
    assert!((assignment.features[1] - f64::from(row.alive.expect("a probability"))).abs() < 1e-6);
    assert!((assignment.features[2] - f64::from(row.expected_purchases)).abs() < 1e-6);
    // The look-back's customers are placed by what was known of them on its day.
    let rate = first.snapshot.segments[0].came_back.as_ref().expect("a look-back");
    assert!(rate.share > 0.2, "{rate:?}");
    let night = Pipeline { previous: Some(first.snapshot.clone()), ..pipeline };
    let night = run(&night).expect("a run").snapshot;
    assert_eq!(night.assignments, first.snapshot.assignments);
}

#[test]
fn a_feature_of_a_forecast_needs_one_that_says_something_of_it() {
    let features = vec!["recency".to_owned(), "alive".to_owned()];
    let matrix = MatrixParams { features, ..MatrixParams::default() };
    let without = Pipeline { matrix: matrix.clone(), forecast: None, ..pipeline() };
    let refused = run(&without).expect_err("no forecast");
    assert!(
        matches!(*refused, Error::Features(FeaturesError::WithoutForecast { feature: "alive" })),
        "{refused}"
    );
    let nbd = ForecastParams { family: Family::Nbd, or_others: false, ..ForecastParams::default() };
    let staying = Pipeline { matrix, forecast: Some(nbd), ..pipeline() };
    let refused = run(&staying).expect_err("nobody leaves");
    assert!(
        matches!(*refused, Error::Features(FeaturesError::NotForecast { feature: "alive" })),
        "{refused}"
    );
}

#[test]
fn a_run_of_data_that_cannot_be_forecast_goes_on_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("once.csv");
    let row = |i: u32| format!("C{i},2024-{:02}-{:02},{}\n", 1 + i % 12, 1 + i % 28, 5 + i % 90);
    let rows: String = (0..120).map(row).collect();
    std::fs::write(&file, format!("customer_id,date,amount\n{rows}")).expect("written");
    let pipeline = Pipeline { dataset: "once".to_owned(), ..pipeline() };
    let once = pipeline.run(&[file], &Progress::silent()).expect("a run").snapshot;
    assert_eq!((once.manifest.forecast, once.forecasts), (None, None));
    let warning = once.manifest.warnings.iter().find(|w| w.kind == WarningKind::NoForecast).expect("said");
    assert!(warning.text.en.contains("bought again"), "{warning:?}");
}
