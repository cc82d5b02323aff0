//! The choice: candidates in the order of preference, and the first of them that holds.

use std::cmp::Ordering;

use super::hindsight::Foresights;
use super::recovery::Trials;
use super::{Clustering, SelectionError, SelectionParams};
use crate::record::{Candidate, Criterion, LEAST_CEILING};

/// A candidate is as good as the best that holds where it keeps so much of its R².
///
/// On the bundled and the published data the candidates that should win keep 94 to 98 %, whoever is left out, and those
/// with one segment less 88 to 90 %: a mark between them flips for nobody.
pub(super) const NEARLY: f64 = 0.92;

/// So much of the ceiling is asked for where a candidate that holds has it: 85 %, less the half percent that this
/// moves by with a few customers more or less.
const OF_CEILING: f64 = 0.845;

/// No candidate must keep more of the best R² than this for the sake of the ceiling.
const AS_GOOD: f64 = 0.98;

/// The segments in force stay where they keep so much of the R² of the best that holds.
const STILL: f64 = 0.88;

/// What the choice came to, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub chosen: usize,
    pub basis: Basis,
    /// No candidate was useful, so that all were let in.
    pub relaxed: bool,
    /// Whether it holds; else no candidate does.
    pub holds: bool,
    /// Those that were preferred and do not hold, in order.
    pub failed: Vec<usize>,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// Nobody else was there.
    Only,
    /// The segments in force, fitted to the customers of now.
    Continued,
    /// The fewest segments that foretell nearly as much as the best.
    Foresight,
    /// The highest R² among those left.
    LessForesight,
    /// The silhouette, because it was asked for.
    Silhouette,
    /// The silhouette: there is no look-back, or nothing to foretell in it.
    NoLookBack,
    /// The silhouette, because the ceiling is too low.
    HardlyForetellable,
    /// The stability, because it was asked for.
    Stability,
}

pub(super) fn choose(
    candidates: &[Candidate],
    clusterings: &[Clustering],
    foresights: Option<&Foresights>,
    params: &SelectionParams,
    trials: &mut Trials<'_>,
) -> Result<Choice, SelectionError> {
    let asked = |&i: &usize| params.algorithm.is_none_or(|only| only == clusterings[i].algorithm);
    let useful: Vec<usize> = (0..candidates.len()).filter(|&i| candidates[i].eligible).collect();
    let relaxed = useful.is_empty();
    let scope = if relaxed { (0..candidates.len()).filter(asked).collect() } else { useful };
    let ranked = match (params.criterion, foresights) {
        (Criterion::Stability, _) => by_stability(scope, clusterings, trials)?,
        (Criterion::Silhouette, _) => by_silhouette(scope, clusterings, Basis::Silhouette),
        (Criterion::Foresight, None) => by_silhouette(scope, clusterings, Basis::NoLookBack),
        (Criterion::Foresight, Some(foresights)) if foresights.ceiling() < LEAST_CEILING => {
            by_silhouette(scope, clusterings, Basis::HardlyForetellable)
        }
        (Criterion::Foresight, Some(foresights)) => by_foresight(scope, clusterings, foresights, trials)?,
    };
    let ranked = with_continued(ranked, clusterings, foresights, params, trials);
    first_that_holds(ranked, relaxed, trials)
}

fn first_that_holds(
    ranked: Vec<(usize, Basis)>,
    relaxed: bool,
    trials: &mut Trials<'_>,
) -> Result<Choice, SelectionError> {
    let only = ranked.len() == 1;
    let mut failed = Vec::new();
    for &(at, basis) in &ranked {
        if trials.holds(at)? {
            let basis = if only { Basis::Only } else { basis };
            return Ok(Choice { chosen: at, basis, relaxed, holds: true, failed });
        }
        failed.push(at);
    }
    let agrees = |at: usize| trials.known(at).refits_mean;
    let best = ranked.iter().reduce(|a, b| if agrees(b.0) > agrees(a.0) { b } else { a });
    let &(chosen, basis) = best.expect("k-means or the algorithm asked for gives a clustering at least");
    failed.retain(|&at| at != chosen);
    Ok(Choice { chosen, basis: if only { Basis::Only } else { basis }, relaxed, holds: false, failed })
}

/// The segments in force come first, as long as they are useful and foretell enough.
fn with_continued(
    mut ranked: Vec<(usize, Basis)>,
    clusterings: &[Clustering],
    foresights: Option<&Foresights>,
    params: &SelectionParams,
    trials: &Trials<'_>,
) -> Vec<(usize, Basis)> {
    let Some(from) = &params.from else { return ranked };
    let continued = |&(at, _): &(usize, Basis)| {
        clusterings[at].algorithm.linkage().is_none() && clusterings[at].k == from.nrows()
    };
    let Some(place) = ranked.iter().position(continued) else { return ranked };
    let (at, _) = ranked[place];
    let enough = foresights.is_none_or(|foresights| {
        let held = ranked.iter().filter(|(i, _)| trials.held(*i));
        let best = held.map(|&(i, _)| foresights.r_squared[i]).fold(f64::NEG_INFINITY, f64::max);
        foresights.ceiling() < LEAST_CEILING || foresights.r_squared[at] >= STILL * best
    });
    if enough {
        ranked.remove(place);
        ranked.insert(0, (at, Basis::Continued));
    }
    ranked
}

/// First those that keep nearly the best R² of any that holds, and enough of the ceiling; the fewest segments first and
/// of as many the higher R². Then the others by R².
///
/// The best that holds is the yardstick, because what nobody can publish is none: with a few customers less it may not
/// be there, or foretell otherwise.
fn by_foresight(
    scope: Vec<usize>,
    clusterings: &[Clustering],
    foresights: &Foresights,
    trials: &mut Trials<'_>,
) -> Result<Vec<(usize, Basis)>, SelectionError> {
    let r_squared = |at: usize| foresights.r_squared[at];
    let all = ranked(scope, clusterings, Basis::LessForesight, r_squared);
    let mut best = r_squared(all[0].0);
    for &(at, _) in &all {
        if trials.holds(at)? {
            best = r_squared(at);
            break;
        }
    }
    let enough = (NEARLY * best).max((OF_CEILING * foresights.ceiling()).min(AS_GOOD * best));
    let (mut near, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|&(at, _)| r_squared(at) >= enough || r_squared(at) >= best);
    // Stable: of as many segments the higher R² stays first.
    near.sort_by_key(|&(at, _)| clusterings[at].k);
    Ok(near.into_iter().map(|(at, _)| (at, Basis::Foresight)).chain(rest).collect())
}

fn by_silhouette(scope: Vec<usize>, clusterings: &[Clustering], basis: Basis) -> Vec<(usize, Basis)> {
    ranked(scope, clusterings, basis, |i| clusterings[i].silhouette.mean)
}

/// All are tried: a candidate that was not cannot be the most stable.
fn by_stability(
    scope: Vec<usize>,
    clusterings: &[Clustering],
    trials: &mut Trials<'_>,
) -> Result<Vec<(usize, Basis)>, SelectionError> {
    scope.iter().try_for_each(|&i| trials.whole(i))?;
    let weakest = |at: usize| trials.known(at).weakest().unwrap_or(0.0);
    Ok(ranked(scope, clusterings, Basis::Stability, weakest))
}

/// The highest figure first; of equal ones the smaller k, then the earlier algorithm.
fn ranked(
    mut scope: Vec<usize>,
    clusterings: &[Clustering],
    basis: Basis,
    figure: impl Fn(usize) -> f64,
) -> Vec<(usize, Basis)> {
    let order = |&a: &usize, &b: &usize| {
        figures(figure(b), figure(a)).then(clusterings[a].k.cmp(&clusterings[b].k)).then(a.cmp(&b))
    };
    scope.sort_by(order);
    scope.into_iter().map(|i| (i, basis)).collect()
}

/// Equal to nine decimals is equal.
fn figures(a: f64, b: f64) -> Ordering {
    (a * 1e9).round().total_cmp(&(b * 1e9).round())
}
