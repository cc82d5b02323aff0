//! The audit: one JSON line for each access to customer data, by whom, to how many, with what result.
//!
//! Customer ids stand in it only as keyed hashes (HMAC-SHA-256, the first 128 bits): whoever holds the
//! secret can ask who looked a customer up, whoever holds the file alone learns nothing. A thread of
//! its own hashes and writes. While it cannot write, the service gives out no customer data.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use clap::Args;
use ring::hmac;
use serde::Serialize;
use tracing::error;

use crate::keys::file::write_private;
use crate::keys::hex;

mod sink;

use sink::Sink;

/// Lines that wait for the writer before requests wait too.
const WAITING: usize = 1024;
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

/// One access, or a part of a long one.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// When the answer was complete, RFC 3339.
    pub time: String,
    /// The key's id; null where the service runs without keys, and for a key that is none.
    pub key: Option<String>,
    /// The request's method.
    pub method: &'static str,
    /// The route's pattern: never a path, which may hold an id.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
    /// The run that answered.
    pub run_id: Option<String>,
    /// Customer ids asked for or given out.
    pub ids: u64,
    /// Those in the run.
    pub found: u64,
    /// Those not in the run.
    pub not_found: u64,
    /// Those that no customer can have.
    pub invalid: u64,
    /// From the request's arrival to the answer's end.
    pub micros: u64,
    /// Numbers the lines of a long answer from 0.
    pub part: u32,
    /// Whether this is the answer's last line.
    pub last: bool,
    /// Their ids, hashed when the line is written.
    #[serde(serialize_with = "hashes")]
    pub customers: Customers,
}

/// Customer ids end to end: raw until the writer hashes them.
#[derive(Default)]
pub struct Customers {
    text: String,
    ends: Vec<usize>,
    hashes: Vec<String>,
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

    fn hash(&mut self, secret: &hmac::Key) {
        let mut start = 0;
        for &end in &self.ends {
            self.hashes.push(hash(secret, &self.text[start..end]));
            start = end;
        }
        self.text.clear();
    }
}

/// The hashes alone are ever serialised.
fn hashes<S: serde::Serializer>(customers: &Customers, serializer: S) -> Result<S::Ok, S::Error> {
    customers.hashes.serialize(serializer)
}

impl Entry {
    /// A line whose counts follow.
    pub fn new(method: &'static str, route: &'static str, customers: Customers) -> Self {
        let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        Self {
            time,
            key: None,
            method,
            route,
            status: 0,
            run_id: None,
            ids: 0,
            found: 0,
            not_found: 0,
            invalid: 0,
            micros: 0,
            part: 0,
            last: true,
            customers,
        }
    }
}

enum Message {
    Line(Box<Entry>),
    Flush(SyncSender<()>),
}

/// The way to the thread that writes.
#[derive(Debug)]
pub struct Audit {
    lines: SyncSender<Message>,
    works: Arc<AtomicBool>,
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
    /// Opens the file and starts the thread that writes; `None` without an audit.
    pub fn start(settings: &AuditSettings) -> Result<Option<Self>, AuditError> {
        let Some(path) = &settings.audit else { return Ok(None) };
        let secret = settings.secret()?;
        let opened = Sink::open(path, settings.audit_max_bytes, settings.audit_keep);
        let open = |source| AuditError::Open { path: path.clone(), source };
        let sink = opened.map_err(open)?;
        let (lines, inbox) = sync_channel(WAITING);
        let works = Arc::new(AtomicBool::new(true));
        let writer = Writer { sink, secret, works: works.clone() };
        let thread = std::thread::Builder::new().name("audit".to_owned());
        thread.spawn(move || writer.run(inbox)).map_err(open)?;
        Ok(Some(Self { lines, works }))
    }

    /// Whether lines can be written.
    pub fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// Adds a line. Waits while more than a thousand lines wait for the disk: none is dropped.
    pub fn write(&self, entry: Entry) {
        // The thread ends with the process alone.
        let _ = self.lines.send(Message::Line(Box::new(entry)));
    }

    /// Waits until every line before is written.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(0);
        if self.lines.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

struct Writer {
    sink: Sink,
    secret: hmac::Key,
    works: Arc<AtomicBool>,
}

impl Writer {
    fn run(mut self, inbox: Receiver<Message>) {
        for message in inbox {
            match message {
                Message::Line(mut entry) => {
                    entry.customers.hash(&self.secret);
                    let mut line = serde_json::to_vec(&entry).expect("plain structs always serialise");
                    line.push(b'\n');
                    self.write(&line);
                }
                // The receiver waits, or its process is ending.
                Message::Flush(done) => drop(done.send(())),
            }
        }
    }

    /// Writes the line, however often it takes; says so while it fails.
    fn write(&mut self, line: &[u8]) {
        while let Err(error) = self.sink.write(line) {
            if self.works.swap(false, Ordering::Relaxed) {
                error!(%error, "the audit cannot be written: no customer data is given out until it can");
            }
            std::thread::sleep(RETRY);
        }
        self.works.store(true, Ordering::Relaxed);
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

    fn line(id: &str) -> Entry {
        let mut customers = Customers::default();
        customers.push(id);
        Entry::new("GET", "/route", customers)
    }

    #[test]
    fn ids_are_hashed_with_a_secret_that_stays() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let settings = settings(dir.path(), 1 << 20);
        for _ in 0..2 {
            let audit = Audit::start(&settings).expect("starts").expect("wanted");
            audit.write(line("C0000001"));
            audit.flush();
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
    fn a_full_file_is_set_aside_and_the_oldest_removed() {
        let dir = tempfile::tempdir().expect("a directory");
        let audit = Audit::start(&settings(dir.path(), 1024)).expect("starts").expect("wanted");
        for i in 0..40 {
            audit.write(line(&format!("{i}")));
        }
        audit.flush();
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
        audit.write(line("a"));
        while audit.works() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
