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

use clap::Args;
use ring::hmac;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use tracing::error;

use segmentation_lib::regular_file;

use crate::error::{ApiError, Code};
use crate::files;
use crate::keys::hex;

mod sink;

use sink::{Sink, Weight};

/// How long a failed write is left alone.
const RETRY: Duration = Duration::from_secs(1);
/// Refusals of a kind that have a line at once; after them one a second.
const SAMPLES: f64 = 100.0;
/// Largest file of the secret.
const SECRET_FILE: u64 = 4096;
/// Bytes of the secret.
const SECRET_BYTES: usize = 32;
/// Bytes kept of a hash.
const HASH_BYTES: usize = 16;

/// Where the audit goes.
#[derive(Debug, Clone, Args)]
pub struct AuditSettings {
    /// File of the audit, `-` for standard output; without it there is none.
    #[arg(long, env = "SEGMENT_AUDIT", value_name = "FILE")]
    pub audit: Option<PathBuf>,
    /// File of the secret that customer ids are hashed with; made when missing. By default the audit's
    /// file with `.secret` added.
    #[arg(long, env = "SEGMENT_AUDIT_SECRET", value_name = "FILE")]
    pub audit_secret: Option<PathBuf>,
    /// Size in bytes at which the audit's file is set aside and a new one begun.
    #[arg(long, env = "SEGMENT_AUDIT_MAX_BYTES", default_value_t = 100 << 20, value_parser = clap::value_parser!(u64).range(1024..))]
    pub audit_max_bytes: u64,
    /// How many files that were set aside are kept.
    #[arg(long, env = "SEGMENT_AUDIT_KEEP", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub audit_keep: u32,
}

/// One access, or a part of a long one. The time is added when its line is written.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The key's id; null where the service runs without keys, and for a key that is none.
    pub key: Option<&'a str>,
    /// The request's method.
    pub method: &'static str,
    /// The route's pattern: never a path, which may hold an id.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
    /// The run that answered.
    pub run_id: Option<&'a str>,
    /// Customer ids asked for or given out.
    pub ids: u64,
    /// Those in the run.
    pub found: u64,
    /// Those not in the run.
    pub not_found: u64,
    /// Those that no customer can have.
    pub invalid: u64,
    /// From the request's arrival.
    pub micros: u64,
    /// Numbers the lines of a long answer from 0.
    pub part: u32,
    /// Whether this is the answer's last line.
    pub last: bool,
    /// What kind of refusal it is; `None` for an answer.
    pub refusal: Option<Refusal>,
    /// Their ids, hashed when the line is written.
    pub customers: &'a Customers,
}

/// Requests that got nothing, by who caused them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Who has no key that is valid.
    Stranger,
    /// A key: it lacks the scope, has used up its limit, or the service cannot answer.
    Key,
}

/// Refusals since the last line, and how many more may have one.
#[derive(Debug, Clone, Copy)]
struct Sampled {
    left: f64,
    since: Instant,
    unlisted: u64,
}

impl Sampled {
    fn new() -> Self {
        Self { left: SAMPLES, since: Instant::now(), unlisted: 0 }
    }

    /// Counts one; gives for how many its line stands, if it has one.
    fn count(&mut self, now: Instant) -> Option<u64> {
        self.unlisted += 1;
        self.left = (self.left + now.saturating_duration_since(self.since).as_secs_f64()).min(SAMPLES);
        self.since = now;
        if self.left < 1.0 {
            return None;
        }
        self.left -= 1.0;
        Some(std::mem::take(&mut self.unlisted))
    }
}

/// Customer ids end to end.
#[derive(Default)]
pub struct Customers {
    text: String,
    ends: Vec<usize>,
}

impl std::fmt::Debug for Customers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} customers", self.ends.len())
    }
}

impl Customers {
    /// Adds one.
    pub fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes all of them out.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut start, end)..end])
    }
}

/// An entry as it is written: the time first, the customers hashed.
struct AuditLine<'a> {
    time: String,
    entry: &'a Entry<'a>,
    /// For how many refusals it stands.
    refusals: Option<u64>,
    secret: &'a hmac::Key,
}

impl Serialize for AuditLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.entry;
        let mut line = serializer.serialize_struct("AuditLine", 14 + usize::from(self.refusals.is_some()))?;
        line.serialize_field("time", &self.time)?;
        line.serialize_field("key", &entry.key)?;
        line.serialize_field("method", entry.method)?;
        line.serialize_field("route", entry.route)?;
        line.serialize_field("status", &entry.status)?;
        line.serialize_field("run_id", &entry.run_id)?;
        line.serialize_field("ids", &entry.ids)?;
        line.serialize_field("found", &entry.found)?;
        line.serialize_field("not_found", &entry.not_found)?;
        line.serialize_field("invalid", &entry.invalid)?;
        line.serialize_field("micros", &entry.micros)?;
        line.serialize_field("part", &entry.part)?;
        line.serialize_field("last", &entry.last)?;
        if let Some(refusals) = self.refusals {
            line.serialize_field("refusals", &refusals)?;
        }
        line.serialize_field("customers", &Hashed { customers: entry.customers, secret: self.secret })?;
        line.end()
    }
}

struct Hashed<'a> {
    customers: &'a Customers,
    secret: &'a hmac::Key,
}

impl Serialize for Hashed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.customers.ids().map(|id| hash(self.secret, id)))
    }
}

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

/// What is tried while the audit cannot be written.
const PROBE: Entry<'static> = Entry {
    key: None,
    method: "GET",
    route: "/health/ready",
    status: 200,
    run_id: None,
    ids: 0,
    found: 0,
    not_found: 0,
    invalid: 0,
    micros: 0,
    part: 0,
    last: true,
    refusal: None,
    customers: &Customers { text: String::new(), ends: Vec::new() },
};

impl AuditSettings {
    fn secret_path(&self) -> Result<PathBuf, AuditError> {
        match (&self.audit_secret, &self.audit) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(audit)) if audit.as_os_str() != "-" => Ok(audit.with_added_extension("secret")),
            _ => Err(AuditError::SecretPath),
        }
    }

    /// The secret's key, from its file.
    pub fn secret(&self) -> Result<hmac::Key, AuditError> {
        let path = self.secret_path()?;
        let failed = |source| AuditError::Secret { path: path.clone(), source };
        let text = regular_file::read_text(&path, SECRET_FILE).map_err(failed)?;
        let text = text.trim_ascii_end();
        if text.len() != 2 * SECRET_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AuditError::NoSecret { path });
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
    }

    /// The same; a server makes the file when it is missing.
    fn secret_or_new(&self) -> Result<hmac::Key, AuditError> {
        let path = self.secret_path()?;
        let failed = |source| AuditError::Secret { path: path.clone(), source };
        if !path.try_exists().map_err(failed)? {
            let random: [u8; SECRET_BYTES] = ring::rand::generate(&ring::rand::SystemRandom::new())
                .map_err(|_| failed(io::Error::other("the system gives no random numbers")))?
                .expose();
            files::replace(&path, format!("{}\n", hex(&random)).as_bytes()).map_err(failed)?;
        }
        self.secret()
    }
}

/// A customer's id as it stands in the audit.
pub fn hash(secret: &hmac::Key, id: &str) -> String {
    hex(&hmac::sign(secret, id.as_bytes()).as_ref()[..HASH_BYTES])
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
    fn refusals_are_sampled_and_each_line_says_for_how_many_it_stands() {
        let (mut sampled, start) = (Sampled::new(), Instant::now());
        let lines: Vec<_> = (0..1000).filter_map(|_| sampled.count(start)).collect();
        assert_eq!(lines, [1; SAMPLES as usize]);
        assert_eq!(sampled.count(start + Duration::from_secs(3)), Some(901));
        let later = start + Duration::from_secs(3);
        assert_eq!(
            [sampled.count(later), sampled.count(later), sampled.count(later)],
            [Some(1), Some(1), None]
        );
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
