use ndarray::{Array2, array};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::engine::hierarchical::Linkage;

const KMEANS: Method = Method::KMeans { starts: 5, seed: 1 };
const WARD: Method = Method::Hierarchical { linkage: Linkage::Ward, memory_limit_bytes: 1 << 30 };

/// This many reference sets.
fn of(references: usize) -> GapParams {
    GapParams { references, ..GapParams::default() }
}

fn found(points: &Array2<f64>, max_k: usize, method: &Method, params: &GapParams) -> Gap {
    gap(points.view(), max_k, method, params, &Progress::silent()).unwrap()
}

fn uniform(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.r#gen::<f64>())
}

/// Up to three squares of side 1 at the corners of a triangle.
fn blobs(groups: usize, each: usize, seed: u64) -> Array2<f64> {
    let mut points = uniform(groups * each, 2, seed);
    for (row, mut values) in points.rows_mut().into_iter().enumerate() {
        let corner = [[0.0, 0.0], [10.0, 1.0], [4.0, 8.0]][row / each];
        (0..2).for_each(|column| values[column] += corner[column]);
    }
    points
}

#[test]
fn three_blobs_are_three() {
    for method in [KMEANS, WARD] {
        for reference_box in [ReferenceBox::Ranges, ReferenceBox::PrincipalComponents] {
            let params = GapParams { references: 20, reference_box, ..GapParams::default() };
            let gap = found(&blobs(3, 60, 5), 8, &method, &params);
            assert_eq!(gap.k(), Some(3), "{method:?}, {reference_box:?}: {gap:?}");
        }
    }
}

#[test]
fn uniform_noise_is_one() {
    for seed in 0..5 {
        let gap = found(&uniform(200, 3, seed), 6, &KMEANS, &of(20));
        assert_eq!(gap.k(), Some(1), "{gap:?}");
    }
}

#[test]
fn a_gap_that_grows_to_the_end_decides_nothing() {
    let gap = found(&blobs(2, 30, 2), 2, &KMEANS, &of(10));
    assert_eq!(gap.k(), None, "{gap:?}");
}

#[test]
fn every_figure_is_its_formula() {
    let (points, params) = (blobs(2, 20, 3), GapParams { references: 4, seed: 9, ..GapParams::default() });
    let gap = found(&points, 3, &KMEANS, &params);
    let reference = Reference::of(points.view(), params.reference_box).unwrap();
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(9);
    let mut logs = Vec::new();
    for _ in 0..4 {
        let drawn = reference.draw(40, &mut stream.clone());
        stream.jump();
        let labels = KMEANS.partitions(drawn.view(), 2..=2, &Progress::silent()).unwrap();
        logs.push(inertia(drawn.view(), &labels[0]).ln());
    }
    let mean = logs.iter().sum::<f64>() / 4.0;
    let deviation = (logs.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 4.0).sqrt();
    let at_two = gap.curve[1];
    let labels = KMEANS.partitions(points.view(), 2..=2, &Progress::silent()).unwrap();
    assert_eq!(at_two.log_inertia, inertia(points.view(), &labels[0]).ln());
    assert!((at_two.gap - (mean - at_two.log_inertia)).abs() < 1e-12);
    assert!((at_two.error - deviation * 1.25f64.sqrt()).abs() < 1e-12);
}

#[test]
fn the_rule_takes_the_first_k_within_one_error() {
    let at = |k, gap, error| GapAt { k, log_inertia: 0.0, expected: gap, gap, error };
    let gap = Gap { curve: vec![at(1, 0.0, 0.1), at(2, 1.0, 0.1), at(3, 1.05, 0.1), at(4, 1.2, 0.1)] };
    assert_eq!(gap.k(), Some(2));
    assert_eq!(gap.k_where(|k| k >= 3), None);
    assert_eq!(Gap { curve: vec![at(1, 0.5, 0.1)] }.k(), None);
}

#[test]
fn threads_and_an_offset_change_nothing() {
    let points = blobs(3, 30, 4).mapv(|v| (v * 1024.0).round() / 1024.0);
    let params = of(6);
    let with = |threads, points: &Array2<f64>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(points, 4, &KMEANS, &params))
    };
    let one = with(1, &points);
    assert_eq!(one, with(4, &points));
    for (near, far) in one.curve.iter().zip(with(2, &(&points + 1e8)).curve) {
        assert!((near.gap - far.gap).abs() < 1e-9, "{near:?}, {far:?}");
    }
}

#[test]
fn a_constant_column_and_a_single_column_are_no_hindrance() {
    let place = [0.0, 10.0, 50.0];
    let mut line = uniform(120, 1, 6);
    line.iter_mut().enumerate().for_each(|(row, v)| *v += place[row % 3]);
    let wider = ndarray::concatenate![ndarray::Axis(1), line, Array2::from_elem((120, 1), 3.0)];
    for points in [line, wider] {
        assert_eq!(found(&points, 6, &KMEANS, &of(20)).k(), Some(3));
    }
}

#[test]
fn the_curve_ends_before_no_inertia_is_left() {
    let points = array![[0.0], [1.0], [5.0], [5.0], [9.0]];
    let gap = found(&points, 5, &KMEANS, &of(3));
    assert_eq!(gap.curve.iter().map(|at| at.k).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(gap.curve.iter().all(|at| at.gap.is_finite() && at.error.is_finite()));
}

#[test]
fn bad_input_is_refused() {
    let refused = |points: Array2<f64>, max_k, params: GapParams| {
        gap(points.view(), max_k, &KMEANS, &params, &Progress::silent()).unwrap_err()
    };
    let ok = GapParams::default();
    assert!(matches!(refused(array![[0.0], [f64::NAN]], 1, ok), EngineError::NotFinite { row: 1, .. }));
    assert!(matches!(refused(array![[0.0], [1.0]], 3, ok), EngineError::TooManyClusters { k: 3, rows: 2 }));
    assert!(matches!(refused(array![[0.0], [1.0]], 0, ok), EngineError::ZeroClusters));
    assert!(matches!(refused(array![[1.0], [1.0]], 1, ok), EngineError::TooFewDistinct { distinct: 1, .. }));
    let few = refused(array![[0.0], [1.0]], 1, of(1));
    assert_eq!(few.to_string(), "reference sets is 1; allowed is 2 or more");
}

#[test]
fn cancelled_work_stops() {
    let progress = Progress::silent();
    progress.cancel();
    let error = gap(blobs(2, 10, 1).view(), 3, &KMEANS, &GapParams::default(), &progress).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled(_)));
}
