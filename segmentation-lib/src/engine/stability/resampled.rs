//! What the clustering of one resample looks like.

use ndarray::{Array2, ArrayView1};

use crate::engine::agreement::{best_jaccard, most_alike};
use crate::engine::input::clusters;
use crate::engine::labels::centroids;

/// A cluster that was found in a resample.
#[derive(Debug, Clone, PartialEq)]
pub struct ResampledCluster {
    /// The cluster of all rows that it stands for: with which its Jaccard similarity, among the rows drawn, is largest.
    /// Where a cluster falls into two, both stand for it.
    pub stands_for: u32,
    /// Mean of its rows.
    pub centroid: Vec<f64>,
}

/// The clustering of one resample beside that of all rows.
#[derive(Debug)]
pub(super) struct Resample {
    /// Largest Jaccard similarity, among the rows drawn, of each cluster of all rows.
    pub jaccard: Vec<f64>,
    pub clusters: Vec<ResampledCluster>,
}

impl Resample {
    /// Compares the labels of the points drawn, `found`, with those of all rows; `rows` says which rows were drawn.
    pub fn of(drawn: &Array2<f64>, rows: &[usize], all: &[u32], found: &[u32]) -> Self {
        let original: Vec<u32> = rows.iter().map(|&row| all[row]).collect();
        let mut jaccard = best_jaccard(&original, found);
        // Clusters numbered after the last one that was drawn from.
        jaccard.resize(clusters(all), 0.0);
        let stand_for = most_alike(&original, found).into_iter();
        let means = centroids(drawn.view(), found, clusters(found));
        let cluster = |(stands_for, mean): (u32, ArrayView1<'_, f64>)| ResampledCluster {
            stands_for,
            centroid: mean.to_vec(),
        };
        Self { jaccard, clusters: stand_for.zip(means.rows()).map(cluster).collect() }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_resample_is_compared_among_the_rows_drawn() {
        let drawn = array![[0.0, 1.0], [2.0, 1.0], [9.0, 4.0]];
        let seen = Resample::of(&drawn, &[0, 1, 3], &[0, 0, 0, 1, 2], &[1, 1, 0]);
        assert_eq!(seen.jaccard, [1.0, 1.0, 0.0]);
        let expected = [(1, vec![9.0, 4.0]), (0, vec![1.0, 1.0])];
        let found: Vec<_> = seen.clusters.into_iter().map(|c| (c.stands_for, c.centroid)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let drawn = array![[1e15 + 0.125], [1e15 + 0.25], [1e15 + 0.375]];
        let seen = Resample::of(&drawn, &[0, 1, 2], &[0, 0, 0], &[0, 0, 0]);
        assert_eq!(seen.clusters[0].centroid, [1e15 + 0.25]);
    }

    #[test]
    fn both_halves_of_a_cluster_stand_for_it() {
        let drawn = array![[0.0], [1.0], [5.0], [6.0]];
        let seen = Resample::of(&drawn, &[0, 1, 2, 3], &[0, 0, 0, 0], &[0, 0, 1, 1]);
        assert_eq!(seen.clusters.iter().map(|c| c.stands_for).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(seen.jaccard, [0.5]);
    }
}
