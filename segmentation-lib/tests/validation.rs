//! Gap statistic and bootstrap stability against recorded results of R's `cluster::clusGap` and
//! `fpc::clusterboot`.
//!
//! Both sides draw at random with generators of their own, so what is compared are means over hundreds
//! of draws, within what chance allows; what does not depend on chance agrees to the digits recorded.
#![cfg(feature = "engine")]

use ndarray::Array2;
use segmentation_lib::engine::gap::{GapParams, ReferenceBox, gap};
use segmentation_lib::engine::partition::Method;
use segmentation_lib::engine::stability::{StabilityParams, stability};
use segmentation_lib::progress::Progress;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    points: Vec<Vec<f64>>,
    gaps: Vec<Curve>,
    stability: Vec<Boot>,
}

#[derive(Deserialize)]
struct Curve {
    r#box: String,
    log_w: Vec<f64>,
    gap: Vec<f64>,
    error: Vec<f64>,
    k: usize,
}

#[derive(Deserialize)]
struct Boot {
    k: usize,
    jaccard: Vec<f64>,
}

fn cases() -> Vec<(Case, Array2<f64>)> {
    let text = include_str!("reference/validation.json");
    let recorded: Recorded = serde_json::from_str(text).expect("as record_r.R writes it");
    assert!(recorded.cases.len() >= 4);
    let matrix = |case: &Case| {
        let shape = (case.points.len(), case.points[0].len());
        Array2::from_shape_vec(shape, case.points.concat()).expect("rows of one length")
    };
    recorded
        .cases
        .into_iter()
        .map(|case| (matrix(&case), case))
        .map(|(points, case)| (case, points))
        .collect()
}

const KMEANS: Method = Method::KMeans { starts: 20, seed: 3 };

#[test]
fn the_gap_statistic_agrees_with_clus_gap() {
    for (case, points) in cases() {
        for curve in &case.gaps {
            let reference_box = match curve.r#box.as_str() {
                "original" => ReferenceBox::Ranges,
                "scaledPCA" => ReferenceBox::PrincipalComponents,
                other => panic!("{other}"),
            };
            let params = GapParams { references: 500, reference_box, ..GapParams::default() };
            let found = gap(points.view(), curve.log_w.len(), &KMEANS, &params, &Progress::silent()).unwrap();
            for (i, at) in found.curve.iter().enumerate() {
                let name = format!("{} {} k = {}", case.name, curve.r#box, at.k);
                // R halves the sum of squares, and its k-means (Hartigan & Wong) may end in another
                // optimum where the clusters are not the data's.
                let (log_w, other) = (at.log_inertia - 2f64.ln(), if at.k == curve.k { 1e-6 } else { 6e-3 });
                assert!((log_w - curve.log_w[i]).abs() < other, "{name}: {log_w}, not {}", curve.log_w[i]);
                // s(k) is the spread of one reference set; that of a mean over 500 is √500 times less.
                let chance = 4.0 * (at.error.powi(2) + curve.error[i].powi(2)).sqrt() / 500f64.sqrt() + other;
                assert!((at.gap - curve.gap[i]).abs() < chance, "{name}: {}, not {}", at.gap, curve.gap[i]);
                assert!((at.error / curve.error[i] - 1.0).abs() < 0.2, "{name}: {}", at.error);
            }
            assert_eq!(found.k(), Some(curve.k), "{} {}", case.name, curve.r#box);
        }
    }
}

#[test]
fn stability_agrees_with_clusterboot() {
    for (case, points) in cases() {
        let (first, last) = (case.stability[0].k, case.stability[case.stability.len() - 1].k);
        let params = StabilityParams { resamples: 400, ..StabilityParams::default() };
        let found = stability(points.view(), first..=last, &KMEANS, &params, &Progress::silent()).unwrap();
        for (ours, theirs) in found.iter().zip(&case.stability) {
            assert_eq!(ours.k, theirs.k);
            let sorted = |values: &[f64]| {
                let mut values = values.to_vec();
                values.sort_by(f64::total_cmp);
                values
            };
            for (j, r) in sorted(&ours.jaccard).iter().zip(sorted(&theirs.jaccard)) {
                // A similarity spreads by 0.25 at most in these sets: four deviations of two means over 400.
                assert!((j - r).abs() < 0.07, "{} k = {}: {j}, not {r}", case.name, ours.k);
            }
        }
    }
}
