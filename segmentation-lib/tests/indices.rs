//! Indices and knees against recorded results of scikit-learn and kneed.
#![cfg(feature = "engine")]

use ndarray::Array2;
use segmentation_lib::engine::indices::indices;
use segmentation_lib::engine::knee::knee;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    indices: Vec<Case>,
    knees: Vec<Curve>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    points: Vec<Vec<f64>>,
    labels: Vec<u32>,
    calinski_harabasz: f64,
    davies_bouldin: f64,
}

#[derive(Deserialize)]
struct Curve {
    y: Vec<f64>,
    knee: Option<usize>,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("reference/indices.json")).expect("as record_indices.py writes it")
}

#[test]
fn indices_agree_with_scikit_learn() {
    let cases = recorded().indices;
    assert!(cases.len() >= 12);
    for case in cases {
        let shape = (case.points.len(), case.points[0].len());
        let points = Array2::from_shape_vec(shape, case.points.concat()).expect("rows of one length");
        let found = indices(points.view(), &case.labels).expect("indices");
        let pairs =
            [(found.calinski_harabasz, case.calinski_harabasz), (found.davies_bouldin, case.davies_bouldin)];
        for (ours, theirs) in pairs {
            assert!((ours - theirs).abs() <= 1e-10 * theirs.abs(), "{}: {ours}, not {theirs}", case.name);
        }
    }
}

#[test]
fn knees_agree_with_kneed() {
    let (k, curves): (Vec<f64>, _) = ((1..=10).map(f64::from).collect(), recorded().knees);
    let none = curves.iter().filter(|curve| curve.knee.is_none()).count();
    assert!(none >= 10 && curves.len() - none >= 20, "both answers are among the recorded ones");
    for curve in curves {
        let found = knee(&k, &curve.y, 1.0).expect("a curve").map(|i| i + 1);
        assert_eq!(found, curve.knee, "{:?}", curve.y);
    }
}
