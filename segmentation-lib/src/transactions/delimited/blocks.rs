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
    /// Continues `head`, which was read from `reader` before; `ended` says that it is the whole text.
    pub fn new(reader: R, head: Vec<u8>, ended: bool, dialect: Dialect) -> Self {
        Self { reader, dialect, carry: head, ended }
    }

    /// Whether there is one block at most.
    pub fn is_one(&self) -> bool {
        self.ended
    }

    /// Puts the next block into `block`; `false` at the end.
    pub fn next(&mut self, block: &mut Vec<u8>) -> Result<bool, BlockError> {
        let mut target = BLOCK.max(self.carry.len());
        // Bytes of the block before stay until they are written over: clearing them first costs time.
        block.resize(target, 0);
        block[..self.carry.len()].copy_from_slice(&self.carry);
        let mut filled = self.carry.len();
        self.carry.clear();
        loop {
            if !self.ended {
                block.resize(target, 0);
                filled = fill(&mut self.reader, block, filled).map_err(BlockError::Io)?;
                self.ended = filled < target;
            }
            block.truncate(filled);
            if self.ended {
                return Ok(!block.is_empty());
            }
            let complete = complete_records(block, self.dialect);
            if complete > 0 {
                self.carry.extend_from_slice(&block[complete..]);
                block.truncate(complete);
                return Ok(true);
            }
            if block.len() >= LONGEST_RECORD {
                return Err(BlockError::TooLong);
            }
            target = block.len() + BLOCK;
        }
    }
}

/// Reads from `filled` on until `buffer` is full or the stream ends; returns how many bytes it then holds.
pub(super) fn fill(reader: &mut impl Read, buffer: &mut [u8], mut filled: usize) -> io::Result<usize> {
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::super::records::Separator;
    use super::*;

    const COMMA: Dialect = Dialect { separator: Separator::Byte(b','), terminator: b'\n' };

    #[test]
    fn blocks_end_with_a_record_and_lose_nothing() {
        let text = "12345,\"abc\ndef\",99\n".repeat(200_000);
        let mut blocks = Blocks::new(text.as_bytes(), Vec::new(), false, COMMA);
        let (mut whole, mut block) = (Vec::new(), Vec::new());
        while blocks.next(&mut block).expect("readable") {
            assert!(block.ends_with(b"99\n"));
            whole.extend_from_slice(&block);
        }
        assert!(whole == text.as_bytes());
    }

    #[test]
    fn an_endless_record_is_refused() {
        let text = format!("a,\"{}", "x".repeat(LONGEST_RECORD + BLOCK));
        let mut blocks = Blocks::new(text.as_bytes(), Vec::new(), false, COMMA);
        assert!(matches!(blocks.next(&mut Vec::new()), Err(BlockError::TooLong)));
    }
}
