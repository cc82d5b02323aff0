//! Agglomerative clustering: one [`Dendrogram`] for Ward, average, complete and single linkage.
//!
//! Heights are those of scipy's `linkage` on Euclidean distances: for Ward
//! √(2 |A| |B| / (|A| + |B|)) · ‖centroid(A) − centroid(B)‖ (Ward 1963), so that two rows merge at their
//! distance.
//!
//! New customers are placed by nearest centroid of the cut: a dendrogram itself says nothing about rows
//! it was not made of.
//!
//! ```
//! use ndarray::array;
//! use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
//! use segmentation_lib::progress::Progress;
//!
//! let points = array![[0.0], [1.0], [9.0], [12.0]];
//! let (limits, silent) = (HierarchicalParams::default(), Progress::silent());
//! let tree = dendrogram(points.view(), Linkage::Single, &limits, &silent)?;
//! assert_eq!(tree.heights(), [1.0, 3.0, 8.0]);
//! assert_eq!(tree.cut(2), [0, 0, 1, 1]);
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

mod condensed;
mod dendrogram;
#[cfg(test)]
mod oracle;
mod single;
mod tree;
mod ward;

use ndarray::ArrayView2;

pub use dendrogram::{Dendrogram, Merge, Truncated};

use super::EngineError;
use super::input::check_points;
use crate::progress::Progress;

/// How the distance between two clusters follows from the distances of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// Growth of the within-cluster sum of squares.
    Ward,
    /// Mean distance over all pairs (UPGMA).
    Average,
    /// Largest distance of a pair.
    Complete,
    /// Smallest distance of a pair.
    Single,
}

impl Linkage {
    /// Its name in lower case, as scipy spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ward => "ward",
            Self::Average => "average",
            Self::Complete => "complete",
            Self::Single => "single",
        }
    }
}

/// Limits of agglomerative clustering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HierarchicalParams {
    /// Most bytes to allocate; more is refused before anything is.
    pub memory_limit_bytes: u64,
}

impl Default for HierarchicalParams {
    /// At most 4 GiB.
    fn default() -> Self {
        Self { memory_limit_bytes: 4 << 30 }
    }
}

/// Upper bound of the bytes that [`dendrogram`] allocates for `n` rows of up to eight columns.
///
/// In proportion to n for Ward and single linkage; half a square matrix for average and complete.
pub fn memory_needed(n: usize, linkage: Linkage) -> u64 {
    let n = n as u64;
    match linkage {
        Linkage::Ward | Linkage::Single => n * 512,
        Linkage::Average | Linkage::Complete => n * n.saturating_sub(1) / 2 * 8 + n * 256,
    }
}

/// Builds the whole merge tree of `points` (customers by features).
///
/// # Errors
/// A matrix that is empty or not finite, memory beyond the limit, cancellation.
pub fn dendrogram(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    params: &HierarchicalParams,
    progress: &Progress,
) -> Result<Dendrogram, EngineError> {
    check_points(points)?;
    check_memory(points.nrows(), linkage, params)?;
    let merges = match linkage {
        Linkage::Ward => ward::merges(points, progress)?,
        Linkage::Single => single::merges(points, progress)?,
        Linkage::Average | Linkage::Complete => condensed::merges(points, linkage, progress)?,
    };
    Ok(Dendrogram::from_pairs(points.nrows(), merges))
}

fn check_memory(rows: usize, linkage: Linkage, params: &HierarchicalParams) -> Result<(), EngineError> {
    let (needed, limit) = (memory_needed(rows, linkage), params.memory_limit_bytes);
    if needed > limit {
        return Err(EngineError::Memory { algorithm: linkage.name(), rows, needed, limit });
    }
    Ok(())
}

/// Two rows, one of each cluster that merges, and the height; in any order of heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    a: u32,
    b: u32,
    height: f64,
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;
    use crate::engine::agreement::adjusted_rand_index;
    use crate::engine::labels::distinct_rows;

    const ALL: [Linkage; 4] = [Linkage::Ward, Linkage::Average, Linkage::Complete, Linkage::Single];

    fn tree(points: &Array2<f64>, linkage: Linkage) -> Dendrogram {
        dendrogram(points.view(), linkage, &HierarchicalParams::default(), &Progress::silent()).unwrap()
    }

    /// Heights agree everywhere; partitions agree where a cut is not within a tie.
    fn agrees_with_oracle(points: &Array2<f64>, linkage: Linkage) {
        let (fast, slow) = (tree(points, linkage), oracle::dendrogram(points.view(), linkage));
        let scale = slow.heights().last().copied().unwrap_or(0.0).max(1e-300);
        for (x, y) in fast.heights().iter().zip(slow.heights()) {
            assert!((x - y).abs() <= 1e-10 * scale, "{linkage:?}: height {x} instead of {y}");
        }
        let heights = slow.heights();
        for k in 2..points.nrows() {
            let gap = heights[points.nrows() - k] - heights[points.nrows() - k - 1];
            if gap > 1e-9 * scale {
                assert_eq!(adjusted_rand_index(&fast.cut(k), &slow.cut(k)), 1.0, "{linkage:?}, k {k}");
            }
        }
    }

    fn matrices(rows: std::ops::Range<usize>) -> impl Strategy<Value = Array2<f64>> {
        (rows, 1usize..9).prop_flat_map(|(n, d)| {
            let values = prop::collection::vec(-100.0..100.0f64, n * d);
            values.prop_map(move |v| Array2::from_shape_vec((n, d), v).unwrap())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn every_linkage_is_the_slow_one(points in matrices(1..130)) {
            ALL.iter().for_each(|&linkage| agrees_with_oracle(&points, linkage));
        }

        #[test]
        fn every_linkage_is_the_slow_one_with_identical_rows(points in matrices(2..40)) {
            let twice = ndarray::concatenate![ndarray::Axis(0), points, points, points.slice(ndarray::s![..1, ..])];
            ALL.iter().for_each(|&linkage| agrees_with_oracle(&twice, linkage));
        }

        #[test]
        fn a_grid_full_of_ties_gives_a_whole_tree(points in matrices(2..120)) {
            let grid = points.mapv(|v| (v / 40.0).round());
            for linkage in ALL {
                let tree = tree(&grid, linkage);
                prop_assert_eq!(tree.merges().last().unwrap().size, grid.nrows());
                prop_assert!(tree.heights().is_sorted());
                let zero = tree.heights().iter().filter(|&&h| h == 0.0).count();
                prop_assert_eq!(zero, grid.nrows() - distinct_rows(grid.view()));
            }
        }
    }

    /// Every merge, in its order, joins two of the nearest clusters by the linkage's definition.
    fn merges_nearest_clusters(points: &Array2<f64>, linkage: Linkage) {
        let tree = tree(points, linkage);
        let mut clusters: Vec<Vec<usize>> = (0..points.nrows()).map(|row| vec![row]).collect();
        let mut alive: Vec<usize> = (0..points.nrows()).collect();
        for merge in tree.merges() {
            let distance = |a: usize, b: usize| {
                oracle::cluster_distance(points.view(), &clusters[a], &clusters[b], linkage)
            };
            let pairs =
                alive.iter().flat_map(|&a| alive.iter().filter(move |&&b| b > a).map(move |&b| (a, b)));
            let nearest = pairs.map(|(a, b)| distance(a, b)).fold(f64::INFINITY, f64::min);
            let joined = distance(merge.left, merge.right);
            assert!((joined - merge.height).abs() <= 1e-9, "{linkage:?}: {joined}, said {}", merge.height);
            assert!(joined <= nearest + 1e-9, "{linkage:?}: {joined}, though {nearest} was there");
            alive.retain(|&c| c != merge.left && c != merge.right);
            alive.push(clusters.len());
            clusters.push([clusters[merge.left].as_slice(), &clusters[merge.right]].concat());
        }
    }

    #[test]
    fn among_ties_a_nearest_pair_is_merged() {
        for columns in 1..4 {
            let grid = Array2::from_shape_fn((48, columns), |(i, j)| (i / 4usize.pow(j as u32) % 4) as f64);
            ALL.iter().for_each(|&linkage| merges_nearest_clusters(&grid, linkage));
        }
    }

    #[test]
    fn a_hub_that_all_point_to_is_merged_in_order() {
        let mut points = Array2::zeros((200, 199));
        (0..199).for_each(|i| points[[i + 1, i]] = 1.0 + i as f64 * 1e-3);
        agrees_with_oracle(&points, Linkage::Ward);
    }

    #[test]
    fn ever_wider_gaps_on_a_line_are_merged_in_order() {
        let points = Array2::from_shape_fn((300, 1), |(i, _)| i as f64 + (i * i) as f64 * 1e-4);
        ALL.iter().for_each(|&linkage| agrees_with_oracle(&points, linkage));
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let small =
            Array2::from_shape_fn((60, 3), |(i, j)| ((i * i * 7919 + j * 104_729) % 10_007) as f64 / 8.0);
        let large = &small + 1e8;
        for linkage in ALL {
            for (x, y) in tree(&small, linkage).heights().iter().zip(tree(&large, linkage).heights()) {
                assert!((x - y).abs() < 1e-12 * x.max(1.0), "{linkage:?}: {x} became {y}");
            }
        }
    }

    #[test]
    fn one_customer_is_a_tree_without_merges() {
        for linkage in ALL {
            assert_eq!(tree(&array![[1.0, 2.0]], linkage).cut(1), [0]);
        }
    }

    #[test]
    fn memory_beyond_the_limit_is_refused_before_it_is_taken() {
        let points = Array2::zeros((1000, 2));
        let limit = HierarchicalParams { memory_limit_bytes: 1 << 20 };
        let error = dendrogram(points.view(), Linkage::Average, &limit, &Progress::silent()).unwrap_err();
        assert!(matches!(error, EngineError::Memory { rows: 1000, limit: 1_048_576, .. }));
    }

    #[test]
    fn bad_input_is_refused() {
        let (limit, silent) = (HierarchicalParams::default(), Progress::silent());
        let error = dendrogram(array![[0.0], [f64::NAN]].view(), Linkage::Ward, &limit, &silent).unwrap_err();
        assert!(matches!(error, EngineError::NotFinite { row: 1, column: 0, .. }));
        let error = dendrogram(Array2::zeros((0, 2)).view(), Linkage::Ward, &limit, &silent).unwrap_err();
        assert!(matches!(error, EngineError::Empty { .. }));
    }

    #[test]
    fn cancelled_work_stops() {
        let progress = Progress::silent();
        progress.cancel();
        for linkage in ALL {
            let error =
                dendrogram(array![[0.0], [1.0]].view(), linkage, &HierarchicalParams::default(), &progress);
            assert!(matches!(error.unwrap_err(), EngineError::Cancelled(_)));
        }
    }
}
