//! Names that survive a refit.

use super::assignment::assign;
use super::{NamingParams, Previous};
use crate::naming::{Named, texts_of};
use crate::record::{FeatureScaling, Manifest, Segment};

/// For each new segment the name it carries over from the last run, if any.
///
/// Both runs' centroids are compared in the new run's matrix units. Pairs come from the cheapest
/// one-to-one assignment; a pair keeps its name only when its distance is under half of the distance
/// between that former segment and its nearest sister, so that a name never jumps to another group.
/// Runs on other features share no space, and nothing is carried over; nor is it from a run that was named by
/// another vocabulary, or before names had conditions.
pub(super) fn carried_names(
    naming: &NamingParams<'_>,
    scalings: &[FeatureScaling],
    segments: &[Segment],
) -> Vec<Option<Named>> {
    let mut kept = vec![None; segments.len()];
    let ours = |sha256: &str| naming.vocabulary.has_names_of(sha256);
    let by_the_same = |m: &Manifest| m.naming.as_ref().is_some_and(|n| ours(&n.vocabulary_sha256));
    let same = |p: &Previous<'_>| same_features(&p.manifest.features, scalings) && by_the_same(p.manifest);
    let Some(previous) = naming.previous.filter(same) else { return kept };
    let former: Vec<Vec<f64>> = previous
        .segments
        .iter()
        .map(|s| rescaled(&s.centroid, &previous.manifest.features, scalings))
        .collect();
    let centroids: Vec<Vec<f64>> = segments.iter().map(|s| s.centroid.clone()).collect();
    for (new, old) in pairs(&centroids, &former) {
        if distance(&centroids[new], &former[old]) < 0.5 * nearest_sister(&former, old) {
            kept[new] = carried(&previous.segments[old], naming);
        }
    }
    kept
}

/// The name that a segment of the last run carries, with the vocabulary's description of it.
fn carried(segment: &Segment, naming: &NamingParams<'_>) -> Option<Named> {
    let texts = texts_of(&segment.key, &naming.clock, naming.vocabulary)?;
    Some(Named { key: segment.key.clone(), name: segment.name.clone(), ..texts })
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
