//! Which run is served: follows the store, swaps atomically, keeps the old run when the new is bad.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use segmentation_lib::store::{RunId, Store, StoreError};
use tracing::{error, info, warn};

use crate::served::Served;
use crate::table::LoadError;

/// How long a refused run is left alone. It may be mended in place.
const RETRY: Duration = Duration::from_secs(5);

/// Priority of loading beside requests, of 0 (equal) to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// The run being served, shared by all workers.
#[derive(Debug, Default)]
pub struct Published {
    run: ArcSwapOption<Served>,
    trouble: ArcSwapOption<String>,
}

impl Published {
    /// The run being served; a request takes it once and keeps it to its end.
    pub fn run(&self) -> Option<Arc<Served>> {
        self.run.load_full()
    }

    /// The same for an answer that is made at once: nobody counts who holds it.
    pub fn glance(&self) -> arc_swap::Guard<Option<Arc<Served>>> {
        self.run.load()
    }

    /// Why the store's current run is not the one being served.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }
}

/// A request to the watcher.
enum Command {
    Reload,
    Stop,
}

/// The thread that follows the store. Dropping it stops the thread.
#[derive(Debug)]
pub struct Watcher {
    published: Arc<Published>,
    commands: Sender<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Starts to follow `store`, looking at its pointer every `poll`.
    pub fn start(store: Store, poll: Duration) -> std::io::Result<Self> {
        let published = Arc::<Published>::default();
        let (commands, inbox) = mpsc::channel();
        let mut loader = Loader { store, published: published.clone(), refused: None, retired: Vec::new() };
        let work = move || {
            loop {
                loader.look();
                match inbox.recv_timeout(poll) {
                    Ok(Command::Reload) => loader.refused = None,
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let thread = std::thread::Builder::new().name("watcher".to_owned()).spawn(work)?;
        Ok(Self { published, commands, thread: Some(thread) })
    }

    /// What is served.
    pub fn published(&self) -> Arc<Published> {
        self.published.clone()
    }

    /// Looks at the store now, also at a run that was refused.
    pub fn reload(&self) {
        // Fails only when the thread has ended, which happens on drop alone.
        let _ = self.commands.send(Command::Reload);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the watcher of the store panicked");
        }
    }
}

/// The thread's work.
struct Loader {
    store: Store,
    published: Arc<Published>,
    /// The run refused last, and when.
    refused: Option<(RunId, Instant)>,
    /// Runs no longer served, kept until no request holds them. Freeing one takes milliseconds, and the last
    /// request to let go would have to wait for it.
    retired: Vec<Arc<Served>>,
}

impl Loader {
    fn no_run(&self) -> String {
        let error = StoreError::NoRun { root: self.store.root().to_owned() };
        format!("{error}; `segment run` publishes one")
    }

    fn look(&mut self) {
        self.retired.retain(|run| Arc::strong_count(run) > 1);
        match self.store.current() {
            Ok(None) => self.trouble(self.no_run()),
            Err(error) => self.trouble(error.to_string()),
            Ok(Some(run_id)) => self.serve(run_id),
        }
    }

    fn serve(&mut self, run_id: RunId) {
        if self.published.run().is_some_and(|run| run.run_id() == run_id.as_str()) {
            self.published.trouble.store(None);
            return;
        }
        if self.refused.as_ref().is_some_and(|(id, when)| *id == run_id && when.elapsed() < RETRY) {
            return;
        }
        match self.load(&run_id) {
            Ok(()) => self.refused = None,
            Err(error) => {
                self.trouble(error.to_string());
                self.refused = Some((run_id, Instant::now()));
            }
        }
    }

    fn load(&mut self, run_id: &RunId) -> Result<(), LoadError> {
        let start = Instant::now();
        let run = Arc::new(Served::load(&self.store, run_id)?);
        match self.published.run.swap(Some(run.clone())) {
            Some(old) => self.retired.push(old),
            // Nobody waits for the first run any more: from now on requests come first.
            None => yield_to_requests(),
        }
        self.published.trouble.store(None);
        // Logged once it is true: a reader of the log may ask at once.
        info!(
            run_id = run_id.as_str(),
            customers = run.manifest().customers,
            bytes = run.bytes(),
            seconds = start.elapsed().as_secs_f64(),
            "serving"
        );
        Ok(())
    }

    /// Remembers and logs why the store's run is not served, once for each reason.
    fn trouble(&self, reason: String) {
        if self.published.trouble().is_some_and(|known| *known == reason) {
            return;
        }
        match self.published.run() {
            Some(run) => {
                warn!(reason, serving = run.run_id(), "the store's current run cannot be served")
            }
            None => warn!(reason, "no run to serve"),
        }
        self.published.trouble.store(Some(Arc::new(reason)));
    }
}

/// Gives this thread the lowest share of the processor. When the workers leave nothing idle, the next run
/// loads more slowly and answers stay fast. Other systems than Linux have no priority for a
/// single thread.
fn yield_to_requests() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        warn!(%error, "the next run is loaded with the priority of requests");
    }
}
