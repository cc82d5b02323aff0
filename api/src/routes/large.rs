//! Large pieces of an answer: made beside the workers, handed over in parts, charged by what was handed over.

use actix_web::web::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::{self, Stream};

use super::movement::beside_the_workers;
use crate::budget::Memory;
use crate::error::ApiError;
use crate::visit::{Paid, Visit};

/// Bytes handed over at once: a connection has buffers of this size anyway.
const PART: usize = 32 << 10;

/// A piece that is handed over. What the client leaves of it is given back.
pub(super) struct Large {
    rest: Bytes,
    bytes: u64,
    paid: Paid,
    ids: u64,
    #[expect(dead_code, reason = "held until the last part is handed over")]
    memory: Memory,
}

impl Large {
    /// The work's bytes, beside what else it gives. `bytes` is about how many there will be: so much memory is waited for
    /// first.
    pub(super) async fn made<T: Send + 'static>(
        visit: &Visit,
        bytes: usize,
        paid: Paid,
        work: impl FnOnce() -> (T, Vec<u8>) + Send + 'static,
    ) -> Result<(T, Self), ApiError> {
        let mut memory = visit.share().held.take(bytes).await;
        let (beside, made) = beside_the_workers(visit, work).await?;
        memory.shrink(made.len());
        memory.grow(made.len()).await;
        let (bytes, ids) = (made.len() as u64, paid.ids());
        Ok((beside, Self { rest: made.into(), bytes, paid, ids, memory }))
    }

    /// As [`made`](Self::made), of work that may fail.
    pub(super) async fn tried<E: Send + 'static>(
        visit: &Visit,
        bytes: usize,
        paid: Paid,
        work: impl FnOnce() -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<Result<Self, E>, ApiError> {
        let work = move || match work() {
            Ok(bytes) => (Ok(()), bytes),
            Err(error) => (Err(error), Vec::new()),
        };
        let (done, made) = Self::made(visit, bytes, paid, work).await?;
        Ok(done.map(|()| made))
    }

    /// The next part; none after the last.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        let length = PART.min(self.rest.len());
        // A copy, so that nobody keeps the whole for the sake of its end.
        let part = Bytes::copy_from_slice(&self.rest.split_to(length));
        self.paid.leave(self.ids * self.rest.len() as u64 / self.bytes.max(1));
        (length > 0).then_some(part)
    }
}

/// The parts of a piece that is made when the first is asked for. What comes with it is held until the last.
pub(super) fn when_asked<T>(
    make: impl Future<Output = Result<(T, Large), ApiError>>,
) -> impl Stream<Item = Result<Bytes, ApiError>> {
    let parts = |(held, mut piece): (T, Large)| {
        stream::iter(std::iter::from_fn(move || {
            let _ = &held;
            piece.next().map(Ok)
        }))
    };
    stream::once(make).map_ok(parts).try_flatten()
}
