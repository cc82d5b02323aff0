use ndarray::{Array2, array};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::engine::foresight::Outcome;

/// Three groups on a line with a little spread; sizes as given.
fn groups(sizes: [usize; 3]) -> Array2<f64> {
    let mut rows = Vec::new();
    for (group, size) in sizes.into_iter().enumerate() {
        for i in 0..size {
            rows.push([10.0 * group as f64 + 0.01 * i as f64, 0.02 * (i % 7) as f64]);
        }
    }
    Array2::from(rows)
}

/// Two far pairs of near groups, 30 customers each.
fn pairs() -> Array2<f64> {
    Array2::from_shape_fn((120, 1), |(i, _)| [0.0, 1.0, 40.0, 41.0][i % 4] + 0.01 * (i / 4) as f64)
}

fn cloud(rows: usize, columns: usize) -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    Array2::from_shape_fn((rows, columns), |_| random.r#gen::<f64>())
}

/// The customers stood where they stand now, and spent by a rule of their number.
fn hindsight(points: &Array2<f64>, spend: impl Fn(usize) -> i64) -> Hindsight {
    let later: Vec<i64> = (0..points.nrows()).map(spend).collect();
    Hindsight {
        cut_off: "2011-09-11".to_owned(),
        days: 90,
        points: points.clone(),
        outcome: Outcome::of_pennies(&later).expect("it varies"),
    }
}

fn params() -> SelectionParams {
    SelectionParams { k: 3..=5, resamples: 20, ..SelectionParams::default() }
}

fn selected(points: &Array2<f64>, params: &SelectionParams) -> Selection {
    select(points, None, params, &Progress::silent()).expect("a selection")
}

fn told(points: &Array2<f64>, params: &SelectionParams, spend: impl Fn(usize) -> i64) -> Selection {
    select(points, Some(&hindsight(points, spend)), params, &Progress::silent()).expect("a selection")
}

fn note(selection: &Selection, algorithm: Algorithm, k: usize) -> Option<&str> {
    let row = selection.candidates.iter().find(|c| c.algorithm == algorithm && c.k == k);
    row.expect("a candidate").note.as_deref()
}

#[test]
fn three_clear_groups_are_found_by_every_algorithm() {
    let selection = selected(&groups([30, 20, 10]), &params());
    assert_eq!((selection.chosen().algorithm, selection.chosen().k), (Algorithm::KMeans, 3));
    for c in selection.clusterings.iter().filter(|c| c.k == 3) {
        let mut expected = vec![0; 30];
        expected.extend([1; 20]);
        expected.extend([2; 10]);
        assert_eq!(c.labels, expected, "{:?}", c.algorithm);
    }
    assert_eq!(selection.candidates.len(), 5 * 3);
    assert_eq!(selection.candidates.iter().filter(|c| c.chosen).count(), 1);
    assert!(selection.candidates.iter().filter(|c| c.k == 3).all(|c| c.agreement == Some(1.0)));
}

#[test]
fn without_a_look_back_the_silhouette_decides_and_the_reason_says_so() {
    let selection = selected(&groups([30, 20, 10]), &params());
    let (en, pt) = (&selection.reason.en, &selection.reason.pt_br);
    assert!(en.contains("the history is too short or too even") && en.contains("they hold"), "{en}");
    assert!(pt.contains("o histórico é curto") && pt.contains("eles se mantêm"), "{pt}");
    assert!(selection.foresight.is_none() && selection.candidate().r_squared.is_none());
}

#[test]
fn segments_that_foretell_are_taken_before_segments_that_are_far_apart() {
    let params = SelectionParams { k: 2..=5, ..params() };
    assert_eq!(selected(&pairs(), &params).chosen().k, 2);
    let selection = told(&pairs(), &params, |i| [0, 20_000, 500, 900_000][i % 4]);
    assert_eq!((selection.chosen().algorithm, selection.chosen().k), (Algorithm::KMeans, 4));
    let foresight = selection.foresight.as_ref().expect("a look-back");
    assert!(foresight.r_squared > 0.999 && foresight.customers == 120, "{foresight:?}");
    let en = &selection.reason.en;
    assert!(en.starts_with("k-means with k = 4: four segments are enough, R² 1.000"), "{en}");
    assert!(en.contains("R² 1.000 of what customers spent in the last 90 days"), "{en}");
}

/// Eight near groups in a row, 30 customers each.
fn eight() -> Array2<f64> {
    Array2::from_shape_fn((240, 1), |(i, _)| 10.0 * (i % 8) as f64 + 0.01 * (i / 8) as f64)
}

#[test]
fn more_than_six_segments_are_taken_where_they_foretell_clearly_more() {
    let params = SelectionParams { k: 3..=8, ..params() };
    // Each group spends otherwise: six segments cannot tell the neighbours apart.
    let apart = told(&eight(), &params, |i| [0, 900_000][i % 8 % 2]);
    assert_eq!(apart.chosen().k, 8);
    assert!(
        apart.reason.en.contains("more than six segments, which foretell clearly more"),
        "{}",
        apart.reason.en
    );
    // The halves of the row differ: more than six segments tell nothing more.
    let halves = told(&eight(), &params, |i| [0, 900_000][usize::from(i % 8 > 3)]);
    assert!(halves.chosen().k <= 6, "{}", halves.reason.en);
}

#[test]
fn what_can_hardly_be_foretold_is_said_and_changes_no_preference() {
    let points = groups([60, 50, 40]);
    let selection = told(&points, &params(), |i| (i * 7919 % 97 * 100) as i64);
    let foresight = selection.foresight.as_ref().expect("a look-back");
    assert!(foresight.ceiling() < 0.05 && foresight.kept().is_none(), "{foresight:?}");
    assert!(selection.reason.en.contains("can hardly be foretold"), "{}", selection.reason.en);
}

#[test]
fn the_criterion_overrules() {
    let spend = |i: usize| [0, 500, 20_000, 900_000][i % 4];
    let by = |criterion| told(&pairs(), &SelectionParams { k: 2..=5, criterion, ..params() }, spend);
    let silhouette = by(Criterion::Silhouette);
    assert_eq!(silhouette.chosen().k, 2);
    assert!(silhouette.reason.en.contains("as asked, the highest mean silhouette"));
    let stability = by(Criterion::Stability);
    assert!(stability.reason.en.contains("as asked, the candidate whose weakest segment"));
    assert!(stability.candidates.iter().filter(|c| c.eligible).all(|c| c.recovery.is_some()));
}

#[test]
fn a_segment_of_no_useful_size_is_not_chosen() {
    let selection =
        selected(&groups([60, 38, 2]), &SelectionParams { k: 2..=5, min_share: 0.05, ..params() });
    let row = selection.candidate();
    assert!(row.smallest_share >= Some(0.02) && row.largest_share <= Some(0.6), "{row:?}");
    assert_eq!(note(&selection, Algorithm::KMeans, 3), Some("a segment under 5 % of the customers"));
    assert_eq!(SelectionParams::default().min_share, 0.02);
    let selection = selected(&groups([70, 20, 10]), &params());
    assert_eq!(note(&selection, Algorithm::KMeans, 3), Some("a segment over 60 % of the customers"));
    assert_ne!(selection.chosen().k, 3);
}

#[test]
fn sizes_that_nobody_has_are_not_asked_for_and_the_reason_says_so() {
    let shares = SelectionParams { min_share: 0.5, max_share: 0.6, ..params() };
    let selection = selected(&groups([30, 20, 10]), &shares);
    assert_eq!(selection.chosen().k, 3);
    let en = &selection.reason.en;
    assert!(en.contains("no candidate has all its segments between 50 and 60 % of the customers"), "{en}");
}

#[test]
fn what_does_not_hold_is_not_taken_while_something_does() {
    // Dendrograms over a cloud fall apart; so does k-means where the cloud is round.
    let only = |algorithm| SelectionParams { algorithm: Some(algorithm), ..params() };
    let selection = selected(&cloud(300, 3), &only(Algorithm::Complete));
    let recovery = selection.candidate().recovery.clone().expect("tried");
    assert!(!recovery.holds(), "{recovery:?}");
    assert!(selection.reason.en.contains("no candidate holds"), "{}", selection.reason.en);
    assert!(selection.reason.pt_br.contains("nenhum candidato se mantém"), "{}", selection.reason.pt_br);
    let tried = selection.candidates.iter().filter(|c| c.recovery.is_some());
    let refits = |c: &Candidate| c.recovery.as_ref().map(|r| r.refits_mean);
    assert!(tried.into_iter().all(|c| refits(c) <= refits(selection.candidate())));
}

#[test]
fn a_preferred_candidate_that_does_not_hold_is_named() {
    // Four segments of a round cloud foretell most, because they are what was spent; there are no four to come back to.
    let points = cloud(300, 2);
    let params = SelectionParams { k: 3..=4, algorithm: Some(Algorithm::Ward), max_share: 1.0, ..params() };
    let four = selected(&points, &SelectionParams { k: 4..=4, ..params.clone() }).chosen().labels.clone();
    let selection = told(&points, &params, |i| [0, 100, 10_000, 1_000_000][four[i] as usize]);
    let unheld = |c: &&Candidate| c.recovery.as_ref().is_some_and(|r| !r.holds());
    let noted = |c: &&Candidate| c.note.as_deref().is_some_and(|n| n.starts_with("does not hold"));
    assert!(selection.candidates.iter().filter(unheld).all(|c| noted(&c)), "{:?}", selection.candidates);
    assert!(selection.candidates.iter().any(|c| unheld(&c)));
    let (en, pt) = (&selection.reason.en, &selection.reason.pt_br);
    assert!(en.contains("because they do not hold: Ward with k = "), "{en}");
    assert!(pt.contains("porque não se mantêm: Ward com k = "), "{pt}");
}

#[test]
fn trying_all_gives_the_same_choice() {
    for points in [groups([30, 20, 10]), pairs(), cloud(150, 2)] {
        let spend = |i: usize| (points[[i, 0]] * 1000.0) as i64 + (i % 3) as i64 * 50;
        let lazily = told(&points, &params(), spend);
        let all = told(&points, &SelectionParams { try_all: true, ..params() }, spend);
        assert_eq!(all.chosen().labels, lazily.chosen().labels);
        assert_eq!(all.reason, lazily.reason);
        assert!(all.candidates.iter().filter(|c| c.eligible).all(|c| c.recovery.is_some()));
    }
}

#[test]
fn segments_in_force_are_continued_while_they_pass() {
    let points = pairs();
    let spend = |i: usize| [0, 1, 50_000, 50_001][i % 4];
    let from = Some(array![[0.2], [1.1], [39.0], [41.5]]);
    let continued = SelectionParams { k: 2..=5, from, ..params() };
    let selection = told(&points, &continued, spend);
    assert_eq!(selection.chosen().k, 4);
    assert!(selection.reason.en.contains("the segments in force"), "{}", selection.reason.en);
    // The same segments foretell too little of what all four groups tell.
    let from = Some(array![[0.5], [40.5]]);
    let spend = |i: usize| [0, 50_000, 100, 90_000_000][i % 4];
    let selection = told(&points, &SelectionParams { k: 2..=5, from, ..params() }, spend);
    assert_eq!(selection.chosen().k, 4);
    assert!(!selection.reason.en.contains("in force"), "{}", selection.reason.en);
}

#[test]
fn resampling_on_a_sample_is_said() {
    let points = groups([400, 300, 200]);
    let selection = selected(&points, &SelectionParams { max_rows: 300, ..params() });
    assert_eq!(selection.candidate().recovery.as_ref().map(|r| r.customers), Some(300));
    assert!(selection.reason.en.contains("(on a sample of 300 customers)"), "{}", selection.reason.en);
    assert!(selection.reason.pt_br.contains("amostra de 300 clientes"), "{}", selection.reason.pt_br);
}

#[test]
fn the_user_can_name_the_algorithm_and_the_number() {
    for algorithm in Algorithm::ALL {
        let only = SelectionParams { k: 2..=2, algorithm: Some(algorithm), ..params() };
        let selection = selected(&groups([30, 20, 10]), &only);
        assert_eq!((selection.chosen().algorithm, selection.chosen().k), (algorithm, 2));
        let en = &selection.reason.en;
        assert!(en.contains("was given, not compared") && en.contains("the only candidate"), "{en}");
    }
}

#[test]
fn linkages_that_do_not_fit_are_left_out_with_a_note() {
    let selection =
        selected(&groups([60, 40, 30]), &SelectionParams { memory_limit_bytes: 80_000, ..params() });
    let left_out: Vec<&Candidate> = selection.candidates.iter().filter(|c| c.k == 0).collect();
    assert_eq!(left_out.iter().map(|c| c.algorithm.name()).collect::<Vec<_>>(), ["average", "complete"]);
    assert!(left_out[0].note.as_deref().is_some_and(|n| n.contains("the memory limit is")), "{left_out:?}");
}

#[test]
fn more_k_than_different_customers_are_not_tried() {
    let points = Array2::from_shape_fn((30, 1), |(i, _)| (i % 3) as f64);
    let selection = selected(&points, &params());
    assert!(selection.candidates.iter().all(|c| c.k <= 3));
    assert_eq!(selection.chosen().k, 3);
}

#[test]
fn a_segment_of_a_handful_is_not_useful_and_too_few_customers_are_an_error() {
    let selection = selected(&groups([30, 20, 9]), &params());
    assert_eq!(note(&selection, Algorithm::KMeans, 3), Some("a segment of fewer than 10 customers"));
    let error = select(&groups([10, 10, 9]), None, &params(), &Progress::silent()).expect_err("29 customers");
    assert!(
        error.to_string().contains("customers are 29; 3 segments of at least 10 each need 30"),
        "{error}"
    );
}

#[test]
fn too_few_different_customers_are_an_error_with_both_numbers() {
    let points = Array2::from_elem((30, 2), 1.0);
    let message = select(&points, None, &params(), &Progress::silent()).expect_err("one point").to_string();
    assert!(
        message.contains("among the customers: 1, too few") && message.contains("3 segments"),
        "{message}"
    );
}

#[test]
fn senseless_parameters_are_refused() {
    let points = groups([10, 10, 10]);
    let refused =
        |p: SelectionParams| select(&points, None, &p, &Progress::silent()).expect_err("refused").to_string();
    assert!(refused(SelectionParams { k: 1..=3, ..params() }).contains("1..=3"));
    #[expect(clippy::reversed_empty_ranges, reason = "the point of the test")]
    let empty = SelectionParams { k: 5..=4, ..params() };
    assert!(refused(empty).contains("5..=4"));
    for share in [-0.1, 0.6, 1.0, f64::NAN] {
        assert!(refused(SelectionParams { min_share: share, ..params() }).contains("0.02 and 0.6"));
    }
    assert!(refused(SelectionParams { max_share: 1.5, ..params() }).contains("1.5 at most"));
    assert!(refused(SelectionParams { max_rows: 9, ..params() }).contains("customers to resample are 9"));
    assert!(refused(SelectionParams { resamples: 0, ..params() }).contains("resamples is 0"));
    assert!(refused(SelectionParams { refits: 0, ..params() }).contains("refits is 0"));
}
