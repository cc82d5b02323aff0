use ndarray::{array, s};

use super::*;
use crate::engine::agreement::adjusted_rand_index;
use crate::engine::kmeans::{self, nearest_centroids};

/// Blocks of one file, or the error it fails with.
#[derive(Debug)]
enum Failure {
    Engine(EngineError),
    Reading(usize),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

fn three_groups() -> Array2<f64> {
    let mut state = 5u64;
    Array2::from_shape_fn((6000, 2), |(i, _)| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (i * 7 % 11 % 3) as f64 * 1.5 + (state >> 11) as f64 / 2f64.powi(53)
    })
}

fn blocks(points: &Array2<f64>, rows: usize) -> impl Iterator<Item = Result<Array2<f64>, Failure>> {
    let whole: Vec<Array2<f64>> = (0..points.nrows())
        .step_by(rows)
        .map(|from| points.slice(s![from..(from + rows).min(points.nrows()), ..]).to_owned())
        .collect();
    whole.into_iter().map(Ok)
}

const DEFAULT: MiniBatchParams = MiniBatchParams { seed: 42, starts: 10, passes: 20, tolerance: 1e-4 };

fn fitted(points: &Array2<f64>, rows: usize, k: usize, params: &MiniBatchParams) -> MiniBatchKMeans {
    fit(|| blocks(points, rows), k, params, &Progress::silent()).unwrap()
}

#[test]
fn blocks_end_near_the_whole() {
    let points = three_groups();
    let whole = kmeans::fit(points.view(), 3, &KMeansParams::default(), &Progress::silent()).unwrap();
    for rows in [100, 777, 6000] {
        let model = fitted(&points, rows, 3, &DEFAULT);
        assert!(model.converged, "{rows}: {} passes", model.passes);
        assert!(model.inertia < whole.inertia * 1.005, "{rows}: {} and {}", model.inertia, whole.inertia);
        let labels = nearest_centroids(points.view(), model.centroids.view()).unwrap();
        assert!(adjusted_rand_index(&labels, &whole.labels) > 0.97);
        let counted = |c: u32| labels.iter().filter(|&&label| label == c).count() as u64;
        assert_eq!(model.counts, (0..3).map(counted).collect::<Vec<u64>>());
        let inertia: f64 = points
            .rows()
            .into_iter()
            .zip(&labels)
            .map(|(row, &label)| squared_distance(row, model.centroids.row(label as usize)))
            .sum();
        assert!((inertia - model.inertia).abs() < 1e-9 * inertia);
    }
}

#[test]
fn one_cluster_is_the_mean_of_all_blocks() {
    let points = array![[1e8], [1e8 + 1.0], [1e8 + 2.0], [1e8 + 5.0]];
    let model = fitted(&points, 1, 1, &MiniBatchParams { passes: 1, ..DEFAULT });
    assert_eq!((model.centroids[[0, 0]], model.inertia, model.counts), (1e8 + 2.0, 14.0, vec![4]));
}

#[test]
fn a_centroid_that_nobody_is_near_moves_to_the_farthest_row() {
    let first = array![[0.0], [1.0], [100.0]];
    let rest = array![[0.0], [1.0], [40.0], [0.5]];
    let mut passes = 0;
    let model = fit(
        || {
            passes += 1;
            let blocks = if passes == 1 { vec![first.clone(), rest.clone()] } else { vec![rest.clone()] };
            blocks.into_iter().map(Ok::<_, EngineError>)
        },
        3,
        &DEFAULT,
        &Progress::silent(),
    );
    let model = model.unwrap();
    assert!(model.counts.iter().all(|&count| count > 0), "{model:?}");
}

#[test]
fn the_same_blocks_give_the_same_bits() {
    let points = three_groups();
    let once = || fitted(&points, 640, 4, &MiniBatchParams { seed: 9, ..DEFAULT });
    assert_eq!(once(), once());
}

#[test]
fn a_block_that_cannot_be_read_ends_the_fit() {
    let points = three_groups();
    let broken = || blocks(&points, 1000).take(2).chain([Err(Failure::Reading(2))]);
    let failed = fit(broken, 3, &DEFAULT, &Progress::silent());
    assert!(matches!(failed, Err(Failure::Reading(2))));
}

#[test]
fn bad_blocks_and_parameters_are_refused() {
    let refused = |blocks: Vec<Array2<f64>>, k, params: &MiniBatchParams| {
        let pass = || blocks.clone().into_iter().map(Ok::<_, EngineError>);
        fit(pass, k, params, &Progress::silent()).unwrap_err()
    };
    let of = |blocks| refused(blocks, 2, &DEFAULT);
    let good = array![[0.0, 1.0], [2.0, 3.0]];
    assert!(matches!(of(vec![]), EngineError::Empty { rows: 0, .. }));
    assert!(matches!(of(vec![array![[0.0, 1.0]]]), EngineError::TooManyClusters { k: 2, rows: 1 }));
    assert!(matches!(of(vec![good.clone(), array![[1.0]]]), EngineError::Columns { given: 1, expected: 2 }));
    let bad = of(vec![good.clone(), array![[0.0, f64::INFINITY]]]);
    assert!(matches!(bad, EngineError::NotFinite { row: 0, column: 1, .. }));
    assert!(matches!(refused(vec![good.clone()], 0, &DEFAULT), EngineError::ZeroClusters));
    let error = refused(vec![good], 1, &MiniBatchParams { passes: 0, ..DEFAULT });
    assert!(matches!(error, EngineError::Parameter { name: "passes", .. }));
}

#[test]
fn cancelled_work_stops() {
    let progress = Progress::silent();
    progress.cancel();
    let points = three_groups();
    let pass = || blocks(&points, 100);
    let failed = fit(pass, 2, &DEFAULT, &progress);
    assert!(matches!(failed, Err(Failure::Engine(EngineError::Cancelled(_)))));
}
