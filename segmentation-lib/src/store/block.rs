//! Assignments in blocks: the unit of storage, and the shape the server loads.

use crate::record::{Assignment, MAX_ID_BYTES};

/// Customers a block. One key a customer would cost sled several times the data and seconds to
/// read; at this size a block is some hundred kilobytes.
pub(super) const BLOCK_CUSTOMERS: usize = 4096;

/// Bytes before the columns: number of customers and of features.
const HEAD: usize = 6;

/// Consecutive customers, by column, ascending by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    width: usize,
    ids: String,
    ends: Vec<u32>,
    segments: Vec<u16>,
    silhouettes: Vec<f32>,
    features: Vec<f64>,
}

/// One customer of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The customer's id.
    pub id: &'a str,
    /// The segment's id.
    pub segment_id: u16,
    /// Silhouette coefficient.
    pub silhouette: f32,
    /// Features in original units.
    pub features: &'a [f64],
}

/// Why bytes are no block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The checksum differs, or there is none.
    #[error("its checksum does not match its bytes")]
    Checksum,
    /// The lengths contradict one another.
    #[error("{seen} bytes where its header asks for {expected}")]
    Length {
        /// Bytes given.
        seen: usize,
        /// Bytes that the header and the id lengths imply.
        expected: usize,
    },
    /// An id is empty, too long or not UTF-8.
    #[error("customer {row} of the block has no valid id")]
    Id {
        /// Index within the block, from 0.
        row: usize,
    },
}

impl Block {
    /// The block that holds `assignments`, whose feature vectors have `width` values each.
    pub fn of(assignments: &[Assignment], width: usize) -> Self {
        let mut block = Self { width, ..Self::default() };
        for a in assignments {
            block.ids.push_str(&a.customer_id);
            block.ends.push(block.ids.len() as u32);
            block.segments.push(a.segment_id);
            block.silhouettes.push(a.silhouette);
            block.features.extend_from_slice(&a.features);
        }
        block
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no customer.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The customers in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        (0..self.len()).map(|i| Row {
            id: self.id(i),
            segment_id: self.segments[i],
            silhouette: self.silhouettes[i],
            features: &self.features[i * self.width..(i + 1) * self.width],
        })
    }

    fn id(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.ids[start as usize..self.ends[i] as usize]
    }

    /// Bytes to store: checksum (CRC-32), number of customers, of features, then one column after
    /// the other, little-endian: id lengths, ids, segments, silhouettes, features by row.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; 4];
        out.extend_from_slice(&(self.len() as u32).to_le_bytes());
        out.extend_from_slice(&(self.width as u16).to_le_bytes());
        out.extend((0..self.len()).flat_map(|i| (self.id(i).len() as u16).to_le_bytes()));
        out.extend_from_slice(self.ids.as_bytes());
        out.extend(self.segments.iter().flat_map(|v| v.to_le_bytes()));
        out.extend(self.silhouettes.iter().flat_map(|v| v.to_le_bytes()));
        out.extend(self.features.iter().flat_map(|v| v.to_le_bytes()));
        let sum = crc32fast::hash(&out[4..]);
        out[..4].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads what [`Block::encode`] wrote. Any bytes give a block or an error; memory stays within a
    /// small multiple of their number.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        let (sum, body) = bytes.split_first_chunk::<4>().ok_or(BlockError::Checksum)?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(body) {
            return Err(BlockError::Checksum);
        }
        Self::decode_body(body)
    }

    fn decode_body(body: &[u8]) -> Result<Self, BlockError> {
        let short = |expected| BlockError::Length { seen: body.len(), expected };
        let (count, rest) = body.split_first_chunk::<4>().ok_or(short(HEAD))?;
        let (width, rest) = rest.split_first_chunk::<2>().ok_or(short(HEAD))?;
        let (n, width) = (u32::from_le_bytes(*count) as usize, u16::from_le_bytes(*width) as usize);
        let (lengths, rest) = rest.split_at_checked(2 * n).ok_or(short(HEAD + 2 * n))?;
        let mut ends = Vec::with_capacity(n);
        let mut end = 0_usize;
        for length in lengths.chunks_exact(2) {
            end += usize::from(u16::from_le_bytes([length[0], length[1]]));
            ends.push(end as u32);
        }
        let expected = HEAD + 2 * n + end + n * (2 + 4 + 8 * width);
        if body.len() != expected {
            return Err(short(expected));
        }
        // The lengths add up to the body's: none of these splits can fail.
        let (ids, rest) = rest.split_at(end);
        let (segments, rest) = rest.split_at(2 * n);
        let (silhouettes, features) = rest.split_at(4 * n);
        Ok(Self {
            width,
            ids: checked_ids(ids, &ends)?,
            ends,
            segments: segments.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect(),
            silhouettes: silhouettes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            features: features
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")))
                .collect(),
        })
    }
}

/// The ids as text; each must be valid by itself, or slicing between them would panic.
fn checked_ids(bytes: &[u8], ends: &[u32]) -> Result<String, BlockError> {
    let mut start = 0;
    for (row, &end) in ends.iter().enumerate() {
        let id = &bytes[start..end as usize];
        if id.is_empty() || id.len() > MAX_ID_BYTES || std::str::from_utf8(id).is_err() {
            return Err(BlockError::Id { row });
        }
        start = end as usize;
    }
    Ok(std::str::from_utf8(bytes).expect("every id was checked").to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn assignments(width: usize) -> impl Strategy<Value = Vec<Assignment>> {
        let one = (any::<String>(), any::<u16>(), any::<f32>(), vec(any::<f64>(), width)).prop_filter_map(
            "an id of 1 to 256 bytes",
            |(customer_id, segment_id, silhouette, features)| {
                let fits = (1..=MAX_ID_BYTES).contains(&customer_id.len());
                fits.then_some(Assignment { customer_id, segment_id, silhouette, features })
            },
        );
        vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn decoding_gives_back_every_bit(rows in (0..5_usize).prop_flat_map(assignments)) {
            let width = rows.first().map_or(0, |a| a.features.len());
            let bytes = Block::of(&rows, width).encode();
            let block = Block::decode(&bytes).expect("own bytes decode");
            prop_assert_eq!(block.len(), rows.len());
            for (row, a) in block.rows().zip(&rows) {
                prop_assert_eq!(row.id, &a.customer_id);
                prop_assert_eq!(row.segment_id, a.segment_id);
                prop_assert_eq!(row.silhouette.to_bits(), a.silhouette.to_bits());
                let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(row.features), bits(&a.features));
            }
            prop_assert_eq!(block.encode(), bytes);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
            prop_assert!(Block::decode(&bytes).is_err());
            let mut sealed = crc32fast::hash(&bytes).to_le_bytes().to_vec();
            sealed.extend(&bytes);
            if let Ok(block) = Block::decode(&sealed) {
                prop_assert_eq!(block.encode(), sealed);
            }
        }

        #[test]
        fn a_flipped_bit_is_seen(rows in assignments(2), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = Block::of(&rows, 2).encode();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(Block::decode(&bytes), Err(BlockError::Checksum));
        }
    }
}
