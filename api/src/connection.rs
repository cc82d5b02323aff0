//! Connections of HTTP/2, which carry many requests: so many at once, and none that nobody reads.
//!
//! With HTTP/1.1 the system closes a connection whose client leaves sent bytes unread. A client of HTTP/2 can
//! instead open no window, so that nothing is sent to it at all: such a connection is closed here, after the same
//! time.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_http::{Extensions, Request};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::{self, net::TcpStream};
use actix_web::web::Bytes;
use socket2::{SockRef, Socket};

/// Requests that a connection may have open at once: what HTTP/2 recommends to allow at least.
pub const MOST_REQUESTS: usize = 100;

/// What is known of a connection.
#[derive(Debug)]
pub struct Connection(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: Socket,
    open: Cell<usize>,
    next: Cell<u64>,
    /// Requests whose client has not taken the piece handed over, since when.
    unread: RefCell<BTreeMap<u64, Instant>>,
}

/// An open request of a connection.
#[derive(Debug)]
pub struct Open {
    connection: Rc<Inner>,
    number: u64,
}

/// Remembers a connection of HTTP/2 in its `data`, and closes it when its client has left a piece unread for
/// `limit`.
pub fn register(io: &dyn Any, data: &mut Extensions, limit: Duration) {
    let Some(stream) = io.downcast_ref::<TlsStream<TcpStream>>() else { return };
    let (tcp, tls) = stream.get_ref();
    if tls.alpn_protocol() != Some(b"h2") {
        return;
    }
    let Ok(socket) = SockRef::from(tcp).try_clone() else { return };
    let inner = Inner { socket, open: Cell::new(0), next: Cell::new(0), unread: RefCell::default() };
    let inner = Rc::new(inner);
    rt::spawn(watch(Rc::downgrade(&inner), limit));
    data.insert(Connection(inner));
}

async fn watch(connection: Weak<Inner>, limit: Duration) {
    loop {
        rt::time::sleep(limit / 4).await;
        let Some(connection) = connection.upgrade() else { return };
        let unread = connection.unread.borrow().values().min().copied();
        if unread.is_some_and(|since| since.elapsed() >= limit) {
            // A client that has gone meanwhile is as good.
            let _ = connection.socket.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// The request among those of its connection: `Ok(None)` with HTTP/1.1, an error when there are too many.
pub fn open(request: &Request) -> Result<Option<Open>, TooMany> {
    let Some(Connection(inner)) = request.conn_data::<Connection>() else { return Ok(None) };
    if inner.open.get() >= MOST_REQUESTS {
        return Err(TooMany);
    }
    inner.open.set(inner.open.get() + 1);
    inner.next.set(inner.next.get() + 1);
    Ok(Some(Open { connection: inner.clone(), number: inner.next.get() }))
}

/// The connection has [`MOST_REQUESTS`] open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection has too many requests open")]
pub struct TooMany;

impl Drop for Open {
    fn drop(&mut self) {
        self.connection.open.set(self.connection.open.get() - 1);
        self.connection.unread.borrow_mut().remove(&self.number);
    }
}

/// A body that tells its connection when it waits for the client.
pub struct Followed {
    body: BoxBody,
    open: Open,
}

impl Followed {
    /// The body of an open request's answer.
    pub fn new(body: impl MessageBody + 'static, open: Open) -> Self {
        Self { body: body.boxed(), open }
    }
}

impl MessageBody for Followed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = self.body.as_pin_mut().poll_next(cx);
        let mut unread = self.open.connection.unread.borrow_mut();
        match &piece {
            Poll::Ready(Some(Ok(_))) => drop(unread.insert(self.open.number, Instant::now())),
            _ => drop(unread.remove(&self.open.number)),
        }
        drop(unread);
        piece
    }
}
