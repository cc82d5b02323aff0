//! Silhouette coefficients.
//!
//! ```
//! use ndarray::array;
//! use segmentation_lib::engine::silhouette::silhouettes;
//! use segmentation_lib::progress::Progress;
//!
//! let points = array![[0.0], [1.0], [9.0], [10.0]];
//! let found = silhouettes(points.view(), &[&[0, 0, 1, 1], &[0, 1, 0, 1]], &Progress::silent())?;
//! assert!(found[0].mean > 0.8 && found[1].mean < 0.0);
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

mod cells;
mod estimate;
mod pairs;
mod placed;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::ArrayView2;
use pulp::Arch;
use rayon::prelude::*;

pub use estimate::{EstimateParams, estimates};
pub use placed::{PlacedParams, placed};

use self::cells::{Cells, LANES, Refinement};
use self::pairs::Panel;
use super::EngineError;
use super::input::{check_length, check_points, clusters};
use super::labels::{Distinct, distinct};
use crate::progress::Progress;

/// Points up to which coefficients are exact unless a caller says otherwise.
pub const EXACT_UP_TO: usize = 50_000;

/// Points of a cluster that others are compared with where they are more than [`EXACT_UP_TO`].
pub const SAMPLE_OF_CLUSTER: usize = 1_000;

/// Octets of a panel: its coordinates and sums stay in the second-level cache.
const PANEL_OCTETS: usize = 64;

/// Cells smaller than this on average waste too many lanes.
const FEWEST_PER_CELL: usize = 24;

/// Most bytes of sums held for all points at once.
const MOST_SUMS_BYTES: usize = 256 << 20;

/// Silhouette coefficients of one labeling.
#[derive(Debug, Clone, PartialEq)]
pub struct Silhouette {
    /// Rows whose coefficients are known, ascending; none for all rows.
    pub rows: Option<Vec<usize>>,
    /// Coefficient of each of these rows among all rows, in [-1, 1].
    pub per_point: Vec<f64>,
    /// Mean coefficient of every cluster, by label; NaN for a label without rows.
    pub per_cluster: Vec<f64>,
    /// Mean over all rows.
    pub mean: f64,
    /// Standard error of the mean; 0 where every row's coefficient is known.
    pub standard_error: f64,
}

impl Silhouette {
    /// The rows whose coefficients are known, and the coefficients.
    pub fn known(&self) -> impl Iterator<Item = (usize, f64)> {
        let row = |at: usize| self.rows.as_ref().map_or(at, |rows| rows[at]);
        self.per_point.iter().enumerate().map(move |(at, &coefficient)| (row(at), coefficient))
    }
}

/// Silhouette coefficients (Rousseeuw 1987) of every labeling, exact, Euclidean.
///
/// For a row with mean distance a to the other rows of its cluster, and b the least mean distance to
/// another cluster: (b − a) / max(a, b). As in scikit-learn, a singleton scores 0; where all rows of
/// two clusters coincide (a = b = 0), 0.
///
/// Identical rows are computed once. Labelings share each pair's distance as far as their common
/// refinement stays coarse. Cost: O(u² d / 2) for u distinct rows, O(u Σk) memory up to 256 MiB. It is
/// always exact; where that takes too long there are [`estimates`], with their standard errors.
///
/// # Errors
/// A matrix that is empty or not finite, a labeling of another length or with fewer than two
/// non-empty clusters, cancellation.
pub fn silhouettes(
    points: ArrayView2<'_, f64>,
    labelings: &[&[u32]],
    progress: &Progress,
) -> Result<Vec<Silhouette>, EngineError> {
    check_points(points)?;
    labelings.iter().try_for_each(|labels| check_labeling(points.nrows(), labels))?;
    let distinct = distinct(points);
    let mut found = Vec::with_capacity(labelings.len());
    while found.len() < labelings.len() {
        let (together, cells) = next_group(&labelings[found.len()..], &distinct);
        found.extend(group(points, &distinct, together, &cells, progress)?);
    }
    Ok(found)
}

fn check_labeling(rows: usize, labels: &[u32]) -> Result<(), EngineError> {
    check_length("a labeling", labels.len(), rows)?;
    let named = sizes(labels).iter().filter(|&&size| size > 0).count();
    if named < 2 {
        return Err(EngineError::OneCluster { index: "the silhouette coefficient", clusters: named });
    }
    Ok(())
}

fn sizes(labels: &[u32]) -> Vec<u64> {
    let mut sizes = vec![0; clusters(labels)];
    labels.iter().for_each(|&label| sizes[label as usize] += 1);
    sizes
}

/// The first labelings that are worth one pass: as long as their cells fill the octets well and their
/// sums fit in memory.
fn next_group<'a, 'b>(labelings: &'a [&'b [u32]], distinct: &Distinct) -> (&'a [&'b [u32]], Refinement) {
    let points = distinct.representatives.len();
    let mut cells = Refinement::whole(distinct.group.len()).by(labelings[0]);
    let mut columns = clusters(labelings[0]);
    let mut together = 1;
    for labels in &labelings[1..] {
        let finer = cells.by(labels);
        columns += clusters(labels);
        if finer.count > (points / FEWEST_PER_CELL).max(cells.count) || columns * points * 8 > MOST_SUMS_BYTES
        {
            break;
        }
        cells = finer;
        together += 1;
    }
    (&labelings[..together], cells)
}

fn group(
    points: ArrayView2<'_, f64>,
    distinct: &Distinct,
    labelings: &[&[u32]],
    cells: &Refinement,
    progress: &Progress,
) -> Result<Vec<Silhouette>, EngineError> {
    let cells = Cells::new(points, distinct, labelings, cells);
    let sizes: Vec<Vec<u64>> = labelings.iter().map(|labels| sizes(labels)).collect();
    let per_lane = if cells.columns * cells.octets() * LANES * 8 > MOST_SUMS_BYTES {
        one_way(&cells, &cells, |panel| coefficients(&cells, panel, &sizes), progress)?
    } else {
        both_ways(&cells, &sizes, progress)?
    };
    let summarize = |(l, labels): (usize, &&[u32])| {
        let per_point = cells.lane_of.iter().map(|&lane| per_lane[lane as usize * sizes.len() + l]).collect();
        summary(per_point, labels, &sizes[l])
    };
    Ok(labelings.iter().enumerate().map(summarize).collect())
}

/// Every pair once: panels meet in the rounds of a round-robin tournament, so that no two tasks of a
/// round write to the same sums and every sum has one order of terms.
fn both_ways(cells: &Cells, sizes: &[Vec<u64>], progress: &Progress) -> Result<Vec<f64>, EngineError> {
    let arch = Arch::new();
    let mut panels: Vec<Option<Panel>> =
        panels(cells).map(|octets| Some(Panel::new(octets, cells.columns))).collect();
    panels.par_iter_mut().flatten().for_each(|panel| {
        let octets = panel.octets.clone();
        pairs::one_way(arch, cells, panel, cells, octets);
    });
    let present = panels.len();
    let seats = present + present % 2;
    for round in 1..seats {
        progress.check()?;
        progress.report("silhouette", round as u64, Some(seats as u64 - 1));
        let mut games: Vec<(Panel, Panel)> = meetings(seats, round)
            .filter(|&(a, b)| a < present && b < present)
            .map(|(a, b)| (panels[a].take(), panels[b].take()))
            .map(|(a, b)| (a.expect("a panel meets once a round"), b.expect("a panel meets once a round")))
            .collect();
        games.par_iter_mut().for_each(|(a, b)| pairs::between(arch, cells, a, b));
        for panel in games.into_iter().flat_map(|(a, b)| [a, b]) {
            let seat = panel.octets.start / PANEL_OCTETS;
            panels[seat] = Some(panel);
        }
    }
    let panels: Vec<Panel> = panels.into_iter().flatten().collect();
    Ok(panels.par_iter().flat_map_iter(|panel| coefficients(cells, panel, sizes)).collect())
}

/// What is `found` from the distances of each panel of `cells` to the points of `others`: every pair twice where
/// they are the same, but only one panel's sums are held at a time on each thread.
fn one_way(
    cells: &Cells,
    others: &Cells,
    found: impl Fn(&Panel) -> Vec<f64> + Sync,
    progress: &Progress,
) -> Result<Vec<f64>, EngineError> {
    let arch = Arch::new();
    let (all, done) = (cells.octets().div_ceil(PANEL_OCTETS) as u64, AtomicU64::new(0));
    let one = |octets| {
        progress.check()?;
        let mut panel = Panel::new(octets, cells.columns);
        pairs::one_way(arch, cells, &mut panel, others, 0..others.octets());
        progress.report("silhouette", done.fetch_add(1, Ordering::Relaxed) + 1, Some(all));
        Ok(found(&panel))
    };
    let panels: Vec<_> = panels(cells).collect();
    let parts: Result<Vec<Vec<f64>>, EngineError> = panels.into_par_iter().map(one).collect();
    Ok(parts?.concat())
}

fn panels(cells: &Cells) -> impl Iterator<Item = Range<usize>> {
    let octets = cells.octets();
    (0..octets).step_by(PANEL_OCTETS).map(move |start| start..(start + PANEL_OCTETS).min(octets))
}

/// Who meets whom in a round of the circle method: the last seat stays, the others turn.
fn meetings(seats: usize, round: usize) -> impl Iterator<Item = (usize, usize)> {
    let turning = seats - 1;
    let seat = move |i: usize| if i == turning { turning } else { (i + round) % turning };
    (0..seats / 2).map(move |i| (seat(i), seat(seats - 1 - i))).map(|(a, b)| (a.min(b), a.max(b)))
}

/// Coefficients of a panel's lanes: lane by lane, one for each labeling.
fn coefficients(cells: &Cells, panel: &Panel, sizes: &[Vec<u64>]) -> Vec<f64> {
    let mut found = Vec::with_capacity(panel.octets.len() * LANES * sizes.len());
    for (octet, sums) in panel.octets.clone().zip(panel.sums.chunks_exact(cells.columns * LANES)) {
        let own = &cells.columns_of[cells.cell_of[octet] as usize];
        for lane in 0..LANES {
            for (l, sizes) in sizes.iter().enumerate() {
                let own = own[l] as usize - cells.offsets[l];
                // A row's distance to itself is among the sums.
                let others = |c: usize| sizes[c] - u64::from(c == own);
                let mean = |c: usize| sums[(cells.offsets[l] + c) * LANES + lane] / others(c) as f64;
                found.push(if sizes[own] == 1 { 0.0 } else { coefficient(mean, sizes, own) });
            }
        }
    }
    found
}

/// The coefficient of a row of cluster `own` from its mean distances to the other rows of every cluster.
fn coefficient(mean: impl Fn(usize) -> f64, sizes: &[u64], own: usize) -> f64 {
    let a = mean(own);
    let others = (0..sizes.len()).filter(|&c| c != own && sizes[c] > 0);
    let b = others.map(mean).fold(f64::INFINITY, f64::min);
    let larger = a.max(b);
    if larger > 0.0 { (b - a) / larger } else { 0.0 }
}

fn summary(per_point: Vec<f64>, labels: &[u32], sizes: &[u64]) -> Silhouette {
    let mut per_cluster = vec![0.0; sizes.len()];
    per_point.iter().zip(labels).for_each(|(s, &label)| per_cluster[label as usize] += s);
    let mean = per_cluster.iter().sum::<f64>() / per_point.len() as f64;
    per_cluster.iter_mut().zip(sizes).for_each(|(sum, &size)| *sum /= size as f64);
    Silhouette { rows: None, per_point, per_cluster, mean, standard_error: 0.0 }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn one(points: &Array2<f64>, labels: &[u32]) -> Result<Silhouette, EngineError> {
        Ok(silhouettes(points.view(), &[labels], &Progress::silent())?.remove(0))
    }

    #[test]
    fn the_coefficient_is_its_formula() {
        let points = array![[0.0], [1.0], [4.0], [6.0]];
        let s = one(&points, &[0, 0, 1, 1]).unwrap();
        let expected = [(5.0 - 1.0) / 5.0, (4.0 - 1.0) / 4.0, (3.5 - 2.0) / 3.5, (5.5 - 2.0) / 5.5];
        s.per_point.iter().zip(expected).for_each(|(s, e)| assert!((s - e).abs() < 1e-15));
        assert!((s.per_cluster[0] - 0.775).abs() < 1e-15);
    }

    #[test]
    fn single_customer_cluster_scores_zero() {
        let s = one(&array![[0.0], [0.5], [9.0]], &[0, 0, 1]).unwrap();
        assert_eq!(s.per_point[2], 0.0);
        assert_eq!(s.per_cluster[1], 0.0);
    }

    #[test]
    fn coincident_rows_in_two_clusters_score_zero() {
        let s = one(&array![[1.0], [1.0], [1.0], [1.0]], &[0, 0, 1, 1]).unwrap();
        assert_eq!(s.per_point, [0.0; 4]);
        assert_eq!(s.mean, 0.0);
    }

    #[test]
    fn one_cluster_is_an_error() {
        let error = one(&array![[0.0], [1.0]], &[0, 0]).unwrap_err();
        assert!(matches!(error, EngineError::OneCluster { clusters: 1, .. }));
        let error = one(&array![[0.0]], &[0]).unwrap_err();
        assert!(matches!(error, EngineError::OneCluster { clusters: 1, .. }));
    }

    #[test]
    fn a_labeling_of_another_length_is_an_error() {
        let error = one(&array![[0.0], [1.0]], &[0, 1, 1]).unwrap_err();
        assert!(matches!(error, EngineError::Length { given: 3, rows: 2, .. }));
    }

    #[test]
    fn a_label_without_rows_changes_nothing_else() {
        let points = array![[0.0], [1.0], [4.0], [6.0]];
        let (gap, dense) = (one(&points, &[0, 0, 2, 2]).unwrap(), one(&points, &[0, 0, 1, 1]).unwrap());
        assert_eq!(gap.per_point, dense.per_point);
        assert!(gap.per_cluster[1].is_nan());
        assert_eq!(gap.mean, dense.mean);
    }

    #[test]
    fn cancelled_work_stops() {
        let progress = Progress::silent();
        progress.cancel();
        let error = silhouettes(array![[0.0], [1.0]].view(), &[&[0, 1]], &progress).unwrap_err();
        assert!(matches!(error, EngineError::Cancelled(_)));
    }
}
