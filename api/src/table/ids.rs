//! Ids end to end in one text.

use segmentation_lib::record::MAX_ID_BYTES;

/// Ids from one known start to the next.
const GROUP: usize = 8;

// An id's bytes but one are counted in a byte.
const _: () = assert!(MAX_ID_BYTES <= 256);

/// Ids by row. Beside its bytes an id takes one for its length and half a one for where its group starts. Cost of an id:
/// seven additions at most.
#[derive(Debug, Default)]
pub struct Ids {
    text: String,
    /// Bytes of each, less 1.
    lengths: Vec<u8>,
    starts: Vec<u32>,
}

impl Ids {
    /// Adds one of 1 to 256 bytes, which is what a store holds.
    pub fn push(&mut self, id: &str) {
        if self.lengths.len().is_multiple_of(GROUP) {
            // One that does not fit is refused in the end: see `fit`.
            self.starts.push(self.text.len() as u32);
        }
        self.text.push_str(id);
        self.lengths.push(id.len().saturating_sub(1) as u8);
    }

    /// Whether all starts fit 32 bits; otherwise the ids are not to be asked.
    pub fn fit(&self) -> bool {
        u32::try_from(self.text.len()).is_ok()
    }

    /// Gives back what was reserved for more.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.lengths.shrink_to_fit();
        self.starts.shrink_to_fit();
    }

    /// The id in a row that there is.
    pub fn get(&self, row: usize) -> &str {
        let group = row / GROUP;
        let length = |length: &u8| usize::from(*length) + 1;
        let before: usize = self.lengths[group * GROUP..row].iter().map(length).sum();
        let start = self.starts[group] as usize + before;
        &self.text[start..start + length(&self.lengths[row])]
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.text.capacity() + self.lengths.capacity() + self.starts.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_id_comes_back(written in prop::collection::vec("\\PC{1,60}|a{200,256}", 0..60)) {
            let mut ids = Ids::default();
            written.iter().for_each(|id| ids.push(id));
            ids.shrink();
            prop_assert!(ids.fit());
            let read: Vec<&str> = (0..ids.len()).map(|row| ids.get(row)).collect();
            prop_assert_eq!(read, written);
        }
    }
}
