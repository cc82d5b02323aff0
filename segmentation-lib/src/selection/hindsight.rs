//! What candidates would have foretold: the customers of an earlier day, placed by the candidates' centroids.

use ndarray::{Array2, Axis};

use super::{Clustering, SelectionParams, sampled};
use crate::engine::EngineError;
use crate::engine::foresight::{Ceiling, CeilingParams, Outcome, ceiling, foresight};
use crate::engine::kmeans::nearest_centroids;
use crate::progress::Progress;
use crate::record::Foretold;

/// The customers of an earlier day, and what they spent since.
#[derive(Debug, Clone)]
pub struct Hindsight {
    /// The day, ISO 8601: customers by what was known when it began.
    pub cut_off: String,
    /// Days from then on that count as later.
    pub days: u32,
    /// Customers by features, in the matrix units of the customers that are clustered.
    pub points: Array2<f64>,
    /// What each of them spent later.
    pub outcome: Outcome,
}

impl Hindsight {
    /// R² of segments with these centroids (matrix units), the customers of the earlier day placed in the nearest.
    ///
    /// The borders are those of now, applied to the customers of then: so the figure belongs to the very
    /// segments that are published. Cost: O(n k d).
    ///
    /// # Errors
    /// Centroids of another width.
    pub fn r_squared(&self, centroids: &Array2<f64>) -> Result<f64, EngineError> {
        let labels = nearest_centroids(self.points.view(), centroids.view())?;
        Ok(foresight(&labels, &self.outcome)?.r_squared)
    }

    /// What a model of each customer explains, fitted to all customers or a sample of `most`, and how many they were.
    /// None where the customers are too few for a cross-validation, or no two of them differ later.
    ///
    /// # Errors
    /// Values that are not finite, cancellation.
    pub fn ceiling(
        &self,
        most: usize,
        seed: u64,
        progress: &Progress,
    ) -> Result<Option<(Ceiling, usize)>, EngineError> {
        let params = CeilingParams::default();
        let (points, outcome) = match sampled::rows(self.points.nrows(), most, seed) {
            None => (self.points.clone(), Some(self.outcome.clone())),
            Some(rows) => (self.points.select(Axis(0), &rows), self.outcome.of_rows(&rows)),
        };
        match outcome {
            Some(outcome) if points.nrows() >= params.folds => {
                Ok(Some((ceiling(points.view(), &outcome, &params, progress)?, points.nrows())))
            }
            _ => Ok(None),
        }
    }

    /// The ceiling and the R² of segments with these centroids, for the record.
    ///
    /// # Errors
    /// As [`ceiling`](Self::ceiling) and [`r_squared`](Self::r_squared).
    pub fn foretold(
        &self,
        centroids: &Array2<f64>,
        most: usize,
        seed: u64,
        progress: &Progress,
    ) -> Result<Option<Foretold>, EngineError> {
        let r_squared = self.r_squared(centroids)?;
        let found = self.ceiling(most, seed, progress)?;
        Ok(found.map(|(ceiling, sampled)| self.record(r_squared, ceiling, sampled)))
    }

    fn record(&self, r_squared: f64, ceiling: Ceiling, sampled: usize) -> Foretold {
        Foretold {
            cut_off: self.cut_off.clone(),
            days: self.days,
            customers: self.points.nrows() as u64,
            r_squared,
            boosting: ceiling.boosting,
            linear: ceiling.linear,
            sampled: sampled as u64,
        }
    }
}

/// R² of every clustering, in order, and the ceiling beside them.
pub(super) struct Foresights {
    pub r_squared: Vec<f64>,
    ceiling: Ceiling,
    /// Customers that the ceiling was fitted to.
    sampled: usize,
}

impl Foresights {
    /// Of all clusterings; none without a look-back, and where nothing in it can be foretold.
    pub fn of(
        hindsight: &Hindsight,
        clusterings: &[Clustering],
        params: &SelectionParams,
        progress: &Progress,
    ) -> Result<Option<Self>, EngineError> {
        let Some((ceiling, sampled)) = hindsight.ceiling(params.max_rows, params.seed, progress)? else {
            return Ok(None);
        };
        let r_squared: Result<_, _> = clusterings.iter().map(|c| hindsight.r_squared(&c.centroids)).collect();
        Ok(Some(Self { r_squared: r_squared?, ceiling, sampled }))
    }

    /// The most that a model of each customer explains.
    pub fn ceiling(&self) -> f64 {
        self.ceiling.r_squared()
    }

    /// What the clustering at this place foretold, for the record.
    pub fn foretold(&self, hindsight: &Hindsight, at: usize) -> Foretold {
        hindsight.record(self.r_squared[at], self.ceiling, self.sampled)
    }
}
