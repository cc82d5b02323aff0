//! From an id's hash to its row.

/// Rows by hash, seven in eight slots: 4.6 bytes a row whatever their number, where a table of a power of two takes up
/// to twice that and a byte more.
///
/// A row is in the first slot from its hash's on that was free. The bits of a slot that no row needs hold some of the
/// hash, so that hardly another id is compared on the way.
#[derive(Debug)]
pub struct Index {
    /// The row plus 1 in the lower bits, bits of the hash above; 0 where there is none. At least one is.
    slots: Vec<u32>,
    /// The bits of the row.
    rows: u32,
}

impl Index {
    /// Of so many rows, fewer than 2^32 - 1, with their hashes. Cost O(n).
    pub fn of(rows: usize, hash: impl Fn(usize) -> u64) -> Self {
        let bits = usize::BITS - rows.leading_zeros();
        // All ones where a row needs them all.
        let mask = (1_u64 << bits.min(u32::BITS)) - 1;
        let mut index = Self { slots: vec![0; rows + rows / 7 + 1], rows: mask as u32 };
        for row in 0..rows {
            index.insert(hash(row), row as u32);
        }
        index
    }

    /// The row with this hash that `is` the one looked for.
    pub fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let (mut at, tag) = (self.start(hash), self.tag(hash));
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot & !self.rows == tag {
                // What is in a slot is a row plus 1.
                let row = (slot & self.rows) - 1;
                if is(row) {
                    return Some(row);
                }
            }
            at = self.next(at);
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }

    fn insert(&mut self, hash: u64, row: u32) {
        let mut at = self.start(hash);
        while self.slots[at] != 0 {
            at = self.next(at);
        }
        self.slots[at] = self.tag(hash) | (row + 1);
    }

    /// The upper bits choose the slot.
    fn start(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    /// The lower bits stand beside the row.
    fn tag(&self, hash: u64) -> u32 {
        hash as u32 & !self.rows
    }

    fn next(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Also where many hashes are the same, or all lead to the last slots.
        #[test]
        fn every_row_is_found_and_nobody_else(
            hashes in prop::collection::vec(prop_oneof![any::<u64>(), 0..3_u64, (u64::MAX - 3)..=u64::MAX], 0..90),
            other: u64,
        ) {
            let index = Index::of(hashes.len(), |row| hashes[row]);
            for (row, &hash) in hashes.iter().enumerate() {
                prop_assert_eq!(index.find(hash, |found| found as usize == row), Some(row as u32));
            }
            let has_hash = |row: u32| hashes[row as usize] == other;
            prop_assert_eq!(index.find(other, has_hash).is_some(), hashes.contains(&other));
        }
    }

    #[test]
    fn a_row_takes_less_than_five_bytes_just_above_a_power_of_two_too() {
        let rows = 70_000;
        let index = Index::of(rows, |row| (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        assert!(index.bytes() < 5 * rows, "{}", index.bytes());
    }
}
