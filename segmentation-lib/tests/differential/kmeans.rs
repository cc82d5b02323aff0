//! k-means against scikit-learn: from the same centroids the same end, and from as many random starts no
//! worse an end.

use std::collections::HashMap;
use std::hash::Hash;

use ndarray::{Array2, Axis};
use segmentation_lib::engine::kmeans::{KMeansParams, fit, fit_from, fit_weighted};
use segmentation_lib::progress::Progress;

use crate::inputs::{GENERATED, generated};
use crate::recorded::{Recorded, recorded};

/// Inertias closer than a ten-thousandth are the same.
const SAME: f64 = 1.0001;

/// From the first rows that differ, ours ends no higher; where rows are never equally near two centroids,
/// in the same partition.
pub fn agree_from_the_same_centroids(name: &str, points: &Array2<f64>, recorded: &Recorded) {
    for (&k, expected) in &recorded.kmeans_from {
        let params = KMeansParams { max_iterations: 10_000, ..KMeansParams::default() };
        let first = first_distinct(points, k);
        let found = fit_from(points.view(), first.view(), &params, &Progress::silent()).expect("a fit");
        assert!(
            found.inertia <= expected.inertia * SAME,
            "{name}, k {k}: {} > {}",
            found.inertia,
            expected.inertia
        );
        let lattice = matches!(name, "corners" | "grid");
        assert!(
            lattice || expected.partition.is(&by_first_row(&found.labels)),
            "{name}, k {k}: another partition"
        );
    }
}

fn first_distinct(points: &Array2<f64>, k: usize) -> Array2<f64> {
    let mut rows: Vec<usize> = Vec::new();
    for row in 0..points.nrows() {
        if rows.len() < k && !rows.iter().any(|&other| points.row(other) == points.row(row)) {
            rows.push(row);
        }
    }
    points.select(Axis(0), &rows)
}

/// Labels from 0 in the order in which their first rows come.
pub fn by_first_row<L: Copy + Eq + Hash>(labels: &[L]) -> Vec<u32> {
    let mut number = HashMap::new();
    let numbered = |&label| {
        let next = number.len() as u32;
        *number.entry(label).or_insert(next)
    };
    labels.iter().map(numbered).collect()
}

/// How often the best of ten starts is better than scikit-learn's best of ten, and how often worse.
#[derive(Default)]
pub struct Tally {
    pub better: Vec<String>,
    pub worse: Vec<String>,
}

impl Tally {
    /// Ten starts against ten, with and without weights, for every k.
    pub fn count(&mut self, name: &str, points: &Array2<f64>, recorded: &Recorded) {
        let weights: Vec<f64> = (0..points.nrows()).map(|row| (1 + row % 3) as f64).collect();
        for (&k, &expected) in &recorded.kmeans {
            let (params, silent) = (KMeansParams::default(), Progress::silent());
            let plain = fit(points.view(), k, &params, &silent).expect("a fit");
            self.compare(format!("{name}, k {k}"), plain.inertia, expected);
            let weighted = fit_weighted(points.view(), &weights, k, &params, &silent).expect("a fit");
            self.compare(format!("{name}, k {k}, weighted"), weighted.inertia, recorded.kmeans_weighted[&k]);
        }
    }

    fn compare(&mut self, what: String, own: f64, other: f64) {
        // Random starts end in different optima; none is far from the other side's.
        assert!(own <= other * 1.05, "{what}: {own} is far above {other}");
        if own > other * SAME {
            self.worse.push(format!("{what}: {own} > {other}"));
        }
        if other > own * SAME {
            self.better.push(format!("{what}: {own} < {other}"));
        }
    }
}

#[test]
fn from_the_same_centroids_it_ends_as_scikit_learn() {
    for name in GENERATED {
        let points = generated(name);
        agree_from_the_same_centroids(name, &points, &recorded(name, &points));
    }
}

#[test]
fn as_many_starts_end_no_worse_than_scikit_learns() {
    let mut tally = Tally::default();
    for name in GENERATED {
        let points = generated(name);
        tally.count(name, &points, &recorded(name, &points));
    }
    assert!(tally.worse.len() <= tally.better.len(), "worse {:#?}, better {:#?}", tally.worse, tally.better);
}
