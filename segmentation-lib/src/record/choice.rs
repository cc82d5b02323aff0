//! What the choice of a clustering rests on: what segments foretell, and whether they come back.

use serde::{Deserialize, Serialize};

/// How far the segments foretold what customers spent in the look-back.
///
/// The customers of an earlier day are placed by the centroids of the segments; each customer's outcome, log(1 +
/// revenue) of the days that followed, is foretold by the mean of the segment's other customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Foretold {
    /// The customers are taken as they stood on this day, ISO 8601.
    pub cut_off: String,
    /// Days that are foretold, from then on.
    pub days: u32,
    /// Customers of that day.
    pub customers: u64,
    /// Share of the outcome's variance that the segments explain, R²: at most 1, under 0 where they are worse than
    /// the mean of all customers.
    pub r_squared: f64,
    /// The same share that boosted trees explain for each single customer, cross-validated.
    pub boosting: f64,
    /// The same share that a linear model explains, cross-validated.
    pub linear: f64,
    /// Customers that these two were fitted to: all, or a random sample.
    pub sampled: u64,
}

/// Under this ceiling what customers spend can hardly be foretold by anything, and R² says nothing about segments.
pub const LEAST_CEILING: f64 = 0.05;

impl Foretold {
    /// The most that a model of each customer explains.
    pub fn ceiling(&self) -> f64 {
        self.boosting.max(self.linear)
    }

    /// The share of the ceiling that the segments keep; none where the ceiling is under [`LEAST_CEILING`].
    pub fn kept(&self) -> Option<f64> {
        (self.ceiling() >= LEAST_CEILING).then(|| self.r_squared / self.ceiling())
    }
}

/// Whether a candidate's segments come back when customers are drawn anew, or a few of them are missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recovery {
    /// Mean Jaccard similarity of each segment over bootstrap resamples, by size, largest first; empty where
    /// the refits had decided already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jaccard: Vec<f64>,
    /// Adjusted Rand index of refits without 1 % of the customers with the candidate: their mean.
    pub refits_mean: f64,
    /// The least of them.
    pub refits_worst: f64,
    /// Customers that were resampled: all, or a random sample.
    pub customers: u64,
}

impl Recovery {
    /// Every segment's mean Jaccard similarity is at least this.
    pub const LEAST_JACCARD: f64 = 0.6;
    /// The refits agree at least so well on average.
    pub const LEAST_MEAN: f64 = 0.95;
    /// Each refit agrees at least so well.
    pub const LEAST_WORST: f64 = 0.85;

    /// Mean Jaccard similarity of the weakest segment, where it is known.
    pub fn weakest(&self) -> Option<f64> {
        self.jaccard.iter().copied().reduce(f64::min)
    }

    /// Whether the refits agree.
    pub fn refits_agree(&self) -> bool {
        self.refits_mean >= Self::LEAST_MEAN && self.refits_worst >= Self::LEAST_WORST
    }

    /// Whether the candidate holds: the refits agree and every segment comes back.
    pub fn holds(&self) -> bool {
        self.refits_agree() && self.weakest().is_some_and(|jaccard| jaccard >= Self::LEAST_JACCARD)
    }
}
