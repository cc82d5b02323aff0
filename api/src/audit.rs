//! The audit: one JSON line for each access to customer data, by whom, to how many, with what result.
//!
//! The audit holds keyed hashes of customer ids (HMAC-SHA-256, the first 128 bits) and never an id. Who has
//! the secret can ask who looked a customer up. Who has only the file learns nothing.
//!
//! The thread that answers writes the line before it sends the data. So a killed process loses no line, and
//! nobody gets data whose line cannot be written.
//!
//! Whoever likes can be refused 46,000 times a second. So refusals are samples: the first hundred and then one a
//! second has a line, which says for how many it stands, in room of its own. They never set evidence aside.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::hmac;
use tracing::error;

use crate::error::{ApiError, Code};

mod entry;
mod sampled;
mod settings;
mod sink;

pub use entry::{Customers, Entry, Refusal, hash};
pub use settings::AuditSettings;

use entry::{AuditLine, PROBE};
use sampled::Sampled;
use sink::{Sink, Weight};

/// How long a failed write is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// The audit's file and what it takes to write a line.
#[derive(Debug)]
pub struct Audit {
    secret: hmac::Key,
    sink: Mutex<Guarded>,
    broken: AtomicBool,
    refusals: Mutex<[Sampled; 2]>,
    unlisted: AtomicU64,
    failures: AtomicU64,
}

#[derive(Debug)]
struct Guarded {
    sink: Sink,
    /// When a write failed last, until one succeeds.
    failed: Option<Instant>,
}

/// The line could not be written. The data it is about must not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audit cannot be written")]
pub struct Unwritten;

impl From<Unwritten> for ApiError {
    fn from(_: Unwritten) -> Self {
        Self::new(Code::AuditUnavailable, "the access cannot be written down; try again later")
    }
}

/// The audit cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be opened.
    #[error("cannot open the audit {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The secret cannot be read or made.
    #[error("cannot use the audit's secret {}: {source}", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file of the secret holds something else.
    #[error("{} is not a secret of the audit: 64 hexadecimal digits are allowed", path.display())]
    NoSecret {
        /// The file.
        path: PathBuf,
    },
    /// Standard output has no place for a secret beside it.
    #[error("--audit - needs --audit-secret, so that hashes agree from one start to the next")]
    SecretPath,
}

impl Audit {
    /// Opens the file; `None` without an audit.
    pub fn start(settings: &AuditSettings) -> Result<Option<Self>, AuditError> {
        let Some(path) = &settings.audit else { return Ok(None) };
        let secret = settings.secret_or_new()?;
        let opened = Sink::open(path, settings.audit_max_bytes, settings.audit_keep);
        let sink = opened.map_err(|source| AuditError::Open { path: path.clone(), source })?;
        let sink = Mutex::new(Guarded { sink, failed: None });
        Ok(Some(Self {
            secret,
            sink,
            broken: AtomicBool::new(false),
            refusals: Mutex::new([Sampled::new(); 2]),
            unlisted: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }))
    }

    /// Whether a line may be tried: not for a second after one could not be written.
    pub fn works(&self) -> bool {
        !self.broken.load(Ordering::Relaxed) || self.lock().may_try()
    }

    /// Whether the last line could be written; when not, and a second has passed, a line that says nothing of
    /// customers is tried.
    pub fn is_working(&self) -> bool {
        if !self.broken.load(Ordering::Relaxed) {
            return true;
        }
        let may_try = self.lock().may_try();
        may_try && self.write(&PROBE).is_ok()
    }

    /// Refusals that have no line, and lines that could not be written.
    pub fn losses(&self) -> (u64, u64) {
        (self.unlisted.load(Ordering::Relaxed), self.failures.load(Ordering::Relaxed))
    }

    /// Opens the file of this name anew.
    pub fn reopen(&self) {
        if let Err(error) = self.lock().sink.reopen() {
            error!(%error, "the audit cannot be opened again; the file opened before stays in use");
        }
    }

    /// Writes a line; once this returns, the system has it. Hashing goes on beside other threads'. A refusal that
    /// is not sampled has none.
    pub fn write(&self, entry: &Entry<'_>) -> Result<(), Unwritten> {
        let (weight, refusals) = match entry.refusal {
            None => (Weight::Evidence, None),
            Some(refusal) => match self.sample(refusal) {
                Some(n) => (Weight::Sample, Some(n)),
                None => {
                    self.unlisted.fetch_add(1, Ordering::Relaxed);
                    return Ok(());
                }
            },
        };
        let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let line = AuditLine { time, entry, refusals, secret: &self.secret };
        let mut line = serde_json::to_vec(&line).expect("plain structs always serialise");
        line.push(b'\n');
        self.write_line(&line, weight)
    }

    fn sample(&self, refusal: Refusal) -> Option<u64> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals[refusal as usize].count(Instant::now())
    }

    fn write_line(&self, line: &[u8], weight: Weight) -> Result<(), Unwritten> {
        let mut guarded = self.lock();
        if !guarded.may_try() {
            return Err(Unwritten);
        }
        let written = guarded.sink.write(line, weight);
        let failed = written.is_err().then(Instant::now);
        match (&written, guarded.failed) {
            (Err(error), None) => {
                error!(%error, "the audit cannot be written: no customer data is given out until it can");
            }
            (Ok(_), Some(_)) => tracing::info!("the audit is written again"),
            _ => {}
        }
        guarded.failed = failed;
        self.broken.store(failed.is_some(), Ordering::Relaxed);
        self.failures.fetch_add(u64::from(failed.is_some()), Ordering::Relaxed);
        if matches!(written, Ok(false)) {
            self.unlisted.fetch_add(1, Ordering::Relaxed);
        }
        written.map(drop).map_err(|_| Unwritten)
    }

    /// A thread that panicked while it held the lock has left a whole line or none: the sink sees to that.
    fn lock(&self) -> MutexGuard<'_, Guarded> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guarded {
    fn may_try(&self) -> bool {
        self.failed.is_none_or(|when| when.elapsed() >= RETRY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(dir: &std::path::Path, max: u64) -> AuditSettings {
        AuditSettings {
            audit: Some(dir.join("audit.log")),
            audit_secret: None,
            audit_max_bytes: max,
            audit_keep: 2,
        }
    }

    fn write(audit: &Audit, id: &str) -> Result<(), Unwritten> {
        let mut customers = Customers::default();
        customers.push(id);
        audit.write(&Entry { route: "/route", ids: 1, found: 1, customers: &customers, ..PROBE })
    }

    #[test]
    fn ids_are_hashed_with_a_secret_that_stays() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let settings = settings(dir.path(), 1 << 20);
        for _ in 0..2 {
            let audit = Audit::start(&settings).expect("starts").expect("wanted");
            write(&audit, "C0000001").expect("written");
        }
        let text = std::fs::read_to_string(dir.path().join("audit.log")).expect("written");
        let expected = hash(&settings.secret().expect("made"), "C0000001");
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.contains(&expected)) && !text.contains("C0000001"), "{text}");
        for name in ["audit.log", "audit.log.secret"] {
            let mode = dir.path().join(name).metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        std::fs::write(dir.path().join("audit.log.secret"), "short").expect("written");
        assert!(matches!(Audit::start(&settings), Err(AuditError::NoSecret { .. })));
    }

    #[test]
    fn an_unfinished_line_stays_by_itself() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("audit.log");
        std::fs::write(&path, "{}\n{\"time\":").expect("written");
        let audit = Audit::start(&settings(dir.path(), 1 << 20)).expect("starts").expect("wanted");
        write(&audit, "a").expect("written");
        let text = std::fs::read_to_string(&path).expect("there");
        let whole: Vec<_> =
            text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()).collect();
        assert_eq!(whole, [true, false, true], "{text}");
    }

    #[test]
    fn a_full_file_is_set_aside_and_the_oldest_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let audit = Audit::start(&settings(dir.path(), 1024)).expect("starts").expect("wanted");
        for i in 0..40 {
            write(&audit, &format!("{i}")).expect("written");
        }
        let mut names: Vec<_> = std::fs::read_dir(dir.path()).expect("listed").flatten().collect();
        names.sort_by_key(|entry| entry.file_name());
        let names: Vec<_> = names.iter().map(|e| e.file_name().into_string().expect("text")).collect();
        assert_eq!(names, ["audit.log", "audit.log.1", "audit.log.2", "audit.log.secret"]);
        for name in &names[..3] {
            let text = std::fs::read_to_string(dir.path().join(name)).expect("written");
            assert!(text.len() <= 1024 && text.ends_with('\n'), "{name}");
            assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        }
    }

    #[test]
    fn while_nothing_can_be_written_it_says_so() {
        let settings =
            AuditSettings { audit: Some("/dev/full".into()), ..settings("/tmp".as_ref(), 1 << 20) };
        let dir = tempfile::tempdir().expect("a directory");
        let settings = AuditSettings { audit_secret: Some(dir.path().join("secret")), ..settings };
        let audit = Audit::start(&settings).expect("starts").expect("wanted");
        assert!(audit.works());
        assert_eq!(write(&audit, "a"), Err(Unwritten));
        assert!(!audit.works());
        std::thread::sleep(RETRY);
        assert!(audit.works(), "it is tried again");
        assert_eq!(write(&audit, "a"), Err(Unwritten));
    }
}
