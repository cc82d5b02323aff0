//! Lists of customers that are longer than memory: read while they arrive, answered while they are read.
//!
//! ```text
//! body - lines - parts (at most 16 MiB of ids wait) - look-ups - body
//! ```
//!
//! Many clients send the whole body before they read a byte of the answer. If the service stopped reading
//! until its answer is read, both would wait for ever. So 16 MiB of ids may wait, a million ids of up to
//! 12 bytes. A client that sends more must read while it writes, as curl does.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Decompress;
use actix_web::web::Payload;
use actix_web::{HttpRequest, rt};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{ApiError, Code};

mod lines;
mod rows;

pub use lines::IdLines;
pub use rows::{Row, Rows};

/// Bytes of ids that may wait for their answers, in one request.
const WAITING_BYTES: usize = 16 << 20;
/// Parts that may wait; each is at least a network packet.
const WAITING_PARTS: usize = 1 << 16;
/// Bytes a part counts beside its ids.
const PART_BYTES: usize = 64;

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
        [Self::Ndjson, Self::Csv].into_iter().find(|form| essence.eq_ignore_ascii_case(form.essence()))
    }

    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    fn essence(self) -> &'static str {
        self.content_type().split(';').next().expect("a split has a first part")
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

    /// Each line's id, or the number (from 1) of a line that holds none.
    pub fn ids(&self) -> impl Iterator<Item = Result<&str, u32>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            end.map(|end| &self.text[std::mem::replace(&mut start, end as usize)..end as usize])
        })
    }

    fn bytes(&self) -> usize {
        PART_BYTES + self.text.len() + self.ends.len() * size_of::<Result<u32, u32>>()
    }
}

/// A part and its share of what may wait.
type Waiting = (Part, OwnedSemaphorePermit);

/// The parts of a body in order, or why it ended early.
pub struct Parts(Receiver<Result<Waiting, ApiError>>);

impl Parts {
    /// Begins to read a body; a client may pause for `pause` between two pieces of it.
    pub fn of(request: &HttpRequest, payload: Payload, form: Form, pause: Duration) -> Self {
        let (send, parts) = channel(WAITING_PARTS);
        let body = Decompress::from_headers(payload, request.headers());
        let reader = BodyReader { body, lines: IdLines::new(form), pause, send };
        rt::spawn(reader.run());
        Self(parts)
    }

    /// The next part, once it has arrived.
    pub async fn next(&mut self) -> Option<Result<Part, ApiError>> {
        Some(self.0.recv().await?.map(|(part, _)| part))
    }
}

/// Reads a body beside those who answer it.
struct BodyReader {
    body: Decompress<Payload>,
    lines: IdLines,
    pause: Duration,
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
                Ok(part) => match self.admit(&waiting, part).await {
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
        let bytes = part.bytes().min(WAITING_BYTES) as u32;
        tokio::select! {
            permit = waiting.clone().acquire_many_owned(bytes) => Some((part, permit.ok()?)),
            () = self.send.closed() => None,
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
        let broken = |error| ApiError::new(Code::InvalidBody, format!("the body broke off: {error}"));
        self.lines.push(&piece.map_err(broken)?).map(Some)
    }
}
