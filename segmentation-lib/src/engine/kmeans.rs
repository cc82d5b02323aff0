//! k-means: greedy k-means++ seeding (Arthur & Vassilvitskii 2007), Lloyd's iterations (Lloyd 1982).

mod blocks;
mod kernel;
mod lloyd;
mod seeding;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView1, ArrayView2};

use self::blocks::Blocks;
use self::lloyd::{Limits, Lloyd};
use super::EngineError;
use super::input::{check_k, check_length, check_points};
use super::labels::squared_distance;
use crate::progress::Progress;

/// Largest number of clusters: labels are kept in sixteen bits.
const MOST_CLUSTERS: usize = u16::MAX as usize;

/// Parameters of k-means, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansParams(KMeansValidParams);

/// Parameters of k-means, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeansValidParams {
    k: usize,
    seed: u64,
    starts: usize,
    max_iterations: usize,
    tolerance: f64,
}

impl KMeansParams {
    /// `k` clusters; seed 42, 10 starts, at most 300 iterations, tolerance 1e-4.
    pub fn new(k: usize) -> Self {
        Self(KMeansValidParams { k, seed: 42, starts: 10, max_iterations: 300, tolerance: 1e-4 })
    }

    /// Seed of all random choices.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Independent seedings, of which the one with the lowest inertia is kept.
    pub fn starts(mut self, starts: usize) -> Self {
        self.0.starts = starts;
        self
    }

    /// Most Lloyd iterations of a start.
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.0.max_iterations = max_iterations;
        self
    }

    /// A start stops when its centroids moved, squared and summed, no more than `tolerance` times the
    /// mean variance of the columns; the best start then goes on to the fixed point.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Fails when a parameter is out of its range.
    pub fn check(self) -> Result<KMeansValidParams, EngineError> {
        self.0.verify()?;
        Ok(self.0)
    }

    /// Checks, then fits: see [`KMeansValidParams::fit`].
    pub fn fit(&self, points: ArrayView2<'_, f64>, progress: &Progress) -> Result<KMeans, EngineError> {
        self.0.verify()?;
        self.0.fit(points, progress)
    }
}

/// A fitted k-means.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KMeans {
    /// Cluster of every row.
    pub labels: Vec<u32>,
    /// Centroids, k × d.
    pub centroids: Array2<f64>,
    /// Rows in each cluster.
    pub counts: Vec<u64>,
    /// Sum of squared distances to the centroids.
    pub inertia: f64,
    /// Iterations of the best start.
    pub iterations: usize,
    /// Whether the best start reached a fixed point: labels are nearest centroids and centroids are
    /// the means of their rows.
    pub converged: bool,
}

impl KMeansValidParams {
    fn verify(&self) -> Result<(), EngineError> {
        let parameter = |name, value, allowed| Err(EngineError::Parameter { name, value, allowed });
        if self.k == 0 {
            return Err(EngineError::ZeroClusters);
        }
        if self.k > MOST_CLUSTERS {
            return parameter("k", self.k as f64, "1 to 65535");
        }
        if self.starts == 0 {
            return parameter("starts", 0.0, "1 or more");
        }
        if self.max_iterations == 0 {
            return parameter("max_iterations", 0.0, "1 or more");
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return parameter("tolerance", self.tolerance, "a finite number, 0 or more");
        }
        Ok(())
    }

    /// Fits k-means to `points` (customers by features).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, fewer rows or distinct rows than k, cancellation.
    pub fn fit(&self, points: ArrayView2<'_, f64>, progress: &Progress) -> Result<KMeans, EngineError> {
        self.fit_blocks(points, None, progress)
    }

    /// Fits k-means to `points` of which each counts as many times as its weight says.
    ///
    /// # Errors
    /// As [`KMeansValidParams::fit`], and weights of another length, not finite or not above 0.
    pub fn fit_weighted(
        &self,
        points: ArrayView2<'_, f64>,
        weights: &[f64],
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        check_length("sample weights", weights.len(), points.nrows())?;
        let bad = |w: &f64| !(w.is_finite() && *w > 0.0);
        match weights.iter().position(bad) {
            Some(row) => Err(EngineError::Weight { row, value: weights[row] }),
            None => self.fit_blocks(points, Some(weights), progress),
        }
    }

    fn fit_blocks(
        &self,
        points: ArrayView2<'_, f64>,
        weights: Option<&[f64]>,
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        check_points(points)?;
        check_k(self.k, points.nrows())?;
        check_distinct(points, self.k)?;
        let blocks = Blocks::new(points, weights);
        let seeds = seeding::seeds(&blocks, self.k, self.starts, self.seed, progress)?;
        self.iterate(&blocks, seeds, progress)
    }

    /// Runs all starts to the tolerance, then the best one to its fixed point.
    fn iterate(
        &self,
        blocks: &Blocks,
        seeds: Vec<Vec<f64>>,
        progress: &Progress,
    ) -> Result<KMeans, EngineError> {
        let mean_variance = blocks.spread / blocks.mass / blocks.dims as f64;
        let tolerance = self.tolerance * mean_variance;
        let mut lloyd = Lloyd::new(blocks, seeds);
        lloyd.run(Limits { max_iterations: self.max_iterations, tolerance }, progress)?;
        let inertia = |s: &usize| lloyd.starts[*s].inertia;
        let best = (0..lloyd.starts.len()).min_by(|a, b| inertia(a).total_cmp(&inertia(b)));
        lloyd.keep(best.expect("there is one start or more"));
        let to_the_end = Limits { max_iterations: self.max_iterations, tolerance: -1.0 };
        lloyd.run(to_the_end, progress)?;
        lloyd.settle(to_the_end, progress)?;
        Ok(self.model(blocks, &lloyd))
    }

    fn model(&self, blocks: &Blocks, lloyd: &Lloyd<'_>) -> KMeans {
        let start = &lloyd.starts[0];
        let labels: Vec<u32> = lloyd.labels(0).map(u32::from).collect();
        let mut counts = vec![0; self.k];
        labels.iter().for_each(|&label| counts[label as usize] += 1);
        let centroids = Array2::from_shape_vec((self.k, blocks.dims), blocks.restore(&start.centroids));
        KMeans {
            labels,
            counts,
            centroids: centroids.expect("k rows of d columns"),
            inertia: blocks.restore_squares(lloyd.inertia()),
            iterations: start.iterations,
            converged: start.converged,
        }
    }
}

/// Fails unless k rows differ; stops counting as soon as they do.
fn check_distinct(points: ArrayView2<'_, f64>, k: usize) -> Result<(), EngineError> {
    let mut seen = HashSet::new();
    for row in points.rows() {
        seen.insert(row.iter().map(|v| (v + 0.0).to_bits()).collect::<Vec<u64>>());
        if seen.len() == k {
            return Ok(());
        }
    }
    Err(EngineError::TooFewDistinct { k, distinct: seen.len() })
}

impl KMeans {
    /// Nearest centroid of every row of `points`, the first of equally near ones. Cost: O(n k d).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, or of another width.
    pub fn predict(&self, points: ArrayView2<'_, f64>) -> Result<Vec<u32>, EngineError> {
        check_points(points)?;
        let (given, expected) = (points.ncols(), self.centroids.ncols());
        if given != expected {
            return Err(EngineError::Columns { given, expected });
        }
        Ok(nearest_centroids(points, self.centroids.view()))
    }
}

/// Nearest centroid of every row, the first of equally near ones; NaN centroids are nobody's.
pub(crate) fn nearest_centroids(points: ArrayView2<'_, f64>, centroids: ArrayView2<'_, f64>) -> Vec<u32> {
    let nearest = |point: ArrayView1<'_, f64>| {
        let squares = centroids.rows().into_iter().map(|c| squared_distance(point, c));
        let closer = |best: (f64, u32), (c, square): (usize, f64)| {
            if square < best.0 { (square, c as u32) } else { best }
        };
        squares.enumerate().fold((f64::INFINITY, 0), closer).1
    };
    points.rows().into_iter().map(nearest).collect()
}

/// Fits every k of `ks`, otherwise with the parameters of `params`; the same results as one by one.
/// The points are arranged and checked once, and the seeds for each k are the first of those for the
/// largest.
///
/// # Errors
/// As [`KMeansValidParams::fit`]; an empty range gives no clusterings.
pub fn sweep(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    params: &KMeansParams,
    progress: &Progress,
) -> Result<Vec<KMeans>, EngineError> {
    check_points(points)?;
    let for_k = |k| KMeansValidParams { k, ..params.0.clone() };
    for k in ks.clone() {
        for_k(k).verify()?;
        check_k(k, points.nrows())?;
        check_distinct(points, k)?;
    }
    let blocks = Blocks::new(points, None);
    let largest = *ks.end();
    let seeds = match ks.is_empty() {
        true => Vec::new(),
        false => seeding::seeds(&blocks, largest, params.0.starts, params.0.seed, progress)?,
    };
    let total = ks.clone().count() as u64;
    let fit = |(done, k): (usize, usize)| {
        progress.report("k-means", done as u64, Some(total));
        let first_k = seeds.iter().map(|s| s[..k * blocks.dims].to_vec()).collect();
        for_k(k).iterate(&blocks, first_k, progress)
    };
    ks.enumerate().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::agreement::adjusted_rand_index;
    use crate::engine::labels;

    fn fit(points: &Array2<f64>, params: KMeansParams) -> KMeans {
        params.fit(points.view(), &Progress::silent()).unwrap()
    }

    fn refused(points: &Array2<f64>, params: KMeansParams) -> EngineError {
        params.fit(points.view(), &Progress::silent()).unwrap_err()
    }

    fn matrices(rows: std::ops::Range<usize>) -> impl Strategy<Value = Array2<f64>> {
        (rows, 1usize..11).prop_flat_map(|(n, d)| {
            let values = prop::collection::vec(-1.0..1.0f64, n * d);
            values.prop_map(move |v| Array2::from_shape_vec((n, d), v).unwrap())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_converged_fit_is_a_fixed_point(points in matrices(12..700), k in 1usize..9, seed: u64) {
            let model = fit(&points, KMeansParams::new(k).starts(3).seed(seed).max_iterations(1000));
            prop_assert!(model.converged);
            let means = labels::centroids(points.view(), &model.labels, k);
            let gap = (&means - &model.centroids).mapv(f64::abs).fold(0.0, |a: f64, b| a.max(*b));
            prop_assert!(gap < 1e-13, "{gap}");
            prop_assert_eq!(&model.predict(points.view()).unwrap(), &model.labels);
            let inertia = labels::inertia(points.view(), &model.labels);
            prop_assert!((inertia - model.inertia).abs() <= 1e-12 * inertia.max(1.0));
            let sizes: Vec<u64> =
                (0..k as u32).map(|c| model.labels.iter().filter(|&&l| l == c).count() as u64).collect();
            prop_assert_eq!(sizes, model.counts);
        }

        #[test]
        fn bounds_change_nothing(points in matrices(12..400), k in 2usize..9, seed: u64) {
            let blocks = Blocks::new(points.view(), None);
            let seeds = seeding::seeds(&blocks, k, 1, seed, &Progress::silent()).unwrap();
            let mut slow = Array2::from_shape_vec((k, points.ncols()), blocks.restore(&seeds[0])).unwrap();
            for iterations in 1..8 {
                let mut lloyd = Lloyd::new(&blocks, seeds.clone());
                lloyd.run(Limits { max_iterations: iterations, tolerance: -1.0 }, &Progress::silent()).unwrap();
                let assigned = nearest_centroids(points.view(), slow.view());
                let found: Vec<u32> = lloyd.labels(0).map(u32::from).collect();
                prop_assert_eq!(&found, &assigned);
                let means = labels::centroids(points.view(), &assigned, k);
                prop_assume!(means.iter().all(|v| v.is_finite()));
                slow = means;
            }
        }

        #[test]
        fn whole_weights_count_as_repeated_rows(points in matrices(8..60), seed: u64) {
            let weights: Vec<f64> = (0..points.nrows()).map(|row| (row % 3 + 1) as f64).collect();
            let rows: Vec<usize> = (0..points.nrows()).flat_map(|row| vec![row; row % 3 + 1]).collect();
            let repeated = points.select(ndarray::Axis(0), &rows);
            let params = KMeansParams::new(3).starts(20).seed(seed).check().unwrap();
            let weighted = params.fit_weighted(points.view(), &weights, &Progress::silent()).unwrap();
            let plain = labels::inertia(repeated.view(), &rows.iter().map(|&r| weighted.labels[r]).collect::<Vec<_>>());
            prop_assert!((plain - weighted.inertia).abs() < 1e-10 * plain.max(1e-3));
        }

        #[test]
        fn a_sweep_is_each_k_alone(points in matrices(20..200), seed: u64) {
            let params = KMeansParams::new(1).starts(4).seed(seed);
            let together = sweep(points.view(), 1..=6, &params, &Progress::silent()).unwrap();
            for (k, model) in (1..=6).zip(together) {
                prop_assert_eq!(model, fit(&points, KMeansParams::new(k).starts(4).seed(seed)));
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let points = Array2::from_shape_fn((9000, 3), |(i, j)| ((i * 7919 + j * 104_729) % 10_007) as f64);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&points, KMeansParams::new(7).starts(5)))
        };
        let one = with(1);
        assert_eq!(one, with(2));
        assert_eq!(one, with(8));
    }

    #[test]
    fn separated_blobs_come_back() {
        let points =
            Array2::from_shape_fn((300, 2), |(i, j)| (i % 3) as f64 * 50.0 + ((i * 31 + j * 17) % 13) as f64);
        let truth: Vec<u32> = (0..300).map(|i| i % 3).collect();
        let model = fit(&points, KMeansParams::new(3));
        assert_eq!(adjusted_rand_index(&model.labels, &truth), 1.0);
        assert_eq!(model.counts, [100; 3]);
    }

    #[test]
    fn one_cluster_is_the_mean() {
        let model = fit(&array![[1.0, 5.0], [3.0, 5.0]], KMeansParams::new(1));
        assert_eq!(model.centroids, array![[2.0, 5.0]]);
        assert_eq!((model.inertia, model.labels), (2.0, vec![0, 0]));
    }

    #[test]
    fn one_customer_is_one_cluster() {
        let model = fit(&array![[4.0, -7.5]], KMeansParams::new(1));
        assert_eq!(model.centroids, array![[4.0, -7.5]]);
        assert_eq!((model.inertia, model.counts), (0.0, vec![1]));
    }

    #[test]
    fn as_many_clusters_as_rows_leave_no_inertia() {
        let points = Array2::from_shape_fn((40, 2), |(i, j)| (i * i + 3 * j) as f64);
        let model = fit(&points, KMeansParams::new(40).starts(1));
        assert_eq!(model.inertia, 0.0);
        assert_eq!(model.counts, [1; 40]);
    }

    #[test]
    fn a_constant_column_changes_nothing() {
        let points = Array2::from_shape_fn((50, 1), |(i, _)| ((i * 37) % 50) as f64);
        let wider = ndarray::concatenate![ndarray::Axis(1), points, Array2::from_elem((50, 1), 3.0)];
        let (narrow, wide) = (fit(&points, KMeansParams::new(4)), fit(&wider, KMeansParams::new(4)));
        assert_eq!(narrow.labels, wide.labels);
        assert_eq!(narrow.inertia, wide.inertia);
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let points = Array2::from_shape_fn((80, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64 / 8.0);
        let (near, far) = (fit(&points, KMeansParams::new(5)), fit(&(&points + 1e8), KMeansParams::new(5)));
        assert!((near.inertia - far.inertia).abs() < 1e-10 * near.inertia);
    }

    #[test]
    fn tiny_and_huge_units_give_the_same_partition() {
        let points = Array2::from_shape_fn((80, 2), |(i, j)| ((i * i * 31 + j * 57) % 101) as f64);
        let unit = fit(&points, KMeansParams::new(5));
        for scale in [2f64.powi(-300), 2f64.powi(300)] {
            assert_eq!(unit.labels, fit(&(&points * scale), KMeansParams::new(5)).labels);
        }
    }

    #[test]
    fn fewer_distinct_rows_than_clusters_are_refused() {
        let points = array![[1.0, 2.0], [1.0, 2.0], [3.0, 4.0]];
        let error = refused(&points, KMeansParams::new(3));
        assert!(matches!(error, EngineError::TooFewDistinct { k: 3, distinct: 2 }));
        assert!(error.to_string().contains("k is 3, but only 2 rows are distinct"));
    }

    #[test]
    fn k_out_of_range_is_refused() {
        let points = array![[1.0], [2.0]];
        assert!(matches!(refused(&points, KMeansParams::new(0)), EngineError::ZeroClusters));
        assert!(matches!(
            refused(&points, KMeansParams::new(3)),
            EngineError::TooManyClusters { k: 3, rows: 2 }
        ));
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let points = array![[1.0], [2.0]];
        let name = |params| match refused(&points, params) {
            EngineError::Parameter { name, .. } => name,
            other => panic!("{other}"),
        };
        assert_eq!(name(KMeansParams::new(1).starts(0)), "starts");
        assert_eq!(name(KMeansParams::new(1).max_iterations(0)), "max_iterations");
        assert_eq!(name(KMeansParams::new(1).tolerance(f64::NAN)), "tolerance");
        assert_eq!(name(KMeansParams::new(70_000)), "k");
    }

    #[test]
    fn bad_values_and_weights_are_refused() {
        let points = array![[1.0], [f64::NAN]];
        assert!(matches!(
            refused(&points, KMeansParams::new(1)),
            EngineError::NotFinite { row: 1, column: 0, .. }
        ));
        let params = KMeansParams::new(1).check().unwrap();
        let fit =
            |weights: &[f64]| params.fit_weighted(array![[1.0], [2.0]].view(), weights, &Progress::silent());
        assert!(matches!(fit(&[1.0]), Err(EngineError::Length { given: 1, rows: 2, .. })));
        assert!(matches!(fit(&[1.0, 0.0]), Err(EngineError::Weight { row: 1, .. })));
    }
}
