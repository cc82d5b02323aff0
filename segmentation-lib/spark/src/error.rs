//! What can go wrong, each in one line: what, where, what is allowed, the way out.

use std::io;
use std::path::PathBuf;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;
use spark_connect_core::{SparkError, SparkErrorKind};
use tonic::{Code, Status};

/// The longest message of a cluster that is passed on, in characters.
const LONGEST: usize = 300;

/// Exit code of bad input: trying again changes nothing.
pub const BAD_INPUT: u8 = 2;
/// Exit code of a cluster that is away or died: another try may do.
pub const TRY_AGAIN: u8 = 3;
/// Exit code of a program that a signal ended.
pub const INTERRUPTED: u8 = 130;

/// A failure of this program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be read. The address itself is left out: it may hold a token.
    #[error("the address {fault}; allowed is sc://HOST[:PORT][/;use_ssl=true;NAME=VALUE...]")]
    Address {
        /// What is wrong with it.
        fault: String,
    },
    /// A token would travel in clear text.
    #[error(
        "{place}: a token goes to another machine under TLS only; add use_ssl=true to the address, or leave the \
         token out"
    )]
    ClearToken {
        /// The server.
        place: String,
    },
    /// No text on standard input.
    #[error("there is no query on standard input; write one SELECT to it")]
    NoQuery,
    /// The cluster does not take the query.
    #[error(
        "{place}: the query is not taken: {message}; allowed is one SELECT over tables and columns that are there"
    )]
    Query {
        /// The server.
        place: String,
        /// The cluster's own message, its first line.
        message: String,
    },
    /// The user may not read this, or is not known.
    #[error(
        "{place}: access is refused: {message}; the token (SPARK_CONNECT_TOKEN) must be valid and its user may read the table"
    )]
    Access {
        /// The server.
        place: String,
        /// The cluster's own message, its first line.
        message: String,
    },
    /// The cluster cannot be reached.
    #[error(
        "{place}: cannot be reached: {message}; start the cluster or correct the address, then try again"
    )]
    Away {
        /// The server.
        place: String,
        /// Why.
        message: String,
    },
    /// TLS does not come about.
    #[error(
        "{place}: the server does not prove who it is: {message}; the certificate must name the host and come from a known root \
         (SSL_CERT_FILE names a file with further roots), and use_ssl=true is for servers that speak TLS"
    )]
    Certificate {
        /// The server.
        place: String,
        /// Why.
        message: String,
    },
    /// The cluster gave up, or was lost in the middle.
    #[error("{place}: the cluster broke off: {message}; try again")]
    Lost {
        /// The server.
        place: String,
        /// Why.
        message: String,
    },
    /// The session keeps a time zone of its own, which would shift days.
    #[error(
        "{place}: the session keeps the time zone {zone}; allowed is UTC, or days shift: let the cluster accept spark.sql.session.timeZone"
    )]
    TimeZone {
        /// The server.
        place: String,
        /// The zone it reports.
        zone: String,
    },
    /// A column has a type that no purchase has.
    #[error(
        "column {column} has the type {kind}; allowed are numbers, texts, dates, timestamps and booleans: leave it \
         out, or convert it in the query with CAST({column} AS STRING)"
    )]
    Type {
        /// The column.
        column: String,
        /// Its type as SQL writes it.
        kind: String,
    },
    /// Two columns of the query have one name.
    #[error("the query has two columns named {column}; give one of them another name with AS")]
    Twice {
        /// The name.
        column: String,
    },
    /// The rows do not have the types that the query was said to have.
    #[error("{place}: the rows cannot be read: {source}; this needs a server of Spark 4's protocol")]
    Rows {
        /// The server.
        place: String,
        /// What is wrong.
        source: ArrowError,
    },
    /// A part of an earlier fetch is in the folder.
    #[error("{} is there already; give an empty folder", path.display())]
    Occupied {
        /// The part.
        path: PathBuf,
    },
    /// A part cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The part.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A part cannot be encoded or written.
    #[error("cannot write {} as Parquet: {source}", path.display())]
    Encode {
        /// The part.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// Standard input or output fails.
    #[error("{stream} fails: {source}")]
    Stream {
        /// Which.
        stream: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A signal, or nobody reads standard output any more.
    #[error("interrupted: {cause}; the cluster was told to cancel the query")]
    Interrupted {
        /// What happened.
        cause: &'static str,
    },
}

impl Error {
    /// What the program exits with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Away { .. } | Self::Lost { .. } | Self::Write { .. } | Self::Encode { .. } => TRY_AGAIN,
            Self::Stream { .. } => TRY_AGAIN,
            Self::Interrupted { .. } => INTERRUPTED,
            _ => BAD_INPUT,
        }
    }

    /// What a server's answer means.
    pub fn answered(place: &str, status: Status) -> Self {
        let (place, code) = (place.to_owned(), status.code());
        let message = first_line(&reason(&status));
        // A server's own answer has no source: one that has was made here, of a connection that broke.
        let broke = std::error::Error::source(&status).is_some();
        let kind = SparkError::from_grpc_status(status).kind;
        match code {
            Code::Unauthenticated | Code::PermissionDenied => Self::Access { place, message },
            Code::Unavailable if is_of_tls(&message) => Self::Certificate { place, message },
            Code::Unavailable => Self::Away { place, message },
            _ if broke => Self::Lost { place, message },
            Code::InvalidArgument | Code::NotFound | Code::Unimplemented => Self::Query { place, message },
            _ if is_denied(&message) => Self::Access { place, message },
            _ if is_of_the_query(kind) => Self::Query { place, message },
            _ => Self::Lost { place, message },
        }
    }

    /// The same of a server that had begun to answer.
    pub fn midway(place: &str, status: Status) -> Self {
        match Self::answered(place, status) {
            Self::Away { place, message } => Self::Lost { place, message },
            other => other,
        }
    }
}

/// Why a call failed: of an unreached server, what its connection says.
fn reason(status: &Status) -> String {
    let mut source = std::error::Error::source(status);
    let mut deepest = None;
    while let Some(error) = source {
        deepest = Some(error.to_string());
        source = error.source();
    }
    match deepest {
        Some(deepest) if status.code() == Code::Unavailable => deepest,
        _ if status.message().is_empty() => format!("{:?}", status.code()).to_lowercase(),
        _ => status.message().to_owned(),
    }
}

/// What rustls says where the other side has no certificate that fits, or does not speak TLS.
fn is_of_tls(message: &str) -> bool {
    message.starts_with("invalid peer certificate") || message.contains("InvalidContentType")
}

/// Whether an error of this kind lies in the text of the query or in the data it meets.
fn is_of_the_query(kind: SparkErrorKind) -> bool {
    use SparkErrorKind::*;
    matches!(
        kind,
        Analysis
            | Parse
            | IllegalArgument
            | Arithmetic
            | UnsupportedOperation
            | ArrayIndexOutOfBounds
            | DateTime
            | NumberFormat
            | SparkRuntime
            | SparkNoSuchElement
            | InvalidPlanInput
    )
}

/// Access control of catalogs speaks through errors of other kinds.
fn is_denied(message: &str) -> bool {
    let message = message.to_lowercase();
    ["permission denied", "insufficient_permissions", "insufficient privileges", "access denied"]
        .iter()
        .any(|words| message.contains(words))
}

/// The first line of a cluster's message, shortened: what follows is a plan or a stack trace.
fn first_line(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no message");
    let line = line.trim_end_matches(['.', ';']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_is_left_out() {
        let message =
            "\n[TABLE_OR_VIEW_NOT_FOUND] no table `x`; line 1 pos 14;\n'Project [*]\n\tat org.apache.Foo";
        assert_eq!(first_line(message), "[TABLE_OR_VIEW_NOT_FOUND] no table `x`; line 1 pos 14");
        assert_eq!(first_line(&"é".repeat(400)).chars().count(), LONGEST + 1);
        assert_eq!(first_line(""), "no message");
    }

    #[test]
    fn who_may_not_read_is_told_so_with_bad_input() {
        for status in [
            Status::unauthenticated("no"),
            Status::permission_denied("no"),
            Status::internal("[INSUFFICIENT_PERMISSIONS] Insufficient privileges"),
        ] {
            let error = Error::answered("sc://h:1", status);
            assert!(matches!(error, Error::Access { .. }), "{error}");
            assert_eq!(error.exit_code(), BAD_INPUT);
        }
    }

    #[test]
    fn a_server_that_is_away_may_be_tried_again() {
        let away = Error::answered("sc://h:1", Status::unavailable("refused"));
        assert!(matches!(away, Error::Away { .. }) && away.exit_code() == TRY_AGAIN, "{away}");
        let lost = Error::midway("sc://h:1", Status::unavailable("reset"));
        assert!(matches!(lost, Error::Lost { .. }) && lost.exit_code() == TRY_AGAIN, "{lost}");
        let broken =
            Error::answered("sc://h:1", Status::from_error(Box::new(std::io::Error::other("reset"))));
        assert!(matches!(broken, Error::Lost { .. }) && broken.exit_code() == TRY_AGAIN, "{broken}");
    }
}
