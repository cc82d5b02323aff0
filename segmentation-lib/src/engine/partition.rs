//! One way to cluster, to be repeated: on resamples, reference sets, shuffled columns.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;

use super::EngineError;
use super::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use super::input::{check_k, check_points};
use super::kmeans::{self, KMeansParams};
use super::labels::distinct_rows;
use crate::progress::Progress;

/// How rows are clustered, the same way each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// k-means.
    KMeans {
        /// Starts, of which the best is kept.
        starts: usize,
        /// Seed of the starts.
        seed: u64,
    },
    /// Cuts of a dendrogram.
    Hierarchical {
        /// Its linkage.
        linkage: Linkage,
        /// Most bytes to allocate; more is refused.
        memory_limit_bytes: u64,
    },
}

impl Method {
    /// Labels of every row for each k of `ks`, in order. Where fewer rows are distinct than k, as
    /// happens in resamples, there are as many clusters as distinct rows.
    ///
    /// Cost: that of the method for the largest k; a dendrogram is built once for all.
    ///
    /// # Errors
    /// A matrix that is empty or not finite, k = 0, what the method refuses, cancellation.
    pub fn partitions(
        &self,
        points: ArrayView2<'_, f64>,
        ks: RangeInclusive<usize>,
        progress: &Progress,
    ) -> Result<Vec<Vec<u32>>, EngineError> {
        check_points(points)?;
        if *ks.start() == 0 {
            return Err(EngineError::ZeroClusters);
        }
        let wanted = ks.clone().count();
        let distinct = distinct_rows(points);
        let possible = (*ks.start()).min(distinct)..=(*ks.end()).min(distinct);
        let mut found = self.cuts(points, possible, progress)?;
        let finest = found.last().cloned();
        found.resize(wanted, finest.unwrap_or_default());
        Ok(found)
    }

    fn cuts(
        &self,
        points: ArrayView2<'_, f64>,
        ks: RangeInclusive<usize>,
        progress: &Progress,
    ) -> Result<Vec<Vec<u32>>, EngineError> {
        match *self {
            Self::KMeans { starts, seed } => {
                let params = KMeansParams { starts, seed, ..KMeansParams::default() };
                let fitted = kmeans::sweep(points, ks, &params, progress)?;
                Ok(fitted.into_iter().map(|model| model.labels).collect())
            }
            Self::Hierarchical { linkage, memory_limit_bytes } => {
                let limit = HierarchicalParams { memory_limit_bytes };
                let tree = dendrogram(points, linkage, &limit, progress)?;
                Ok(ks.map(|k| tree.cut(k)).collect())
            }
        }
    }
}

/// Fails unless every k is at least 1 and at most the distinct rows.
pub(super) fn check_ks(points: ArrayView2<'_, f64>, ks: &RangeInclusive<usize>) -> Result<(), EngineError> {
    let (first, last) = (*ks.start(), *ks.end());
    check_k(first, points.nrows())?;
    check_k(last, points.nrows())?;
    let distinct = distinct_rows(points);
    if last > distinct { Err(EngineError::TooFewDistinct { k: last, distinct }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::engine::agreement::adjusted_rand_index;

    const KMEANS: Method = Method::KMeans { starts: 5, seed: 3 };
    const WARD: Method = Method::Hierarchical { linkage: Linkage::Ward, memory_limit_bytes: 1 << 30 };

    #[test]
    fn each_k_is_the_method_alone() {
        let points = Array2::from_shape_fn((60, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64);
        for method in [KMEANS, WARD] {
            let together = method.partitions(points.view(), 2..=5, &Progress::silent()).unwrap();
            for (k, labels) in (2..=5).zip(&together) {
                let alone = method.partitions(points.view(), k..=k, &Progress::silent()).unwrap();
                assert_eq!(&alone[0], labels, "{method:?}, k {k}");
            }
        }
    }

    #[test]
    fn more_clusters_than_distinct_rows_are_one_a_distinct_row() {
        let points = array![[1.0], [2.0], [1.0], [2.0], [1.0]];
        for method in [KMEANS, WARD] {
            let found = method.partitions(points.view(), 1..=4, &Progress::silent()).unwrap();
            assert_eq!(found.len(), 4);
            assert_eq!(found[0], [0; 5]);
            found[1..].iter().for_each(|l| assert_eq!(adjusted_rand_index(l, &[0, 1, 0, 1, 0]), 1.0));
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let refused =
            |points: Array2<f64>, ks| KMEANS.partitions(points.view(), ks, &Progress::silent()).unwrap_err();
        assert!(matches!(refused(array![[1.0]], 0..=2), EngineError::ZeroClusters));
        assert!(matches!(refused(array![[f64::NAN]], 1..=2), EngineError::NotFinite { row: 0, .. }));
    }

    #[test]
    fn no_k_gives_no_labels() {
        #[expect(clippy::reversed_empty_ranges, reason = "the point of the test")]
        let none = WARD.partitions(array![[1.0], [2.0]].view(), 2..=1, &Progress::silent()).unwrap();
        assert_eq!(none, Vec::<Vec<u32>>::new());
    }
}
