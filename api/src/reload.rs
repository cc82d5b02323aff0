//! Files that are read again when they change: keys, certificates.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use segmentation_lib::regular_file;
use tracing::{error, info};

/// Largest file.
pub const MOST_BYTES: u64 = 8 << 20;

type Apply = Box<dyn FnMut(&[Vec<u8>]) -> Result<(), String> + Send>;

/// Files that belong together, and what takes their bytes.
pub struct Watched {
    /// What they are, for the log.
    pub what: &'static str,
    /// The files.
    pub paths: Vec<PathBuf>,
    /// Takes all their bytes, or says why not.
    pub apply: Apply,
    /// Their bytes when they were taken last.
    pub seen: Vec<Vec<u8>>,
    /// Told each time the files were read, valid and the same as before.
    pub same: Box<dyn Fn() + Send>,
}

/// The thread that looks at the files. Dropping it stops the thread.
#[derive(Debug)]
pub struct Reloader {
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reloader {
    /// Looks at every file each `poll`. Contents are compared, not times: files replaced within the
    /// clock's resolution, or through a mount that has none, are seen too.
    pub fn start(mut files: Vec<Watched>, poll: Duration) -> io::Result<Self> {
        let (wake, woken) = mpsc::channel();
        let mut trouble = vec![String::new(); files.len()];
        let work = move || {
            while !matches!(woken.recv_timeout(poll), Err(RecvTimeoutError::Disconnected)) {
                for (watched, trouble) in files.iter_mut().zip(&mut trouble) {
                    report(watched.what, watched.look(), trouble);
                }
            }
        };
        let thread = std::thread::Builder::new().name("reload".to_owned()).spawn(work)?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// Looks now.
    pub fn reload(&self) {
        // Fails only when the thread has ended, which happens on drop alone.
        let _ = self.wake.as_ref().map(|wake| wake.send(()));
    }
}

impl Drop for Reloader {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the thread that reads changed files panicked");
        }
    }
}

impl Watched {
    /// Whether there was something new, or why it cannot be taken.
    fn look(&mut self) -> Result<bool, String> {
        let read = |path: &PathBuf| {
            regular_file::read(path, MOST_BYTES).map_err(|error| format!("{}: {error}", path.display()))
        };
        let bytes: Vec<_> = self.paths.iter().map(read).collect::<Result<_, _>>()?;
        if bytes == self.seen {
            (self.same)();
            return Ok(false);
        }
        (self.apply)(&bytes)?;
        self.seen = bytes;
        Ok(true)
    }
}

/// Logs what changed; the same trouble once.
fn report(what: &str, result: Result<bool, String>, trouble: &mut String) {
    match result {
        Ok(true) => info!(what, "read again"),
        Ok(false) => {}
        Err(reason) if reason == *trouble => return,
        Err(reason) => {
            error!(what, reason, "cannot be read again; what was read before stays in use");
            *trouble = reason;
            return;
        }
    }
    trouble.clear();
}
