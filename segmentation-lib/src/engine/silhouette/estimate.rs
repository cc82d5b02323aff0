//! A stratified sample of rows, and what it says about all.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::engine::EngineError;

/// How many rows to sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstimateParams {
    /// Rows in all; small clusters may add some.
    pub sample: usize,
    /// Fewest rows of a cluster, or all it has.
    pub least_per_cluster: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for EstimateParams {
    /// 10,000 rows, 100 of a cluster at least, seed 42.
    fn default() -> Self {
        Self { sample: 10_000, least_per_cluster: 100, seed: 42 }
    }
}

impl EstimateParams {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        let parameter =
            |name, value: usize, allowed| Err(EngineError::Parameter { name, value: value as f64, allowed });
        if self.sample == 0 {
            return parameter("sample", 0, "1 or more rows");
        }
        if self.least_per_cluster < 2 {
            let allowed = "2 or more, so that the spread within a cluster is known";
            return parameter("least_per_cluster", self.least_per_cluster, allowed);
        }
        Ok(())
    }

    /// Rows of the sample, ascending.
    pub(super) fn draw(&self, labels: &[u32], sizes: &[u64]) -> Vec<usize> {
        let mut members: Vec<Vec<usize>> =
            sizes.iter().map(|&size| Vec::with_capacity(size as usize)).collect();
        labels.iter().enumerate().for_each(|(row, &label)| members[label as usize].push(row));
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut rows = Vec::new();
        for mut cluster in members {
            let share = self.sample as f64 * cluster.len() as f64 / labels.len() as f64;
            let wanted = (share.round() as usize).max(self.least_per_cluster).min(cluster.len());
            rows.extend_from_slice(cluster.partial_shuffle(&mut random, wanted).0);
        }
        rows.sort_unstable();
        rows
    }
}

/// A mean silhouette coefficient from a sample: never taken for the exact one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SilhouetteEstimate {
    /// Estimated mean over all rows.
    pub mean: f64,
    /// Standard error of the mean; 0 where every row was sampled.
    pub standard_error: f64,
    /// Estimated mean of every cluster, by label; NaN for a label without rows.
    pub per_cluster: Vec<f64>,
    /// Standard error of each cluster's mean; NaN for a label without rows.
    pub per_cluster_error: Vec<f64>,
    /// Rows sampled, ascending.
    pub rows: Vec<usize>,
    /// Exact coefficient of each of these rows.
    pub per_point: Vec<f64>,
}

impl SilhouetteEstimate {
    pub(super) fn new(labels: &[u32], sizes: &[u64], rows: Vec<usize>, per_point: Vec<f64>) -> Self {
        let mut strata: Vec<Vec<f64>> = vec![Vec::new(); sizes.len()];
        rows.iter().zip(&per_point).for_each(|(&row, &s)| strata[labels[row] as usize].push(s));
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let per_cluster: Vec<f64> = strata.iter().map(mean).collect();
        let error = |(values, &size): (&Vec<f64>, &u64)| standard_error(values, size);
        let per_cluster_error: Vec<f64> = strata.iter().zip(sizes).map(error).collect();
        let share = |c: usize| sizes[c] as f64 / labels.len() as f64;
        let present = || (0..sizes.len()).filter(|&c| sizes[c] > 0);
        Self {
            mean: present().map(|c| share(c) * per_cluster[c]).sum(),
            standard_error: present().map(|c| (share(c) * per_cluster_error[c]).powi(2)).sum::<f64>().sqrt(),
            per_cluster,
            per_cluster_error,
            rows,
            per_point,
        }
    }
}

/// Of the mean of values drawn without replacement from `size`: √((1 − n/N) s² / n).
fn standard_error(values: &[f64], size: u64) -> f64 {
    let (drawn, size) = (values.len() as f64, size as f64);
    if drawn == size {
        return if size > 0.0 { 0.0 } else { f64::NAN };
    }
    let mean = values.iter().sum::<f64>() / drawn;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (drawn - 1.0);
    ((1.0 - drawn / size) * variance / drawn).sqrt()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::engine::silhouette::{estimate, silhouettes};
    use crate::progress::Progress;

    /// Three groups of 2,000, 900 and 6 rows that overlap.
    fn groups() -> (Array2<f64>, Vec<u32>) {
        let labels: Vec<u32> = (0..2906).map(|i| if i < 6 { 2 } else { u32::from(i % 29 < 9) }).collect();
        let mut state = 7u64;
        let points = Array2::from_shape_fn((2906, 3), |(i, _)| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(labels[i]) * 0.8 + (state >> 11) as f64 / 2f64.powi(53)
        });
        (points, labels)
    }

    fn sample(sample: usize, least_per_cluster: usize) -> EstimateParams {
        EstimateParams { sample, least_per_cluster, ..EstimateParams::default() }
    }

    fn of(params: &EstimateParams) -> SilhouetteEstimate {
        let (points, labels) = groups();
        estimate(points.view(), &labels, params, &Progress::silent()).unwrap()
    }

    #[test]
    fn sampled_rows_have_their_exact_coefficients() {
        let (points, labels) = groups();
        let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
        let estimate = of(&sample(300, 20));
        for (&row, &s) in estimate.rows.iter().zip(&estimate.per_point) {
            assert!((exact.per_point[row] - s).abs() < 1e-12, "row {row}");
        }
        assert_eq!(estimate.per_cluster_error[2], 0.0);
        assert!((estimate.per_cluster[2] - exact.per_cluster[2]).abs() < 1e-12);
    }

    #[test]
    fn a_sample_of_all_rows_is_exact() {
        let (points, labels) = groups();
        let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
        let estimate = of(&EstimateParams::default());
        assert_eq!(estimate.rows.len(), labels.len());
        assert_eq!(estimate.standard_error, 0.0);
        assert!((estimate.mean - exact.mean).abs() < 1e-12);
    }

    #[test]
    fn the_standard_error_is_that_of_repeated_draws() {
        let (points, labels) = groups();
        let exact = silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0].mean;
        let draws: Vec<_> = (0..200).map(|seed| of(&EstimateParams { seed, ..sample(150, 5) })).collect();
        let bias = draws.iter().map(|e| e.mean - exact).sum::<f64>() / 200.0;
        let spread = (draws.iter().map(|e| (e.mean - exact).powi(2)).sum::<f64>() / 200.0).sqrt();
        let stated = draws.iter().map(|e| e.standard_error).sum::<f64>() / 200.0;
        assert!((stated / spread - 1.0).abs() < 0.2, "stated {stated}, seen {spread}");
        assert!(bias.abs() < 3.0 * spread / 200f64.sqrt(), "bias {bias}, spread {spread}");
    }

    #[test]
    fn every_cluster_is_in_the_sample() {
        let (_, labels) = groups();
        let estimate = of(&sample(10, 2));
        let drawn = |c: u32| estimate.rows.iter().filter(|&&row| labels[row] == c).count();
        assert_eq!([drawn(0), drawn(1), drawn(2)], [7, 3, 2]);
    }

    #[test]
    fn the_same_seed_draws_the_same_rows() {
        let params = EstimateParams { seed: 3, ..sample(50, 100) };
        assert_eq!(of(&params), of(&params));
        assert_ne!(of(&params).rows, of(&EstimateParams { seed: 4, ..params }).rows);
    }

    #[test]
    fn bad_input_is_refused() {
        let points = array![[0.0], [1.0], [2.0]];
        let refused = |labels: &[u32], params: &EstimateParams| {
            estimate(points.view(), labels, params, &Progress::silent()).unwrap_err()
        };
        let valid = EstimateParams::default();
        assert!(matches!(refused(&[0, 0, 0], &valid), EngineError::OneCluster { .. }));
        assert!(matches!(refused(&[0, 1], &valid), EngineError::Length { given: 2, rows: 3, .. }));
        let name = |params| match refused(&[0, 1, 1], &params) {
            EngineError::Parameter { name, .. } => name,
            other => panic!("{other}"),
        };
        assert_eq!(name(sample(0, 100)), "sample");
        assert_eq!(name(sample(10_000, 1)), "least_per_cluster");
    }
}
