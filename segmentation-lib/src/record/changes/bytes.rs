//! Changes as bytes: a head, an index, and frames of rows that are read one by one.
//!
//! Each part is its length (little-endian, four bytes), the CRC-32 of its bytes (four), and its bytes, so that a
//! reader verifies what it reads and need not read the rest. The head is JSON. The index has an entry a frame: the
//! number of bytes of all frames before it (eight), the length of its first id (two), the id.

use std::io::{ErrorKind, Read, Seek, SeekFrom};

use super::{Cause, Change, Changes, ChangesError, ChangesHead, Crossing, Why, check_row};

/// Rows a frame: some ten kilobytes, since a reader of many publications holds a frame of each.
const FRAME: usize = 256;

/// More bytes than any part has: nothing is allocated for a length that was made up.
const LARGEST: usize = 64 << 20;

/// In place of a segment that there is not, and of a feature.
const NONE: u16 = u16::MAX;
const NO_FEATURE: u8 = u8::MAX;

/// A part as it is written.
pub(crate) fn part(bytes: &[u8]) -> Vec<u8> {
    let mut written = (bytes.len() as u32).to_le_bytes().to_vec();
    written.extend(crc32fast::hash(bytes).to_le_bytes());
    written.extend(bytes);
    written
}

/// Reads a part; `what` names it in the error.
pub(crate) fn read_part(from: &mut impl Read, what: &'static str) -> Result<Vec<u8>, ChangesError> {
    let mut head = [0; 8];
    exactly(from, &mut head, what)?;
    let [length, sum] = [&head[..4], &head[4..]].map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if length as usize > LARGEST {
        return Err(ChangesError::Damaged(what));
    }
    let mut bytes = vec![0; length as usize];
    exactly(from, &mut bytes, what)?;
    if crc32fast::hash(&bytes) == sum { Ok(bytes) } else { Err(ChangesError::Damaged(what)) }
}

fn exactly(from: &mut impl Read, into: &mut [u8], what: &'static str) -> Result<(), ChangesError> {
    from.read_exact(into).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => ChangesError::Damaged(what),
        _ => ChangesError::Read(error.to_string()),
    })
}

impl Changes {
    /// The block's bytes. The same changes give the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let head = serde_json::to_vec(&self.head).expect("plain structs with text keys always serialise");
        let frames: Vec<Vec<u8>> = self.rows.chunks(FRAME).map(|rows| part(&frame(rows))).collect();
        let mut index = Vec::new();
        let mut before = 0;
        for (rows, frame) in self.rows.chunks(FRAME).zip(&frames) {
            index.extend((before as u64).to_le_bytes());
            id(&mut index, &rows[0].customer_id);
            before += frame.len();
        }
        [part(&head), part(&index), frames.concat()].concat()
    }

    /// Reads what [`Changes::encode`] wrote. Any bytes give changes in order or an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, ChangesError> {
        let mut from = ChangeRows::open(std::io::Cursor::new(bytes))?;
        let mut rows = Vec::new();
        while let Some(change) = from.next()? {
            rows.push(change);
        }
        let changes = Self { head: from.head, rows };
        // One way to write them: what follows, and an index that does not fit, is seen.
        if changes.encode() == bytes { Ok(changes) } else { Err(ChangesError::Damaged("what follows")) }
    }
}

fn frame(rows: &[Change]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for change in rows {
        id(&mut bytes, &change.customer_id);
        bytes.extend(change.from.unwrap_or(NONE).to_le_bytes());
        bytes.extend(change.to.unwrap_or(NONE).to_le_bytes());
        let cause = change.why.and_then(|why| Cause::ALL.iter().position(|cause| *cause == why.cause));
        bytes.push(cause.map_or(0, |place| place as u8 + 1));
        let crossing = change.why.and_then(|why| why.crossing);
        bytes.push(crossing.map_or(NO_FEATURE, |crossing| crossing.feature));
        if let Some(Crossing { before, after, border, .. }) = crossing {
            // No border is NaN: all others are finite.
            bytes.extend([before, after, border.unwrap_or(f64::NAN)].map(f64::to_le_bytes).concat());
        }
    }
    bytes
}

fn id(bytes: &mut Vec<u8>, id: &str) {
    bytes.extend((id.len() as u16).to_le_bytes());
    bytes.extend(id.as_bytes());
}

/// Changes that are read from the beginning or from a customer on, a frame at a time.
#[derive(Debug)]
pub struct ChangeRows<R> {
    from: R,
    head: ChangesHead,
    /// First id of each frame, and where the frame begins.
    index: Vec<(String, u64)>,
    next_frame: usize,
    /// The frame that is read, the rest of it first to last, and how many rows were read in all.
    rows: std::vec::IntoIter<Change>,
    read: usize,
    last: String,
}

impl<R: Read + Seek> ChangeRows<R> {
    /// Begins with the head; `from` stands where the changes begin.
    pub fn open(mut from: R) -> Result<Self, ChangesError> {
        let head = read_part(&mut from, "the head of the changes")?;
        let head = serde_json::from_slice(&head).map_err(|error| ChangesError::Head(error.to_string()))?;
        let index = read_part(&mut from, "the index of the changes")?;
        let start = from.stream_position().map_err(|error| ChangesError::Read(error.to_string()))?;
        let index = parse_index(&index, start).ok_or(ChangesError::Damaged("the index of the changes"))?;
        let rows = Vec::new().into_iter();
        Ok(Self { from, head, index, next_frame: 0, rows, read: 0, last: String::new() })
    }

    /// What the changes are said of.
    pub fn head(&self) -> &ChangesHead {
        &self.head
    }

    /// Goes to the first customer whose id is at least this. Cost: one frame.
    pub fn seek(&mut self, customer_id: &str) -> Result<(), ChangesError> {
        let after = self.index.partition_point(|(first, _)| first.as_str() <= customer_id);
        self.next_frame = after.saturating_sub(1);
        (self.read, self.last) = (0, String::new());
        let Some((_, start)) = self.index.get(self.next_frame) else { return Ok(()) };
        self.from.seek(SeekFrom::Start(*start)).map_err(|error| ChangesError::Read(error.to_string()))?;
        self.read_frame()?;
        let rest: Vec<Change> =
            self.rows.by_ref().skip_while(|change| change.customer_id.as_str() < customer_id).collect();
        self.rows = rest.into_iter();
        Ok(())
    }

    /// The next change; none after the last.
    #[expect(clippy::should_implement_trait, reason = "each step may fail, and the head stays readable")]
    pub fn next(&mut self) -> Result<Option<Change>, ChangesError> {
        loop {
            if let Some(change) = self.rows.next() {
                return Ok(Some(change));
            }
            if self.next_frame == self.index.len() {
                return Ok(None);
            }
            self.read_frame()?;
        }
    }

    fn read_frame(&mut self) -> Result<(), ChangesError> {
        let bytes = read_part(&mut self.from, "a frame of changes")?;
        let rows = parse_frame(&bytes).ok_or(ChangesError::Damaged("a frame of changes"))?;
        for change in &rows {
            check_row(&self.head, change, (self.read, &self.last))?;
            self.last.clone_from(&change.customer_id);
            self.read += 1;
        }
        self.next_frame += 1;
        self.rows = rows.into_iter();
        Ok(())
    }
}

/// Takes what a field has from the front.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn id(&mut self) -> Option<&'a str> {
        let length = usize::from(u16::from_le_bytes(self.take()?));
        let (id, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(id).ok()
    }

    fn place(&mut self) -> Option<Option<u16>> {
        let place = u16::from_le_bytes(self.take()?);
        Some((place != NONE).then_some(place))
    }

    fn number(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }
}

fn parse_index(bytes: &[u8], start: u64) -> Option<Vec<(String, u64)>> {
    let (mut fields, mut index) = (Fields(bytes), Vec::new());
    while !fields.0.is_empty() {
        let before = u64::from_le_bytes(fields.take()?);
        index.push((fields.id()?.to_owned(), start.checked_add(before)?));
    }
    Some(index)
}

fn parse_frame(bytes: &[u8]) -> Option<Vec<Change>> {
    let (mut fields, mut rows) = (Fields(bytes), Vec::new());
    while !fields.0.is_empty() {
        let customer_id = fields.id()?.to_owned();
        let (from, to) = (fields.place()?, fields.place()?);
        let [cause, feature] = fields.take()?;
        let crossing = match feature {
            NO_FEATURE => None,
            feature => {
                let (before, after) = (fields.number()?, fields.number()?);
                let border = fields.number().map(|border| (!border.is_nan()).then_some(border))?;
                Some(Crossing { feature, before, after, border })
            }
        };
        let why = match cause {
            0 if crossing.is_none() => None,
            cause => Some(Why { cause: *Cause::ALL.get(usize::from(cause).checked_sub(1)?)?, crossing }),
        };
        rows.push(Change { customer_id, from, to, why });
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::record::changes::{NamedFeature, NamedSegment, Side};
    use crate::record::{Localized, Unit};

    fn head() -> ChangesHead {
        let segment = |key: &str| NamedSegment { key: key.to_owned(), name: Localized::default() };
        let side = |date: &str| Side {
            reference_date: date.to_owned(),
            segments: ["a", "b", "c"].map(segment).to_vec(),
        };
        let features = vec![NamedFeature { name: "recency".to_owned(), unit: Unit::Days }];
        ChangesHead { before: side("2011-11-09"), after: side("2011-12-10"), features, same_model: true }
    }

    fn change(customer: usize, kind: u8) -> Change {
        let (from, to) = [(Some(0), Some(1)), (None, Some(2)), (Some(2), None)][usize::from(kind) % 3];
        let border = (kind > 3).then_some(20.0);
        let crossing =
            kind.is_multiple_of(2).then_some(Crossing { feature: 0, before: 12.0, after: 40.0, border });
        let why = (from.is_some() && to.is_some()).then_some(Why { cause: Cause::Ageing, crossing });
        Change { customer_id: format!("C{customer:06}"), from, to, why }
    }

    fn changes() -> impl Strategy<Value = Changes> {
        proptest::collection::vec(0..6_u8, 0..3000).prop_map(|kinds| {
            let rows = kinds.iter().enumerate().map(|(at, kind)| change(2 * at, *kind)).collect();
            Changes { head: head(), rows }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_written_is_read_back(changes in changes()) {
            prop_assert_eq!(Changes::decode(&changes.encode()), Ok(changes));
        }

        #[test]
        fn reading_begins_at_any_customer(changes in changes(), at in 0..6100_usize) {
            let bytes = changes.encode();
            let mut rows = ChangeRows::open(Cursor::new(&bytes)).expect("its own bytes");
            let id = format!("C{at:06}");
            rows.seek(&id).expect("its own bytes");
            let expected: Vec<_> = changes.rows.iter().filter(|change| change.customer_id >= id).cloned().collect();
            let mut seen = Vec::new();
            while let Some(change) = rows.next().expect("its own bytes") {
                seen.push(change);
            }
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn a_flipped_bit_is_seen(changes in changes(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut bytes = changes.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(Changes::decode(&bytes).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Changes::decode(&bytes);
            let _ = Changes::decode(&part(&bytes));
        }
    }

    #[test]
    fn a_cut_is_seen_at_every_byte() {
        let whole = Changes { head: head(), rows: (0..5).map(|at| change(at, at as u8)).collect() }.encode();
        for cut in 0..whole.len() {
            assert!(Changes::decode(&whole[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn rows_that_contradict_the_head_are_refused() {
        let with = |rows: Vec<Change>| Changes::decode(&Changes { head: head(), rows }.encode());
        let good = change(0, 0);
        let elsewhere = Change { to: Some(3), ..good.clone() };
        let still = Change { to: Some(0), ..good.clone() };
        let twice = vec![good.clone(), good.clone()];
        for rows in [vec![elsewhere], vec![still], twice, vec![Change { why: None, ..good }]] {
            assert!(matches!(with(rows), Err(ChangesError::Row { .. })));
        }
    }
}
