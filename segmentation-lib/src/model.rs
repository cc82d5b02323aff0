//! A model places customers; a run applies it.
//!
//! What is fitted once (scaling, centroids, names) stays in force from run to run, so that customers change
//! segment only when they buy or when days go by. Customers belong to the nearest centroid in matrix units,
//! whatever algorithm found the centroids. How far the customers have drifted from those of the fit is
//! measured in each run.
//!
//! ```
//! use ndarray::array;
//! use segmentation_lib::model::place;
//!
//! let centroids = array![[0.0, 0.0], [5.0, 5.0]];
//! let customers = array![[0.1, 0.2], [4.0, 6.0]];
//! assert_eq!(place(&customers, &centroids), [0, 1]);
//! ```
//!
//! | figure | limit for a warning | source |
//! |---|---|---|
//! | population stability index of a feature | [`STABILITY_LIMIT`] | usual in credit scoring (Siddiqi 2006) |
//! | share of a segment | [`SHARE_LIMIT`] of all customers more or less | ours |
//! | mean silhouette of a segment | [`SILHOUETTE_LIMIT`] less | ours |
//! | R² of what customers spent in the look-back | [`FORESIGHT_LIMIT`] less | ours |
//! | customers who changed segment since the run before | [`MOVED_LIMIT`] of those known | ours |

mod changes;
mod definition;
mod drift;
mod error;

use ndarray::{Array2, ArrayView1};

use crate::engine::EngineError;
use crate::engine::kmeans::nearest;
use crate::engine::labels::canonical;
use crate::engine::silhouette::{PlacedParams, SAMPLE_OF_CLUSTER, placed, silhouettes};
use crate::progress::Progress;
use crate::record::Segment;

pub use changes::{Placed, changes, count_by_segment, counted};
pub use definition::fitted;
pub use drift::{FORESIGHT_LIMIT, MOVED_LIMIT, SHARE_LIMIT, SILHOUETTE_LIMIT, STABILITY_LIMIT, drift};
pub use error::ModelError;

/// A run with a smaller share of the published run's customers is no continuation of it.
pub const LEAST_KNOWN: f64 = 0.1;

/// The centroids of segments (matrix units), a row each; that of an erased segment is NaN and takes nobody.
pub fn centroids(segments: &[Segment]) -> Array2<f64> {
    let columns = segments.first().map_or(0, |segment| segment.centroid.len());
    let value = |(row, column): (usize, usize)| {
        let segment: &Segment = &segments[row];
        if segment.is_erased() { f64::NAN } else { segment.centroid[column] }
    };
    Array2::from_shape_fn((segments.len(), columns), value)
}

/// Index of the nearest of `centroids` (matrix units, a row each) for each row of `points`; equal distances go to the
/// first. A centroid that is NaN takes nobody; at least one is a place. Cost O(n k d).
pub fn place(points: &Array2<f64>, centroids: &Array2<f64>) -> Vec<u32> {
    let is_place = |centroid: ArrayView1<'_, f64>| centroid.iter().all(|value| !value.is_nan());
    assert!(centroids.rows().into_iter().any(is_place), "nobody can be placed among no centroids");
    nearest(points.view(), centroids.view())
}

/// Silhouette coefficients of the customers as they are placed; 0 where all are in one segment. Of more than
/// `most_exact` customers each is compared with [`SAMPLE_OF_CLUSTER`] customers of every segment, drawn with `seed`.
/// One partition has one answer to the last digit, however its labels are numbered: a fit and a run that applies its
/// model agree. Cost O(n² d), beyond `most_exact` O(n k d) times the sample.
///
/// # Errors
/// Values that are not finite, cancellation.
pub fn coefficients(
    points: &Array2<f64>,
    labels: &[u32],
    (most_exact, seed): (usize, u64),
    progress: &Progress,
) -> Result<Vec<f64>, EngineError> {
    if labels.iter().all(|label| Some(label) == labels.first()) {
        return Ok(vec![0.0; labels.len()]);
    }
    // The order of the labels is the order in which distances are added.
    let labels = canonical(points.view(), labels);
    if points.nrows() > most_exact {
        let params = PlacedParams { per_cluster: SAMPLE_OF_CLUSTER, seed };
        return placed(points.view(), &labels, &params, progress);
    }
    Ok(silhouettes(points.view(), &[&labels], progress)?.remove(0).per_point)
}

#[cfg(test)]
mod tests;
