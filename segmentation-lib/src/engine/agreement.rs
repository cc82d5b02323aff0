//! How far two partitions of the same rows agree.
//!
//! ```
//! use segmentation_lib::engine::agreement::adjusted_rand_index;
//!
//! // The numbers of the clusters do not matter.
//! assert_eq!(adjusted_rand_index(&[0, 0, 1, 1], &[5, 5, 2, 2]), 1.0);
//! ```

use super::input::clusters;

/// Rows in each pair of clusters of two labelings, with both margins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contingency {
    /// Counts, row-major: clusters of the first labeling by clusters of the second.
    pub counts: Vec<u64>,
    /// Sizes of the first labeling's clusters.
    pub rows: Vec<u64>,
    /// Sizes of the second labeling's clusters.
    pub columns: Vec<u64>,
}

impl Contingency {
    /// Jaccard similarity |A ∩ B| / |A ∪ B| of a cluster of the first labeling with one of the second; 0 where they
    /// share no row.
    fn jaccard(&self, x: usize, y: usize) -> f64 {
        let both = self.counts[x * self.columns.len() + y];
        let either = self.rows[x] + self.columns[y] - both;
        if both == 0 { 0.0 } else { both as f64 / either as f64 }
    }
}

/// Cross-tabulates two labelings. Cost: O(n + k₁ k₂). Panics when their lengths differ.
pub fn contingency(a: &[u32], b: &[u32]) -> Contingency {
    assert_eq!(a.len(), b.len(), "both labelings are of the same rows");
    let (ka, kb) = (clusters(a), clusters(b));
    let mut table = Contingency { counts: vec![0; ka * kb], rows: vec![0; ka], columns: vec![0; kb] };
    for (&x, &y) in a.iter().zip(b) {
        table.counts[x as usize * kb + y as usize] += 1;
        table.rows[x as usize] += 1;
        table.columns[y as usize] += 1;
    }
    table
}

/// Adjusted Rand index (Hubert & Arabie 1985): 1 for the same partition, about 0 for independent ones.
///
/// Computed from pair counts in whole numbers as scikit-learn's `adjusted_rand_score`; two partitions
/// that both put every pair together, or both keep every pair apart, score 1.
/// Cost: O(n + k₁ k₂). Panics when the lengths differ.
pub fn adjusted_rand_index(a: &[u32], b: &[u32]) -> f64 {
    let table = contingency(a, b);
    let squares = |counts: &[u64]| counts.iter().map(|&c| u128::from(c) * u128::from(c)).sum::<u128>();
    let n = a.len() as u128;
    let (cells, rows, columns) = (squares(&table.counts), squares(&table.rows), squares(&table.columns));
    let together = (cells - n) as f64;
    let only_second = (columns - cells) as f64;
    let only_first = (rows - cells) as f64;
    let apart = (n * n + cells - rows - columns) as f64;
    if only_first == 0.0 && only_second == 0.0 {
        return 1.0;
    }
    let numerator = 2.0 * (together * apart - only_first * only_second);
    let denominator =
        (together + only_first) * (only_first + apart) + (together + only_second) * (only_second + apart);
    numerator / denominator
}

/// For each cluster of `a`, the largest Jaccard similarity |A ∩ B| / |A ∪ B| with a cluster of `b`
/// (Hennig 2007); 0 for a label without rows.
///
/// Cost: O(n + k₁ k₂). Panics when the lengths differ.
pub fn best_jaccard(a: &[u32], b: &[u32]) -> Vec<f64> {
    let table = contingency(a, b);
    let most = |x: usize| (0..table.columns.len()).map(|y| table.jaccard(x, y)).fold(0.0, f64::max);
    (0..table.rows.len()).map(most).collect()
}

/// For each cluster of `b`, the cluster of `a` with which its Jaccard similarity is largest; of equal ones the lowest.
///
/// Cost: O(n + k₁ k₂). Panics when the lengths differ.
pub fn most_alike(a: &[u32], b: &[u32]) -> Vec<u32> {
    let table = contingency(a, b);
    let nearest = |y: usize| {
        let better =
            |best: usize, x: usize| if table.jaccard(x, y) > table.jaccard(best, y) { x } else { best };
        (0..table.rows.len()).reduce(better).map_or(0, |x| x as u32)
    };
    (0..table.columns.len()).map(nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_partition_scores_one() {
        assert_eq!(adjusted_rand_index(&[0, 0, 1, 2], &[2, 2, 0, 1]), 1.0);
        assert_eq!(adjusted_rand_index(&[0, 0, 0], &[1, 1, 1]), 1.0);
        assert_eq!(adjusted_rand_index(&[0, 1, 2], &[2, 1, 0]), 1.0);
    }

    #[test]
    fn the_worked_example_of_scikit_learn_holds() {
        let index = adjusted_rand_index(&[0, 0, 1, 2], &[0, 0, 1, 1]);
        assert!((index - 0.571_428_571_428_571_4).abs() < 1e-15);
        assert!(adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 0, 1]) < 0.0);
        assert_eq!(adjusted_rand_index(&[0, 0, 0, 0], &[0, 1, 2, 3]), 0.0);
    }

    #[test]
    fn jaccard_is_one_for_a_recovered_cluster() {
        assert_eq!(best_jaccard(&[0, 0, 1, 1], &[1, 1, 0, 2]), [1.0, 0.5]);
    }

    #[test]
    fn a_cluster_stands_for_the_one_it_shares_most_with() {
        assert_eq!(most_alike(&[0, 0, 1, 1], &[1, 1, 0, 2]), [1, 0, 1]);
        // Three rows of 0 and two of 1: 3 of 5 against 2 of 5.
        assert_eq!(most_alike(&[0, 0, 0, 1, 1], &[0, 0, 0, 0, 0]), [0]);
        // One of each: 1 of 3 against 1 of 3.
        assert_eq!(most_alike(&[0, 0, 1, 1], &[0, 1, 0, 1]), [0, 0]);
    }
}
