//! Silhouette coefficients and the adjusted Rand index against scikit-learn.

use ndarray::Array2;
use segmentation_lib::engine::agreement::adjusted_rand_index;
use segmentation_lib::engine::hierarchical::Linkage;
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::progress::Progress;

use crate::inputs::{GENERATED, generated};
use crate::linkage::tree;
use crate::recorded::{Recorded, recorded};

/// Coefficients are differences of means of distances, divided by one: ten digits of what is in [-1, 1].
const DIGITS: f64 = 1e-10;

/// The labelings of `record.py`: by a rule that mixes all clusters, Ward's four, the first row alone.
fn labelings(points: &Array2<f64>) -> Vec<(&'static str, Vec<u32>)> {
    let n = points.nrows() as u32;
    vec![
        ("by_row", (0..n).map(|i| (u64::from(i) * u64::from(i) % 7 % 3) as u32).collect()),
        ("ward", tree(points, Linkage::Ward).cut(4)),
        ("first_alone", (0..n).map(|i| if i == 0 { 0 } else { 1 + i % 2 }).collect()),
    ]
}

/// All labelings in one pass, as the comparison of clusterings does it.
pub fn agree(name: &str, points: &Array2<f64>, recorded: &Recorded) {
    let labelings: Vec<_> =
        labelings(points).into_iter().filter(|(what, _)| recorded.silhouettes.contains_key(*what)).collect();
    let labels: Vec<&[u32]> = labelings.iter().map(|(_, labels)| labels.as_slice()).collect();
    let found = silhouettes(points.view(), &labels, &Progress::silent()).expect("two clusters or more");
    assert_eq!(found.len(), recorded.silhouettes.len(), "{name}");
    for ((what, labels), own) in labelings.iter().zip(found) {
        let expected = &recorded.silhouettes[*what];
        if let Some(recorded) = &expected.labels {
            assert_eq!(adjusted_rand_index(labels, recorded), 1.0, "{name}: not the labeling of {what}");
        }
        for (&row, &s) in &expected.samples {
            let difference = (own.per_point[row] - s).abs();
            assert!(difference <= DIGITS, "{name}, {what}, row {row}: {} is not {s}", own.per_point[row]);
        }
        assert!((own.mean - expected.mean).abs() <= DIGITS, "{name}, {what}: mean {}", own.mean);
    }
}

pub fn agreements(name: &str, points: &Array2<f64>, recorded: &Recorded) {
    let labelings = labelings(points);
    let of = |what: &str| &labelings.iter().find(|(name, _)| *name == what).expect("a labeling").1;
    for (pair, &expected) in &recorded.adjusted_rand {
        let (a, b) = pair.split_once(' ').expect("two names");
        let index = adjusted_rand_index(of(a), of(b));
        assert!((index - expected).abs() <= 1e-14, "{name}, {pair}: {index} is not {expected}");
    }
}

#[test]
fn coefficients_are_those_of_scikit_learn() {
    for name in GENERATED.into_iter().filter(|name| *name != "grid") {
        let points = generated(name);
        agree(name, &points, &recorded(name, &points));
    }
}

#[test]
fn adjusted_rand_indices_are_those_of_scikit_learn() {
    for name in GENERATED.into_iter().filter(|name| *name != "grid") {
        let points = generated(name);
        agreements(name, &points, &recorded(name, &points));
    }
}
