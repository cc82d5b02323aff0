//! Mean coefficients from a sample of rows, each with its exact coefficient among all rows.

use ndarray::{ArrayView2, Axis};
use rand::SeedableRng;
use rand::seq::{SliceRandom, index};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::cells::{Cells, Refinement};
use super::{Silhouette, check_labeling, coefficients, next_group, one_way, sizes};
use crate::engine::EngineError;
use crate::engine::input::check_points;
use crate::engine::labels::distinct;
use crate::progress::Progress;

/// How many rows to sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EstimateParams {
    /// Rows in all; small clusters add some.
    pub sample: usize,
    /// Fewest rows of a cluster, or all it has.
    pub least_per_cluster: usize,
    /// Seed of the draw.
    pub seed: u64,
}

impl Default for EstimateParams {
    /// 5,000 rows, 100 of a cluster at least, seed 42.
    fn default() -> Self {
        Self { sample: 5_000, least_per_cluster: 100, seed: 42 }
    }
}

/// Estimates the mean silhouette coefficient of every labeling from one sample of rows, each with its exact
/// coefficient among all rows.
///
/// The rows are drawn without replacement and weighted by cluster afterwards (post-stratification, Cochran 1977,
/// section 5A.9). A cluster of which fewer than [`EstimateParams::least_per_cluster`] were drawn gets so many, for its
/// own labeling alone, so that a small cluster is neither missed nor given too much weight. Cost: O(m u d) for m
/// sampled and u distinct rows, for all labelings whose common refinement stays coarse together; O(u d) memory.
///
/// # Errors
/// As [`silhouettes`](super::silhouettes), and a sample of 0 or fewer than 2 rows a cluster.
pub fn estimates(
    points: ArrayView2<'_, f64>,
    labelings: &[&[u32]],
    params: &EstimateParams,
    progress: &Progress,
) -> Result<Vec<Silhouette>, EngineError> {
    check_points(points)?;
    labelings.iter().try_for_each(|labels| check_labeling(points.nrows(), labels))?;
    params.check()?;
    let sample = Sample::draw(points.nrows(), labelings, params);
    let some = points.select(Axis(0), &sample.rows);
    let chosen: Vec<Vec<u32>> = labelings.iter().map(|labels| sample.labels(labels)).collect();
    let chosen: Vec<&[u32]> = chosen.iter().map(Vec::as_slice).collect();
    let (of_some, of_all) = (distinct(some.view()), distinct(points));
    let mut found = Vec::with_capacity(labelings.len());
    while found.len() < labelings.len() {
        let first = found.len();
        let (together, cells) = next_group(&chosen[first..], &of_some);
        let all = &labelings[first..first + together.len()];
        let refined = all.iter().fold(Refinement::whole(points.nrows()), |cells, labels| cells.by(labels));
        let some = Cells::new(some.view(), &of_some, together, &cells);
        let others = Cells::new(points, &of_all, all, &refined);
        let sizes: Vec<Vec<u64>> = all.iter().map(|labels| sizes(labels)).collect();
        let per_lane = one_way(&some, &others, |panel| coefficients(&some, panel, &sizes), progress)?;
        for (l, labels) in all.iter().enumerate() {
            let coefficient = |at: usize| per_lane[some.lane_of[at] as usize * all.len() + l];
            found.push(sample.summary(first + l, labels, &sizes[l], coefficient));
        }
    }
    Ok(found)
}

impl EstimateParams {
    fn check(&self) -> Result<(), EngineError> {
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
}

/// Rows drawn for all labelings, and those that small clusters of one labeling add.
struct Sample {
    /// All of them, ascending.
    rows: Vec<usize>,
    /// For each labeling, the places in `rows` that are its own.
    own: Vec<Vec<usize>>,
}

impl Sample {
    fn draw(all: usize, labelings: &[&[u32]], params: &EstimateParams) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(params.seed);
        let mut base = index::sample(&mut random, all, params.sample.min(all)).into_vec();
        base.sort_unstable();
        let mut more = |labels: &&[u32]| more(&base, labels, params.least_per_cluster, &mut random);
        let added: Vec<Vec<usize>> = labelings.iter().map(&mut more).collect();
        let mut rows: Vec<usize> = added.iter().flatten().chain(&base).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        let own = |added: Vec<usize>| {
            let of_it = |row: &usize| base.binary_search(row).is_ok() || added.binary_search(row).is_ok();
            (0..rows.len()).filter(|&at| of_it(&rows[at])).collect()
        };
        let own = added.into_iter().map(own).collect();
        Self { rows, own }
    }

    fn labels(&self, all: &[u32]) -> Vec<u32> {
        self.rows.iter().map(|&row| all[row]).collect()
    }

    /// What the rows of one labeling say about all its rows.
    fn summary(
        &self,
        labeling: usize,
        labels: &[u32],
        sizes: &[u64],
        coefficient: impl Fn(usize) -> f64,
    ) -> Silhouette {
        let own = &self.own[labeling];
        let mut strata: Vec<Vec<f64>> = vec![Vec::new(); sizes.len()];
        own.iter().for_each(|&at| strata[labels[self.rows[at]] as usize].push(coefficient(at)));
        let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let per_cluster: Vec<f64> = strata.iter().map(mean).collect();
        let share = |c: usize| sizes[c] as f64 / labels.len() as f64;
        let error = |c: usize| share(c) * standard_error(&strata[c], sizes[c]);
        let present = || (0..sizes.len()).filter(|&c| sizes[c] > 0);
        Silhouette {
            rows: Some(own.iter().map(|&at| self.rows[at]).collect()),
            per_point: own.iter().map(|&at| coefficient(at)).collect(),
            mean: present().map(|c| share(c) * per_cluster[c]).sum(),
            standard_error: present().map(|c| error(c).powi(2)).sum::<f64>().sqrt(),
            per_cluster,
        }
    }
}

/// Rows to add to the ascending `base`, so that each cluster has `least` or all it has; ascending.
fn more(base: &[usize], labels: &[u32], least: usize, random: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let all = sizes(labels);
    let mut drawn = vec![0; all.len()];
    base.iter().for_each(|&row| drawn[labels[row] as usize] += 1);
    let missing = |c: usize| least.min(all[c] as usize).saturating_sub(drawn[c]);
    let mut rest: Vec<Vec<usize>> = vec![Vec::new(); all.len()];
    for (row, &label) in labels.iter().enumerate() {
        if missing(label as usize) > 0 && base.binary_search(&row).is_err() {
            rest[label as usize].push(row);
        }
    }
    let mut rows = Vec::new();
    for (cluster, rest) in rest.iter_mut().enumerate() {
        rows.extend_from_slice(rest.partial_shuffle(random, missing(cluster)).0);
    }
    rows.sort_unstable();
    rows
}

/// Of the mean of values drawn without replacement from `size`: √((1 − n/N) s² / n).
fn standard_error(values: &[f64], size: u64) -> f64 {
    let (drawn, size) = (values.len() as f64, size as f64);
    if drawn == size {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / drawn;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (drawn - 1.0);
    ((1.0 - drawn / size) * variance / drawn).sqrt()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::engine::silhouette::silhouettes;
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

    fn of(params: &EstimateParams) -> Silhouette {
        let (points, labels) = groups();
        estimates(points.view(), &[&labels], params, &Progress::silent()).unwrap().remove(0)
    }

    #[test]
    fn sampled_rows_have_their_exact_coefficients() {
        let (points, labels) = groups();
        let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
        let estimate = of(&sample(300, 20));
        assert!(estimate.per_point.len() < labels.len());
        for (row, s) in estimate.known() {
            assert!((exact.per_point[row] - s).abs() < 1e-12, "row {row}");
        }
        assert!((estimate.per_cluster[2] - exact.per_cluster[2]).abs() < 1e-12);
    }

    #[test]
    fn a_sample_of_all_rows_is_exact() {
        let (points, labels) = groups();
        let exact = &silhouettes(points.view(), &[&labels], &Progress::silent()).unwrap()[0];
        let estimate = of(&EstimateParams::default());
        assert_eq!(estimate.rows, Some((0..labels.len()).collect()));
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
        let drawn = |c: u32| estimate.known().filter(|&(row, _)| labels[row] == c).count();
        assert_eq!(drawn(0) + drawn(1) + drawn(2), estimate.per_point.len());
        assert!((0..3).all(|c| drawn(c) >= 2), "{:?}", estimate.rows);
    }

    #[test]
    fn labelings_together_and_alone_draw_the_same_rows_of_large_clusters() {
        let (points, labels) = groups();
        let halves: Vec<u32> = (0..labels.len() as u32).map(|row| row % 2).collect();
        let params = sample(400, 2);
        let both = estimates(points.view(), &[&labels, &halves], &params, &Progress::silent()).unwrap();
        let alone = of(&params);
        assert!(both[0].rows == alone.rows && (both[0].mean - alone.mean).abs() < 1e-12);
        let exact = silhouettes(points.view(), &[&labels, &halves], &Progress::silent()).unwrap();
        for (estimate, exact) in both.iter().zip(&exact) {
            estimate.known().for_each(|(row, s)| assert!((exact.per_point[row] - s).abs() < 1e-12));
            assert!((estimate.mean - exact.mean).abs() < 4.0 * estimate.standard_error);
        }
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
            estimates(points.view(), &[labels], params, &Progress::silent()).unwrap_err()
        };
        let valid = EstimateParams::default();
        assert!(matches!(refused(&[0, 0, 0], &valid), EngineError::OneCluster { .. }));
        assert!(matches!(refused(&[0, 1], &valid), EngineError::Length { given: 2, rows: 3, .. }));
        let name = |params| match refused(&[0, 1, 1], &params) {
            EngineError::Parameter { name, .. } => name,
            other => panic!("{other}"),
        };
        assert_eq!(name(sample(0, 100)), "sample");
        assert_eq!(name(sample(5_000, 1)), "least_per_cluster");
    }
}
