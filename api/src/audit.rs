//! The audit: one JSON line for each access to customer data, by whom, to how many, with what result.
//!
//! The audit holds keyed hashes of customer ids (HMAC-SHA-256, the first 128 bits) and never an id. Who has
//! the secret can ask who looked a customer up. Who has only the file learns nothing.
//!
//! The thread that answers writes the line before it sends the data. So a killed process loses no line, and
//! nobody gets data whose line cannot be written.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use ring::hmac;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use tracing::error;

use crate::error::{ApiError, Code};
use crate::keys::file::write_private;
use crate::keys::hex;

mod sink;

use sink::Sink;

/// How long a failed write is left alone.
const RETRY: Duration = Duration::from_secs(1);
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
    /// Their ids, hashed when the line is written.
    pub customers: &'a Customers,
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
    secret: &'a hmac::Key,
}

impl Serialize for AuditLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.entry;
        let mut line = serializer.serialize_struct("AuditLine", 14)?;
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
        let secret = settings.secret()?;
        let opened = Sink::open(path, settings.audit_max_bytes, settings.audit_keep);
        let sink = opened.map_err(|source| AuditError::Open { path: path.clone(), source })?;
        let sink = Mutex::new(Guarded { sink, failed: None });
        Ok(Some(Self { secret, sink, broken: AtomicBool::new(false) }))
    }

    /// Whether a line may be tried: not for a second after one could not be written.
    pub fn works(&self) -> bool {
        !self.broken.load(Ordering::Relaxed) || self.lock().may_try()
    }

    /// Writes a line; once this returns, the system has it. Hashing goes on beside other threads'.
    pub fn write(&self, entry: &Entry<'_>) -> Result<(), Unwritten> {
        let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let line = AuditLine { time, entry, secret: &self.secret };
        let mut line = serde_json::to_vec(&line).expect("plain structs always serialise");
        line.push(b'\n');
        let mut guarded = self.lock();
        if !guarded.may_try() {
            return Err(Unwritten);
        }
        let written = guarded.sink.write(&line);
        let failed = written.is_err().then(Instant::now);
        match (&written, guarded.failed) {
            (Err(error), None) => {
                error!(%error, "the audit cannot be written: no customer data is given out until it can");
            }
            (Ok(()), Some(_)) => tracing::info!("the audit is written again"),
            _ => {}
        }
        guarded.failed = failed;
        self.broken.store(failed.is_some(), Ordering::Relaxed);
        written.map_err(|_| Unwritten)
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

impl AuditSettings {
    /// The secret's key, made when its file is missing.
    pub fn secret(&self) -> Result<hmac::Key, AuditError> {
        let path = match (&self.audit_secret, &self.audit) {
            (Some(path), _) => path.clone(),
            (None, Some(audit)) if audit.as_os_str() != "-" => audit.with_added_extension("secret"),
            _ => return Err(AuditError::SecretPath),
        };
        let failed = |source| AuditError::Secret { path: path.clone(), source };
        if !path.try_exists().map_err(failed)? {
            let random: [u8; SECRET_BYTES] = ring::rand::generate(&ring::rand::SystemRandom::new())
                .map_err(|_| failed(io::Error::other("the system gives no random numbers")))?
                .expose();
            write_private(&path, format!("{}\n", hex(&random)).as_bytes()).map_err(failed)?;
        }
        let text = std::fs::read_to_string(&path).map_err(failed)?;
        let text = text.trim_ascii_end();
        if text.len() != 2 * SECRET_BYTES || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AuditError::NoSecret { path });
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
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
        audit.write(&Entry {
            key: None,
            method: "GET",
            route: "/route",
            status: 200,
            run_id: None,
            ids: 1,
            found: 1,
            not_found: 0,
            invalid: 0,
            micros: 0,
            part: 0,
            last: true,
            customers: &customers,
        })
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
