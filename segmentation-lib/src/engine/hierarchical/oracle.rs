//! The obvious slow version of every linkage, for tests.

use ndarray::{Array2, ArrayView2};

use super::{Dendrogram, Linkage, Pair};

/// Merges the nearest pair of clusters until one is left: O(n³), by Lance-Williams on a full matrix.
pub(super) fn dendrogram(points: ArrayView2<'_, f64>, linkage: Linkage) -> Dendrogram {
    let n = points.nrows();
    let mut distance = Array2::from_shape_fn((n, n), |(a, b)| {
        crate::engine::labels::squared_distance(points.row(a), points.row(b)).sqrt()
    });
    let mut sizes = vec![1.0; n];
    let mut alive: Vec<usize> = (0..n).collect();
    let mut pairs = Vec::new();
    while alive.len() > 1 {
        let candidates =
            alive.iter().flat_map(|&a| alive.iter().filter(move |&&b| b > a).map(move |&b| (a, b)));
        let (a, b) = candidates.min_by(|&x, &y| distance[x].total_cmp(&distance[y])).unwrap();
        let height = distance[(a, b)];
        pairs.push(Pair { a: a as u32, b: b as u32, height });
        for &c in alive.iter().filter(|&&c| c != a && c != b) {
            let (x, y) = (distance[(a, c)], distance[(b, c)]);
            let (wa, wb, wc): (f64, f64, f64) = (sizes[a], sizes[b], sizes[c]);
            let updated = match linkage {
                Linkage::Single => x.min(y),
                Linkage::Complete => x.max(y),
                Linkage::Average => (wa * x + wb * y) / (wa + wb),
                Linkage::Ward => {
                    let sum = (wa + wc) * x * x + (wb + wc) * y * y - wc * height * height;
                    (sum / (wa + wb + wc)).max(0.0).sqrt()
                }
            };
            distance[(a, c)] = updated;
            distance[(c, a)] = updated;
        }
        sizes[a] += sizes[b];
        alive.retain(|&c| c != b);
    }
    Dendrogram::from_pairs(n, pairs)
}

/// Distance of two clusters, given as rows, by the linkage's definition.
pub(super) fn cluster_distance(
    points: ArrayView2<'_, f64>,
    a: &[usize],
    b: &[usize],
    linkage: Linkage,
) -> f64 {
    let square = |x: usize, y: usize| crate::engine::labels::squared_distance(points.row(x), points.row(y));
    let pairs = || a.iter().flat_map(|&x| b.iter().map(move |&y| (x, y)));
    let distances = || pairs().map(|(x, y)| square(x, y).sqrt());
    let (na, nb) = (a.len() as f64, b.len() as f64);
    match linkage {
        Linkage::Single => distances().fold(f64::INFINITY, f64::min),
        Linkage::Complete => distances().fold(0.0, f64::max),
        Linkage::Average => distances().sum::<f64>() / (na * nb),
        Linkage::Ward => {
            let mean =
                |rows: &[usize]| points.select(ndarray::Axis(0), rows).mean_axis(ndarray::Axis(0)).unwrap();
            let between = (mean(a) - mean(b)).mapv(|v| v * v).sum();
            (2.0 * na * nb / (na + nb) * between).sqrt()
        }
    }
}
