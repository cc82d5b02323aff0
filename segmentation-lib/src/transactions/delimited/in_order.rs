//! Blocks worked on by all threads, their results taken in order.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::blocks::{BlockError, Blocks};

/// Blocks under way for each thread: one that it works on and one whose result waits for its turn.
const TICKETS: usize = 2;

/// A block may be read by whoever has one. There is a fixed number, handed on when a block's result was
/// taken: that bounds the memory, and lets blocks be read into memory that was used before.
struct Ticket<C> {
    buffer: Vec<u8>,
    context: C,
}

/// The blocks that are left, and the number of the next.
struct Left<R> {
    blocks: Option<Blocks<R>>,
    next: usize,
}

impl<R: Read> Left<R> {
    /// Reads the next block; gives its number, or `None` after the last.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Option<(usize, Result<(), BlockError>)> {
        let read = self.blocks.as_mut()?.next(buffer);
        if !matches!(read, Ok(true)) {
            self.blocks = None;
        }
        let number = self.next;
        self.next += 1;
        match read {
            Ok(true) => Some((number, Ok(()))),
            Ok(false) => None,
            Err(error) => Some((number, Err(error))),
        }
    }
}

/// What became of a block, and its buffer. A panic is an outcome too: nobody is left waiting.
type Done<T> = (usize, std::thread::Result<Result<T, BlockError>>, Vec<u8>);

/// Lets `work` turn each block, with its number from 0, into a result, on as many threads as rayon has,
/// and hands the results to `take` in the order of the blocks. `work` also gets a context: `first`, later
/// what `take` returned last. Stops at the first error that `take` returns.
pub(super) fn in_order<R: Read + Send, C: Clone + Send, T: Send, E>(
    blocks: Blocks<R>,
    first: C,
    work: impl Fn(usize, &[u8], &C) -> T + Sync,
    take: impl FnMut(Result<T, BlockError>) -> Result<C, E>,
) -> Result<(), E> {
    let threads = if blocks.is_one() { 1 } else { rayon::current_num_threads() };
    let left = Mutex::new(Left { blocks: Some(blocks), next: 0 });
    let (give_ticket, tickets) = sync_channel(TICKETS * threads);
    for _ in 0..TICKETS * threads {
        hand_on(&give_ticket, Vec::new(), first.clone());
    }
    let tickets = Mutex::new(tickets);
    let (left, tickets, work) = (&left, &tickets, &work);
    std::thread::scope(move |scope| {
        let (send, done) = sync_channel(TICKETS * threads);
        for _ in 0..threads {
            let send = send.clone();
            scope.spawn(move || work_on(left, tickets, &send, work));
        }
        drop(send);
        take_in_order(done, give_ticket, take)
    })
}

fn work_on<R: Read, C, T>(
    left: &Mutex<Left<R>>,
    tickets: &Mutex<Receiver<Ticket<C>>>,
    done: &SyncSender<Done<T>>,
    work: impl Fn(usize, &[u8], &C) -> T,
) {
    loop {
        let ticket = locked(tickets).recv();
        let Ok(Ticket { mut buffer, context }) = ticket else { break };
        let Some((number, read)) = locked(left).read(&mut buffer) else { break };
        let result = catch_unwind(AssertUnwindSafe(|| read.map(|()| work(number, &buffer, &context))));
        // The other end hangs up when taking stops early.
        if done.send((number, result, buffer)).is_err() {
            break;
        }
    }
}

/// Takes both ends of the channels with it: the threads end when it does.
fn take_in_order<C, T, E>(
    done: Receiver<Done<T>>,
    give_ticket: SyncSender<Ticket<C>>,
    mut take: impl FnMut(Result<T, BlockError>) -> Result<C, E>,
) -> Result<(), E> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    for (number, result, buffer) in done {
        early.insert(number, (result, buffer));
        while let Some((result, buffer)) = early.remove(&next) {
            let result = result.unwrap_or_else(|panic| resume_unwind(panic));
            hand_on(&give_ticket, buffer, take(result)?);
            next += 1;
        }
    }
    Ok(())
}

fn hand_on<C>(give_ticket: &SyncSender<Ticket<C>>, buffer: Vec<u8>, context: C) {
    // There is room for every ticket; when no thread works any more, nobody needs one.
    let _ = give_ticket.send(Ticket { buffer, context });
}

/// A panic while reading breaks a stream off as its end would; the scope passes the panic on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::records::{Dialect, Separator};
    use super::*;

    const LINES: Dialect = Dialect { separator: Separator::Byte(b','), terminator: b'\n' };

    /// Ten blocks or so, each of one digit over and over.
    fn text() -> String {
        (0..10).map(|digit| format!("{digit}\n").repeat(500_000)).collect()
    }

    /// First digit of each block, `stop` results at most.
    fn first_digits(stop: usize) -> (Result<(), &'static str>, Vec<u8>) {
        let text = text();
        let blocks = Blocks::new(text.as_bytes(), Vec::new(), false, LINES);
        let mut taken = Vec::new();
        let work = |number: usize, block: &[u8], late: &bool| {
            // Even blocks are late, so that odd ones wait for them.
            if *late && number.is_multiple_of(2) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            block[0]
        };
        let ended = in_order(blocks, true, work, |digit| {
            taken.push(digit.expect("readable"));
            if taken.len() < stop { Ok(true) } else { Err("enough") }
        });
        (ended, taken)
    }

    #[test]
    fn results_are_taken_in_the_order_of_the_blocks() {
        let (ended, taken) = first_digits(usize::MAX);
        assert!(ended.is_ok() && taken.is_sorted(), "{taken:?}");
        assert!(taken.starts_with(b"0") && taken.ends_with(b"9") && taken.len() > 8, "{taken:?}");
    }

    #[test]
    fn an_error_ends_the_work() {
        assert_eq!(first_digits(3).0, Err("enough"));
        assert_eq!(first_digits(3).1.len(), 3);
    }

    #[test]
    #[should_panic(expected = "block 4")]
    fn a_panic_is_passed_on() {
        let text = text();
        let blocks = Blocks::new(text.as_bytes(), Vec::new(), false, LINES);
        let work = |number: usize, _: &[u8], (): &()| assert!(number != 4, "block {number}");
        let _ = in_order(blocks, (), work, |_| Ok::<(), ()>(()));
    }
}
