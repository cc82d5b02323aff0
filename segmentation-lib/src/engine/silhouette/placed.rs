//! The coefficient of every row among a sample of each cluster, for more rows than every pair can be looked at.

use ndarray::{ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::cells::{Cells, LANES, Refinement};
use super::pairs::Panel;
use super::{check_labeling, coefficient, one_way, sizes};
use crate::engine::EngineError;
use crate::engine::input::check_points;
use crate::engine::labels::distinct;
use crate::progress::Progress;

/// How many rows of each cluster stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedParams {
    /// Rows of a cluster that others are compared with, 2 or more, or all it has.
    pub per_cluster: usize,
    /// Seed of the draw.
    pub seed: u64,
}

/// Silhouette coefficient of every row, its distances taken to a sample of each cluster.
///
/// The mean distance to the m sampled rows of a cluster stands for that to all of them: its relative standard error
/// is the distances' coefficient of variation over √m, 1 to 2 % for 1,000 rows. Exact where no cluster has more than
/// [`PlacedParams::per_cluster`] rows. Cost: O(u m k d) for u distinct rows and k clusters.
///
/// # Errors
/// As [`silhouettes`](super::silhouettes), and fewer than 2 rows a cluster.
pub fn placed(
    points: ArrayView2<'_, f64>,
    labels: &[u32],
    params: &PlacedParams,
    progress: &Progress,
) -> Result<Vec<f64>, EngineError> {
    check_points(points)?;
    check_labeling(points.nrows(), labels)?;
    if params.per_cluster < 2 {
        let (value, allowed) =
            (params.per_cluster as f64, "2 or more, so that a row has another of its cluster");
        return Err(EngineError::Parameter { name: "per_cluster", value, allowed });
    }
    let sizes = sizes(labels);
    let rows = draw(labels, &sizes, params);
    let mut sampled = vec![0; labels.len()];
    rows.iter().for_each(|&row| sampled[row] = 1);
    let of_sample: Vec<u32> = rows.iter().map(|&row| labels[row]).collect();
    let ones = vec![1; rows.len()];
    let cells = arranged(points, &[labels, &sampled]);
    let others = arranged(points.select(Axis(0), &rows).view(), &[&of_sample, &ones]);
    let drawn = super::sizes(&of_sample);
    let per_lane = one_way(&cells, &others, |panel| of_panel(&cells, panel, &sizes, &drawn), progress)?;
    Ok(cells.lane_of.iter().map(|&lane| per_lane[lane as usize]).collect())
}

/// Rows of the sample, ascending.
fn draw(labels: &[u32], sizes: &[u64], params: &PlacedParams) -> Vec<usize> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(params.seed);
    let mut members: Vec<Vec<usize>> = sizes.iter().map(|&size| Vec::with_capacity(size as usize)).collect();
    labels.iter().enumerate().for_each(|(row, &label)| members[label as usize].push(row));
    let mut rows = Vec::new();
    for cluster in &members {
        let chosen = index::sample(&mut random, cluster.len(), params.per_cluster.min(cluster.len()));
        rows.extend(chosen.iter().map(|at| cluster[at]));
    }
    rows.sort_unstable();
    rows
}

fn arranged(points: ArrayView2<'_, f64>, labelings: &[&[u32]]) -> Cells {
    let whole = Refinement::whole(points.nrows());
    let cells = labelings.iter().fold(whole, |cells, labels| cells.by(labels));
    Cells::new(points, &distinct(points), labelings, &cells)
}

/// Coefficients of a panel's lanes.
fn of_panel(cells: &Cells, panel: &Panel, sizes: &[u64], drawn: &[u64]) -> Vec<f64> {
    let mut found = Vec::with_capacity(panel.octets.len() * LANES);
    for (octet, sums) in panel.octets.clone().zip(panel.sums.chunks_exact(cells.columns * LANES)) {
        let columns = &cells.columns_of[cells.cell_of[octet] as usize];
        let (own, is_sampled) = (columns[0] as usize, columns[1] as usize - cells.offsets[1] == 1);
        for lane in 0..LANES {
            let mean = |c: usize| {
                // A row's distance to itself is among the sums where it was drawn.
                let others = drawn[c] - u64::from(c == own && is_sampled);
                sums[c * LANES + lane] / others as f64
            };
            found.push(if sizes[own] == 1 { 0.0 } else { coefficient(mean, drawn, own) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::silhouette::silhouettes;

    fn points(rows: usize, seed: u64) -> (Array2<f64>, Vec<u32>) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / 2f64.powi(53)
        };
        let labels: Vec<u32> = (0..rows).map(|row| row as u32 % 3).collect();
        // To one decimal, so that some rows are alike.
        let value = |(row, _): (usize, usize)| f64::from(labels[row]) * 0.7 + (next() * 10.0).round() / 10.0;
        let points = Array2::from_shape_fn((rows, 2), value);
        (points, labels)
    }

    proptest! {
        #[test]
        fn a_sample_of_all_rows_is_exact(rows in 4usize..120, seed in any::<u64>()) {
            let (points, labels) = points(rows, seed);
            let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
            let params = PlacedParams { per_cluster: rows, seed };
            let found = placed(points.view(), &labels, &params, &Progress::silent()).unwrap();
            for (found, exact) in found.iter().zip(&exact.per_point) {
                prop_assert!((found - exact).abs() < 1e-12, "{found} is not {exact}");
            }
        }

        #[test]
        fn a_coefficient_is_that_among_the_sampled_rows(rows in 30usize..90, seed in any::<u64>()) {
            let (points, labels) = points(rows, seed);
            let params = PlacedParams { per_cluster: 6, seed };
            let drawn = draw(&labels, &sizes(&labels), &params);
            let found = placed(points.view(), &labels, &params, &Progress::silent()).unwrap();
            for row in 0..rows {
                let distance = |other: usize| (&points.row(row) - &points.row(other)).mapv(|v| v * v).sum().sqrt();
                let mean = |cluster: u32| {
                    let of_it = drawn.iter().filter(|&&other| other != row && labels[other] == cluster);
                    let all: Vec<f64> = of_it.map(|&other| distance(other)).collect();
                    all.iter().sum::<f64>() / all.len() as f64
                };
                let a = mean(labels[row]);
                let b = (0..3).filter(|&c| c != labels[row]).map(mean).fold(f64::INFINITY, f64::min);
                let expected = if a.max(b) > 0.0 { (b - a) / a.max(b) } else { 0.0 };
                prop_assert!((found[row] - expected).abs() < 1e-9, "row {row}: {} is not {expected}", found[row]);
            }
        }
    }

    #[test]
    fn a_thousand_rows_a_cluster_are_near_the_exact_coefficients() {
        let (points, labels) = points(9_000, 5);
        let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
        let params = PlacedParams { per_cluster: 1_000, seed: 3 };
        let found = placed(points.view(), &labels, &params, &Progress::silent()).unwrap();
        let worst = found.iter().zip(&exact.per_point).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
        assert!(worst > 0.0 && worst < 0.08, "{worst}");
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        assert!((mean - exact.mean).abs() < 0.01, "{mean} is not {}", exact.mean);
    }

    #[test]
    fn one_row_a_cluster_is_refused() {
        let (points, labels) = points(9, 1);
        let params = PlacedParams { per_cluster: 1, seed: 1 };
        let error = placed(points.view(), &labels, &params, &Progress::silent()).unwrap_err();
        assert!(matches!(error, EngineError::Parameter { name: "per_cluster", .. }));
    }
}
