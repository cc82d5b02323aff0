//! Whether a partition comes back when a few rows are missing.

use std::ops::RangeInclusive;

use ndarray::{ArrayView2, Axis};
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::check_partitions;
use crate::engine::EngineError;
use crate::engine::agreement::adjusted_rand_index;
use crate::engine::partition::Method;
use crate::engine::repeat::{check_repetitions, repeat};
use crate::progress::Progress;

/// Refits without some of the rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefitParams {
    /// Refits, 1 or more.
    pub refits: usize,
    /// Share of the rows that each refit misses, above 0 and under 1; at least one row.
    pub dropped: f64,
    /// Seed of which rows.
    pub seed: u64,
}

impl Default for RefitParams {
    /// 10 refits without 1 % of the rows, seed 42.
    fn default() -> Self {
        Self { refits: 10, dropped: 0.01, seed: 42 }
    }
}

/// How far refits agree with the partition of all rows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Refits {
    /// Adjusted Rand index of each refit with the partition, over the rows it was fitted to.
    pub adjusted_rand: Vec<f64>,
}

impl Refits {
    /// Mean over the refits.
    pub fn mean(&self) -> f64 {
        self.adjusted_rand.iter().sum::<f64>() / self.adjusted_rand.len() as f64
    }

    /// The refit that agrees least.
    pub fn worst(&self) -> f64 {
        self.adjusted_rand.iter().copied().fold(1.0, f64::min)
    }
}

/// Refits each partition, one a k of `ks`, by the method that made it but without a few of the rows, and
/// compares.
///
/// A partition that a hundredth of its rows decides would be another one tomorrow. The same rows are missing
/// for all partitions. Cost: that of `method` once a refit.
///
/// # Errors
/// A matrix that is empty or not finite, k of 0 or beyond the distinct rows, partitions of another number or
/// length, parameters out of range, what the method refuses, cancellation.
pub fn refits_of(
    points: ArrayView2<'_, f64>,
    ks: RangeInclusive<usize>,
    partitions: &[Vec<u32>],
    method: &Method,
    params: &RefitParams,
    progress: &Progress,
) -> Result<Vec<Refits>, EngineError> {
    params.check(points.nrows())?;
    check_partitions(points, &ks, partitions)?;
    let agreements = repeat("refits", params.refits, params.seed, progress, |random, quiet| {
        let rows = params.kept(points.nrows(), random);
        let found = method.partitions(points.select(Axis(0), &rows).view(), ks.clone(), quiet)?;
        let agreement = |(all, refitted): (&Vec<u32>, &Vec<u32>)| {
            let before: Vec<u32> = rows.iter().map(|&row| all[row]).collect();
            adjusted_rand_index(&before, refitted)
        };
        Ok(partitions.iter().zip(&found).map(agreement).collect::<Vec<f64>>())
    })?;
    let of = |i: usize| Refits { adjusted_rand: agreements.iter().map(|refit| refit[i]).collect() };
    Ok((0..partitions.len()).map(of).collect())
}

impl RefitParams {
    fn check(&self, rows: usize) -> Result<(), EngineError> {
        check_repetitions("refits", self.refits, 1, "1 or more")?;
        if !(self.dropped > 0.0 && self.dropped < 1.0) {
            let (name, value) = ("share of rows dropped", self.dropped);
            return Err(EngineError::Parameter { name, value, allowed: "above 0 and under 1" });
        }
        check_repetitions("rows", rows, 2, "2 or more: one is dropped")
    }

    /// Which rows stay, ascending: all but the nearest whole number to the share, but no fewer than one
    /// and one.
    fn kept(&self, rows: usize, random: &mut Xoshiro256PlusPlus) -> Vec<usize> {
        let dropped = ((rows as f64 * self.dropped).round() as usize).clamp(1, rows - 1);
        let mut stays = vec![true; rows];
        index::sample(random, rows, dropped).into_iter().for_each(|row| stays[row] = false);
        (0..rows).filter(|&row| stays[row]).collect()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use rand::{Rng, SeedableRng};

    use super::*;
    use crate::engine::hierarchical::Linkage;

    const KMEANS: Method = Method::KMeans { starts: 5, seed: 1 };
    const WARD: Method = Method::Hierarchical { linkage: Linkage::Ward, memory_limit_bytes: 1 << 30 };

    fn blobs(spread: f64) -> Array2<f64> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(77);
        Array2::from_shape_fn((150, 2), |(i, _)| [0.0, 30.0, 80.0][i % 3] + spread * random.r#gen::<f64>())
    }

    fn found(points: &Array2<f64>, ks: RangeInclusive<usize>, method: &Method) -> Vec<Refits> {
        let silent = Progress::silent();
        let partitions = method.partitions(points.view(), ks.clone(), &silent).unwrap();
        refits_of(points.view(), ks, &partitions, method, &RefitParams::default(), &silent).unwrap()
    }

    #[test]
    fn clear_groups_come_back_whoever_is_missing() {
        for method in [KMEANS, WARD] {
            let refits = &found(&blobs(12.0), 3..=3, &method)[0];
            assert_eq!((refits.adjusted_rand.len(), refits.mean(), refits.worst()), (10, 1.0, 1.0));
        }
    }

    #[test]
    fn a_tree_over_a_cloud_does_not_come_back() {
        let refits = &found(&blobs(400.0), 5..=5, &WARD)[0];
        assert!(refits.mean() < 0.97 && refits.worst() <= refits.mean(), "{refits:?}");
    }

    #[test]
    fn each_partition_is_refitted_as_if_alone() {
        let together = found(&blobs(60.0), 2..=4, &KMEANS);
        for (k, refits) in (2..=4).zip(&together) {
            assert_eq!(&found(&blobs(60.0), k..=k, &KMEANS)[0], refits, "{k}");
        }
    }

    #[test]
    fn a_hundredth_is_missing_and_never_nobody() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
        let params = RefitParams::default();
        for (rows, kept) in [(2, 1), (10, 9), (1000, 990), (149, 148), (151, 149)] {
            let found = params.kept(rows, &mut random);
            assert!(found.len() == kept && found.is_sorted(), "{rows}: {found:?}");
        }
        let most = RefitParams { dropped: 0.999, ..params };
        assert_eq!(most.kept(10, &mut random).len(), 1);
    }

    #[test]
    fn bad_input_is_refused() {
        let refused = |points: Array2<f64>, labels: Vec<u32>, params: &RefitParams| {
            let (points, silent) = (points.view(), Progress::silent());
            refits_of(points, 2..=2, &[labels], &KMEANS, params, &silent).unwrap_err().to_string()
        };
        let three = || array![[1.0], [2.0], [4.0]];
        let default = RefitParams::default();
        assert!(refused(three(), vec![0, 1], &default).contains("2 entries for 3 rows"));
        assert!(refused(array![[1.0], [f64::NAN], [2.0]], vec![0, 1, 1], &default).contains("NaN"));
        assert!(refused(array![[1.0]], vec![0], &default).contains("rows is 1"));
        assert!(
            refused(three(), vec![0, 1, 1], &RefitParams { refits: 0, ..default }).contains("refits is 0")
        );
        for dropped in [0.0, 1.0, f64::NAN] {
            let params = RefitParams { dropped, ..default };
            assert!(refused(three(), vec![0, 1, 1], &params).contains("share of rows dropped"));
        }
    }
}
