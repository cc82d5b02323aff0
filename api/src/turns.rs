//! Connections before their requests: of HTTP/1.1 one request after the other, of HTTP/2 frames that say something.
//!
//! The framework reads as many requests as a client sends ahead, keeps thousands of their heads while an earlier
//! answer waits to be read, and each takes a hundred times its bytes. So it is given one head more than it has
//! handled, and no more before that one's turn: what else a client sends stays with the system.
//!
//! What the framework's parser refuses never gets to the service, and has no body. On a connection where nothing else was
//! asked before, the problem is written here in its place.

use std::cell::{Cell, RefCell};
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};

use actix_http::{HttpMessage, Request};
use actix_web::http::header::CONTENT_LENGTH;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::{ApiError, Code};

mod frames;
mod framing;

use frames::Frames;
use framing::{Announced, Reading};

/// Bytes after which other connections have their turn: frames and chunks cost far more than their bytes.
const TURN: usize = 16 << 10;
/// Most bytes of later requests that are read to see whether the client is still there.
const AHEAD: usize = 4 << 10;

/// Bytes of a head that any connection may have.
const SMALL_HEAD: usize = 8 << 10;
/// Bytes beyond that of all heads together that are not complete; a connection that needs more is closed.
const LARGE_HEADS: usize = 32 << 20;
/// How many of them there are.
static TAKEN_BY_HEADS: AtomicUsize = AtomicUsize::new(0);

/// A connection that gives its requests one by one.
pub struct OneByOne<T> {
    io: T,
    turn: Option<Turn>,
    /// Read, and not yet given.
    ahead: Vec<u8>,
    refusal: Refusal,
    /// The place in the frames of HTTP/2.
    frames: Frames,
    /// Bytes given since the others had their turn.
    given: usize,
}

/// Whose turn it is; the service says when it takes a request.
#[derive(Debug, Clone)]
pub struct Turn(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    reading: Cell<Reading>,
    /// Bytes of the head that is on its way.
    head: Cell<usize>,
    /// Whether any request was taken.
    taken: Cell<bool>,
    /// Whom to tell that the next one may come.
    waker: RefCell<Option<Waker>>,
}

/// What is written in place of a refusal without a body.
struct Refusal {
    /// Lines of its head.
    headers: Rc<str>,
    text: Vec<u8>,
    written: usize,
}

impl Turn {
    fn new() -> Self {
        Self(Rc::new(Inner {
            reading: Cell::new(Reading::head()),
            head: Cell::new(0),
            taken: Cell::new(false),
            waker: RefCell::default(),
        }))
    }

    /// The service takes the request whose head was given last.
    pub fn take(&self, request: &Request) {
        self.0.taken.set(true);
        self.0.grow_head_to(0);
        if self.0.reading.get() == Reading::Handed {
            self.0.reading.set(Reading::after_head(announced(request)));
        }
        if let Some(waker) = self.0.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

impl Inner {
    /// How many of the bytes belong to what is being read.
    fn advance(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut reading = self.reading.get();
        let begun = matches!(reading, Reading::Head(_));
        let used = reading.take(bytes);
        self.reading.set(reading);
        if begun && !self.grow_head_to(self.head.get() + used) {
            return Err(io::Error::other("heads of other requests take the memory that this one needs"));
        }
        Ok(used)
    }

    /// Whether there is room for a head of so many bytes; what is not needed is given back.
    fn grow_head_to(&self, bytes: usize) -> bool {
        let large = |head: usize| head.saturating_sub(SMALL_HEAD);
        let before = large(self.head.replace(bytes));
        let taken = TAKEN_BY_HEADS.fetch_add(large(bytes), Ordering::Relaxed) + large(bytes);
        TAKEN_BY_HEADS.fetch_sub(before, Ordering::Relaxed);
        large(bytes) == 0 || taken - before <= LARGE_HEADS
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.grow_head_to(0);
    }
}

/// The parser has checked both headers.
fn announced(request: &Request) -> Announced {
    if request.chunked().unwrap_or(false) {
        return Announced::Chunks;
    }
    let length =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Announced::Bytes(length.unwrap_or(0))
}

impl<T> OneByOne<T> {
    /// A connection of HTTP/1.1; `headers` are the lines that refusals have beside their own.
    pub fn http1(io: T, headers: Rc<str>) -> Self {
        Self { turn: Some(Turn::new()), ..Self::http2(io, headers) }
    }

    /// A connection of HTTP/2, whose frames are looked at as they pass.
    pub fn http2(io: T, headers: Rc<str>) -> Self {
        let refusal = Refusal { headers, text: Vec::new(), written: 0 };
        Self { io, turn: None, ahead: Vec::new(), refusal, frames: Frames::new(), given: 0 }
    }

    /// What is underneath.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// The connection's turn, for its requests.
    pub fn turn(&self) -> Option<Turn> {
        self.turn.clone()
    }
}

impl<T: AsyncRead + Unpin> OneByOne<T> {
    /// Nothing is given before the head given last is taken; an end is seen.
    fn wait(&mut self, turn: &Turn, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.ahead.len() < AHEAD {
            let mut room = [MaybeUninit::uninit(); AHEAD];
            let mut room = ReadBuf::uninit(&mut room);
            if Pin::new(&mut self.io).poll_read(cx, &mut room)?.is_pending() {
                break;
            }
            if room.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.ahead.extend_from_slice(room.filled());
        }
        if !self.ahead.is_empty() {
            turn.0.waker.replace(Some(cx.waker().clone()));
        }
        Poll::Pending
    }

    /// Gives what was read before.
    fn give(&mut self, turn: &Turn, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let used = turn.0.advance(&self.ahead[..self.ahead.len().min(buf.remaining())])?;
        buf.put_slice(&self.ahead[..used]);
        self.ahead.drain(..used);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
        Ok(())
    }

    /// Gives what has come, up to the end of a head.
    fn receive(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let Some(turn) = self.turn.clone() else {
            ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
            let allowed = self.frames.allow(&buf.filled()[before..]);
            let refused = || io::Error::other("a head or a row of empty frames is too long");
            return Poll::Ready(allowed.then_some(()).ok_or_else(refused));
        };
        if turn.0.reading.get() == Reading::Handed {
            return self.wait(&turn, cx);
        }
        if !self.ahead.is_empty() {
            return Poll::Ready(self.give(&turn, buf));
        }
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let seen = &buf.filled()[before..];
        let used = turn.0.advance(seen)?;
        self.ahead.extend_from_slice(&seen[used..]);
        buf.set_filled(before + used);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for OneByOne<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.given >= TURN {
            this.given = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let received = this.receive(cx, buf);
        this.given = if received.is_pending() { 0 } else { this.given + buf.filled().len() - before };
        received
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for OneByOne<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let parsers = this.turn.as_ref().is_some_and(|turn| !turn.0.taken.get());
        if parsers && this.refusal.text.is_empty() {
            this.refusal.of(bytes);
        }
        while this.refusal.written < this.refusal.text.len() {
            let rest = &this.refusal.text[this.refusal.written..];
            let written = ready!(Pin::new(&mut this.io).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Ok(0));
            }
            this.refusal.written += written;
        }
        if this.refusal.written > 0 {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut this.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl Refusal {
    /// The problem that belongs to a head which the framework wrote by itself.
    fn of(&mut self, head: &[u8]) {
        let Some(head) = std::str::from_utf8(head).ok().and_then(|text| text.strip_suffix("\r\n\r\n")) else {
            return;
        };
        let Some((code, detail)) = head.get(9..12).and_then(reason) else { return };
        let body = ApiError::new(code, detail).problem();
        let body = serde_json::to_string(&body).expect("a plain struct always serialises");
        let status = head.lines().next().unwrap_or(head);
        let date = head.lines().find(|line| line.starts_with("date:")).unwrap_or("date: unknown");
        let (headers, length) = (&self.headers, body.len());
        let text = format!(
            "{status}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\nconnection: close\r\n\
             {date}\r\n{headers}\r\n{body}"
        );
        self.text = text.into_bytes();
    }
}

fn reason(status: &str) -> Option<(Code, &'static str)> {
    Some(match status {
        "400" => (Code::InvalidRequest, "these bytes are no request of HTTP/1.1"),
        "408" => (Code::HeadTimeout, "the request's head did not arrive in time"),
        "431" => (Code::HeadTooLarge, "the request's head has more than 128 KiB or more than 96 headers"),
        _ => return None,
    })
}
