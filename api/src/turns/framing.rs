//! Where a request of HTTP/1.1 ends in the bytes of its connection.
//!
//! Only ends are looked for: what is wrong in between, the parser refuses. A blank line ends a head, whether its lines
//! end in CR LF or in LF; blank lines before it belong to it.

/// What is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// A head, or the lines after the last chunk.
    Head(Lines),
    /// A whole head was read; what follows is known once its request is handled.
    Handed,
    /// A body of which so many bytes are left.
    Body(u64),
    /// A body in chunks.
    Chunks(Chunk),
}

/// Lines up to a blank one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lines {
    /// Whether a line that is not blank was seen, or none is needed.
    begun: bool,
    /// Whether the line so far holds anything.
    filled: bool,
}

/// A place in a body in chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In the line that gives the size: the size so far, whether it goes on.
    Size(u64, bool),
    /// In the data and the line break behind them.
    Data(u64),
    /// Behind the last chunk.
    Trailers(Lines),
}

/// The body that a request announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// None, or so many bytes.
    Bytes(u64),
    /// In chunks.
    Chunks,
}

impl Reading {
    /// At the beginning of a request.
    pub(super) fn head() -> Self {
        Self::Head(Lines::default())
    }

    /// Behind a head.
    pub(super) fn after_head(body: Announced) -> Self {
        match body {
            Announced::Bytes(0) => Self::head(),
            Announced::Bytes(bytes) => Self::Body(bytes),
            Announced::Chunks => Self::Chunks(Chunk::Size(0, true)),
        }
    }

    /// How many of the bytes belong to what is being read, up to the end of a head; moves behind them.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        while used < bytes.len() && *self != Self::Handed {
            used += self.step(&bytes[used..]);
        }
        used
    }

    fn step(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Handed => 0,
            Self::Head(lines) => {
                let (used, ended) = lines.step(bytes);
                if ended {
                    *self = Self::Handed;
                }
                used
            }
            Self::Body(left) => {
                let used = (bytes.len() as u64).min(*left);
                *left -= used;
                if *left == 0 {
                    *self = Self::head();
                }
                used as usize
            }
            Self::Chunks(chunk) => {
                let (used, ended) = chunk.step(bytes);
                if ended {
                    *self = Self::head();
                }
                used
            }
        }
    }
}

impl Lines {
    /// Reads one line or what there is of it; whether it was the blank one.
    fn step(&mut self, bytes: &[u8]) -> (usize, bool) {
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let line = &bytes[..end.unwrap_or(bytes.len())];
        self.filled |= line.iter().any(|&byte| byte != b'\r');
        let Some(end) = end else { return (bytes.len(), false) };
        let ended = self.begun && !self.filled;
        *self = Self { begun: self.begun || self.filled, filled: false };
        (end + 1, ended)
    }
}

impl Chunk {
    fn step(&mut self, bytes: &[u8]) -> (usize, bool) {
        match self {
            Self::Size(size, digits) => {
                let end = bytes.iter().position(|&byte| byte == b'\n');
                for &byte in &bytes[..end.unwrap_or(bytes.len())] {
                    let digit = char::from(byte).to_digit(16).filter(|_| *digits);
                    *digits = digit.is_some();
                    *size =
                        digit.map_or(*size, |digit| size.saturating_mul(16).saturating_add(u64::from(digit)));
                }
                let Some(end) = end else { return (bytes.len(), false) };
                *self = match *size {
                    0 => Self::Trailers(Lines { begun: true, filled: false }),
                    // With the line break behind it.
                    size => Self::Data(size.saturating_add(2)),
                };
                (end + 1, false)
            }
            Self::Data(left) => {
                let used = (bytes.len() as u64).min(*left);
                *left -= used;
                if *left == 0 {
                    *self = Self::Size(0, true);
                }
                (used as usize, false)
            }
            Self::Trailers(lines) => lines.step(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The ends of requests in `bytes`, read in pieces of `size`, each with this body.
    fn ends(bytes: &[u8], size: usize, body: Announced) -> Vec<usize> {
        let (mut reading, mut at, mut ends) = (Reading::head(), 0, Vec::new());
        while at < bytes.len() {
            let end = bytes.len().min(at + size);
            let used = reading.take(&bytes[at..end]);
            at += used;
            if reading == Reading::Handed {
                ends.push(at);
                reading = Reading::after_head(body);
            }
        }
        ends
    }

    #[test]
    fn a_head_ends_with_its_blank_line() {
        let bytes = b"\r\n\nGET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\nhost: y\n\nGET";
        for size in 1..bytes.len() {
            assert_eq!(ends(bytes, size, Announced::Bytes(0)), [30, 54], "{size}");
        }
    }

    #[test]
    fn a_body_is_no_head() {
        let bytes = b"A\n\n\n\n\n\nA\n\n1234";
        for size in 1..bytes.len() {
            assert_eq!(ends(bytes, size, Announced::Bytes(4)), [3, 10], "{size}");
        }
    }

    #[test]
    fn chunks_are_read_to_their_end() {
        let bytes =
            b"A\r\n\r\n3;x=\"\r\r\n\n\n\n\r\n00a\r\n0123456\n\n\n\r\n0\r\nt: 1\r\n\r\nA\r\n\r\n0\r\n\r\nA\n\n";
        for size in 1..bytes.len() {
            assert_eq!(ends(bytes, size, Announced::Chunks), [5, 51, 59], "{size}");
        }
    }

    proptest! {
        #[test]
        fn pieces_cut_anywhere_give_the_same_ends(
            text in "([A0-9;\r\n]|\r\n|\n\n){0,80}", size in 1..80_usize, bytes in 0..9_u64,
        ) {
            for body in [Announced::Bytes(bytes), Announced::Chunks] {
                prop_assert_eq!(ends(text.as_bytes(), size, body), ends(text.as_bytes(), 1000, body));
            }
        }
    }
}
