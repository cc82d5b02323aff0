//! What every method says about the number of segments.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Algorithm, Localized};

/// The votes for the number of segments, the figures they rest on, and what the choice rule makes of
/// them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionSheet {
    /// Whose clusterings the votes are about: the chosen algorithm.
    pub algorithm: Algorithm,
    /// The number of segments that the choice rule took.
    pub chosen_k: usize,
    /// One vote a method.
    pub votes: Vec<Vote>,
    /// One row a number of segments, ascending.
    pub by_k: Vec<SheetRow>,
    /// One row an algorithm, all with the chosen number of segments.
    pub by_algorithm: Vec<AlgorithmRow>,
    /// The same clustering where there is nothing to find; none where the matrix has one column.
    pub control: Option<NegativeControl>,
    /// Whether there is any tendency to cluster.
    pub hopkins: HopkinsStatistic,
    /// Number of customers.
    pub customers: u64,
    /// Customers that gap and negative control were computed on: all of them, or a random sample without
    /// replacement.
    pub sampled: u64,
    /// Reference sets of the gap statistic.
    pub references: u64,
    /// Bootstrap resamples of the stability.
    pub resamples: u64,
    /// Seed of sample, reference sets, resamples and permutations.
    pub seed: u64,
    /// Where the votes disagree, what the choice rule takes, and why.
    pub summary: Localized,
}

/// What one method says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vote {
    /// `foresight`, `silhouette, every algorithm`, `silhouette`, `calinski-harabasz`, `davies-bouldin`, `gap`, `knee`
    /// or `stability`.
    pub method: String,
    /// The number of segments it votes for, free of conditions; none where it decides nothing.
    pub k: Option<usize>,
    /// Its vote among the numbers of segments that marketing can use; none where it decides nothing there.
    pub k_allowed: Option<usize>,
    /// How the method decides.
    pub rule: String,
    /// Customers it was computed on.
    pub customers: u64,
}

/// The figures of one number of segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SheetRow {
    /// Number of segments; 1 and one more than were compared for the gap statistic alone.
    pub k: usize,
    /// Whether marketing can use it: no segment is too small or too large.
    pub allowed: bool,
    /// Mean silhouette coefficient, higher is better.
    pub silhouette: Option<f64>,
    /// Share of the smallest segment, in (0, 1].
    pub smallest_share: Option<f64>,
    /// Calinski-Harabasz index, higher is better.
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index, lower is better.
    pub davies_bouldin: Option<f64>,
    /// Within-cluster sum of squares, matrix units.
    pub inertia: Option<f64>,
    /// Gap statistic.
    pub gap: Option<f64>,
    /// Its simulation error s(k).
    pub gap_error: Option<f64>,
    /// Share of the variance of later spending that the segments explain, R²; none without a look-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_squared: Option<f64>,
    /// Mean adjusted Rand index of refits without 1 % of the customers; none where it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refits: Option<f64>,
    /// Mean Jaccard similarity under the bootstrap of each segment, by size, largest first.
    pub jaccard: Vec<f64>,
    /// The weakest of them.
    pub stability: Option<f64>,
}

/// One algorithm with the chosen number of segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlgorithmRow {
    /// How it was clustered.
    pub algorithm: Algorithm,
    /// Whether marketing can use its segments, and the choice was open to it.
    pub allowed: bool,
    /// Mean silhouette coefficient, higher is better.
    pub silhouette: f64,
    /// Mean Jaccard similarity under the bootstrap of each segment, by size, largest first.
    pub jaccard: Vec<f64>,
    /// The weakest of them.
    pub stability: f64,
    /// Customers that the stability was computed on.
    pub customers: u64,
}

/// The chosen clustering against the same one on columns shuffled independently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NegativeControl {
    /// Mean silhouette coefficient of the customers as they are.
    pub silhouette: f64,
    /// Mean over the shuffled matrices.
    pub shuffled_mean: f64,
    /// The best of the shuffled matrices.
    pub shuffled_best: f64,
    /// Shuffled matrices.
    pub permutations: u64,
    /// Share of matrices, the real one included, that score at least as high as the real one.
    pub p_value: f64,
    /// Whether every shuffled matrix scores lower by 0.05 or more.
    pub clearly_worse: bool,
}

impl fmt::Display for NegativeControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "silhouette {:.4} against {:.4} on average and {:.4} at best of {} matrices with columns shuffled, p \
             {:.3} (so many matrices can give {:.3} at least): {}",
            self.silhouette,
            self.shuffled_mean,
            self.shuffled_best,
            self.permutations,
            self.p_value,
            1.0 / (self.permutations + 1) as f64,
            if self.clearly_worse { "clearly lower" } else { "not clearly lower" }
        )
    }
}

/// Hopkins' statistic with d-th powers (Lawson & Jurs 1990): 0.5 for uniform customers, towards 1 for
/// clustered ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HopkinsStatistic {
    /// The statistic, in [0, 1].
    pub statistic: f64,
    /// Customers sampled for it, and as many random places.
    pub sample: u64,
    /// Sampled customers with an identical other one: many of them push the statistic towards 1.
    pub coincident: u64,
}

impl DecisionSheet {
    /// Hopkins' statistic and the negative control in words.
    pub fn tendency(&self) -> String {
        let h = &self.hopkins;
        let control = match &self.control {
            None => "left out, because one column shuffled stays the same".to_owned(),
            Some(c) => c.to_string(),
        };
        format!(
            "Hopkins: {:.3} on {} sampled customers, {} of them with an identical other one, which alone pushes it up \
             (0.5 is uniform, 1 clustered). Negative control: {control}.",
            h.statistic, h.sample, h.coincident
        )
    }

    /// Every figure with where it stands, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = (String, f64)> {
        let of_row = |row: &SheetRow| {
            let place = format!("decision sheet at k = {}", row.k);
            let optional = [
                row.silhouette,
                row.smallest_share,
                row.calinski_harabasz,
                row.davies_bouldin,
                row.inertia,
                row.gap,
                row.gap_error,
                row.r_squared,
                row.refits,
                row.stability,
            ];
            let all: Vec<f64> = optional.into_iter().flatten().chain(row.jaccard.iter().copied()).collect();
            all.into_iter().map(move |value| (place.clone(), value))
        };
        let control = self.control.iter();
        let control = control.flat_map(|c| [c.silhouette, c.shuffled_mean, c.shuffled_best, c.p_value]);
        let whole = control.chain([self.hopkins.statistic]);
        let whole =
            whole.map(|value| ("negative control or Hopkins of the decision sheet".to_owned(), value));
        let of_algorithm = |row: &AlgorithmRow| {
            let place = format!("decision sheet of {}", row.algorithm);
            let all: Vec<f64> =
                [row.silhouette, row.stability].into_iter().chain(row.jaccard.iter().copied()).collect();
            all.into_iter().map(move |value| (place.clone(), value))
        };
        self.by_k.iter().flat_map(of_row).chain(self.by_algorithm.iter().flat_map(of_algorithm)).chain(whole)
    }
}
