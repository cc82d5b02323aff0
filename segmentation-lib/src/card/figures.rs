//! The figures of a card that the run does not record as they are.

use super::{Distinguishing, SegmentMovement, Subject};
use crate::record::FeatureSummary;

/// Features that a card tells.
const MOST_FEATURES: usize = 3;

/// A feature that differs less than this, in matrix units, sets nothing apart.
const LEAST_DIFFERENCE: f64 = 0.25;

impl Subject<'_> {
    pub(super) fn feature(&self, name: &str) -> Option<&FeatureSummary> {
        self.segment.features.iter().find(|feature| feature.name == name)
    }

    pub(super) fn average_order(&self) -> Option<i64> {
        self.segment.known_revenue_share()?;
        let purchases = self.feature("frequency")?.mean * self.segment.customers as f64;
        (purchases > 0.5 && self.segment.revenue_pennies >= 0)
            .then(|| (self.segment.revenue_pennies as f64 / purchases).round() as i64)
    }

    /// Of customers with a single purchase the days are a lower bound and no gap.
    pub(super) fn cadence(&self) -> Option<f64> {
        let repeats = self.feature("frequency")?.median >= 2.0;
        Some(self.feature("interpurchase")?.median).filter(|_| repeats)
    }

    pub(super) fn distinguishing(&self) -> Vec<Distinguishing> {
        let columns = self.manifest.features.iter().enumerate();
        let mut found: Vec<Distinguishing> = columns
            .filter_map(|(at, scaling)| {
                let median = self.feature(&scaling.name)?.median;
                let difference = self.segment.centroid.get(at)? - self.mean_of_centroids(at);
                Some(Distinguishing { name: scaling.name.clone(), unit: scaling.unit, median, difference })
            })
            .filter(|feature| feature.difference.abs() >= LEAST_DIFFERENCE)
            .collect();
        // Stable: of equal ones the matrix's first.
        found.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
        found.truncate(MOST_FEATURES);
        found
    }

    fn mean_of_centroids(&self, at: usize) -> f64 {
        self.segments.iter().filter_map(|s| Some(s.customer_share * s.centroid.get(at)?)).sum()
    }

    pub(super) fn stability(&self) -> Option<f64> {
        let model = self.manifest.model.as_ref()?;
        model.segments.iter().find(|baseline| baseline.key == self.segment.key)?.jaccard
    }

    pub(super) fn movement(&self) -> Option<SegmentMovement> {
        let drift = self.manifest.drift.as_ref()?;
        let counted = drift.segments.iter().find(|drift| drift.key == self.segment.key)?;
        let from_run = drift.moved.as_ref()?.from_run.clone();
        Some(SegmentMovement { from_run, came: counted.came?, left: counted.left? })
    }
}
