use ndarray::array;
use rand::{Rng, SeedableRng};

use super::*;
use crate::engine::hierarchical::Linkage;

const KMEANS: Method = Method::KMeans { starts: 5, seed: 1 };
const WARD: Method = Method::Hierarchical { linkage: Linkage::Ward, memory_limit_bytes: 1 << 30 };

fn found(points: &Array2<f64>, k: usize, method: &Method) -> Control {
    negative_control(points.view(), k, method, &ControlParams::default(), &Progress::silent()).unwrap()
}

fn uniform(rows: usize) -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(8);
    Array2::from_shape_fn((rows, 3), |_| random.r#gen::<f64>())
}

/// Three groups on the diagonal: each column alone shows them too, but only together they are three.
fn blobs() -> Array2<f64> {
    let mut points = uniform(120);
    for (row, mut values) in points.rows_mut().into_iter().enumerate() {
        values.mapv_inplace(|v| v + 5.0 * (row % 3) as f64);
    }
    points
}

#[test]
fn shuffled_blobs_are_clearly_worse() {
    for method in [KMEANS, WARD] {
        let control = found(&blobs(), 3, &method);
        assert!(control.silhouette > 0.8 && control.shuffled_best() < 0.6, "{control:?}");
        assert!(control.clearly_worse());
        assert_eq!(control.p_value(), 0.05);
    }
}

#[test]
fn shuffled_noise_is_not_clearly_worse() {
    assert!(!found(&uniform(300), 3, &KMEANS).clearly_worse());
}

#[test]
fn shuffling_keeps_every_column_and_parts_them() {
    let points = Array2::from_shape_fn((50, 2), |(i, _)| i as f64);
    let shuffled = shuffle(points.view(), &mut Xoshiro256PlusPlus::seed_from_u64(1));
    for column in shuffled.columns() {
        let mut sorted = column.to_vec();
        assert_ne!(sorted, points.column(0).to_vec());
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, points.column(0).to_vec());
    }
    assert_ne!(shuffled.column(0), shuffled.column(1));
}

#[test]
fn figures_are_their_formulas() {
    let control = Control { silhouette: 0.5, shuffled: vec![0.4, 0.5, 0.3] };
    assert!((control.shuffled_mean() - 0.4).abs() < 1e-15);
    assert_eq!((control.shuffled_best(), control.p_value()), (0.5, 0.5));
    assert!(!control.clearly_worse());
    assert!(Control { silhouette: 0.5, shuffled: vec![0.44] }.clearly_worse());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(&blobs(), 3, &KMEANS))
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn bad_input_is_refused() {
    let refused = |points: Array2<f64>, k, permutations| {
        let params = ControlParams { permutations, ..ControlParams::default() };
        negative_control(points.view(), k, &KMEANS, &params, &Progress::silent()).unwrap_err()
    };
    let two = || array![[1.0, 0.0], [2.0, 1.0], [2.0, 1.0]];
    let one_column = refused(array![[1.0], [2.0]], 2, 3).to_string();
    assert_eq!(one_column, "columns is 1; allowed is 2 or more: shuffling one column changes nothing");
    assert!(matches!(refused(array![[f64::NAN, 0.0]], 1, 3), EngineError::NotFinite { row: 0, .. }));
    assert!(matches!(refused(two(), 1, 3), EngineError::OneCluster { clusters: 1, .. }));
    assert!(matches!(refused(two(), 3, 3), EngineError::TooFewDistinct { k: 3, distinct: 2 }));
    assert!(matches!(refused(two(), 4, 3), EngineError::TooManyClusters { .. }));
    assert!(matches!(refused(two(), 2, 0), EngineError::Parameter { name: "permutations", .. }));
}

#[test]
fn singletons_and_constant_columns_are_no_hindrance() {
    let points = array![[1.0, 7.0, 0.0], [2.0, 7.0, 1.0], [9.0, 7.0, 3.0], [9.0, 7.0, 4.0]];
    assert_eq!(found(&points, 4, &KMEANS).silhouette, 0.0);
    assert!(found(&points, 2, &WARD).shuffled.iter().all(|s| s.is_finite()));
}

#[test]
fn cancelled_work_stops() {
    let progress = Progress::silent();
    progress.cancel();
    let error = negative_control(blobs().view(), 3, &WARD, &ControlParams::default(), &progress).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled(_)));
}
