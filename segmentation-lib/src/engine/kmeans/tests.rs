use ndarray::array;
use proptest::prelude::*;

use super::*;
use crate::engine::agreement::adjusted_rand_index;
use crate::engine::labels;

const DEFAULT: KMeansParams = KMeansParams { seed: 42, starts: 10, max_iterations: 300, tolerance: 1e-4 };

fn fitted(points: &Array2<f64>, k: usize, params: KMeansParams) -> KMeans {
    fit(points.view(), k, &params, &Progress::silent()).unwrap()
}

fn refused(points: &Array2<f64>, k: usize, params: KMeansParams) -> EngineError {
    fit(points.view(), k, &params, &Progress::silent()).unwrap_err()
}

fn matrices(rows: std::ops::Range<usize>) -> impl Strategy<Value = Array2<f64>> {
    (rows, 1usize..11).prop_flat_map(|(n, d)| {
        let values = prop::collection::vec(-1.0..1.0f64, n * d);
        values.prop_map(move |v| Array2::from_shape_vec((n, d), v).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_converged_fit_is_a_fixed_point(points in matrices(12..700), k in 1usize..9, seed: u64) {
        let model = fitted(&points, k, KMeansParams { starts: 3, seed, max_iterations: 1000, ..DEFAULT });
        prop_assert!(model.converged);
        let means = labels::centroids(points.view(), &model.labels, k);
        let gap = (&means - &model.centroids).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
        prop_assert!(gap < 1e-13, "{gap}");
        prop_assert_eq!(&nearest_centroids(points.view(), model.centroids.view()).unwrap(), &model.labels);
        let inertia = labels::inertia(points.view(), &model.labels);
        prop_assert!((inertia - model.inertia).abs() <= 1e-12 * inertia.max(1.0));
        let sizes: Vec<u64> =
            (0..k as u32).map(|c| model.labels.iter().filter(|&&l| l == c).count() as u64).collect();
        prop_assert_eq!(sizes, model.counts);
    }

    #[test]
    fn bounds_change_nothing(points in matrices(12..400), k in 2usize..9, seed: u64) {
        let blocks = Blocks::new(points.view(), None);
        let seeds = seeding::seeds(&blocks, k, 1, seed, &Progress::silent()).unwrap();
        let mut slow = Array2::from_shape_vec((k, points.ncols()), blocks.restore(&seeds[0])).unwrap();
        for iterations in 1..8 {
            let mut lloyd = Lloyd::new(&blocks, seeds.clone());
            lloyd.run(Limits { max_iterations: iterations, tolerance: -1.0 }, &Progress::silent()).unwrap();
            let assigned = nearest(points.view(), slow.view());
            let found: Vec<u32> = lloyd.labels(0).map(u32::from).collect();
            prop_assert_eq!(&found, &assigned);
            let means = labels::centroids(points.view(), &assigned, k);
            prop_assume!(means.iter().all(|v| v.is_finite()));
            slow = means;
        }
    }

    #[test]
    fn whole_weights_count_as_repeated_rows(points in matrices(8..60), seed: u64) {
        let weights: Vec<f64> = (0..points.nrows()).map(|row| (row % 3 + 1) as f64).collect();
        let rows: Vec<usize> = (0..points.nrows()).flat_map(|row| vec![row; row % 3 + 1]).collect();
        let repeated = points.select(ndarray::Axis(0), &rows);
        let params = KMeansParams { starts: 20, seed, ..DEFAULT };
        let weighted = fit_weighted(points.view(), &weights, 3, &params, &Progress::silent()).unwrap();
        let plain = labels::inertia(repeated.view(), &rows.iter().map(|&r| weighted.labels[r]).collect::<Vec<_>>());
        prop_assert!((plain - weighted.inertia).abs() < 1e-10 * plain.max(1e-3));
    }

    #[test]
    fn a_sweep_is_each_k_alone(points in matrices(20..200), seed: u64) {
        let params = KMeansParams { starts: 4, seed, ..DEFAULT };
        let together = sweep(points.view(), 1..=6, &params, &Progress::silent()).unwrap();
        for (k, model) in (1..=6).zip(together) {
            prop_assert_eq!(model, fitted(&points, k, params));
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let points = Array2::from_shape_fn((9000, 3), |(i, j)| ((i * 7919 + j * 104_729) % 10_007) as f64);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fitted(&points, 7, KMeansParams { starts: 5, ..DEFAULT }))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(8));
}

#[test]
fn separated_blobs_come_back() {
    let points =
        Array2::from_shape_fn((300, 2), |(i, j)| (i % 3) as f64 * 50.0 + ((i * 31 + j * 17) % 13) as f64);
    let truth: Vec<u32> = (0..300).map(|i| i % 3).collect();
    let model = fitted(&points, 3, DEFAULT);
    assert_eq!(adjusted_rand_index(&model.labels, &truth), 1.0);
    assert_eq!(model.counts, [100; 3]);
}

#[test]
fn one_cluster_is_the_mean() {
    let model = fitted(&array![[1.0, 5.0], [3.0, 5.0]], 1, DEFAULT);
    assert_eq!(model.centroids, array![[2.0, 5.0]]);
    assert_eq!((model.inertia, model.labels), (2.0, vec![0, 0]));
}

#[test]
fn one_customer_is_one_cluster() {
    let model = fitted(&array![[4.0, -7.5]], 1, DEFAULT);
    assert_eq!(model.centroids, array![[4.0, -7.5]]);
    assert_eq!((model.inertia, model.counts), (0.0, vec![1]));
}

#[test]
fn as_many_clusters_as_rows_leave_no_inertia() {
    let points = Array2::from_shape_fn((40, 2), |(i, j)| (i * i + 3 * j) as f64);
    let model = fitted(&points, 40, KMeansParams { starts: 1, ..DEFAULT });
    assert_eq!(model.inertia, 0.0);
    assert_eq!(model.counts, [1; 40]);
}

#[test]
fn a_constant_column_changes_nothing() {
    let points = Array2::from_shape_fn((50, 1), |(i, _)| ((i * 37) % 50) as f64);
    let wider = ndarray::concatenate![ndarray::Axis(1), points, Array2::from_elem((50, 1), 3.0)];
    let (narrow, wide) = (fitted(&points, 4, DEFAULT), fitted(&wider, 4, DEFAULT));
    assert_eq!(narrow.labels, wide.labels);
    assert_eq!(narrow.inertia, wide.inertia);
}

#[test]
fn a_large_offset_costs_no_digits() {
    let points = Array2::from_shape_fn((80, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64 / 8.0);
    let (near, far) = (fitted(&points, 5, DEFAULT), fitted(&(&points + 1e8), 5, DEFAULT));
    assert!((near.inertia - far.inertia).abs() < 1e-10 * near.inertia);
}

#[test]
fn tiny_and_huge_units_give_the_same_partition() {
    let points = Array2::from_shape_fn((80, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64);
    let unit = fitted(&points, 5, DEFAULT);
    for scale in [2f64.powi(-300), 2f64.powi(300)] {
        assert_eq!(unit.labels, fitted(&(&points * scale), 5, DEFAULT).labels);
    }
}

#[test]
fn fewer_distinct_rows_than_clusters_are_refused() {
    let points = array![[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]];
    let error = refused(&points, 3, DEFAULT);
    assert!(matches!(error, EngineError::TooFewDistinct { k: 3, distinct: 2 }));
    assert!(error.to_string().contains("k is 3, but only 2 rows are distinct"));
}

#[test]
fn k_out_of_range_is_refused() {
    let points = array![[1.0], [2.0]];
    assert!(matches!(refused(&points, 0, DEFAULT), EngineError::ZeroClusters));
    assert!(matches!(refused(&points, 3, DEFAULT), EngineError::TooManyClusters { k: 3, rows: 2 }));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let points = array![[1.0], [2.0]];
    let name = |k, params| match refused(&points, k, params) {
        EngineError::Parameter { name, .. } => name,
        other => panic!("{other}"),
    };
    assert_eq!(name(1, KMeansParams { starts: 0, ..DEFAULT }), "starts");
    assert_eq!(name(1, KMeansParams { max_iterations: 0, ..DEFAULT }), "max_iterations");
    assert_eq!(name(1, KMeansParams { tolerance: f64::NAN, ..DEFAULT }), "tolerance");
    assert_eq!(name(70_000, DEFAULT), "k");
}

#[test]
fn bad_values_and_weights_are_refused() {
    let points = array![[1.0], [f64::NAN]];
    assert!(matches!(refused(&points, 1, DEFAULT), EngineError::NotFinite { row: 1, column: 0, .. }));
    let two = array![[1.0], [2.0]];
    let weighted = |weights: &[f64]| fit_weighted(two.view(), weights, 1, &DEFAULT, &Progress::silent());
    assert!(matches!(weighted(&[1.0]), Err(EngineError::Length { given: 1, rows: 2, .. })));
    assert!(matches!(weighted(&[1.0, 0.0]), Err(EngineError::Weight { row: 1, .. })));
}

#[test]
fn given_centroids_are_where_it_starts() {
    let points = array![[0.0], [1.0], [9.0], [10.0]];
    let from =
        |centroids: Array2<f64>| fit_from(points.view(), centroids.view(), &DEFAULT, &Progress::silent());
    let model = from(array![[20.0], [2.0]]).unwrap();
    assert_eq!((model.centroids, model.labels), (array![[9.5], [0.5]], vec![1, 1, 0, 0]));
    assert_eq!(from(array![[1.0]]).unwrap().counts, [4]);
    assert!(matches!(
        from(array![[1.0, 2.0], [3.0, 4.0]]),
        Err(EngineError::Columns { given: 2, expected: 1 })
    ));
    assert!(matches!(from(array![[1.0], [f64::NAN]]), Err(EngineError::NotFinite { row: 1, .. })));
}
