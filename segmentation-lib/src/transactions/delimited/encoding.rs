//! UTF-8, Windows-1252 or UTF-16.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// What a stretch of bytes says about the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// The same in every encoding.
    Ascii,
    /// Valid UTF-8 beyond ASCII.
    Utf8,
    /// No valid UTF-8: Windows-1252, of which ISO-8859-1's printable characters are a part.
    Windows1252,
}

/// Decodes bytes as UTF-8 where they are valid, else (or when told) as Windows-1252.
pub(super) fn decode(bytes: &[u8], as_windows_1252: bool) -> (Cow<'_, str>, Script) {
    if bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return (Cow::Borrowed(text), Script::Ascii);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !as_windows_1252 => (Cow::Borrowed(text), Script::Utf8),
        _ => (WINDOWS_1252.decode_without_bom_handling(bytes).0, Script::Windows1252),
    }
}

/// Takes a byte order mark off `head`; for UTF-16 names the encoding that the whole stream is in.
pub(super) fn byte_order_mark(head: &mut Vec<u8>) -> Option<&'static Encoding> {
    let (encoding, length) = Encoding::for_bom(head)?;
    head.drain(..length);
    (encoding == UTF_16LE || encoding == UTF_16BE).then_some(encoding)
}

/// UTF-16 without a byte order mark: of western text every other byte is zero, and no other is.
pub(super) fn unmarked_utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |at: usize| head.chunks_exact(2).filter(|pair| pair[at] == 0).count();
    // Names and signs beyond Latin letters have no zero byte.
    let many = |zeros: usize| pairs >= 2 && zeros * 10 >= pairs * 7;
    match (zeros(0), zeros(1)) {
        (0, low) if many(low) => Some(UTF_16LE),
        (high, 0) if many(high) => Some(UTF_16BE),
        _ => None,
    }
}

/// Turns a stream in UTF-16 into UTF-8.
pub(super) struct Transcoded<R> {
    reader: R,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    pub fn new(reader: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_without_bom_handling();
        Self { reader, decoder, input: vec![0; 64 << 10], output: Vec::new(), at: 0, ended: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let read = self.reader.read(&mut self.input)?;
        self.ended = read == 0;
        let room = self.decoder.max_utf8_buffer_length(read).unwrap_or(4 * read + 16);
        self.output.resize(room, 0);
        let (_, _, written, _) =
            self.decoder.decode_to_utf8(&self.input[..read], &mut self.output, self.ended);
        self.output.truncate(written);
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.output.len() && !self.ended {
            self.refill()?;
        }
        let length = buffer.len().min(self.output.len() - self.at);
        buffer[..length].copy_from_slice(&self.output[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_told_apart() {
        assert_eq!(decode(b"plain", false), ("plain".into(), Script::Ascii));
        assert_eq!(decode("pão £".as_bytes(), false), ("pão £".into(), Script::Utf8));
        assert_eq!(decode(b"p\xe3o \xa3", false), ("pão £".into(), Script::Windows1252));
        assert_eq!(decode("£".as_bytes(), true), ("Â£".into(), Script::Windows1252));
    }

    #[test]
    fn utf_16_is_recognised_without_its_mark() {
        let bytes = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "id;größe\nС1;é 客\n".encode_utf16().flat_map(order).collect()
        };
        assert_eq!(unmarked_utf_16(&bytes(u16::to_le_bytes)), Some(UTF_16LE));
        assert_eq!(unmarked_utf_16(&bytes(u16::to_be_bytes)), Some(UTF_16BE));
        for text in [&b"id,date\n1,2\n"[..], b"id\0,date", b"", b"\0\0\0\0", b"a"] {
            assert_eq!(unmarked_utf_16(text), None, "{text:?}");
        }
    }

    #[test]
    fn utf_16_is_transcoded() {
        let text = "cliente;São Paulo\n".repeat(10_000);
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let encoding = byte_order_mark(&mut bytes).expect("UTF-16");
        let mut read = String::new();
        Transcoded::new(bytes.as_slice(), encoding).read_to_string(&mut read).expect("valid");
        assert!(read == text);
    }
}
