//! How often the customers are placed alike by the clusterings of resamples.

use ndarray::Array2;

use crate::engine::stability::ResampledCluster;
use crate::model;
use crate::record::{CoAssignment, RedrawnCluster};

/// The clusters of each resample with the segments that they stand for; `of_labels` is the place of the segment that
/// each label of the clustering became. At most [`CoAssignment::MOST`] resamples, the first.
pub(super) fn of_segments(
    resampled: &[Vec<ResampledCluster>],
    of_labels: &[Option<usize>],
) -> Vec<Vec<RedrawnCluster>> {
    let redrawn = |cluster: &ResampledCluster| RedrawnCluster {
        segment_id: of_labels[cluster.stands_for as usize].map_or(0, |segment| segment as u16 + 1),
        centroid: cluster.centroid.clone(),
    };
    let kept = resampled.iter().take(CoAssignment::MOST);
    kept.map(|clusters| clusters.iter().map(redrawn).collect()).collect()
}

/// Each customer's co-assignment: `points` in matrix units, `segment_ids` by row. None without resamples.
/// Cost: O(n k d) a resample.
pub(super) fn measured(
    resamples: Vec<Vec<RedrawnCluster>>,
    points: &Array2<f64>,
    segment_ids: &[u16],
) -> Option<CoAssignment> {
    let mut alike = vec![0; segment_ids.len()];
    for clusters in resamples.iter().filter(|clusters| !clusters.is_empty()) {
        let shape = (clusters.len(), points.ncols());
        let centroids = Array2::from_shape_fn(shape, |(row, column)| clusters[row].centroid[column]);
        let placed = model::place(points, &centroids);
        for (alike, (label, own)) in alike.iter_mut().zip(placed.iter().zip(segment_ids)) {
            *alike += u8::from(clusters[*label as usize].segment_id == *own);
        }
    }
    (!resamples.is_empty()).then_some(CoAssignment { resamples, alike })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn found(stands_for: u32, at: f64) -> ResampledCluster {
        ResampledCluster { stands_for, centroid: vec![at] }
    }

    #[test]
    fn customers_count_the_resamples_that_place_them_in_their_own_segment() {
        // Segment 2 is label 0, segment 1 label 1; label 2 takes nobody.
        let of_labels = [Some(1), Some(0), None];
        let resampled =
            [vec![found(0, 0.0), found(1, 10.0)], vec![found(0, 0.0), found(1, 6.0)], vec![found(2, 0.0)]];
        let redrawn = of_segments(&resampled, &of_labels);
        let points = array![[0.0], [4.0], [9.0]];
        let co_assignment = measured(redrawn, &points, &[2, 2, 1]).unwrap();
        assert_eq!(co_assignment.alike, [2, 1, 2]);
        assert_eq!(co_assignment.resamples[2][0].segment_id, 0);
    }

    #[test]
    fn nothing_is_measured_without_resamples() {
        assert_eq!(measured(Vec::new(), &array![[1.0]], &[1]), None);
    }

    #[test]
    fn no_more_resamples_are_kept_than_a_byte_counts() {
        let resampled = vec![vec![found(0, 0.0)]; 300];
        assert_eq!(of_segments(&resampled, &[Some(0)]).len(), CoAssignment::MOST);
    }
}
