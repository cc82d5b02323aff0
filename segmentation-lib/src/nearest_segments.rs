//! Where a customer stands among a run's segments, also one who is not in it.
//!
//! A customer is placed by the nearest centroid in matrix units (Euclidean). For k-means that is the
//! clustering's own rule; for a hierarchical clustering it is an approximation, because a merge tree
//! has no rule for points it has not seen.
//!
//! ```
//! use segmentation_lib::nearest_segments::nearest_segments;
//!
//! let run = test_support::sample::snapshot(100, 1);
//! // Bought yesterday, for the ninth time, for 400.00 in all.
//! let found = nearest_segments(&run.manifest.features, &run.segments, &[1.0, 9.0, 40_000.0]);
//! assert_eq!(run.segment(found[0].segment_id).map(|segment| segment.key.as_str()), Some("champions"));
//! ```

use crate::record::{FeatureScaling, Segment};

/// A segment and how far away its centroid is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentDistance {
    /// The segment's id.
    pub segment_id: u16,
    /// Euclidean distance to its centroid, in matrix units.
    pub distance: f64,
}

/// Distances from a customer to every segment that erasure has not emptied, nearest first, ties by id.
///
/// `values` are in original units in the order of `scalings`; all lengths must agree. Cost O(k d).
pub fn nearest_segments(
    scalings: &[FeatureScaling],
    segments: &[Segment],
    values: &[f64],
) -> Vec<SegmentDistance> {
    assert_eq!(values.len(), scalings.len(), "one value a feature");
    let point: Vec<f64> = scalings.iter().zip(values).map(|(scaling, &value)| scaling.apply(value)).collect();
    let mut found: Vec<_> = segments
        .iter()
        // One that erasure has emptied has no place any more.
        .filter(|segment| !segment.is_erased())
        .map(|segment| SegmentDistance {
            segment_id: segment.id,
            distance: distance(&point, &segment.centroid),
        })
        .collect();
    found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.segment_id.cmp(&b.segment_id)));
    found
}

/// A customer whose silhouette coefficient is below this is borderline.
pub const BORDERLINE_SILHOUETTE: f32 = 0.1;

/// So is one whose second segment is at most this many times as far as the own.
pub const BORDERLINE_RATIO: f64 = 1.1;

/// Whether another segment is nearer than the own, or at most a tenth farther; `near` is what [`nearest_segments`] gave.
pub fn is_close(near: &[SegmentDistance], own: u16) -> bool {
    let own_distance = near.iter().find(|n| n.segment_id == own).map_or(0.0, |n| n.distance);
    let second = near.iter().find(|n| n.segment_id != own);
    second.is_some_and(|second| second.distance <= own_distance * BORDERLINE_RATIO)
}

/// Whether the place of a customer of the run is uncertain: the silhouette coefficient is below
/// [`BORDERLINE_SILHOUETTE`], or [`is_close`]. Cost O(k d).
///
/// The co-assignment ([`CoAssignment`](crate::record::CoAssignment)) is no part of it: it would mark customers whom no
/// refit moves. Over the last six months of Online Retail, a refit a month later placed 28.7 % of those marked here
/// elsewhere, and none of the 1,914 others with a co-assignment under 0.75; on CDNOW 22.6 %, and nobody else had so low a
/// one. `examples/borderline.rs` measures it.
pub fn is_borderline(
    (scalings, segments): (&[FeatureScaling], &[Segment]),
    own: u16,
    silhouette: f32,
    values: &[f64],
) -> bool {
    silhouette < BORDERLINE_SILHOUETTE || is_close(&nearest_segments(scalings, segments, values), own)
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{AppliedTransform, Localized, Unit};

    fn segment(id: u16, centroid: [f64; 2]) -> Segment {
        let none = Localized { en: String::new(), pt_br: String::new() };
        Segment {
            id,
            key: id.to_string(),
            name: none.clone(),
            description: none.clone(),
            condition: None,
            action: none,
            customers: 1,
            customer_share: 0.5,
            revenue_pennies: 0,
            revenue_share: 0.5,
            silhouette: 0.0,
            features: Vec::new(),
            centroid: centroid.to_vec(),
            repeat_buyers: None,
            placed_alike: None,
            came_back: None,
            best_products: Vec::new(),
            forecast: None,
        }
    }

    fn scaling(divisor: f64, transform: AppliedTransform, center: f64, scale: f64) -> FeatureScaling {
        FeatureScaling {
            name: "x".to_owned(),
            unit: Unit::Days,
            divisor,
            transform,
            clip_low: None,
            clip_high: Some(1000.0),
            center,
            scale,
        }
    }

    #[test]
    fn distances_are_taken_in_matrix_units() {
        let scalings = [
            scaling(1.0, AppliedTransform::None, 10.0, 2.0),
            scaling(100.0, AppliedTransform::SignedLog1p, 0.0, 1.0),
        ];
        let segments = [segment(1, [0.0, 0.0]), segment(2, [3.0, 4.0])];
        // (16 - 10) / 2 = 3 and ln(1 + 0 / 100) = 0: at distance 3 of the first, 4 of the second.
        let seen = nearest_segments(&scalings, &segments, &[16.0, 0.0]);
        assert_eq!(seen.iter().map(|n| (n.segment_id, n.distance)).collect::<Vec<_>>(), [(1, 3.0), (2, 4.0)]);
        // Clipped to 1000 first: (1000 - 10) / 2 = 495.
        assert_eq!(nearest_segments(&scalings, &segments[..1], &[1e9, 0.0])[0].distance, 495.0);
    }

    #[test]
    fn a_place_is_uncertain_by_distance_or_by_silhouette() {
        let scalings = [scaling(1.0, AppliedTransform::None, 0.0, 1.0)];
        let narrow = |id, at| Segment { centroid: vec![at], ..segment(id, [0.0, 0.0]) };
        let run = (&scalings[..], &[narrow(1, 0.0), narrow(2, 21.0)][..]);
        assert!(!is_borderline(run, 1, 0.1, &[9.9]));
        // 10 from the own, 11 from the other.
        assert!(is_borderline(run, 1, 0.1, &[10.0]));
        assert!(is_borderline(run, 2, 0.9, &[9.0]));
        assert!(is_borderline(run, 1, 0.09, &[0.0]));
        assert!(!is_close(&nearest_segments(run.0, &run.1[..1], &[9.0]), 1));
    }

    #[test]
    fn equal_distances_go_to_the_lower_id() {
        let scalings =
            [scaling(1.0, AppliedTransform::None, 0.0, 1.0), scaling(1.0, AppliedTransform::None, 0.0, 1.0)];
        let segments = [segment(2, [1.0, 0.0]), segment(1, [-1.0, 0.0])];
        assert_eq!(nearest_segments(&scalings, &segments, &[0.0, 5.0])[0].segment_id, 1);
    }
}
