//! Indices of a labeling from its centroids: Calinski-Harabasz and Davies-Bouldin.
//!
//! ```
//! use ndarray::array;
//! use segmentation_lib::engine::indices::indices;
//!
//! let found = indices(array![[0.0], [2.0], [10.0], [12.0]].view(), &[0, 0, 1, 1])?;
//! assert_eq!((found.calinski_harabasz, found.davies_bouldin), (50.0, 0.2));
//! # Ok::<(), segmentation_lib::engine::EngineError>(())
//! ```

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::EngineError;
use super::input::{check_length, check_points, clusters};
use crate::progress::Progress;

/// Rows of a block at least; more where there are many clusters, so that the sums of all blocks take no
/// more memory than the rows.
const BLOCK: usize = 4096;

/// Name of both in errors.
const BOTH: &str = "the Calinski-Harabasz and the Davies-Bouldin index";

/// What centroids tell of a labeling.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Indices {
    /// Calinski & Harabasz (1974): between-cluster over within-cluster dispersion, each divided by its
    /// degrees of freedom; 0 and up, higher is better.
    pub calinski_harabasz: f64,
    /// Davies & Bouldin (1979): each cluster's worst ratio of mean distances to the own centroids over
    /// the distance of the centroids, averaged; 0 and up, lower is better.
    pub davies_bouldin: f64,
}

/// Both indices of one labeling, Euclidean, with scikit-learn's conventions.
///
/// Calinski-Harabasz is 1 where no cluster varies within. Davies-Bouldin is 0 where no cluster varies
/// within, or all centroids coincide; two centroids that coincide are not compared. (scikit-learn takes
/// everything below 1e-8 for zero; here zero is zero, so that the unit of the matrix changes nothing.)
/// Values are taken around a row of their cluster, so that a large common offset costs no digits.
///
/// Cost: O(n d + k² d) time, O(n d) memory.
///
/// # Errors
/// A matrix that is empty or not finite, a labeling of another length, with fewer than two non-empty
/// clusters, or with as many as there are rows.
pub fn indices(points: ArrayView2<'_, f64>, labels: &[u32]) -> Result<Indices, EngineError> {
    check_points(points)?;
    check_length("the labeling", labels.len(), points.nrows())?;
    let labeled = Labeled::new(points, labels);
    labeled.check()?;
    let centroids = labeled.centroids();
    let spreads = labeled.spreads(&centroids);
    Ok(Indices {
        calinski_harabasz: labeled.calinski_harabasz(&centroids, &spreads),
        davies_bouldin: labeled.davies_bouldin(&centroids, &spreads),
    })
}

/// Both indices of every labeling that has them: none where a labeling has one cluster, or as many as
/// rows. Cost: that of [`indices`] for each.
///
/// # Errors
/// As [`indices`], and cancellation.
pub fn indices_where_defined(
    points: ArrayView2<'_, f64>,
    labelings: &[&[u32]],
    progress: &Progress,
) -> Result<Vec<Option<Indices>>, EngineError> {
    let one = |(done, labels): (usize, &&[u32])| {
        progress.check()?;
        progress.report("indices", done as u64, Some(labelings.len() as u64));
        match indices(points, labels) {
            Ok(found) => Ok(Some(found)),
            Err(EngineError::OneCluster { .. } | EngineError::OnlySingletons { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    };
    labelings.iter().enumerate().map(one).collect()
}

/// Rows with their clusters; positions in a cluster are relative to its first row.
struct Labeled<'p, 'l> {
    points: ArrayView2<'p, f64>,
    labels: &'l [u32],
    sizes: Vec<usize>,
    first_rows: Vec<usize>,
}

/// Of one cluster: squared distances to the centroid and distances to it, summed.
#[derive(Clone, Copy, Default)]
struct Spread {
    squares: f64,
    distances: f64,
}

impl<'p, 'l> Labeled<'p, 'l> {
    fn new(points: ArrayView2<'p, f64>, labels: &'l [u32]) -> Self {
        let k = clusters(labels);
        let (mut sizes, mut first_rows) = (vec![0; k], vec![0; k]);
        for (row, &label) in labels.iter().enumerate().rev() {
            sizes[label as usize] += 1;
            first_rows[label as usize] = row;
        }
        Self { points, labels, sizes, first_rows }
    }

    fn check(&self) -> Result<(), EngineError> {
        let (rows, clusters) = (self.labels.len(), self.named().count());
        match clusters {
            0 | 1 => Err(EngineError::OneCluster { index: BOTH, clusters }),
            _ if clusters == rows => Err(EngineError::OnlySingletons { index: BOTH, clusters, rows }),
            _ => Ok(()),
        }
    }

    /// Clusters that have rows.
    fn named(&self) -> impl Iterator<Item = usize> {
        (0..self.sizes.len()).filter(|&c| self.sizes[c] > 0)
    }

    /// Sums over the rows of each cluster, `width` numbers each, block by block in order.
    fn sums(&self, width: usize, add: impl Fn(usize, usize, &mut [f64]) + Sync) -> Vec<f64> {
        let (rows, k) = (self.labels.len(), self.sizes.len());
        let block = BLOCK.max(4 * k);
        let of_block = |b: usize| {
            let mut sums = vec![0.0; k * width];
            for row in b * block..rows.min((b + 1) * block) {
                let c = self.labels[row] as usize;
                add(row, c, &mut sums[c * width..][..width]);
            }
            sums
        };
        let parts: Vec<Vec<f64>> = (0..rows.div_ceil(block)).into_par_iter().map(of_block).collect();
        let mut total = vec![0.0; k * width];
        parts.iter().for_each(|part| total.iter_mut().zip(part).for_each(|(t, p)| *t += p));
        total
    }

    /// Row minus first row of its cluster.
    fn offset(&self, row: usize, c: usize) -> impl Iterator<Item = f64> {
        self.points.row(row).into_iter().zip(self.points.row(self.first_rows[c])).map(|(x, o)| x - o)
    }

    /// Centroids relative to the first row of their cluster, k × d.
    fn centroids(&self) -> Vec<f64> {
        let d = self.points.ncols();
        let mut means =
            self.sums(d, |row, c, sums| sums.iter_mut().zip(self.offset(row, c)).for_each(|(s, x)| *s += x));
        for (mean, &size) in means.chunks_exact_mut(d).zip(&self.sizes) {
            mean.iter_mut().for_each(|m| *m /= size.max(1) as f64);
        }
        means
    }

    fn spreads(&self, centroids: &[f64]) -> Vec<Spread> {
        let d = self.points.ncols();
        let add = |row: usize, c: usize, sums: &mut [f64]| {
            let centroid = &centroids[c * d..][..d];
            let square: f64 = self.offset(row, c).zip(centroid).map(|(x, m)| (x - m) * (x - m)).sum();
            sums[0] += square;
            sums[1] += square.sqrt();
        };
        let sums = self.sums(2, add);
        sums.chunks_exact(2).map(|s| Spread { squares: s[0], distances: s[1] }).collect()
    }

    /// Centroid of `c` in `column`, relative to the value `origin`.
    fn centroid(&self, centroids: &[f64], c: usize, column: usize, origin: f64) -> f64 {
        let d = self.points.ncols();
        (self.points[[self.first_rows[c], column]] - origin) + centroids[c * d + column]
    }

    fn calinski_harabasz(&self, centroids: &[f64], spreads: &[Spread]) -> f64 {
        let within: f64 = spreads.iter().map(|s| s.squares).sum();
        let (rows, k) = (self.labels.len() as f64, self.named().count() as f64);
        if within == 0.0 {
            return 1.0;
        }
        let between: f64 = (0..self.points.ncols()).map(|column| self.between(centroids, column)).sum();
        between / (k - 1.0) / (within / (rows - k))
    }

    /// Squared distances of the centroids to the mean of all rows in a column, weighted by size.
    fn between(&self, centroids: &[f64], column: usize) -> f64 {
        let origin = self.points[[0, column]];
        let weighted =
            || self.named().map(|c| (self.sizes[c] as f64, self.centroid(centroids, c, column, origin)));
        let mean = weighted().map(|(size, v)| size * v).sum::<f64>() / self.labels.len() as f64;
        weighted().map(|(size, v)| size * (v - mean) * (v - mean)).sum()
    }

    fn davies_bouldin(&self, centroids: &[f64], spreads: &[Spread]) -> f64 {
        let named: Vec<usize> = self.named().collect();
        let mean_distance = |c: usize| spreads[c].distances / self.sizes[c] as f64;
        let ratio = |a: usize, b: usize| {
            let apart = self.apart(centroids, a, b);
            if apart > 0.0 { (mean_distance(a) + mean_distance(b)) / apart } else { 0.0 }
        };
        let worst = |&a: &usize| named.iter().map(|&b| ratio(a, b)).fold(0.0, f64::max);
        let worst: Vec<f64> = named.par_iter().map(worst).collect();
        worst.iter().sum::<f64>() / named.len() as f64
    }

    /// Distance of two centroids.
    fn apart(&self, centroids: &[f64], a: usize, b: usize) -> f64 {
        let d = self.points.ncols();
        let difference = |column: usize| {
            let of_b = self.points[[self.first_rows[b], column]];
            self.centroid(centroids, a, column, of_b) - centroids[b * d + column]
        };
        (0..d).map(|column| difference(column) * difference(column)).sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests;
