//! Memory and processor time that requests may use: each key its share, all keys together no more than is
//! there.
//!
//! Memory is taken before it is allocated and given back when it is freed. Who asks for more than is left
//! waits. So what the process holds at most is known when it starts, whatever is sent to it:
//!
//! | pool | all | one key |
//! |---|---|---|
//! | bodies, decoders, answers that wait for their readers | [`Sizes::held`] | 7/8 of it |
//! | ids of lists that wait for their answers | half as much | a quarter as much |
//!
//! A service without keys has one share, that of everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::error::{ApiError, Code};

/// Memory is counted in pieces of this many bytes.
const UNIT: usize = 1024;

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Bytes of bodies, decoders and answers, of all requests together.
    pub held: usize,
    /// Answers that one key may have running in pieces at once.
    pub streams: usize,
    /// Pieces of work that run beside the workers at once.
    pub jobs: usize,
}

/// All of it.
#[derive(Debug)]
pub struct Budget {
    sizes: Sizes,
    held: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    jobs: Arc<Semaphore>,
    shares: Mutex<HashMap<String, Share>>,
}

/// What one key may use; clones are the same share.
#[derive(Debug, Clone)]
pub struct Share {
    /// For bodies, decoders and answers.
    pub held: Pool,
    /// For ids of lists that wait for their answers.
    pub waiting: Pool,
    streams: Arc<Semaphore>,
    own_jobs: Arc<Semaphore>,
    jobs: Arc<Semaphore>,
}

/// Memory of one kind, as one key sees it.
#[derive(Debug, Clone)]
pub struct Pool {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
    most: usize,
}

/// Memory that was taken; dropping it gives it back.
#[derive(Debug)]
pub struct Memory {
    pool: Pool,
    units: u32,
    taken: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

/// The memory was not there in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("other requests hold the memory")]
pub struct Full;

impl From<Full> for ApiError {
    fn from(_: Full) -> Self {
        let detail = "other requests hold the memory that this one needs; try again later";
        Self::new(Code::Busy, detail).header(RETRY_AFTER, "1")
    }
}

/// A running stream's place; dropping it makes room for another.
#[derive(Debug)]
pub struct Place(#[expect(dead_code, reason = "held")] OwnedSemaphorePermit);

impl Sizes {
    /// The most that one key may hold.
    pub fn held_by_one(&self) -> usize {
        self.held / 8 * 7
    }
}

impl Budget {
    /// With this much.
    pub fn new(sizes: Sizes) -> Self {
        let units = |bytes: usize| Arc::new(Semaphore::new(bytes / UNIT));
        Self {
            held: units(sizes.held),
            waiting: units(sizes.held / 2),
            jobs: Arc::new(Semaphore::new(sizes.jobs)),
            shares: Mutex::default(),
            sizes,
        }
    }

    /// The share of the key with this id, which must be one of the file of keys; "" for everybody where there
    /// are none.
    pub fn share(&self, key: &str) -> Share {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(key) {
            return share.clone();
        }
        let share = Share {
            held: Pool::new(self.sizes.held_by_one(), &self.held),
            waiting: Pool::new(self.sizes.held / 4, &self.waiting),
            streams: Arc::new(Semaphore::new(self.sizes.streams)),
            own_jobs: Arc::new(Semaphore::new(self.sizes.jobs.div_ceil(2))),
            jobs: self.jobs.clone(),
        };
        shares.entry(key.to_owned()).or_insert(share).clone()
    }

    /// Bytes taken now: held, and waiting in lists.
    pub fn taken(&self) -> (usize, usize) {
        let taken = |most: usize, left: &Semaphore| (most / UNIT - left.available_permits()) * UNIT;
        (taken(self.sizes.held, &self.held), taken(self.sizes.held / 2, &self.waiting))
    }
}

impl Share {
    /// A place for another stream; `None` while the key has as many as it may.
    pub fn stream(&self) -> Option<Place> {
        self.streams.clone().try_acquire_owned().ok().map(Place)
    }

    /// Does long work beside the workers, which answer others meanwhile: as much of it at once as there are
    /// processors, of one key half as much. `None` when it panicked.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        // The key's own turn first: who waits for that keeps nobody else waiting.
        let own = self.own_jobs.clone().acquire_owned().await.ok()?;
        let turn = (self.jobs.clone().acquire_owned().await.ok()?, own);
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

impl Pool {
    fn new(bytes: usize, all: &Arc<Semaphore>) -> Self {
        Self { own: Arc::new(Semaphore::new(bytes / UNIT)), all: all.clone(), most: bytes / UNIT }
    }

    /// No memory yet, to grow.
    pub fn none(&self) -> Memory {
        Memory { pool: self.clone(), units: 0, taken: None }
    }

    /// Waits until so many bytes are there; never for more than the key may have at all.
    pub async fn take(&self, bytes: usize) -> Memory {
        let mut memory = self.none();
        memory.grow(bytes).await;
        memory
    }

    /// So many bytes if they are there now.
    pub fn try_take(&self, bytes: usize) -> Option<Memory> {
        let units = bytes.div_ceil(UNIT).min(self.most) as u32;
        let now = |semaphore: &Arc<Semaphore>| -> Result<_, TryAcquireError> {
            semaphore.clone().try_acquire_many_owned(units)
        };
        let taken = (now(&self.own).ok()?, now(&self.all).ok()?);
        Some(Memory { pool: self.clone(), units, taken: Some(taken) })
    }
}

impl Memory {
    /// Waits until there are so many bytes in all. Dropping the future leaves what was taken before.
    pub async fn grow(&mut self, bytes: usize) {
        let more = (bytes.div_ceil(UNIT).min(self.pool.most) as u32).saturating_sub(self.units);
        if more == 0 {
            return;
        }
        // The key's own share first: who waits for that keeps nothing from others. Nobody closes either.
        let Ok(own) = self.pool.own.clone().acquire_many_owned(more).await else { return };
        let Ok(all) = self.pool.all.clone().acquire_many_owned(more).await else { return };
        self.units += more;
        match &mut self.taken {
            Some((before, before_all)) => {
                before.merge(own);
                before_all.merge(all);
            }
            none => *none = Some((own, all)),
        }
    }

    /// The same, for so long at most.
    pub async fn grow_within(&mut self, bytes: usize, patience: Duration) -> Result<(), Full> {
        tokio::time::timeout(patience, self.grow(bytes)).await.map_err(|_| Full)
    }

    /// Gives back all but so many bytes.
    pub fn shrink(&mut self, bytes: usize) {
        let less = (self.units as usize).saturating_sub(bytes.div_ceil(UNIT));
        if let Some((own, all)) = &mut self.taken {
            self.units -= less as u32;
            drop((own.split(less), all.split(less)));
        }
    }

    /// Bytes taken.
    pub fn bytes(&self) -> usize {
        self.units as usize * UNIT
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MIB: usize = 1 << 20;

    fn budget() -> Budget {
        Budget::new(Sizes { held: 8 * MIB, streams: 2, jobs: 1 })
    }

    #[test]
    fn a_key_cannot_take_what_others_are_left() {
        let budget = budget();
        let (greedy, other) = (budget.share("a"), budget.share("b"));
        let all = greedy.held.try_take(100 * MIB).expect("its share");
        assert_eq!(all.bytes(), 7 * MIB);
        assert!(budget.share("a").held.try_take(1).is_none(), "the share is the same");
        assert!(greedy.held.take(1).now_or_never().is_none(), "it waits");
        let rest = other.held.try_take(MIB).expect("another key's");
        assert_eq!(budget.taken(), (8 * MIB, 0));
        drop((all, rest));
        assert_eq!(budget.taken(), (0, 0));
        assert!(greedy.held.take(1).now_or_never().is_some());
    }

    #[test]
    fn memory_grows_and_is_given_back_whole() {
        let budget = budget();
        let mut memory = budget.share("").held.none();
        for bytes in [1, UNIT, 3 * UNIT, 2 * UNIT] {
            memory.grow(bytes).now_or_never().expect("there");
        }
        assert_eq!((memory.bytes(), budget.taken().0), (3 * UNIT, 3 * UNIT));
        memory.shrink(4 * UNIT);
        assert_eq!(memory.bytes(), 3 * UNIT);
        memory.shrink(UNIT + 1);
        assert_eq!((memory.bytes(), budget.taken().0), (2 * UNIT, 2 * UNIT));
        drop(memory);
        assert_eq!(budget.taken(), (0, 0));
    }

    #[test]
    fn a_key_has_so_many_streams() {
        let budget = budget();
        let share = budget.share("a");
        let places = [share.stream(), share.stream()];
        assert!(places.iter().all(Option::is_some) && budget.share("a").stream().is_none());
        assert!(budget.share("b").stream().is_some());
        drop(places);
        assert!(share.stream().is_some());
    }
}
