//! Lists of customers that are longer than memory: read while they arrive, answered while they are read.
//!
//! ```text
//! body - lines - parts (at most 16 MiB of ids wait) - look-ups - body
//! ```
//!
//! Many clients send the whole body before they read a byte of the answer. If the service stopped reading
//! until its answer is read, both would wait for ever. So 16 MiB of ids may wait, a million ids of up to
//! 12 bytes, as long as the key's share has them. A client that sends more must read while it writes, as curl
//! does. 64 KiB of ids may wait whatever others hold: no list stops because of another.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Payload;
use actix_web::{HttpRequest, rt};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::budget::{Memory, Share};
use crate::error::{ApiError, Code};
use crate::inflate::Inflated;

mod lines;
mod named;

pub use lines::IdLines;

/// Bytes of ids that may wait for their answers, in one request.
const WAITING_BYTES: usize = 16 << 20;
/// Bytes of ids that a request may always have waiting.
const ALWAYS: usize = 64 << 10;
/// How often a part that may not wait looks whether it may now.
const LOOK: Duration = Duration::from_millis(50);
/// Parts that may wait; each is at least a network packet.
const WAITING_PARTS: usize = 1 << 16;
/// Bytes a part counts beside its ids.
const PART_BYTES: usize = 64;

/// What tools call one JSON value a line; none of the names is registered.
const NDJSON_NAMES: [&str; 6] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
];
/// What tools call comma-separated text.
const CSV_NAMES: [&str; 3] = ["text/csv", "application/csv", "text/tab-separated-values"];

/// How a list is written, in the body and in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON value a line.
    Ndjson,
    /// Comma-separated, with a header.
    Csv,
}

impl Form {
    /// The form of a content type; `None` for any other.
    pub fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or("").trim();
        let is = |names: &[&str]| names.iter().any(|name| essence.eq_ignore_ascii_case(name));
        if is(&NDJSON_NAMES) {
            return Some(Self::Ndjson);
        }
        is(&CSV_NAMES).then_some(Self::Csv)
    }

    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Some lines' ids, end to end.
#[derive(Debug, Default)]
pub struct Part {
    text: String,
    /// End of each line's id in the text, or the number of a line that holds none.
    ends: Vec<Result<u32, u32>>,
}

impl Part {
    fn push(&mut self, id: Option<&str>, line: u64) {
        self.text.push_str(id.unwrap_or_default());
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.ends.push(id.map(|_| self.text.len() as u32).ok_or(line));
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of lines from this place on.
    pub fn left(&self, place: Place) -> usize {
        self.len() - place.line
    }

    /// The next `n` lines' ids, or the number (from 1) of a line that holds none; moves the place behind them.
    pub fn next_ids(&self, place: &mut Place, n: usize) -> impl Iterator<Item = Result<&str, u32>> {
        let ends = &self.ends[place.line..self.len().min(place.line + n)];
        let mut start = place.text;
        place.line += ends.len();
        place.text = ends.iter().rev().find_map(|end| end.ok()).map_or(start, |end| end as usize);
        ends.iter().map(move |end| {
            end.map(|end| &self.text[std::mem::replace(&mut start, end as usize)..end as usize])
        })
    }

    fn bytes(&self) -> usize {
        PART_BYTES + self.text.capacity() + self.ends.capacity() * size_of::<Result<u32, u32>>()
    }

    /// Without room to grow.
    fn packed(mut self) -> Self {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self
    }
}

/// A place in a part: lines and bytes before it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    line: usize,
    text: usize,
}

/// A part and its share of what may wait.
type Waiting = (Part, (OwnedSemaphorePermit, Option<Memory>));

/// The parts of a body in order, or why it ended early.
pub struct Parts(Receiver<Result<Waiting, ApiError>>);

impl Parts {
    /// Begins to read a body; a client may pause for `pause` between two pieces of it.
    pub fn of(
        request: &HttpRequest,
        payload: Payload,
        lines: IdLines,
        pause: Duration,
        share: Share,
    ) -> Result<Self, ApiError> {
        let (send, parts) = channel(WAITING_PARTS);
        let body = Inflated::of(request.headers(), payload, share.clone(), pause / 2)?;
        let reader = BodyReader { body, lines, pause, send, share };
        rt::spawn(reader.run());
        Ok(Self(parts))
    }

    /// The next part, once it has arrived.
    pub async fn next(&mut self) -> Option<Result<Part, ApiError>> {
        Some(self.0.recv().await?.map(|(part, _)| part))
    }
}

/// Reads a body beside those who answer it.
struct BodyReader {
    body: Inflated,
    lines: IdLines,
    pause: Duration,
    share: Share,
    send: Sender<Result<Waiting, ApiError>>,
}

impl BodyReader {
    async fn run(mut self) {
        let waiting = Arc::new(Semaphore::new(WAITING_BYTES));
        loop {
            let read = self.read().await;
            let ended = !matches!(read, Ok(Some(_)));
            let message = match read {
                Ok(Some(part)) if part.is_empty() => continue,
                Ok(None) => match self.lines.finish() {
                    Ok(part) if part.is_empty() => return,
                    other => other,
                },
                Ok(Some(part)) => Ok(part),
                Err(error) => Err(error),
            };
            let message = match message {
                Ok(part) => match self.admit(&waiting, part.packed()).await {
                    Some(part) => Ok(part),
                    None => return,
                },
                Err(error) => Err(error),
            };
            // Fails when the client has gone: nobody is left to answer.
            if self.send.send(message).await.is_err() || ended {
                return;
            }
        }
    }

    /// Waits until the part may wait; `None` when the client has gone.
    async fn admit(&self, waiting: &Arc<Semaphore>, part: Part) -> Option<Waiting> {
        let bytes = part.bytes().min(WAITING_BYTES);
        let own = tokio::select! {
            permit = waiting.clone().acquire_many_owned(bytes as u32) => permit.ok()?,
            () = self.send.closed() => return None,
        };
        loop {
            let others = WAITING_BYTES - waiting.available_permits() - bytes;
            if others < ALWAYS {
                return Some((part, (own, self.share.waiting.try_take(bytes))));
            }
            tokio::select! {
                memory = self.share.waiting.take(bytes) => return Some((part, (own, Some(memory)))),
                () = rt::time::sleep(LOOK) => {}
                () = self.send.closed() => return None,
            }
        }
    }

    /// The lines of the next piece; `None` at the body's end.
    async fn read(&mut self) -> Result<Option<Part>, ApiError> {
        let late = |_| {
            let seconds = self.pause.as_secs();
            ApiError::new(Code::BodyTimeout, format!("nothing of the body arrived within {seconds} seconds"))
        };
        let Some(piece) = tokio::time::timeout(self.pause, self.body.next()).await.map_err(late)? else {
            return Ok(None);
        };
        self.lines.push(&piece?).map(Some)
    }
}
