//! How often each customer is placed alike when the model is fitted to other draws of the customers, in a block that a
//! reader may skip.
//!
//! The bootstrap that decides whether segments hold clusters resamples of the customers. Each of these clusterings could
//! have been the model: its centroids place every customer, and each of its clusters stands for the segment that it
//! overlaps most. The co-assignment of a customer is the share of them that place the customer in the own segment.
//! The clusterings stay with the model, so that a run that applies it measures the customers as they stand then.

use serde::{Deserialize, Serialize};

use super::Snapshot;

/// Bytes before the resamples: their number and the number of features.
const HEAD: usize = 3;

/// A cluster of a resample: what it stands for, and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedrawnCluster {
    /// Id of the segment that it stands for; 0 where that is no segment, because its centroid takes nobody.
    pub segment_id: u16,
    /// Centroid in matrix units, one value a feature.
    pub centroid: Vec<f64>,
}

/// Every customer's co-assignment, and the clusterings that it is measured by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoAssignment {
    /// The clusters of each resample, 1 to [`CoAssignment::MOST`] resamples.
    pub resamples: Vec<Vec<RedrawnCluster>>,
    /// Resamples that place each customer in the own segment, in the order of the assignments.
    pub alike: Vec<u8>,
}

/// Bytes that are no co-assignment.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CoAssignmentError {
    /// No resample, or more than a byte a customer can count.
    #[error("it has {seen} resamples, there must be 1 to {}", CoAssignment::MOST)]
    Resamples {
        /// Resamples seen.
        seen: usize,
    },
    /// It ends too early, or goes on behind the last customer.
    #[error("it has {seen} bytes where {customers} customers and its resamples take {expected}")]
    Length {
        /// Bytes seen.
        seen: usize,
        /// Customers of the run.
        customers: usize,
        /// Bytes that there should be, as far as they could be read.
        expected: usize,
    },
    /// A centroid is NaN or infinite, or has another number of values than the first.
    #[error("resample {resample} has a centroid that is no place among the customers")]
    Centroid {
        /// The resample, from 1.
        resample: usize,
    },
    /// A customer is placed alike more often than there are resamples.
    #[error("customer {row} is placed alike {seen} times in {resamples} resamples")]
    Count {
        /// Row of the customer, from 0.
        row: usize,
        /// The count seen.
        seen: u8,
        /// Resamples.
        resamples: usize,
    },
}

impl CoAssignment {
    /// Name of the block in [`super::Manifest::blocks`].
    pub const BLOCK: &'static str = "co_assignment";

    /// Most resamples that are kept: their shares differ by a hundredth.
    pub const MOST: usize = 100;

    /// A customer whom at least this share of the resamples places in the own segment counts as placed alike.
    pub const PLACED_ALIKE: f32 = 0.75;

    /// Share of the resamples that place the customer in this row in the own segment, in [0, 1].
    pub fn share(&self, row: usize) -> f32 {
        f32::from(self.alike[row]) / self.resamples.len() as f32
    }

    /// That of the customers whose row is marked, without the clusters of segments that are gone.
    pub(super) fn only(&self, marked: impl Iterator<Item = bool>, is_gone: impl Fn(u16) -> bool) -> Self {
        let alike = self.alike.iter().zip(marked).filter(|(_, marked)| *marked).map(|(alike, _)| *alike);
        let mut resamples = self.resamples.clone();
        resamples.iter_mut().for_each(|clusters| clusters.retain(|cluster| !is_gone(cluster.segment_id)));
        Self { resamples, alike: alike.collect() }
    }

    /// The block's bytes, little-endian: number of resamples (one byte) and of features (two); of each resample the
    /// number of clusters (two) and of each cluster the segment's id (two) and the centroid (eight a feature); then one
    /// byte a customer.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.resamples.len() as u8];
        bytes.extend((self.features() as u16).to_le_bytes());
        for clusters in &self.resamples {
            bytes.extend((clusters.len() as u16).to_le_bytes());
            for cluster in clusters {
                bytes.extend(cluster.segment_id.to_le_bytes());
                bytes.extend(cluster.centroid.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        bytes.extend(&self.alike);
        bytes
    }

    /// Reads what [`CoAssignment::encode`] wrote. Any bytes give the co-assignment of `customers` customers or an error.
    ///
    /// # Errors
    /// [`CoAssignmentError`].
    pub fn decode(bytes: &[u8], customers: usize) -> Result<Self, CoAssignmentError> {
        let mut reader = Reader { bytes, at: 0, customers };
        let [resamples] = reader.take()?;
        let features = usize::from(u16::from_le_bytes(reader.take()?));
        let resamples = (0..resamples).map(|_| reader.clusters(features)).collect::<Result<Vec<_>, _>>()?;
        let alike = reader.rest()?.to_vec();
        let found = Self { resamples, alike };
        found.check()?;
        Ok(found)
    }

    /// Whether every reader can rely on it.
    ///
    /// # Errors
    /// [`CoAssignmentError::Resamples`], [`CoAssignmentError::Centroid`], [`CoAssignmentError::Count`].
    pub(super) fn check(&self) -> Result<(), CoAssignmentError> {
        let (resamples, features) = (self.resamples.len(), self.features());
        if resamples == 0 || resamples > Self::MOST {
            return Err(CoAssignmentError::Resamples { seen: resamples });
        }
        let is_place = |cluster: &RedrawnCluster| {
            cluster.centroid.len() == features && cluster.centroid.iter().all(|value| value.is_finite())
        };
        if let Some(at) = self.resamples.iter().position(|clusters| !clusters.iter().all(is_place)) {
            return Err(CoAssignmentError::Centroid { resample: at + 1 });
        }
        match self.alike.iter().position(|&alike| usize::from(alike) > resamples) {
            Some(row) => Err(CoAssignmentError::Count { row, seen: self.alike[row], resamples }),
            None => Ok(()),
        }
    }

    /// Values of a centroid; 0 where there is none.
    fn features(&self) -> usize {
        self.resamples.iter().flatten().next().map_or(0, |cluster| cluster.centroid.len())
    }
}

impl Snapshot {
    /// Writes into each segment which share of its customers is placed alike, where that is known and it has any; the
    /// segments' own numbers first. Cost O(n).
    pub fn count_placed_alike(&mut self) {
        let Self { segments, assignments, co_assignment, .. } = self;
        for segment in segments {
            let rows = assignments.iter().enumerate().filter(|(_, a)| a.segment_id == segment.id);
            let alike = |found: &CoAssignment| {
                rows.filter(|(row, _)| found.share(*row) >= CoAssignment::PLACED_ALIKE).count() as f64
            };
            let known = co_assignment.as_ref().filter(|_| segment.customers > 0);
            segment.placed_alike = known.map(|found| alike(found) / segment.customers as f64);
        }
    }
}

/// Bytes that are read from the front.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    customers: usize,
}

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], CoAssignmentError> {
        let end = self.at + length;
        let Some(slice) = self.bytes.get(self.at..end) else { return Err(self.length(end + self.customers)) };
        self.at = end;
        Ok(slice)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CoAssignmentError> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(N)?);
        Ok(array)
    }

    fn clusters(&mut self, features: usize) -> Result<Vec<RedrawnCluster>, CoAssignmentError> {
        let clusters = u16::from_le_bytes(self.take()?);
        (0..clusters).map(|_| self.cluster(features)).collect()
    }

    fn cluster(&mut self, features: usize) -> Result<RedrawnCluster, CoAssignmentError> {
        let segment_id = u16::from_le_bytes(self.take()?);
        let centroid =
            (0..features).map(|_| Ok(f64::from_le_bytes(self.take()?))).collect::<Result<_, _>>()?;
        Ok(RedrawnCluster { segment_id, centroid })
    }

    /// What is left, which must be one byte a customer.
    fn rest(&self) -> Result<&'a [u8], CoAssignmentError> {
        let rest = &self.bytes[self.at..];
        if rest.len() == self.customers { Ok(rest) } else { Err(self.length(self.at + self.customers)) }
    }

    fn length(&self, expected: usize) -> CoAssignmentError {
        let (seen, customers) = (self.bytes.len(), self.customers);
        CoAssignmentError::Length { seen, customers, expected: expected.max(HEAD + customers) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cluster(segment_id: u16, centroid: &[f64]) -> RedrawnCluster {
        RedrawnCluster { segment_id, centroid: centroid.to_vec() }
    }

    fn two_resamples(alike: &[u8]) -> CoAssignment {
        let first = vec![cluster(1, &[0.0, 1.0]), cluster(2, &[5.0, -1.5])];
        CoAssignment { resamples: vec![first, vec![cluster(2, &[4.0, 0.5])]], alike: alike.to_vec() }
    }

    #[test]
    fn decoding_gives_back_what_was_encoded() {
        let found = two_resamples(&[2, 0, 1]);
        assert_eq!(CoAssignment::decode(&found.encode(), 3), Ok(found.clone()));
        assert_eq!([0, 1, 2].map(|row| found.share(row)), [1.0, 0.0, 0.5]);
        let none = CoAssignment { resamples: vec![Vec::new()], alike: vec![0] };
        assert_eq!(CoAssignment::decode(&none.encode(), 1), Ok(none));
    }

    #[test]
    fn each_way_to_be_wrong_is_told() {
        let bytes = two_resamples(&[2, 0, 1]).encode();
        assert!(matches!(
            CoAssignment::decode(&bytes, 4),
            Err(CoAssignmentError::Length { customers: 4, .. })
        ));
        assert!(matches!(
            CoAssignment::decode(&bytes[..9], 3),
            Err(CoAssignmentError::Length { seen: 9, .. })
        ));
        assert_eq!(CoAssignment::decode(&[0, 0, 0], 0), Err(CoAssignmentError::Resamples { seen: 0 }));
        let often = two_resamples(&[3]).encode();
        let expected = CoAssignmentError::Count { row: 0, seen: 3, resamples: 2 };
        assert_eq!(CoAssignment::decode(&often, 1), Err(expected));
        let mut nowhere = two_resamples(&[]);
        nowhere.resamples[1][0].centroid[1] = f64::NAN;
        let expected = CoAssignmentError::Centroid { resample: 2 };
        assert_eq!(CoAssignment::decode(&nowhere.encode(), 0), Err(expected));
    }

    #[test]
    fn clusters_of_a_segment_that_is_gone_go_with_it() {
        let left = two_resamples(&[2, 0, 1]).only([true, false, true].into_iter(), |id| id == 2);
        assert_eq!(left.resamples, [vec![cluster(1, &[0.0, 1.0])], vec![]]);
        assert_eq!((left.alike.as_slice(), left.share(1)), (&[2, 1][..], 0.5));
    }

    proptest! {
        #[test]
        fn other_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), customers in 0_usize..50) {
            if let Ok(found) = CoAssignment::decode(&bytes, customers) {
                prop_assert_eq!(found.alike.len(), customers);
            }
        }
    }
}
