//! Names that survive a refit.

use super::Previous;
use super::assignment::assign;
use super::naming::{Named, carried};
use crate::record::FeatureScaling;

/// For each new centroid the name it carries over from the last run, if any.
///
/// Both runs' centroids are compared in the new run's matrix units. Pairs come from the cheapest
/// one-to-one assignment; a pair keeps its name only when its distance is under half of the distance
/// between that former segment and its nearest sister, so that a name never jumps to another group.
/// Runs on other features share no space, and nothing is carried over.
pub(super) fn carried_names(
    previous: Option<Previous<'_>>,
    scalings: &[FeatureScaling],
    centroids: &[Vec<f64>],
) -> Vec<Option<Named>> {
    let mut kept = vec![None; centroids.len()];
    let Some(previous) = previous.filter(|p| same_features(&p.manifest.features, scalings)) else {
        return kept;
    };
    let former: Vec<Vec<f64>> = previous
        .segments
        .iter()
        .map(|s| rescaled(&s.centroid, &previous.manifest.features, scalings))
        .collect();
    for (new, old) in pairs(centroids, &former) {
        if distance(&centroids[new], &former[old]) < 0.5 * nearest_sister(&former, old) {
            kept[new] = Some(carried(&previous.segments[old]));
        }
    }
    kept
}

fn same_features(a: &[FeatureScaling], b: &[FeatureScaling]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name)
}

fn rescaled(centroid: &[f64], from: &[FeatureScaling], to: &[FeatureScaling]) -> Vec<f64> {
    centroid.iter().zip(from.iter().zip(to)).map(|(&c, (from, to))| to.apply(from.invert(c))).collect()
}

fn pairs(new: &[Vec<f64>], former: &[Vec<f64>]) -> Vec<(usize, usize)> {
    let cost = |rows: &[Vec<f64>], columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
        rows.iter().map(|a| columns.iter().map(|b| distance(a, b)).collect()).collect()
    };
    if new.len() <= former.len() {
        assign(&cost(new, former)).into_iter().enumerate().collect()
    } else {
        assign(&cost(former, new)).into_iter().enumerate().map(|(old, new)| (new, old)).collect()
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn nearest_sister(former: &[Vec<f64>], of: usize) -> f64 {
    let others = former.iter().enumerate().filter(|(i, _)| *i != of);
    others.map(|(_, c)| distance(c, &former[of])).fold(f64::INFINITY, f64::min)
}
