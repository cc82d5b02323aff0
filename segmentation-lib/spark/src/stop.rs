//! What ends a query early: a signal, or nobody who reads its result any more.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::Error;
use crate::output::NOBODY_READS;

/// How often it is looked whether somebody reads; between two rows hours may pass.
const LOOK: Duration = Duration::from_millis(250);

/// What is watched. Made before the first call, so that no signal is missed.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Watches SIGINT, SIGTERM and standard output from now on.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub fn watch() -> Result<Self, Error> {
        let of = |kind| signal(kind).map_err(|source| Error::Stream { stream: "watching signals", source });
        Ok(Self { interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())? })
    }

    /// Waits until there is a reason to stop.
    pub async fn asked(&mut self) -> Error {
        let cause = tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            () = unread() => NOBODY_READS,
        };
        Error::Interrupted { cause }
    }
}

async fn unread() {
    while is_read() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether standard output has a reader; a file has.
fn is_read() -> bool {
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let looked = poll(&mut watched, Some(&Timespec::default()));
    looked.is_err() || !watched[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}
