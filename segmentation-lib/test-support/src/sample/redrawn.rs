//! Co-assignments of the sample.

use segmentation_lib::record::{Assignment, CoAssignment, RedrawnCluster, Segment};

use super::mix;

const RESAMPLES: usize = 20;

/// Each resample has a cluster a segment, at its centroid; most customers are placed alike in nearly all, one in ten in
/// few.
pub(super) fn co_assignment(assignments: &[Assignment], segments: &[Segment]) -> CoAssignment {
    let cluster =
        |segment: &Segment| RedrawnCluster { segment_id: segment.id, centroid: segment.centroid.clone() };
    let resamples = vec![segments.iter().map(cluster).collect(); RESAMPLES];
    let alike = |i: u64| match mix(i) % 10 {
        0 => (mix(i + 1) % 15) as u8,
        near => 20 - (near / 4) as u8,
    };
    CoAssignment { resamples, alike: (0..assignments.len() as u64).map(alike).collect() }
}
