use ndarray::{Array1, Array2, Axis, array};
use proptest::prelude::*;

use super::*;
use crate::engine::labels;

fn found(points: &Array2<f64>, labels: &[u32]) -> Indices {
    indices(points.view(), labels).unwrap()
}

/// Both as written in the papers, with loops and nothing else.
fn slow(points: &Array2<f64>, labels: &[u32], k: usize) -> (f64, f64) {
    let members = |c: usize| -> Array2<f64> {
        let rows: Vec<usize> = (0..labels.len()).filter(|&row| labels[row] == c as u32).collect();
        points.select(Axis(0), &rows)
    };
    let norm = |v: &Array1<f64>| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mean = points.mean_axis(Axis(0)).unwrap();
    let (mut between, mut within, mut centroids, mut spreads) = (0.0, 0.0, Vec::new(), Vec::new());
    for c in 0..k {
        let rows = members(c);
        let centroid = rows.mean_axis(Axis(0)).unwrap();
        between += rows.nrows() as f64 * norm(&(&centroid - &mean)).powi(2);
        within += rows.rows().into_iter().map(|r| norm(&(&r - &centroid)).powi(2)).sum::<f64>();
        let distances: f64 = rows.rows().into_iter().map(|r| norm(&(&r - &centroid))).sum();
        spreads.push(distances / rows.nrows() as f64);
        centroids.push(centroid);
    }
    let mut davies_bouldin = 0.0;
    for a in 0..k {
        let ratio = |b: usize| (spreads[a] + spreads[b]) / norm(&(&centroids[a] - &centroids[b]));
        davies_bouldin += (0..k).filter(|&b| b != a).map(ratio).fold(0.0, f64::max) / k as f64;
    }
    let n = labels.len();
    (between * (n - k) as f64 / (within * (k - 1) as f64), davies_bouldin)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-10 * b.abs()
}

/// Rows and labels of which each of k appears.
fn labeled() -> impl Strategy<Value = (Array2<f64>, Vec<u32>, usize)> {
    (2usize..7, 1usize..6, 8usize..120).prop_flat_map(|(k, d, n)| {
        let values = prop::collection::vec(-50.0..50.0f64, n * d);
        let rest = prop::collection::vec(0..k as u32, n - k);
        (values, rest).prop_map(move |(values, rest)| {
            let points = Array2::from_shape_vec((n, d), values).unwrap();
            (points, (0..k as u32).chain(rest).collect(), k)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_are_the_slow_ones((points, labels, k) in labeled()) {
        let (found, (calinski_harabasz, davies_bouldin)) = (found(&points, &labels), slow(&points, &labels, k));
        prop_assert!(close(found.calinski_harabasz, calinski_harabasz), "{found:?}, {calinski_harabasz}");
        prop_assert!(close(found.davies_bouldin, davies_bouldin), "{found:?}, {davies_bouldin}");
    }

    #[test]
    fn numbers_of_clusters_and_an_offset_change_nothing((points, labels, k) in labeled()) {
        let whole = points.mapv(|v| (v * 1024.0).round() / 1024.0);
        let renamed: Vec<u32> = labels.iter().map(|&l| 3 * (k as u32 - l)).collect();
        let (near, far) = (found(&whole, &labels), found(&(&whole + 1e8), &renamed));
        prop_assert!(close(near.calinski_harabasz, far.calinski_harabasz), "{near:?}, {far:?}");
        prop_assert!(close(near.davies_bouldin, far.davies_bouldin), "{near:?}, {far:?}");
    }
}

#[test]
fn the_examples_of_scikit_learn_hold() {
    let points = array![[0.0, 1.0], [1.0, 1.0], [3.0, 4.0]];
    let found = found(&points, &[0, 0, 1]);
    assert!(close(found.davies_bouldin, 0.5 / 3.905_124_837_953_327), "{found:?}");
    assert!(close(found.calinski_harabasz, 61.0 / 3.0), "{found:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let points =
        Array2::from_shape_fn((20_000, 3), |(i, j)| ((i * 7919 + j * 104_729) % 10_007) as f64 / 3.0);
    let labels: Vec<u32> = (0..20_000).map(|i| (i % 7) as u32).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(&points, &labels))
    };
    assert_eq!(with(1), with(2));
    assert_eq!(with(1), with(8));
}

#[test]
fn clusters_that_do_not_vary_score_one_and_zero() {
    let points = array![[0.1, 0.2], [0.1, 0.2], [0.1, 0.2], [0.7, 0.2], [0.7, 0.2]];
    let found = found(&points, &[0, 0, 0, 1, 1]);
    assert_eq!((found.calinski_harabasz, found.davies_bouldin), (1.0, 0.0));
}

#[test]
fn identical_rows_in_two_clusters_score_one_and_zero() {
    let found = found(&Array2::from_elem((6, 2), 0.3), &[0, 1, 0, 1, 0, 1]);
    assert_eq!((found.calinski_harabasz, found.davies_bouldin), (1.0, 0.0));
}

#[test]
fn clusters_around_one_centre_are_not_compared() {
    let found = found(&array![[-1.0], [1.0], [-2.0], [2.0]], &[0, 0, 1, 1]);
    assert_eq!((found.calinski_harabasz, found.davies_bouldin), (0.0, 0.0));
}

#[test]
fn a_constant_column_changes_nothing() {
    let points = Array2::from_shape_fn((30, 1), |(i, _)| ((i * 37) % 50) as f64);
    let wider = ndarray::concatenate![Axis(1), points, Array2::from_elem((30, 1), 3.0)];
    let labels: Vec<u32> = (0..30).map(|i| i % 3).collect();
    assert_eq!(found(&points, &labels), found(&wider, &labels));
}

#[test]
fn a_singleton_does_not_vary() {
    let points = array![[0.0], [2.0], [11.0]];
    let found = found(&points, &[0, 0, 1]);
    assert!(close(found.davies_bouldin, 0.1), "{found:?}");
}

#[test]
fn one_cluster_and_singletons_alone_are_refused() {
    let points = array![[0.0], [2.0], [11.0]];
    let refused = |labels: &[u32]| indices(points.view(), labels).unwrap_err();
    assert!(matches!(refused(&[4, 4, 4]), EngineError::OneCluster { clusters: 1, .. }));
    assert!(matches!(refused(&[0, 1, 2]), EngineError::OnlySingletons { clusters: 3, rows: 3, .. }));
    assert!(refused(&[0, 1, 2]).to_string().contains("Davies-Bouldin index needs fewer clusters than rows"));
}

#[test]
fn bad_input_is_refused() {
    let refused = |points: Array2<f64>, labels: &[u32]| indices(points.view(), labels).unwrap_err();
    assert!(matches!(refused(array![[0.0], [f64::NAN]], &[0, 1]), EngineError::NotFinite { row: 1, .. }));
    assert!(matches!(refused(array![[0.0], [1.0]], &[0]), EngineError::Length { given: 1, rows: 2, .. }));
    assert!(matches!(refused(Array2::zeros((0, 1)), &[]), EngineError::Empty { .. }));
}

#[test]
fn labelings_without_the_indices_have_none() {
    let points = array![[0.0], [2.0], [11.0]];
    let labelings: [&[u32]; 3] = [&[0, 0, 0], &[0, 0, 1], &[0, 1, 2]];
    let all = indices_where_defined(points.view(), &labelings, &Progress::silent()).unwrap();
    assert_eq!(all, [None, Some(found(&points, &[0, 0, 1])), None]);
    let bad = indices_where_defined(points.view(), &[&[0]], &Progress::silent());
    assert!(matches!(bad, Err(EngineError::Length { .. })));
}

#[test]
fn the_dispersion_within_is_the_inertia() {
    let points = Array2::from_shape_fn((50, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64);
    let assigned: Vec<u32> = (0..50).map(|i| i % 4).collect();
    let within = labels::inertia(points.view(), &assigned);
    let all = labels::inertia(points.view(), &[0; 50]);
    let expected = (all - within) / 3.0 / (within / 46.0);
    assert!(close(found(&points, &assigned).calinski_harabasz, expected));
}
