//! Spark Connect servers, through the program `segment-spark`.
//!
//! What talks to them is large and needs tools to build, so that it is a program of its own. It takes the SQL text on
//! its standard input and says one JSON object a line:
//!
//! ```text
//! segment-spark columns URL            {"columns":[{"name":"customer_id","type":"string"},…]}
//! segment-spark fetch URL --into DIR   {"rows":65536}  …  {"done":true,"rows":541909}
//! ```
//!
//! `fetch` writes `part-00000.parquet` and so on into the directory; they are complete once it has said `done` and ended
//! with 0. It ends with 2 where the request is wrong and with 3 where the server is away, and says why in one line on
//! standard error. The token is in SPARK_CONNECT_TOKEN.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde::Deserialize;

use super::address::SparkAddress;
use super::error::TableError;
use super::name::Quotes;
use super::{Column, directory, parts, source, utc_days, wanted};
use crate::progress::Progress;
use crate::transactions::{Decision, Fetched, Origin, ReadOptions, Wanted};

const PROGRAM: &str = "segment-spark";
const TOKEN: &str = "SPARK_CONNECT_TOKEN";
/// How often a running fetch asks whether it is to stop.
const ASK: Duration = Duration::from_millis(100);
/// Exit code where the server is away.
const AWAY: i32 = 3;

/// What the program says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    columns: Vec<SaidColumn>,
    rows: u64,
    done: bool,
}

#[derive(Debug, Deserialize)]
struct SaidColumn {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(super) fn fetch(
    address: &SparkAddress,
    origin: Origin,
    options: &ReadOptions,
    progress: &Progress,
) -> Result<Fetched, TableError> {
    let run = Run::of(address, &origin, progress)?;
    let source = run.source()?;
    let columns = run.columns(&source)?;
    let wanted = wanted(&origin, &columns, options)?;
    let directory = directory()?;
    let names: Vec<String> = wanted.columns.iter().map(|name| Quotes::Backtick.around(name)).collect();
    let rows =
        run.rows(&format!("SELECT {} FROM ({source}) AS source", names.join(", ")), directory.path())?;
    if rows == 0 {
        return Err(TableError::Empty { origin: origin.to_string() });
    }
    let parts = parts(directory.path())?;
    let decisions = decisions(&columns, &wanted);
    Ok(Fetched { origin, parts, decisions, wanted, directory })
}

pub(super) fn columns(
    address: &SparkAddress,
    origin: &Origin,
    progress: &Progress,
) -> Result<Vec<Column>, TableError> {
    let run = Run::of(address, origin, progress)?;
    run.columns(&run.source()?)
}

/// Where SEGMENT_SPARK says, else beside this program, else on PATH.
fn program(origin: &Origin) -> Result<PathBuf, TableError> {
    let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
    let candidates = match std::env::var_os("SEGMENT_SPARK") {
        Some(named) => vec![PathBuf::from(named)],
        None => {
            let beside = std::env::current_exe().ok().map(|own| own.with_file_name(&name));
            let path = std::env::var_os("PATH").unwrap_or_default();
            let on_path = std::env::split_paths(&path).map(|directory| directory.join(&name));
            beside.into_iter().chain(on_path).collect()
        }
    };
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| TableError::NoProgram { address: origin.address.clone() })
}

/// Moments with a zone are told in the session's, which is UTC.
fn decisions(columns: &[Column], wanted: &Wanted) -> Vec<Decision> {
    let zoned = |column: &&Column| {
        wanted.date.as_ref() == Some(&column.name) && column.kind.eq_ignore_ascii_case("timestamp")
    };
    columns.iter().find(zoned).map(|column| utc_days(&column.name)).into_iter().collect()
}

/// Runs of the program for one table.
pub(super) struct Run<'a> {
    program: PathBuf,
    address: &'a SparkAddress,
    origin: &'a Origin,
    progress: &'a Progress,
}

impl<'a> Run<'a> {
    pub fn of(
        address: &'a SparkAddress,
        origin: &'a Origin,
        progress: &'a Progress,
    ) -> Result<Self, TableError> {
        Ok(Self { program: program(origin)?, address, origin, progress })
    }

    /// What is asked of the server: `SELECT * FROM` the table, or the query.
    pub fn source(&self) -> Result<String, TableError> {
        source(&self.origin.what, Quotes::Backtick)
    }

    pub fn columns(&self, sql: &str) -> Result<Vec<Column>, TableError> {
        let mut command = Command::new(&self.program);
        let mut columns = Vec::new();
        self.finish(command.args(["columns", &self.address.url]), sql, |said| {
            columns.extend(said.columns.into_iter().map(|SaidColumn { name, kind }| Column { name, kind }));
        })?;
        Ok(columns)
    }

    /// How many rows came; fails unless all did.
    pub fn rows(&self, sql: &str, into: &Path) -> Result<u64, TableError> {
        let mut command = Command::new(&self.program);
        let (mut rows, mut all) = (0, None);
        let ended =
            self.finish(command.args(["fetch", &self.address.url, "--into"]).arg(into), sql, |said| {
                match said.done {
                    true => all = Some(said.rows),
                    false => rows += said.rows,
                }
                self.progress.report("fetch", rows, None);
            });
        match (ended, all) {
            (Ok(()), Some(all)) => Ok(all),
            (Ok(()), None) => Err(self.broken_off(rows, format!("{PROGRAM} did not say that it was done"))),
            (Err(TableError::Away { reason, .. }), _) if rows > 0 => Err(self.broken_off(rows, reason)),
            (Err(error), _) => Err(error),
        }
    }

    fn broken_off(&self, rows: u64, reason: String) -> TableError {
        TableError::BrokenOff { origin: self.origin.to_string(), rows, reason }
    }

    /// Runs the program to its end, or until the work is cancelled, and tells what it says.
    fn finish(&self, command: &mut Command, sql: &str, mut tell: impl FnMut(Said)) -> Result<(), TableError> {
        if let Some(token) = &self.address.token {
            command.env(TOKEN, token);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = Running(command.spawn().map_err(|error| self.unusable(&error))?);
        let (mut input, output, errors) = running.pipes().ok_or_else(|| self.unusable(&"it has no pipes"))?;
        let reasons = std::thread::spawn(move || last_line(errors));
        // One that ends before it has read everything says why itself.
        let _ = input.write_all(sql.as_bytes());
        drop(input);
        let lines = lines(output);
        loop {
            match lines.recv_timeout(ASK) {
                Ok(line) => tell(serde_json::from_str(&line).map_err(|error| self.unusable(&error))?),
                Err(RecvTimeoutError::Timeout) => self.progress.check()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.progress.check()?;
        }
        let status = running.0.wait().map_err(|error| self.unusable(&error))?;
        self.progress.check()?;
        let reason = reasons.join().unwrap_or_default();
        match status.code() {
            Some(0) => Ok(()),
            Some(AWAY) => Err(TableError::Away {
                address: self.origin.address.clone(),
                reason: self.without_token(self.what_alone(&reason)),
            }),
            _ => Err(TableError::Query {
                origin: self.origin.to_string(),
                reason: self.without_token(self.without_address(&reason).unwrap_or(status.to_string())),
                way_out: None,
            }),
        }
    }

    /// What the program says, without the address that the own text begins with.
    fn without_address(&self, reason: &str) -> Option<String> {
        let address = format!("{}: ", self.origin.address);
        Some(reason.trim_start_matches(&address).to_owned()).filter(|reason| !reason.is_empty())
    }

    /// Of a server that is away: the cause alone. The own text says the rest.
    fn what_alone(&self, reason: &str) -> String {
        let reason = self.without_address(reason).unwrap_or_default();
        let reason = reason.trim_start_matches("cannot be reached: ");
        reason.split("; ").next().unwrap_or(reason).to_owned()
    }

    fn without_token(&self, text: String) -> String {
        let given = self.address.token.clone().or_else(|| std::env::var(TOKEN).ok());
        match given.filter(|token| !token.is_empty()) {
            Some(token) => text.replace(&token, "…"),
            None => text,
        }
    }

    fn unusable(&self, reason: &dyn std::fmt::Display) -> TableError {
        let reason = format!("{}: {reason}", self.program.display());
        TableError::Query { origin: self.origin.to_string(), reason, way_out: None }
    }
}

/// A running program, which is asked to end on drop and cancels its job then.
struct Running(Child);

type Pipes = (std::process::ChildStdin, ChildStdout, std::process::ChildStderr);

impl Running {
    fn pipes(&mut self) -> Option<Pipes> {
        Some((self.0.stdin.take()?, self.0.stdout.take()?, self.0.stderr.take()?))
    }

    /// Asks it to end, so that it can cancel its job.
    #[cfg(unix)]
    fn ask_to_end(&self) {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        if let Ok(id) = i32::try_from(self.0.id()) {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }

    #[cfg(not(unix))]
    fn ask_to_end(&self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        /// How long it has for cancelling its job.
        const PATIENCE: u32 = 50;
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        self.ask_to_end();
        for _ in 0..PATIENCE {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(ASK);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines as they come, from a thread of their own.
fn lines(output: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.filter(|line| !line.trim().is_empty()).try_for_each(|line| sender.send(line))
    });
    receiver
}

/// The last line that says something.
fn last_line(errors: impl Read) -> String {
    let lines = BufReader::new(errors).lines().map_while(Result::ok);
    let last = lines.filter(|line| !line.trim().is_empty()).last().unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}
