//! Frames of HTTP/2, looked at as they pass: the framework takes a head of 16 MiB and any number of frames that say
//! nothing.

/// Most bytes of a request's head as it is sent.
const MOST_HEAD: usize = 64 << 10;
/// Most frames of data without data, one after the other.
const MOST_EMPTY: usize = 1000;
/// Bytes that a client sends before its first frame.
const PREFACE: usize = 24;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A place in a client's frames.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes that are no head of a frame.
    skip: usize,
    /// The beginning of a frame's head.
    begun: Vec<u8>,
    /// Bytes of the request's head on its way.
    head: usize,
    empty: usize,
}

impl Frames {
    /// Before the first.
    pub(super) fn new() -> Self {
        Self { skip: PREFACE, begun: Vec::with_capacity(9), head: 0, empty: 0 }
    }

    /// Whether a client may send these bytes.
    pub(super) fn allow(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            let (begun, rest) = bytes[skipped..].split_at((bytes.len() - skipped).min(9 - self.begun.len()));
            self.begun.extend_from_slice(begun);
            bytes = rest;
            if let [a, b, c, kind, flags, ..] = self.begun[..]
                && self.begun.len() == 9
            {
                self.begun.clear();
                self.skip = u32::from_be_bytes([0, a, b, c]) as usize;
                if !self.frame(kind, flags) {
                    return false;
                }
            }
        }
        true
    }

    fn frame(&mut self, kind: u8, flags: u8) -> bool {
        match kind {
            HEADERS | CONTINUATION => {
                self.head += self.skip;
                let fits = self.head <= MOST_HEAD;
                if flags & END_HEADERS != 0 {
                    self.head = 0;
                }
                fits
            }
            DATA => {
                self.empty = if self.skip == 0 && flags & END_STREAM == 0 { self.empty + 1 } else { 0 };
                self.empty <= MOST_EMPTY
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let size = (length as u32).to_be_bytes();
        [&size[1..], &[kind, flags, 0, 0, 0, 1], &vec![0; length]].concat()
    }

    fn allowed(frames: &[Vec<u8>], size: usize) -> bool {
        let bytes = [vec![0; PREFACE], frames.concat()].concat();
        let mut seen = Frames::new();
        bytes.chunks(size).all(|piece| seen.allow(piece))
    }

    #[test]
    fn a_head_is_bounded_over_its_frames() {
        let begin = frame(HEADERS, 0, 16_384);
        let more = frame(CONTINUATION, 0, 16_384);
        let end = frame(CONTINUATION, END_HEADERS, 16_384);
        let most = [begin.clone(), more.clone(), more.clone(), end];
        for size in [1, 7, 9, 1000, 1 << 20] {
            assert!(allowed(&[most.clone(), most.clone()].concat(), size), "{size}");
            assert!(!allowed(
                &[&most[..3], &[more.clone(), frame(CONTINUATION, END_HEADERS, 1)]].concat(),
                size
            ));
        }
    }

    #[test]
    fn frames_of_data_hold_some() {
        let empty = vec![frame(DATA, 0, 0); MOST_EMPTY];
        assert!(allowed(
            &[&empty[..], &[frame(DATA, 0, 1)], &empty, &[frame(DATA, END_STREAM, 0)]].concat(),
            64
        ));
        assert!(!allowed(&[&empty[..], &[frame(DATA, 0, 0)]].concat(), 64));
    }
}
