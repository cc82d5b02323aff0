use ndarray::Array2;

use super::*;

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

fn params() -> SelectionParams {
    SelectionParams { k: 2..=5, ..SelectionParams::default() }
}

fn selected(points: &Array2<f64>, params: &SelectionParams) -> Selection {
    select(points, params, &Progress::silent()).expect("a selection")
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
    assert_eq!(selection.candidates.len(), 5 * 4);
    assert_eq!(selection.candidates.iter().filter(|c| c.chosen).count(), 1);
}

#[test]
fn all_algorithms_agree_on_clear_groups() {
    let selection = selected(&groups([30, 20, 10]), &params());
    for c in selection.candidates.iter().filter(|c| c.k == 3) {
        assert_eq!(c.agreement, Some(1.0), "{}", c.algorithm);
    }
}

#[test]
fn fewer_segments_than_marketing_wants_are_not_chosen() {
    let two = Array2::from_shape_fn(
        (40, 1),
        |(i, _)| if i < 20 { i as f64 * 0.01 } else { 100.0 + i as f64 * 0.01 },
    );
    let selection = selected(&two, &params());
    assert!(selection.chosen().k >= 3);
    let best = selection.clusterings.iter().max_by(|a, b| a.silhouette.mean.total_cmp(&b.silhouette.mean));
    assert_eq!(best.map(|c| c.k), Some(2));
    assert_eq!(selection.candidates[0].note.as_deref(), Some("fewer than 3 segments"));
}

#[test]
fn a_segment_too_small_to_use_is_not_chosen() {
    let selection = selected(&groups([60, 38, 2]), &SelectionParams { min_k: 2, ..params() });
    let smallest = selection.candidates.iter().find(|c| c.chosen).and_then(|c| c.smallest_share);
    assert!(smallest >= Some(0.05), "{smallest:?}");
}

#[test]
fn an_impossible_share_is_dropped_and_the_reason_says_so() {
    let selection = selected(&groups([30, 20, 10]), &SelectionParams { min_share: 0.5, ..params() });
    assert_eq!(selection.chosen().k, 3);
    assert!(
        selection.reason.en.contains("none of them keeps every segment at 50 %"),
        "{}",
        selection.reason.en
    );
}

#[test]
fn a_single_k_below_the_minimum_is_the_users_word() {
    let selection = selected(&groups([30, 20, 10]), &SelectionParams { k: 2..=2, ..params() });
    assert_eq!(selection.chosen().k, 2);
}

#[test]
fn the_user_can_name_the_algorithm() {
    for algorithm in Algorithm::ALL {
        let selection =
            selected(&groups([30, 20, 10]), &SelectionParams { algorithm: Some(algorithm), ..params() });
        assert_eq!(selection.chosen().algorithm, algorithm);
        assert!(selection.reason.en.contains("was given, not compared"), "{}", selection.reason.en);
    }
}

#[test]
fn linkages_that_do_not_fit_are_left_out_with_a_note() {
    let selection =
        selected(&groups([60, 40, 30]), &SelectionParams { memory_limit_bytes: 80_000, ..params() });
    let left_out: Vec<&Candidate> = selection.candidates.iter().filter(|c| c.k == 0).collect();
    assert_eq!(left_out.iter().map(|c| c.algorithm.name()).collect::<Vec<_>>(), ["average", "complete"]);
    assert!(left_out[0].note.as_deref().is_some_and(|n| n.contains("--memory-limit")), "{left_out:?}");
}

#[test]
fn more_k_than_different_customers_are_not_tried() {
    let points = Array2::from_shape_fn((30, 1), |(i, _)| (i % 3) as f64);
    let selection = selected(&points, &params());
    assert!(selection.candidates.iter().all(|c| c.k <= 3));
    assert_eq!(selection.chosen().k, 3);
}

#[test]
fn too_few_different_customers_are_an_error_with_both_numbers() {
    let points = Array2::from_elem((30, 2), 1.0);
    let message = select(&points, &params(), &Progress::silent()).expect_err("one point").to_string();
    assert!(
        message.contains("among the customers: 1, too few") && message.contains("2 segments"),
        "{message}"
    );
}

#[test]
fn senseless_parameters_are_refused() {
    let points = groups([5, 5, 5]);
    let refused =
        |p: SelectionParams| select(&points, &p, &Progress::silent()).expect_err("refused").to_string();
    assert!(refused(SelectionParams { k: 1..=3, ..params() }).contains("1..=3"));
    #[expect(clippy::reversed_empty_ranges, reason = "the point of the test")]
    let empty = SelectionParams { k: 5..=4, ..params() };
    assert!(refused(empty).contains("5..=4"));
    for share in [-0.1, 1.0, f64::NAN] {
        assert!(refused(SelectionParams { min_share: share, ..params() }).contains("0.05"));
    }
}
