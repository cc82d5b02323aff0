//! Answers that wait for their readers: counted in their key's share until the last byte is handed over.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::web::Bytes;
use futures_util::stream;

use crate::budget::{Memory, Place};

/// Answers up to here are not counted: a connection has buffers of this size anyway.
pub const SMALL: u64 = 64 << 10;
/// Bytes handed over at once, so that what was handed over is freed.
const PIECE: usize = 32 << 10;

/// A whole answer and its memory.
struct Held {
    bytes: Bytes,
    #[expect(dead_code, reason = "held")]
    memory: Memory,
}

impl MessageBody for Held {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let held = self.get_mut();
        if held.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = PIECE.min(held.bytes.len());
        // A copy, so that nobody keeps the whole for the sake of its end.
        let piece = Bytes::copy_from_slice(&held.bytes.split_to(length));
        Poll::Ready(Some(Ok(piece)))
    }
}

/// An answer in pieces and what is held until its end.
struct Kept<T> {
    pieces: BoxBody,
    #[expect(dead_code, reason = "held")]
    with: T,
}

impl<T: Unpin> MessageBody for Kept<T> {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.pieces.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.pieces.as_pin_mut().poll_next(cx)
    }
}

/// The body with what is held until its end.
pub fn kept(pieces: BoxBody, with: impl Unpin + 'static) -> BoxBody {
    Kept { pieces, with }.boxed()
}

/// Bytes that all answers share, handed over in pieces.
struct Shared(Bytes);

impl MessageBody for Shared {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let bytes = &mut self.get_mut().0;
        let length = PIECE.min(bytes.len());
        Poll::Ready((length > 0).then(|| Ok(bytes.split_to(length))))
    }
}

/// The answer with bytes that others have too: an unread one costs a piece of them.
pub fn shared(response: HttpResponse, bytes: Bytes) -> HttpResponse {
    response.map_body(|_, _| Shared(bytes).boxed())
}

/// The answer with its memory.
pub fn held(response: HttpResponse, memory: Memory) -> HttpResponse {
    response.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) => Held { bytes, memory }.boxed(),
        Err(body) => body,
    })
}

/// The answer with its place.
pub fn placed(response: HttpResponse, place: Place) -> HttpResponse {
    response.map_body(|_, pieces| kept(pieces, place))
}

/// The head of an answer in pieces, for HEAD: none of them is made.
pub fn head_of_stream(response: HttpResponse) -> HttpResponse {
    let none = stream::empty::<Result<Bytes, Infallible>>();
    response.map_body(|_, _| BodyStream::new(none).boxed())
}
