//! Compressed bodies, inflated in steps: some hundred bytes can stand for gigabytes.
//!
//! A step gives at most [`STEP`] bytes, runs beside the workers and waits for its turn there. What a decoder
//! needs is taken from the key's [`Share`] before it is made: brotli says in its first byte how large its
//! window is, zstd gets the 8 MiB that RFC 9659 allows, gzip and deflate have 32 KiB.

use std::io::Write;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, HeaderMap};
use actix_web::web::{Bytes, Payload};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use futures_util::StreamExt;
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

use crate::budget::{Memory, Share};
use crate::error::{ApiError, Code, excerpt};

/// Most bytes that one step gives, beside the 32 KiB that gzip may have left.
pub const STEP: usize = 64 << 10;
/// Beside the window: tables and buffers.
const TABLES: usize = 4 << 20;
/// Log2 of zstd's largest window.
const ZSTD_WINDOW: u32 = 23;
const ZSTD_MAGIC: u32 = 0xFD2F_B528;
/// Frames that hold no data: the last four bits are free.
const ZSTD_SKIPPABLE: u32 = 0x184D_2A50;

/// A body, piece by piece.
pub struct Inflated {
    payload: Payload,
    coding: Coding,
    decoder: Option<Decoder>,
    input: Bytes,
    /// Whether the decoder may have more without more input.
    pending: bool,
    ended: bool,
    share: Share,
    memory: Memory,
    patience: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let Some(value) = headers.get(CONTENT_ENCODING) else { return Ok(Self::Identity) };
        let several = headers.get_all(CONTENT_ENCODING).nth(1).is_some();
        let text = String::from_utf8_lossy(value.as_bytes());
        let coding = match text.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "br" => Some(Self::Brotli),
            "zstd" => Some(Self::Zstd),
            _ => None,
        };
        coding.filter(|_| !several).ok_or_else(|| {
            let seen = excerpt(&text);
            let detail = format!("content-encoding is {seen}; send one of br, deflate, gzip, identity, zstd");
            ApiError::new(Code::UnsupportedMediaType, detail)
        })
    }

    /// Bytes that a decoder of a body that begins with `first` needs.
    fn memory(self, first: u8) -> usize {
        match self {
            Self::Identity => 0,
            Self::Gzip | Self::Deflate => 4 * STEP,
            Self::Brotli => (1 << brotli_window(first)) + TABLES,
            Self::Zstd => (1 << ZSTD_WINDOW) + TABLES,
        }
    }
}

/// Log2 of the window, from a stream's first byte (RFC 7932, 9.1).
fn brotli_window(first: u8) -> u32 {
    let (three, more) = (u32::from(first >> 1 & 7), u32::from(first >> 4 & 7));
    match (first & 1, three, more) {
        (0, ..) => 16,
        (_, 0, 0) => 17,
        (_, 0, more) => 8 + more,
        (_, three, _) => 17 + three,
    }
}

impl Inflated {
    /// The body of a request with these headers; waits at most `patience` for memory.
    pub fn of(
        headers: &HeaderMap,
        payload: Payload,
        share: Share,
        patience: Duration,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            payload,
            coding: Coding::of(headers)?,
            decoder: None,
            input: Bytes::new(),
            pending: false,
            ended: false,
            memory: share.held.none(),
            share,
            patience,
        })
    }

    /// Whether the body is as it was sent.
    pub fn is_plain(&self) -> bool {
        self.coding == Coding::Identity
    }

    /// The next piece; `None` at the body's end.
    pub async fn next(&mut self) -> Option<Result<Bytes, ApiError>> {
        loop {
            if self.is_plain() {
                return self.receive().await;
            }
            if self.input.is_empty() && !self.pending && !self.ended {
                match self.receive().await {
                    Some(Ok(piece)) => self.input = piece,
                    Some(Err(error)) => return Some(Err(error)),
                    None => self.ended = true,
                }
            }
            match self.step().await {
                Ok(piece) if !piece.is_empty() => return Some(Ok(piece)),
                Ok(_) if self.ended && self.decoder.is_none() => return None,
                Ok(_) => {}
                Err(error) => {
                    (self.ended, self.decoder, self.input) = (true, None, Bytes::new());
                    return Some(Err(error));
                }
            }
        }
    }

    async fn receive(&mut self) -> Option<Result<Bytes, ApiError>> {
        let broken = |error| ApiError::new(Code::InvalidBody, format!("the body broke off: {error}"));
        self.payload.next().await.map(|piece| piece.map_err(broken))
    }

    /// What the input held gives next.
    async fn step(&mut self) -> Result<Bytes, ApiError> {
        let Some(mut decoder) = self.decoder().await? else { return Ok(Bytes::new()) };
        let (input, last) = (self.input.clone(), self.ended);
        let work = move || {
            let mut output = Vec::new();
            let done = if last {
                decoder.finish(&mut output).map(|()| (0, false))
            } else {
                decoder.run(&input, &mut output)
            };
            (done, output, decoder)
        };
        let broken = |reason| ApiError::new(Code::InvalidBody, format!("the body broke off: {reason}"));
        let failed = || ApiError::new(Code::Internal, "a decoder failed");
        let (done, output, decoder) = self.share.work(work).await.ok_or_else(failed)?;
        let (used, pending) = done.map_err(broken)?;
        self.input = self.input.slice(used..);
        self.pending = pending;
        self.decoder = Some(decoder).filter(|_| !last);
        Ok(output.into())
    }

    /// The decoder, made once a first byte is there and its memory taken.
    async fn decoder(&mut self) -> Result<Option<Decoder>, ApiError> {
        if self.decoder.is_some() {
            return Ok(self.decoder.take());
        }
        let Some(&first) = self.input.first() else { return Ok(None) };
        self.memory.grow_within(self.coding.memory(first), self.patience).await?;
        Decoder::new(self.coding).map(Some)
    }
}

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
    Brotli(Box<Brotli>),
    Zstd(Zstd),
}

struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    total: usize,
    done: bool,
}

struct Zstd {
    context: DCtx<'static>,
    /// The first bytes of a frame, until all four are there.
    magic: Vec<u8>,
    within: bool,
}

/// Bytes of the input used, and whether there may be more output without more input.
type Step = Result<(usize, bool), String>;

impl Decoder {
    fn new(coding: Coding) -> Result<Self, ApiError> {
        let alloc = StandardAlloc::default;
        Ok(match coding {
            Coding::Gzip | Coding::Identity => Self::Gzip(MultiGzDecoder::new(Vec::new())),
            Coding::Deflate => Self::Deflate(ZlibDecoder::new(Vec::new())),
            Coding::Brotli => {
                let state = BrotliState::new_strict(alloc(), alloc(), alloc());
                Self::Brotli(Box::new(Brotli { state, total: 0, done: false }))
            }
            Coding::Zstd => {
                let mut context = DCtx::create();
                let limited = context.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW));
                limited.map_err(|code| ApiError::new(Code::Internal, get_error_name(code)))?;
                Self::Zstd(Zstd { context, magic: Vec::new(), within: false })
            }
        })
    }

    /// Decodes from the input until it is used up or the output has a step's bytes.
    fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Step {
        match self {
            Self::Gzip(decoder) => {
                let mut used = 0;
                // A file has as many members as it likes, some of a few bytes: not a step for each.
                while used < input.len() && decoder.get_ref().is_empty() {
                    used += write_some(decoder, &input[used..])?;
                }
                output.append(decoder.get_mut());
                Ok((used, false))
            }
            Self::Deflate(decoder) => {
                let used = write_some(decoder, input)?;
                output.append(decoder.get_mut());
                Ok((used, false))
            }
            Self::Brotli(brotli) => brotli.run(input, output),
            Self::Zstd(zstd) => zstd.run(input, output),
        }
    }

    /// Whether the data were whole; gives what is left.
    fn finish(&mut self, output: &mut Vec<u8>) -> Result<(), String> {
        let early = || "the compressed data end early".to_owned();
        match self {
            Self::Gzip(decoder) => {
                decoder.try_finish().map_err(|_| early())?;
                output.append(decoder.get_mut());
            }
            Self::Deflate(decoder) => {
                decoder.try_finish().map_err(|_| early())?;
                output.append(decoder.get_mut());
            }
            Self::Brotli(brotli) if !brotli.done => return Err(early()),
            Self::Zstd(zstd) if zstd.within || !zstd.magic.is_empty() => return Err(early()),
            Self::Brotli(_) | Self::Zstd(_) => {}
        }
        Ok(())
    }
}

/// One write gives at most the 32 KiB of the decoder's buffer.
fn write_some(decoder: &mut impl Write, input: &[u8]) -> Result<usize, String> {
    match decoder.write(input) {
        Ok(0) => Err(AFTER_THE_END.to_owned()),
        Ok(used) => Ok(used),
        Err(error) => Err(error.to_string()),
    }
}

const AFTER_THE_END: &str = "there are bytes after the end of the compressed data";

impl Brotli {
    fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Step {
        if self.done {
            return Err(AFTER_THE_END.to_owned());
        }
        output.resize(STEP, 0);
        let (mut left, mut used, mut room, mut written) = (input.len(), 0, STEP, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut used,
            input,
            &mut room,
            &mut written,
            output,
            &mut self.total,
            &mut self.state,
        );
        output.truncate(written);
        match result {
            BrotliResult::ResultFailure => Err("it is not brotli with a window of at most 16 MiB".to_owned()),
            BrotliResult::NeedsMoreInput => Ok((used, false)),
            BrotliResult::NeedsMoreOutput => Ok((used, true)),
            BrotliResult::ResultSuccess => {
                self.done = true;
                if left > 0 { Err(AFTER_THE_END.to_owned()) } else { Ok((used, false)) }
            }
        }
    }
}

impl Zstd {
    fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Step {
        if !self.within {
            return self.begin(input).map(|used| (used, false));
        }
        self.feed(input, output)
    }

    /// Reads the first bytes of a frame. The frames of formats before zstd's first release are not taken.
    fn begin(&mut self, input: &[u8]) -> Result<usize, String> {
        let used = input.len().min(4 - self.magic.len());
        self.magic.extend_from_slice(&input[..used]);
        let Ok(bytes) = <[u8; 4]>::try_from(&self.magic[..]) else { return Ok(used) };
        let magic = u32::from_le_bytes(bytes);
        if magic != ZSTD_MAGIC && magic & !15 != ZSTD_SKIPPABLE {
            return Err("it is not zstd".to_owned());
        }
        self.within = true;
        self.feed(&bytes, &mut Vec::new())?;
        self.magic.clear();
        Ok(used)
    }

    fn feed(&mut self, input: &[u8], output: &mut Vec<u8>) -> Step {
        output.resize(STEP, 0);
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(&mut output[..]);
        let hint = self.context.decompress_stream(&mut to, &mut from);
        let (used, written) = (from.pos(), to.pos());
        output.truncate(written);
        let hint =
            hint.map_err(|code| format!("{}; windows of at most 8 MiB are taken", get_error_name(code)))?;
        self.within = hint != 0;
        Ok((used, self.within && written == STEP))
    }
}

#[cfg(test)]
mod tests;
