//! The rule view of a run: every customer's scores and group, in a block that a reader may skip.

use serde::{Deserialize, Serialize};

use super::Localized;

/// The highest score; the lowest is 1.
pub const HIGHEST_SCORE: u8 = 5;

/// Bytes a customer takes in the block: the three scores in one, and the group.
const BYTES: usize = 2;

/// A customer's scores, each from 1 (worst) to 5 (best).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RfmScores {
    /// How recent the last purchase is.
    pub recency: u8,
    /// How many purchases.
    pub frequency: u8,
    /// How much net revenue.
    pub monetary: u8,
}

/// One of the groups that the rule table gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RfmGroup {
    /// Machine name, unique within the run.
    pub key: String,
    /// Name.
    pub name: Localized,
    /// Who is in it.
    pub description: Localized,
    /// What to do.
    pub action: Localized,
    /// Number of customers.
    pub customers: u64,
}

/// A customer's place in the rule view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RfmPlace {
    /// The scores.
    pub scores: RfmScores,
    /// Index of the group in [`Rfm::groups`].
    pub group: u8,
}

/// The rule view of all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rfm {
    /// The groups, best first, those without customers too.
    pub groups: Vec<RfmGroup>,
    /// The place of each customer, in the order of the assignments.
    pub places: Vec<RfmPlace>,
}

/// Bytes that are no rule view of so many customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RfmError {
    /// The groups cannot be read.
    #[error("its groups cannot be read: {0}")]
    Groups(String),
    /// Another number of customers.
    #[error("it has {seen} bytes for {customers} customers, where there should be {expected}")]
    Length {
        /// Bytes seen.
        seen: usize,
        /// Customers of the run.
        customers: usize,
        /// Bytes that they take.
        expected: usize,
    },
    /// A score or group that does not exist.
    #[error("customer {row} has a score or a group that does not exist")]
    Place {
        /// Index of the customer, from 0.
        row: usize,
    },
}

impl Rfm {
    /// Name of the block in [`super::Manifest::blocks`].
    pub const BLOCK: &'static str = "rfm";

    /// The view of places; counts the customers of each group.
    pub fn of(mut groups: Vec<RfmGroup>, places: Vec<RfmPlace>) -> Self {
        for (index, group) in groups.iter_mut().enumerate() {
            group.customers = places.iter().filter(|place| usize::from(place.group) == index).count() as u64;
        }
        Self { groups, places }
    }

    /// The view of the customers whose row is marked.
    pub(super) fn only(&self, marked: impl Iterator<Item = bool>) -> Self {
        let places = self.places.iter().zip(marked).filter(|(_, marked)| *marked).map(|(place, _)| *place);
        Self::of(self.groups.clone(), places.collect())
    }

    /// How many customers of each segment are in each group: `[segment][group]`, segments by id. `segment_ids`
    /// are those of the customers in order, from 1 to `segments`. Cost: linear.
    pub fn cross_table(&self, segments: usize, segment_ids: impl Iterator<Item = u16>) -> Vec<Vec<u64>> {
        let mut table = vec![vec![0; self.groups.len()]; segments];
        for (segment, place) in segment_ids.zip(&self.places) {
            table[usize::from(segment) - 1][usize::from(place.group)] += 1;
        }
        table
    }

    /// The block's bytes: the length of the groups' JSON (little-endian, four bytes), the JSON, then two bytes a
    /// customer.
    pub fn encode(&self) -> Vec<u8> {
        let groups = serde_json::to_vec(&self.groups).expect("plain structs with text keys always serialise");
        let mut bytes = (groups.len() as u32).to_le_bytes().to_vec();
        bytes.extend(groups);
        bytes.extend(self.places.iter().flat_map(|place| [place.scores.packed(), place.group]));
        bytes
    }

    /// Reads what [`Rfm::encode`] wrote. Any bytes give a view of `customers` customers or an error.
    pub fn decode(bytes: &[u8], customers: usize) -> Result<Self, RfmError> {
        let short = |expected| RfmError::Length { seen: bytes.len(), customers, expected };
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(short(4 + BYTES * customers))?;
        let length = u32::from_le_bytes(*length) as usize;
        let expected = length.saturating_add(4 + BYTES * customers);
        if bytes.len() != expected {
            return Err(short(expected));
        }
        let (json, rows) = rest.split_at(length);
        let groups: Vec<RfmGroup> =
            serde_json::from_slice(json).map_err(|error| RfmError::Groups(error.to_string()))?;
        let place = |(row, bytes): (usize, &[u8])| {
            let scores = RfmScores::unpacked(bytes[0]).filter(|_| usize::from(bytes[1]) < groups.len());
            scores.map(|scores| RfmPlace { scores, group: bytes[1] }).ok_or(RfmError::Place { row })
        };
        let places = rows.chunks_exact(BYTES).enumerate().map(place).collect::<Result<_, _>>()?;
        Ok(Self { groups, places })
    }
}

impl RfmScores {
    /// All three in one byte, below 125.
    fn packed(self) -> u8 {
        ((self.recency - 1) * HIGHEST_SCORE + self.frequency - 1) * HIGHEST_SCORE + self.monetary - 1
    }

    fn unpacked(byte: u8) -> Option<Self> {
        let side = HIGHEST_SCORE;
        let scores = Self {
            recency: byte / (side * side) + 1,
            frequency: byte / side % side + 1,
            monetary: byte % side + 1,
        };
        (byte < side * side * side).then_some(scores)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(key: &str) -> RfmGroup {
        let text = || Localized { en: key.to_owned(), pt_br: key.to_owned() };
        let (name, description, action) = (text(), text(), text());
        RfmGroup { key: key.to_owned(), name, description, action, customers: 0 }
    }

    fn view() -> impl Strategy<Value = Rfm> {
        let place =
            (1..=5_u8, 1..=5_u8, 1..=5_u8, 0..3_u8).prop_map(|(recency, frequency, monetary, group)| {
                RfmPlace { scores: RfmScores { recency, frequency, monetary }, group }
            });
        prop::collection::vec(place, 0..40)
            .prop_map(|places| Rfm::of(["a", "b", "c"].map(group).to_vec(), places))
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(view in view()) {
            prop_assert_eq!(Rfm::decode(&view.encode(), view.places.len()), Ok(view));
        }

        #[test]
        fn other_bytes_never_panic(view in view(), bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            let customers = view.places.len();
            prop_assert!(Rfm::decode(&bytes, customers).is_err() || customers == 0);
            let length = Rfm::decode(&view.encode(), customers + 1);
            prop_assert!(matches!(length, Err(RfmError::Length { .. })), "{:?}", length);
        }
    }

    #[test]
    fn a_score_or_group_that_does_not_exist_is_refused() {
        let one = RfmPlace { scores: RfmScores { recency: 5, frequency: 5, monetary: 5 }, group: 0 };
        let view = Rfm::of(vec![group("a")], vec![one, one]);
        let mut bytes = view.encode();
        let last = bytes.len() - 1;
        bytes[last] = 1;
        assert_eq!(Rfm::decode(&bytes, 2), Err(RfmError::Place { row: 1 }));
        (bytes[last], bytes[last - 1]) = (0, 125);
        assert_eq!(Rfm::decode(&bytes, 2), Err(RfmError::Place { row: 1 }));
        bytes[4] = b'x';
        assert!(matches!(Rfm::decode(&bytes, 2), Err(RfmError::Groups(_))));
    }

    #[test]
    fn customers_are_counted_by_group_and_by_segment() {
        let place = |group| RfmPlace { scores: RfmScores { recency: 1, frequency: 1, monetary: 1 }, group };
        let view = Rfm::of(["a", "b"].map(group).to_vec(), [0, 1, 0, 0].map(place).to_vec());
        assert_eq!(view.groups.iter().map(|g| g.customers).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(view.cross_table(2, [1, 1, 2, 1].into_iter()), [vec![2, 1], vec![1, 0]]);
        let fewer = view.only([true, false, false, true].into_iter());
        assert_eq!(fewer.groups.iter().map(|g| g.customers).collect::<Vec<_>>(), [2, 0]);
    }
}
