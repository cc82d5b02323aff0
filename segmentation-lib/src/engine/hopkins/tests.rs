use ndarray::{Array2, array};

use super::*;

fn found(points: &Array2<f64>, params: HopkinsParams) -> Hopkins {
    hopkins(points.view(), &params, &Progress::silent()).unwrap()
}

fn uniform(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_fn((rows, columns), |_| random.r#gen::<f64>())
}

fn blobs(rows: usize) -> Array2<f64> {
    let mut points = uniform(rows, 2, 4);
    for (row, mut values) in points.rows_mut().into_iter().enumerate() {
        values.mapv_inplace(|v| v + 30.0 * (row % 3) as f64);
    }
    points
}

#[test]
fn uniform_rows_are_near_one_half() {
    let of = |seed| {
        found(&uniform(2000, 2, seed), HopkinsParams { seed: seed + 100, ..HopkinsParams::default() })
            .statistic
    };
    let mean = (0..10).map(of).sum::<f64>() / 10.0;
    assert!((0.45..0.56).contains(&mean), "{mean}");
}

#[test]
fn blobs_are_near_one() {
    let blobs = found(&blobs(900), HopkinsParams::default());
    assert!(blobs.statistic > 0.99, "{blobs:?}");
    assert_eq!((blobs.sample, blobs.coincident), (90, 0));
}

#[test]
fn a_lattice_is_near_zero() {
    let lattice = Array2::from_shape_fn((900, 2), |(i, j)| if j == 0 { i % 30 } else { i / 30 } as f64);
    assert!(found(&lattice, HopkinsParams::default()).statistic < 0.2);
}

#[test]
fn the_statistic_is_its_formula() {
    let points = array![[0.0], [1.0], [4.0]];
    let all = HopkinsParams { sample: Some(3), seed: 2 };
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2);
    index::sample(&mut random, 3, 3);
    let places = uniform_places(points.view(), 3, &mut random);
    let u = |p: &Vec<f64>| points.iter().map(|v: &f64| (v - p[0]).abs()).fold(f64::MAX, f64::min);
    let u: f64 = places.iter().map(u).sum();
    assert!((found(&points, all).statistic - u / (u + 1.0 + 1.0 + 3.0)).abs() < 1e-12);
}

#[test]
fn distances_enter_with_the_power_of_the_columns() {
    assert!((statistic(&[3.0, 4.0], &[1.0, 2.0], 2) - 25.0 / 30.0).abs() < 1e-15);
    assert!((statistic(&[3e140], &[1e140], 3) - 27.0 / 28.0).abs() < 1e-15);
}

#[test]
fn a_constant_column_and_an_offset_change_nothing() {
    let points = blobs(300).mapv(|v| (v * 1024.0).round() / 1024.0);
    let wider = ndarray::concatenate![Axis(1), points, Array2::from_elem((300, 1), 3.0)];
    let one = found(&points, HopkinsParams::default());
    assert_eq!(one, found(&wider, HopkinsParams::default()));
    assert_eq!(one, found(&(&points + 1e8), HopkinsParams::default()));
}

#[test]
fn rows_that_coincide_are_counted() {
    let twice = ndarray::concatenate![Axis(0), uniform(50, 2, 1), uniform(50, 2, 1)];
    let found = found(&twice, HopkinsParams { sample: Some(20), seed: 42 });
    assert_eq!((found.statistic, found.coincident), (1.0, 20));
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| found(&uniform(500, 3, 1), HopkinsParams::default()))
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn bad_input_is_refused() {
    let refused =
        |points: Array2<f64>, params| hopkins(points.view(), &params, &Progress::silent()).unwrap_err();
    let ok = HopkinsParams::default();
    assert!(matches!(refused(array![[0.0], [f64::INFINITY]], ok), EngineError::NotFinite { row: 1, .. }));
    assert!(matches!(refused(array![[3.0, 1.0]], ok), EngineError::TooFewDistinct { distinct: 1, .. }));
    assert!(matches!(refused(Array2::zeros((9, 2)), ok), EngineError::TooFewDistinct { distinct: 1, .. }));
    for sample in [0, 3] {
        let error = refused(array![[0.0], [1.0]], HopkinsParams { sample: Some(sample), ..ok }).to_string();
        assert_eq!(error, format!("sample is {sample}; allowed is 1 to the number of rows"));
    }
}

#[test]
fn cancelled_work_stops() {
    let progress = Progress::silent();
    progress.cancel();
    let error = hopkins(blobs(30).view(), &HopkinsParams::default(), &progress).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled(_)));
}
