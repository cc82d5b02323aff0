//! Progress of long work, and the way to stop it.
//!
//! Stages report through a [`Progress`] and ask it at safe points whether to go on; nothing is
//! printed here. What is shown (a bar, a notebook cell, nothing) is the caller's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The work was cancelled before it finished; nothing was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled before it finished; nothing was published, so it can be run again")]
pub struct Cancelled;

/// How far a stage has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// The stage: `read`, `features`, `k-means`, `ward`, `silhouette`, `publish`, …
    pub stage: &'static str,
    /// Units done: rows, customers, bytes, as the stage says.
    pub done: u64,
    /// Units in all, when known.
    pub total: Option<u64>,
}

type Sink = dyn Fn(Update) + Send + Sync;

/// Where stages report, and where they learn that they should stop.
#[derive(Clone, Default)]
pub struct Progress {
    sink: Option<Arc<Sink>>,
    cancelled: Arc<AtomicBool>,
}

impl Progress {
    /// Reports nowhere.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Reports to `sink`, which may be called from any thread.
    pub fn new(sink: impl Fn(Update) + Send + Sync + 'static) -> Self {
        Self { sink: Some(Arc::new(sink)), cancelled: Arc::default() }
    }

    /// Reports nowhere, but is cancelled together with this one: for steps of a larger stage.
    pub fn quiet(&self) -> Self {
        Self { sink: None, cancelled: Arc::clone(&self.cancelled) }
    }

    /// Tells how far `stage` is.
    pub fn report(&self, stage: &'static str, done: u64, total: Option<u64>) {
        if let Some(sink) = &self.sink {
            sink(Update { stage, done, total });
        }
    }

    /// Asks all work that shares this progress to stop at its next safe point.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Fails once [`Progress::cancel`] was called; long loops ask it often.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.cancelled.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("reports", &self.sink.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_sees_the_cancellation() {
        let progress = Progress::silent();
        let clone = progress.clone();
        assert_eq!(clone.check(), Ok(()));
        progress.cancel();
        assert_eq!(clone.check(), Err(Cancelled));
    }

    #[test]
    fn a_quiet_step_reports_nothing_and_is_cancelled_with_the_whole() {
        let progress = Progress::new(|update| panic!("{update:?} was reported"));
        let quiet = progress.quiet();
        quiet.report("gap", 1, Some(2));
        progress.cancel();
        assert_eq!(quiet.check(), Err(Cancelled));
    }
}
