//! Each method's number of segments, freely and among those that marketing can use.

use super::evidence::Evidence;
use crate::engine::gap::Gap;
use crate::engine::knee::knee;
use crate::engine::stability::Verdict;
use crate::record::{SheetRow, Vote};
use crate::selection::{Clustering, Selection};

/// Segments foretell nearly as much as the best where they keep so much of its R².
const NEARLY: f64 = 0.92;

/// Whether a method may vote for a k.
type Allowed<'a> = &'a dyn Fn(&SheetRow) -> bool;

pub(super) fn votes(
    selection: &Selection,
    rows: &[SheetRow],
    evidence: &Evidence,
    customers: usize,
) -> Vec<Vote> {
    let (all, sampled) = (customers as u64, evidence.sampled as u64);
    let resampled = selection.candidate().recovery.as_ref().map_or(all, |recovery| recovery.customers);
    let looked_back = selection.foresight.as_ref().map_or(0, |foretold| foretold.customers);
    let (any, allowed): (Allowed<'_>, Allowed<'_>) = (&|_| true, &|row| row.allowed);
    let vote = |method: &str, rule: &str, customers, find: &dyn Fn(Allowed<'_>) -> Option<usize>| Vote {
        method: method.to_owned(),
        k: find(any),
        k_allowed: find(allowed),
        rule: rule.to_owned(),
        customers,
    };
    vec![
        vote("foresight", "smallest k that keeps 92 % of the best R²", looked_back, &|pass| {
            foretelling(rows, pass)
        }),
        every_algorithm(selection),
        vote("silhouette", "highest mean silhouette coefficient", all, &|pass| {
            highest(rows, pass, |row| row.silhouette)
        }),
        vote("calinski-harabasz", "highest index", all, &|pass| {
            highest(rows, pass, |row| row.calinski_harabasz)
        }),
        vote("davies-bouldin", "lowest index", all, &|pass| {
            highest(rows, pass, |row| row.davies_bouldin.map(|v| -v))
        }),
        vote("gap", "smallest k within one standard error of the next", sampled, &|pass| {
            gap(rows, &evidence.gap, pass)
        }),
        vote("knee", "bend of the inertia (Kneedle)", all, &|pass| bend(rows, pass)),
        vote(
            "stability",
            "largest k whose every segment is stable (mean Jaccard ≥ 0.75)",
            resampled,
            &|pass| stable(rows, pass),
        ),
    ]
}

/// The silhouette's vote when the algorithm is free too.
fn every_algorithm(selection: &Selection) -> Vote {
    let pairs = || selection.clusterings.iter().zip(&selection.candidates);
    let mean = |c: &Clustering| c.silhouette.mean;
    let best = |a, b| if mean(b) > mean(a) { b } else { a };
    let free = pairs().map(|(c, _)| c).reduce(best);
    let eligible = pairs().filter(|(_, row)| row.eligible).map(|(c, _)| c).reduce(best);
    let name = |c: &Clustering| c.algorithm.label();
    Vote {
        method: "silhouette, every algorithm".to_owned(),
        k: free.map(|c| c.k),
        k_allowed: eligible.map(|c| c.k),
        rule: match (free.map(name), eligible.map(name)) {
            (Some(free), Some(eligible)) if free != eligible => {
                format!("highest mean silhouette coefficient: {free}; of those allowed: {eligible}")
            }
            (Some(free), _) => format!("highest mean silhouette coefficient: {free}"),
            (None, _) => "highest mean silhouette coefficient".to_owned(),
        },
        customers: selection.chosen().labels.len() as u64,
    }
}

/// The smallest k whose R² is nearly the highest.
fn foretelling(rows: &[SheetRow], pass: Allowed<'_>) -> Option<usize> {
    let told = || rows.iter().filter(|row| pass(row)).filter_map(|row| Some((row.k, row.r_squared?)));
    let best = told().map(|(_, r_squared)| r_squared).reduce(f64::max)?;
    told().find(|(_, r_squared)| *r_squared >= NEARLY * best || *r_squared == best).map(|(k, _)| k)
}

/// The k of the highest figure; the smaller one of equal ones.
fn highest(rows: &[SheetRow], pass: Allowed<'_>, figure: impl Fn(&SheetRow) -> Option<f64>) -> Option<usize> {
    let figures = rows.iter().filter(|row| pass(row)).filter_map(|row| Some((row.k, figure(row)?)));
    figures.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(k, _)| k)
}

fn gap(rows: &[SheetRow], gap: &Gap, pass: Allowed<'_>) -> Option<usize> {
    gap.k_where(|k| rows.iter().any(|row| row.k == k && pass(row)))
}

/// The knee of the inertia, where it is at a k that may be voted for.
fn bend(rows: &[SheetRow], pass: Allowed<'_>) -> Option<usize> {
    let curve: Vec<(&SheetRow, f64)> = rows.iter().filter_map(|row| Some((row, row.inertia?))).collect();
    let (k, inertia): (Vec<f64>, Vec<f64>) =
        curve.iter().map(|&(row, inertia)| (row.k as f64, inertia)).unzip();
    let found = knee(&k, &inertia, 1.0).expect("ascending k, finite inertia");
    found.map(|i| curve[i].0).filter(|row| pass(row)).map(|row| row.k)
}

fn stable(rows: &[SheetRow], pass: Allowed<'_>) -> Option<usize> {
    let is_stable = |row: &&SheetRow| row.stability.is_some_and(|j| Verdict::of(j) >= Verdict::Stable);
    rows.iter().filter(|row| pass(row)).filter(is_stable).map(|row| row.k).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::sheet::uncompared;

    fn rows(figures: &[(usize, bool, f64)]) -> Vec<SheetRow> {
        let row = |&(k, allowed, v): &(usize, bool, f64)| SheetRow {
            allowed,
            silhouette: Some(v),
            davies_bouldin: Some(-v),
            inertia: Some(v),
            stability: Some(v),
            ..uncompared(k)
        };
        figures.iter().map(row).collect()
    }

    #[test]
    fn the_highest_figure_wins_and_of_equal_ones_the_smaller_k() {
        let rows = rows(&[(2, false, 0.9), (3, true, 0.5), (4, true, 0.5)]);
        assert_eq!(highest(&rows, &|_| true, |row| row.silhouette), Some(2));
        assert_eq!(highest(&rows, &|row| row.allowed, |row| row.silhouette), Some(3));
        assert_eq!(highest(&rows, &|_| false, |row| row.silhouette), None);
        assert_eq!(highest(&rows, &|_| true, |row| row.gap), None);
    }

    #[test]
    fn stability_takes_the_largest_k_without_a_weak_segment() {
        let rows = rows(&[(2, false, 0.99), (3, true, 0.75), (4, true, 0.74)]);
        assert_eq!(stable(&rows, &|_| true), Some(3));
        assert_eq!(stable(&rows, &|row| !row.allowed), Some(2));
        assert_eq!(stable(&rows, &|row| row.k == 4), None);
    }

    #[test]
    fn foresight_takes_the_fewest_segments_that_foretell_nearly_as_much() {
        let of = |figures: &[(usize, bool, f64)]| -> Vec<SheetRow> {
            let row = |&(k, allowed, r): &(usize, bool, f64)| SheetRow {
                allowed,
                r_squared: Some(r),
                ..uncompared(k)
            };
            figures.iter().map(row).collect()
        };
        let rows = of(&[(3, true, 0.20), (4, true, 0.24), (5, false, 0.25), (6, true, 0.245)]);
        assert_eq!(foretelling(&rows, &|_| true), Some(4));
        assert_eq!(foretelling(&rows, &|row| row.k == 3), Some(3));
        assert_eq!(foretelling(&of(&[(3, true, -0.2), (4, true, -0.1)]), &|_| true), Some(4));
        assert_eq!(foretelling(&[uncompared(3)], &|_| true), None);
    }

    #[test]
    fn a_knee_that_may_not_be_voted_for_is_no_vote() {
        let rows = rows(&[(1, false, 100.0), (2, false, 20.0), (3, true, 15.0), (4, true, 11.0)]);
        assert_eq!(bend(&rows, &|_| true), Some(2));
        assert_eq!(bend(&rows, &|row| row.allowed), None);
    }
}
