//! Whether clusterings come back: refits without a few customers, bootstrap resamples. Each is tried when asked for.

use std::ops::RangeInclusive;

use ndarray::{Array2, ArrayView2, Axis};

use super::{Clustering, SelectionError, SelectionParams, sampled};
use crate::engine::hierarchical::Linkage;
use crate::engine::labels::distinct_rows;
use crate::engine::partition::Method;
use crate::engine::stability::{RefitParams, ResampledCluster, StabilityParams, refits_of, stability_of};
use crate::progress::Progress;
use crate::record::{Algorithm, Recovery};

/// Starts of k-means on a bootstrap resample: 10 are too few, more than this change no figure's second digit.
pub(super) const STARTS_OF_RESAMPLES: usize = 30;

/// Most customers where a linkage looks at, or holds, every pair's distance each time.
const MOST_WITH_ALL_PAIRS: usize = 2_000;

impl SelectionParams {
    /// An algorithm as the selection runs it, with at most so many starts.
    pub fn method(&self, algorithm: Algorithm, most_starts: usize) -> Method {
        match algorithm.linkage() {
            None => Method::KMeans { starts: self.starts.min(most_starts), seed: self.seed },
            Some(linkage) => Method::Hierarchical { linkage, memory_limit_bytes: self.memory_limit_bytes },
        }
    }
}

/// How many of `most` customers an algorithm is repeated on.
pub(super) fn most_rows(algorithm: Algorithm, most: usize) -> usize {
    match algorithm.linkage() {
        None | Some(Linkage::Ward) => most,
        Some(_) => most.min(MOST_WITH_ALL_PAIRS),
    }
}

/// What is known so far.
pub(super) struct Trials<'a> {
    points: ArrayView2<'a, f64>,
    clusterings: &'a [Clustering],
    params: &'a SelectionParams,
    progress: &'a Progress,
    found: Vec<Option<Recovery>>,
    /// The clusters of each resample, by clustering; none where it was not resampled.
    resampled: Vec<Vec<Vec<ResampledCluster>>>,
}

/// Customers that an algorithm is repeated on, and which of all they are; none for all.
struct Sample {
    points: Array2<f64>,
    rows: Option<Vec<usize>>,
}

/// Clusterings of one algorithm beside each other, each with one segment more than the one before.
struct Span {
    of: RangeInclusive<usize>,
    ks: RangeInclusive<usize>,
    algorithm: Algorithm,
}

impl<'a> Trials<'a> {
    pub fn new(
        points: ArrayView2<'a, f64>,
        clusterings: &'a [Clustering],
        params: &'a SelectionParams,
        progress: &'a Progress,
    ) -> Self {
        let found = vec![None; clusterings.len()];
        let resampled = vec![Vec::new(); clusterings.len()];
        Self { points, clusterings, params, progress, found, resampled }
    }

    /// What is known of each clustering, in order, and the clusters of each resample of the one `chosen`.
    pub fn found(mut self, chosen: usize) -> (Vec<Option<Recovery>>, Vec<Vec<ResampledCluster>>) {
        (self.found, self.resampled.swap_remove(chosen))
    }

    /// Whether the clustering holds. The bootstrap is left out where the refits have decided.
    /// Cost: that of the algorithm, ten times and a hundred times.
    pub fn holds(&mut self, at: usize) -> Result<bool, SelectionError> {
        self.refit(&self.of_one_tree(at))?;
        if self.known(at).refits_agree() {
            self.resample(&[at])?;
        }
        Ok(self.known(at).holds())
    }

    /// Refits and resamples these clusterings, ascending, whatever comes out.
    /// Cost: that of each algorithm, ten times and a hundred times, however many of its clusterings are asked for.
    pub fn whole(&mut self, asked: &[usize]) -> Result<(), SelectionError> {
        for of_one in asked.chunk_by(|&a, &b| self.clusterings[a].algorithm == self.clusterings[b].algorithm)
        {
            self.refit(of_one)?;
            self.resample(of_one)?;
        }
        Ok(())
    }

    /// Of a clustering that was tried.
    pub fn known(&self, at: usize) -> &Recovery {
        self.found[at].as_ref().expect("tried before")
    }

    /// A dendrogram is built once for all its cuts, so that they are refitted together; k-means alone.
    fn of_one_tree(&self, at: usize) -> Vec<usize> {
        let algorithm = self.clusterings[at].algorithm;
        let cut = |i: &usize| self.clusterings[*i].algorithm == algorithm;
        match algorithm.linkage() {
            None => vec![at],
            Some(_) => (0..self.clusterings.len()).filter(cut).collect(),
        }
    }

    /// Refits those of one algorithm that were not refitted yet.
    fn refit(&mut self, asked: &[usize]) -> Result<(), SelectionError> {
        let asked: Vec<usize> = asked.iter().copied().filter(|&i| self.found[i].is_none()).collect();
        let Some(span) = self.span(&asked) else { return Ok(()) };
        let sample = self.sample(span.algorithm);
        if distinct_rows(sample.points.view()) < *span.ks.end() {
            // So few that hardly two are different cannot come back as more segments than that.
            asked.iter().for_each(|&i| self.found[i] = Some(sample.recovery(0.0, 0.0)));
            return Ok(());
        }
        let refits = refits_of(
            sample.points.view(),
            span.ks.clone(),
            &sample.partitions(&self.clusterings[span.of.clone()]),
            &self.params.method(span.algorithm, self.params.starts),
            &RefitParams { refits: self.params.refits, seed: self.params.seed, ..RefitParams::default() },
            self.progress,
        )?;
        for &i in &asked {
            let refits = &refits[i - span.of.start()];
            self.found[i] = Some(sample.recovery(refits.mean(), refits.worst()));
        }
        Ok(())
    }

    /// Resamples those of one algorithm that were not resampled yet: one draw serves them all.
    fn resample(&mut self, asked: &[usize]) -> Result<(), SelectionError> {
        let Some(first) = asked.first() else { return Ok(()) };
        let sample = self.sample(self.clusterings[*first].algorithm);
        let distinct = distinct_rows(sample.points.view());
        let open = |i: &usize| self.known(*i).jaccard.is_empty() && self.clusterings[*i].k <= distinct;
        let asked: Vec<usize> = asked.iter().copied().filter(open).collect();
        let Some(span) = self.span(&asked) else { return Ok(()) };
        let stability = stability_of(
            sample.points.view(),
            span.ks.clone(),
            &sample.partitions(&self.clusterings[span.of.clone()]),
            &self.params.method(span.algorithm, STARTS_OF_RESAMPLES),
            &StabilityParams { resamples: self.params.resamples, seed: self.params.seed },
            self.progress,
        )?;
        for &i in &asked {
            let (known, stability) =
                (self.found[i].as_mut().expect("refitted before"), &stability[i - span.of.start()]);
            known.jaccard.clone_from(&stability.jaccard);
            self.resampled[i].clone_from(&stability.resampled);
        }
        Ok(())
    }

    /// From the first to the last of these clusterings, which are of one algorithm and ascend by k; none for none.
    fn span(&self, asked: &[usize]) -> Option<Span> {
        let (first, last) = (*asked.first()?, *asked.last()?);
        let (from, to) = (&self.clusterings[first], &self.clusterings[last]);
        Some(Span { of: first..=last, ks: from.k..=to.k, algorithm: from.algorithm })
    }

    fn sample(&self, algorithm: Algorithm) -> Sample {
        let most = most_rows(algorithm, self.params.max_rows);
        match sampled::rows(self.points.nrows(), most, self.params.seed) {
            None => Sample { points: self.points.to_owned(), rows: None },
            Some(rows) => Sample { points: self.points.select(Axis(0), &rows), rows: Some(rows) },
        }
    }
}

impl Sample {
    fn partitions(&self, clusterings: &[Clustering]) -> Vec<Vec<u32>> {
        clusterings.iter().map(|clustering| self.labels(&clustering.labels)).collect()
    }

    fn labels(&self, all: &[u32]) -> Vec<u32> {
        match &self.rows {
            None => all.to_vec(),
            Some(rows) => rows.iter().map(|&row| all[row]).collect(),
        }
    }

    fn recovery(&self, refits_mean: f64, refits_worst: f64) -> Recovery {
        Recovery { jaccard: Vec::new(), refits_mean, refits_worst, customers: self.points.nrows() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linkages_that_need_all_pairs_take_fewer_rows() {
        for algorithm in [Algorithm::Average, Algorithm::Complete, Algorithm::Single] {
            assert_eq!(most_rows(algorithm, 10_000), 2_000);
        }
        assert_eq!(most_rows(Algorithm::Ward, 10_000), 10_000);
        assert_eq!(most_rows(Algorithm::KMeans, 10_000), 10_000);
        assert_eq!(most_rows(Algorithm::Complete, 50), 50);
    }
}
