//! The rows of the comparison that chose the model.

use serde::{Deserialize, Serialize};

use super::{Algorithm, Recovery};

/// One row of the comparison that chose the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// How it was made.
    pub algorithm: Algorithm,
    /// Number of clusters; 0 for an algorithm that was left out.
    pub k: usize,
    /// Mean silhouette coefficient; none for an algorithm that was left out, as below.
    pub silhouette: Option<f64>,
    /// Standard error of the mean silhouette coefficient where it is estimated from a sample of the customers; none
    /// where it is exact, and before format 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silhouette_error: Option<f64>,
    /// Within-cluster sum of squares, matrix units.
    pub inertia: Option<f64>,
    /// Share of the smallest cluster, in (0, 1].
    pub smallest_share: Option<f64>,
    /// Adjusted Rand index with k-means at the same k (for k-means itself: with Ward), when both ran.
    pub agreement: Option<f64>,
    /// Calinski-Harabasz index, higher is better; none before format 2, and for as many clusters as
    /// customers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calinski_harabasz: Option<f64>,
    /// Davies-Bouldin index, lower is better; none as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub davies_bouldin: Option<f64>,
    /// Share of the largest cluster; none before format 3, as below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_share: Option<f64>,
    /// Share of the variance of later spending that the segments explain, R²; none without a look-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r_squared: Option<f64>,
    /// Whether its segments come back; none where that was not tried, because an earlier candidate was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// Whether the choice rule may take it.
    pub eligible: bool,
    /// Whether it was chosen.
    pub chosen: bool,
    /// Why it is not eligible, or was left out.
    pub note: Option<String>,
}

impl Candidate {
    /// Every figure, for checks.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        let own = [
            self.silhouette,
            self.silhouette_error,
            self.inertia,
            self.smallest_share,
            self.largest_share,
            self.agreement,
            self.calinski_harabasz,
            self.davies_bouldin,
            self.r_squared,
        ];
        let recovery = self.recovery.iter();
        let recovery =
            recovery.flat_map(|r| r.jaccard.iter().copied().chain([r.refits_mean, r.refits_worst]));
        own.into_iter().flatten().chain(recovery)
    }
}
