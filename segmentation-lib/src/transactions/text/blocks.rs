//! A text in blocks of complete records.

use std::io::{self, Read};

use super::records::{Dialect, complete_records};

/// Size of a block: large enough that its overhead vanishes, small enough to stay in the cache.
const BLOCK: usize = 1 << 20;

/// The longest record; beyond it a quote was left open.
pub(super) const LONGEST_RECORD: usize = 8 << 20;

/// Cuts a stream into blocks that end with a record.
pub(super) struct Blocks<R> {
    reader: R,
    dialect: Dialect,
    /// The beginning of a record whose end has not been read yet.
    carry: Vec<u8>,
    ended: bool,
}

/// Why there is no further block.
#[derive(Debug)]
pub(super) enum BlockError {
    Io(io::Error),
    /// A record is longer than [`LONGEST_RECORD`].
    TooLong,
}

impl<R: Read> Blocks<R> {
    /// Continues `head`, which was read from `reader` before.
    pub fn new(reader: R, head: Vec<u8>, dialect: Dialect) -> Self {
        Self { reader, dialect, carry: head, ended: false }
    }

    /// The next block; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, BlockError> {
        let mut block = std::mem::take(&mut self.carry);
        let mut target = BLOCK.max(block.len());
        loop {
            if !self.ended && block.len() < target {
                self.ended = fill(&mut self.reader, &mut block, target).map_err(BlockError::Io)?;
            }
            if self.ended {
                return Ok((!block.is_empty()).then_some(block));
            }
            let complete = complete_records(&block, self.dialect);
            if complete > 0 {
                self.carry = block.split_off(complete);
                return Ok(Some(block));
            }
            if block.len() >= LONGEST_RECORD {
                return Err(BlockError::TooLong);
            }
            target = block.len() + BLOCK;
        }
    }
}

/// Reads until `buffer` holds `length` bytes; `true` when the stream has ended.
pub(super) fn fill(reader: &mut impl Read, buffer: &mut Vec<u8>, length: usize) -> io::Result<bool> {
    let wanted = length - buffer.len();
    buffer.reserve(wanted);
    let read = reader.by_ref().take(wanted as u64).read_to_end(buffer)?;
    Ok(read < wanted)
}

#[cfg(test)]
mod tests {
    use super::super::records::Separator;
    use super::*;

    const COMMA: Dialect = Dialect { separator: Separator::Byte(b','), terminator: b'\n' };

    #[test]
    fn blocks_end_with_a_record_and_lose_nothing() {
        let text = "12345,\"abc\ndef\",99\n".repeat(200_000);
        let mut blocks = Blocks::new(text.as_bytes(), Vec::new(), COMMA);
        let mut whole = Vec::new();
        while let Some(block) = blocks.next().expect("readable") {
            assert!(block.ends_with(b"99\n"));
            whole.extend(block);
        }
        assert!(whole == text.as_bytes());
    }

    #[test]
    fn an_endless_record_is_refused() {
        let text = format!("a,\"{}", "x".repeat(LONGEST_RECORD + BLOCK));
        let mut blocks = Blocks::new(text.as_bytes(), Vec::new(), COMMA);
        assert!(matches!(blocks.next(), Err(BlockError::TooLong)));
    }
}
