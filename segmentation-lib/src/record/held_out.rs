//! The customers whom campaigns leave alone, so that what a campaign brings can be measured, in a block that a reader may
//! skip.
//!
//! Whether a customer is held out depends on the seed and on the customer's id alone, and not on the segment, the other
//! customers or the day: who is held out stays so from run to run for as long as the share and the seed do. A larger
//! share holds out the same customers and more.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Largest share that can be held out: beyond it the campaign is the smaller part.
pub const MOST_HELD_OUT: f64 = 0.5;

/// Bytes before the marks: the share and the seed.
const HEAD: usize = 16;

/// Who is to be held out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HoldoutParams {
    /// Share of the customers, above 0 and up to [`MOST_HELD_OUT`]. Every segment has about this share, as so many
    /// draws give it: of 1,000 customers at 10 %, 100 ± 19 in 19 of 20 segments.
    pub share: f64,
    /// Key of the draw: other seeds hold out other customers.
    pub seed: u64,
}

/// Hold-outs that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HoldoutError {
    /// A share of nobody or of most.
    #[error("the share to hold out is {seen}, it must be above 0 and at most {MOST_HELD_OUT} (50%)")]
    Share {
        /// The share seen.
        seen: f64,
    },
    /// Other customers are held out by the run in force.
    #[error(
        "the run in force, {run_id}, holds out with seed {before}; with seed {now} customers who were left alone would \
         be contacted, and nothing could be measured: keep seed {before}, or end that campaign by a run without \
         hold-outs first"
    )]
    OtherSeed {
        /// The run in force.
        run_id: String,
        /// Its seed.
        before: u64,
        /// The seed asked for.
        now: u64,
    },
    /// Fewer customers would be held out than by the run in force.
    #[error(
        "the run in force, {run_id}, holds out {before} of the customers; with {now} some of them would be contacted, and \
         nothing could be measured: keep {before}, or end that campaign by a run without hold-outs first"
    )]
    SmallerShare {
        /// The run in force.
        run_id: String,
        /// Its share, 0 to 1.
        before: f64,
        /// The share asked for.
        now: f64,
    },
    /// Bytes that are no hold-outs of so many customers.
    #[error("it has {seen} bytes for {customers} customers, where there should be {expected}")]
    Length {
        /// Bytes seen.
        seen: usize,
        /// Customers of the run.
        customers: usize,
        /// Bytes that they take.
        expected: usize,
    },
    /// A mark of nobody.
    #[error("it marks customers that the run does not have")]
    Marks,
}

impl HoldoutParams {
    /// Whether the share can be.
    ///
    /// # Errors
    /// [`HoldoutError::Share`].
    pub fn check(&self) -> Result<(), HoldoutError> {
        let possible = self.share > 0.0 && self.share <= MOST_HELD_OUT;
        if possible { Ok(()) } else { Err(HoldoutError::Share { seen: self.share }) }
    }

    /// Whether a customer is held out: SHA-256 of the seed and the id, read as a fraction of 1, is below the share.
    pub fn holds_out(&self, customer_id: &str) -> bool {
        let mut hasher = Sha256::new();
        hasher.update(self.seed.to_le_bytes());
        hasher.update(customer_id.as_bytes());
        let digest = hasher.finalize();
        let drawn = digest.iter().take(8).fold(0_u64, |drawn, &byte| drawn << 8 | u64::from(byte));
        // The upper 53 bits are exactly a float.
        ((drawn >> 11) as f64) < self.share * (1_u64 << 53) as f64
    }
}

/// Who is held out in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// By what they were drawn.
    pub params: HoldoutParams,
    /// Whether each customer is held out, in the order of the assignments.
    pub marks: Vec<bool>,
}

impl HeldOut {
    /// Name of the block in [`super::Manifest::blocks`].
    pub const BLOCK: &'static str = "holdout";

    /// Draws among the customers with these ids. Cost: a hash each.
    pub fn of<'a>(params: HoldoutParams, ids: impl Iterator<Item = &'a str>) -> Self {
        Self { params, marks: ids.map(|id| params.holds_out(id)).collect() }
    }

    /// How many customers are held out.
    pub fn count(&self) -> usize {
        self.marks.iter().filter(|&&mark| mark).count()
    }

    /// The hold-outs of the customers whose row is marked.
    pub(super) fn only(&self, marked: impl Iterator<Item = bool>) -> Self {
        let marks = self.marks.iter().zip(marked).filter(|(_, marked)| *marked).map(|(mark, _)| *mark);
        Self { params: self.params, marks: marks.collect() }
    }

    /// The block's bytes: share and seed (little-endian, eight bytes each), then one bit a customer, the first in the
    /// lowest.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.params.share.to_le_bytes().to_vec();
        bytes.extend(self.params.seed.to_le_bytes());
        let byte = |marks: &[bool]| {
            marks.iter().enumerate().fold(0_u8, |byte, (at, &mark)| byte | u8::from(mark) << at)
        };
        bytes.extend(self.marks.chunks(8).map(byte));
        bytes
    }

    /// Reads what [`HeldOut::encode`] wrote. Any bytes give the hold-outs of `customers` customers or an error.
    ///
    /// # Errors
    /// [`HoldoutError::Length`], [`HoldoutError::Share`], [`HoldoutError::Marks`].
    pub fn decode(bytes: &[u8], customers: usize) -> Result<Self, HoldoutError> {
        let (seen, expected) = (bytes.len(), HEAD + customers.div_ceil(8));
        let length = HoldoutError::Length { seen, customers, expected };
        let (share, rest) = bytes.split_first_chunk::<8>().ok_or(length.clone())?;
        let (seed, bits) = rest.split_first_chunk::<8>().ok_or(length.clone())?;
        if seen != expected {
            return Err(length);
        }
        let params = HoldoutParams { share: f64::from_le_bytes(*share), seed: u64::from_le_bytes(*seed) };
        params.check()?;
        let mark = |at: usize| bits[at / 8] >> (at % 8) & 1 == 1;
        let held = Self { params, marks: (0..customers).map(mark).collect() };
        // Bits behind the last customer are 0.
        if held.encode() == bytes { Ok(held) } else { Err(HoldoutError::Marks) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TENTH: HoldoutParams = HoldoutParams { share: 0.1, seed: 7 };

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("C{i}")).collect()
    }

    #[test]
    fn the_share_is_held_out_and_stays_so_in_a_larger_one() {
        let ids = ids(20_000);
        let held = HeldOut::of(TENTH, ids.iter().map(String::as_str));
        // 20,000 draws at 10 %: 2,000 with a standard deviation of 42.
        assert!((1_800..2_200).contains(&held.count()), "{}", held.count());
        let larger = HoldoutParams { share: 0.2, ..TENTH };
        assert!(ids.iter().all(|id| !TENTH.holds_out(id) || larger.holds_out(id)));
        let other = HoldoutParams { seed: 8, ..TENTH };
        let both = ids.iter().filter(|id| TENTH.holds_out(id) && other.holds_out(id)).count();
        assert!((120..290).contains(&both), "{both}");
    }

    #[test]
    fn a_share_of_nobody_or_of_most_is_refused() {
        for seen in [0.0, -0.1, 0.51, f64::NAN] {
            assert!(HoldoutParams { share: seen, seed: 1 }.check().is_err(), "{seen}");
        }
        assert_eq!(HoldoutParams { share: 0.5, seed: 1 }.check(), Ok(()));
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(marks in prop::collection::vec(any::<bool>(), 0..70)) {
            let held = HeldOut { params: TENTH, marks };
            prop_assert_eq!(HeldOut::decode(&held.encode(), held.marks.len()), Ok(held));
        }

        #[test]
        fn other_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), customers in 0_usize..99) {
            if let Ok(held) = HeldOut::decode(&bytes, customers) {
                prop_assert_eq!(held.encode(), bytes);
            }
        }
    }

    #[test]
    fn a_mark_behind_the_last_customer_is_refused() {
        let mut bytes = HeldOut { params: TENTH, marks: vec![true; 3] }.encode();
        assert_eq!(HeldOut::decode(&bytes, 4).map(|held| held.count()), Ok(3));
        let last = bytes.len() - 1;
        bytes[last] |= 1 << 5;
        assert_eq!(HeldOut::decode(&bytes, 4), Err(HoldoutError::Marks));
        assert!(matches!(HeldOut::decode(&bytes, 40), Err(HoldoutError::Length { expected: 21, .. })));
    }
}
