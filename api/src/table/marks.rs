//! What of a customer is one of few: the segment, the place in the rule view, whether campaigns leave the customer alone.

use segmentation_lib::record::{HeldOut, PackedRows, Rfm, RfmPlace, RfmScores};

/// Numbers of a customer's marks.
const NUMBERS: usize = 6;

/// A customer's marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The segment's id.
    pub segment_id: u16,
    /// The place in the rule view; none where the run has none.
    pub rfm: Option<RfmPlace>,
    /// Whether the customer is held out; none where the run holds nobody out.
    pub held_out: Option<bool>,
}

/// Marks by row, in two to three bytes each.
#[derive(Debug)]
pub struct Marks(PackedRows<NUMBERS>);

impl Marks {
    /// Of customers with these segments, in order, for each of whom the others say something. Cost O(n).
    pub fn of(segment_ids: &[u16], rfm: Option<&Rfm>, held_out: Option<&HeldOut>) -> Self {
        let mark = |(row, &segment_id): (usize, &u16)| {
            let (rfm, held_out) = (rfm.map(|rfm| rfm.places[row]), held_out.map(|held| held.marks[row]));
            Mark { segment_id, rfm, held_out }.numbers()
        };
        Self(PackedRows::of(segment_ids.iter().enumerate().map(mark)))
    }

    /// The marks in a row that there is.
    pub fn get(&self, row: usize) -> Mark {
        Mark::of_numbers(self.0.get(row).unwrap_or_default())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

impl Mark {
    fn numbers(self) -> [Option<u64>; NUMBERS] {
        let scores = self.rfm.map(|place| place.scores);
        [
            Some(u64::from(self.segment_id)),
            scores.map(|scores| u64::from(scores.recency)),
            scores.map(|scores| u64::from(scores.frequency)),
            scores.map(|scores| u64::from(scores.monetary)),
            self.rfm.map(|place| u64::from(place.group)),
            self.held_out.map(u64::from),
        ]
    }

    /// Numbers of 8 and 16 bits come back as they went in.
    fn of_numbers(numbers: [Option<u64>; NUMBERS]) -> Self {
        let [segment, recency, frequency, monetary, group, held_out] = numbers;
        let scores = recency.zip(frequency).zip(monetary);
        let rfm = scores.zip(group).map(|(((recency, frequency), monetary), group)| RfmPlace {
            scores: RfmScores {
                recency: recency as u8,
                frequency: frequency as u8,
                monetary: monetary as u8,
            },
            group: group as u8,
        });
        Self { segment_id: segment.unwrap_or_default() as u16, rfm, held_out: held_out.map(|held| held == 1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use segmentation_lib::record::HoldoutParams;

    use super::*;

    proptest! {
        #[test]
        fn every_mark_comes_back(
            rows in prop::collection::vec((any::<u16>(), 1..=5_u8, 1..=5_u8, 1..=5_u8, any::<u8>(), any::<bool>()), 0..60),
            has_view: bool,
            holds_out: bool,
        ) {
            let segment_ids: Vec<u16> = rows.iter().map(|row| row.0).collect();
            let places: Vec<RfmPlace> = rows
                .iter()
                .map(|&(_, recency, frequency, monetary, group, _)| RfmPlace {
                    scores: RfmScores { recency, frequency, monetary },
                    group,
                })
                .collect();
            let rfm = has_view.then(|| Rfm { groups: Vec::new(), places });
            let held_out = holds_out.then(|| HeldOut {
                params: HoldoutParams { share: 0.1, seed: 7 },
                marks: rows.iter().map(|row| row.5).collect(),
            });
            let marks = Marks::of(&segment_ids, rfm.as_ref(), held_out.as_ref());
            for (row, &segment_id) in segment_ids.iter().enumerate() {
                let rfm = rfm.as_ref().map(|rfm| rfm.places[row]);
                let held_out = held_out.as_ref().map(|held| held.marks[row]);
                prop_assert_eq!(marks.get(row), Mark { segment_id, rfm, held_out });
            }
        }
    }
}
