use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::selection::{Algorithm, select};

fn uniform(rows: usize, columns: usize) -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(6);
    Array2::from_shape_fn((rows, columns), |_| random.r#gen::<f64>())
}

/// `groups` squares of side 1 on a parabola, sizes alike.
fn blobs(groups: usize, rows: usize) -> Array2<f64> {
    let mut points = uniform(rows, 2);
    for (row, mut values) in points.rows_mut().into_iter().enumerate() {
        let g = (row % groups) as f64;
        values[0] += 8.0 * g;
        values[1] += 5.0 * g * g;
    }
    points
}

fn quick() -> ValidationParams {
    ValidationParams { references: 10, ..ValidationParams::default() }
}

fn sheet_of(points: &Array2<f64>, params: &SelectionParams, validation: &ValidationParams) -> DecisionSheet {
    let params = &SelectionParams { resamples: 20, try_all: true, ..params.clone() };
    let selection = select(points, None, params, &Progress::silent()).expect("a selection");
    decision_sheet(points, &selection, params, validation, &Progress::silent()).expect("a sheet")
}

fn vote<'a>(sheet: &'a DecisionSheet, method: &str) -> (&'a Option<usize>, &'a Option<usize>) {
    let vote = sheet.votes.iter().find(|v| v.method == method).expect("a vote");
    (&vote.k, &vote.k_allowed)
}

#[test]
fn every_method_votes_for_clear_blobs() {
    let params = SelectionParams { k: 2..=6, ..SelectionParams::default() };
    let sheet = sheet_of(&blobs(3, 150), &params, &quick());
    assert_eq!((sheet.chosen_k, sheet.votes.len()), (3, 8));
    let silent = ["foresight", "stability", "knee"];
    for vote in sheet.votes.iter().filter(|v| !silent.contains(&v.method.as_str())) {
        assert_eq!((vote.k, vote.k_allowed), (Some(3), Some(3)), "{}", vote.method);
    }
    let at_three = sheet.by_k.iter().find(|row| row.k == 3).expect("a row");
    assert_eq!((at_three.stability, at_three.jaccard.as_slice()), (Some(1.0), [1.0; 3].as_slice()));
    let algorithms: Vec<&str> = sheet.by_algorithm.iter().map(|row| row.algorithm.name()).collect();
    assert_eq!(algorithms, ["kmeans", "ward", "average", "complete", "single"]);
    assert!(sheet.by_algorithm.iter().all(|row| row.allowed && row.stability == 1.0 && row.customers == 150));
    assert!(sheet.control.as_ref().is_some_and(|c| c.clearly_worse && c.p_value == 0.05));
    assert!(sheet.hopkins.statistic > 0.95, "{:?}", sheet.hopkins);
    assert!(sheet.summary.en.contains("rest on how the features go together"), "{}", sheet.summary.en);
}

#[test]
fn what_marketing_cannot_use_is_voted_for_freely_only() {
    let params = SelectionParams { k: 2..=5, max_share: 0.45, ..SelectionParams::default() };
    let sheet = sheet_of(&blobs(2, 120), &params, &quick());
    assert!(sheet.chosen_k >= 3);
    assert_eq!(vote(&sheet, "silhouette").0, &Some(2));
    assert_eq!(vote(&sheet, "gap").0, &Some(2));
    let en = &sheet.summary.en;
    assert!(
        en.contains("Free of that condition the votes are: 2 (silhouette, every algorithm; silhouette;"),
        "{en}"
    );
    assert!(sheet.by_k.iter().all(|row| row.k != 2 || !row.allowed));
}

#[test]
fn noise_has_one_cluster_and_no_better_than_shuffled() {
    let sheet = sheet_of(&uniform(300, 3), &SelectionParams::default(), &quick());
    assert_eq!(vote(&sheet, "gap").0, &Some(1));
    assert!(sheet.control.as_ref().is_some_and(|c| !c.clearly_worse), "{:?}", sheet.control);
    assert!((0.35..0.65).contains(&sheet.hopkins.statistic), "{:?}", sheet.hopkins);
    assert!(sheet.summary.en.contains("not clearly lower"), "{}", sheet.summary.en);
    assert!(sheet.summary.pt_br.contains("não é claramente menor"), "{}", sheet.summary.pt_br);
}

#[test]
fn a_sample_is_said_in_both_languages() {
    let params = SelectionParams { k: 2..=4, ..SelectionParams::default() };
    let validation = ValidationParams { max_rows: 1200, ..quick() };
    let sheet = sheet_of(&blobs(3, 1500), &params, &validation);
    assert_eq!((sheet.customers, sheet.sampled), (1500, 1200));
    assert!(
        sheet.summary.en.contains("a random sample of 1,200 of the 1,500 customers"),
        "{}",
        sheet.summary.en
    );
    assert!(sheet.summary.pt_br.contains("1.200 dos 1.500 clientes"), "{}", sheet.summary.pt_br);
    for vote in &sheet.votes {
        let expected = match vote.method.as_str() {
            "gap" => 1200,
            // There is no look-back.
            "foresight" => 0,
            _ => 1500,
        };
        assert_eq!(vote.customers, expected, "{}", vote.method);
    }
}

#[test]
fn an_algorithm_that_was_given_is_the_one_weighed() {
    for algorithm in [Algorithm::Ward, Algorithm::Average] {
        let params = SelectionParams { k: 2..=4, algorithm: Some(algorithm), ..SelectionParams::default() };
        let sheet = sheet_of(&blobs(3, 90), &params, &quick());
        assert_eq!((sheet.algorithm, sheet.chosen_k), (algorithm, 3));
        assert_eq!(vote(&sheet, "gap").0, &Some(3));
        let open = |row: &AlgorithmRow| row.allowed == (row.algorithm == algorithm);
        assert!(sheet.by_algorithm.iter().all(open), "{:?}", sheet.by_algorithm);
    }
}

#[test]
fn one_column_has_no_control_and_few_rows_few_votes() {
    let line = Array2::from_shape_fn((30, 1), |(i, _)| (i % 3) as f64 * 10.0 + (i / 3) as f64 * 0.01);
    let sheet = sheet_of(&line, &SelectionParams { k: 2..=4, ..SelectionParams::default() }, &quick());
    assert_eq!((sheet.control.as_ref(), sheet.chosen_k), (None, 3));
    let three = Array2::from_shape_fn((30, 2), |(i, _)| (i % 3) as f64);
    let sheet = sheet_of(&three, &SelectionParams::default(), &quick());
    assert_eq!(sheet.by_k.iter().map(|row| row.k).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((sheet.by_k[1].gap.is_some(), sheet.by_k[2].gap), (true, None));
}

#[test]
fn a_dropped_condition_is_said() {
    let params = SelectionParams { k: 2..=4, min_share: 0.5, ..SelectionParams::default() };
    let sheet = sheet_of(&blobs(3, 90), &params, &quick());
    assert!(sheet.summary.en.contains("50 to 60 % of the customers: -."), "{}", sheet.summary.en);
    assert!(sheet.votes.iter().all(|v| v.k_allowed.is_none()));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| sheet_of(&blobs(3, 200), &SelectionParams::default(), &quick()))
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn senseless_parameters_are_refused() {
    let points = blobs(3, 60);
    let params = SelectionParams { k: 2..=4, ..SelectionParams::default() };
    let selection = select(&points, None, &params, &Progress::silent()).expect("a selection");
    let refused = |validation: ValidationParams| {
        decision_sheet(&points, &selection, &params, &validation, &Progress::silent())
            .expect_err("refused")
            .to_string()
    };
    assert!(refused(ValidationParams { max_rows: 9, ..quick() }).ends_with("is 9; allowed is 10 or more"));
    assert!(refused(ValidationParams { references: 1, ..quick() }).contains("reference sets is 1"));
    assert!(refused(ValidationParams { permutations: 0, ..quick() }).contains("permutations is 0"));
}

#[test]
fn cancelled_work_stops() {
    let points = blobs(3, 60);
    let params = SelectionParams { k: 2..=4, ..SelectionParams::default() };
    let selection = select(&points, None, &params, &Progress::silent()).expect("a selection");
    let progress = Progress::silent();
    progress.cancel();
    let error = decision_sheet(&points, &selection, &params, &quick(), &progress).expect_err("cancelled");
    assert!(matches!(error, SelectionError::Engine(EngineError::Cancelled(_))), "{error}");
}
