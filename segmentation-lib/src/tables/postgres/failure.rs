//! What the server or the way to it says, as errors with a way out.

use std::error::Error as _;
use std::path::Path;

use tokio_postgres::error::{DbError, SqlState};

use crate::tables::error::TableError;
use crate::transactions::Origin;

/// When something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// While the session was opened.
    Opening,
    /// Before rows came.
    Before,
    /// After so many rows.
    Rows(u64),
}

/// What the library says where TLS fails; its kind is not told otherwise.
const TLS: &str = "error performing TLS handshake";
const PASSWORD: &str = "the password is taken from PGPASSWORD, ~/.pgpass or the address";

/// The error of the client as one of ours.
pub(super) fn failure(error: &tokio_postgres::Error, origin: &Origin, moment: Moment) -> TableError {
    if let Some(said) = error.as_db_error() {
        return of_server(said, origin, moment);
    }
    let (address, reason) = (origin.address.clone(), causes(error));
    match moment {
        Moment::Rows(rows) => TableError::BrokenOff { origin: origin.to_string(), rows, reason },
        Moment::Opening if error.to_string() == TLS => {
            TableError::Unsafe { address, way_out: way_out_of(&reason), reason }
        }
        _ if asks_for_a_password(error) => TableError::Refused { address, reason, way_out: PASSWORD },
        _ => TableError::Away { address, reason },
    }
}

fn of_server(said: &DbError, origin: &Origin, moment: Moment) -> TableError {
    let address = origin.address.clone();
    let reason = said.message().to_owned();
    let code = said.code();
    // A server that goes, whenever that is.
    if [&SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN].contains(&code) {
        return match moment {
            Moment::Rows(rows) => TableError::BrokenOff { origin: origin.to_string(), rows, reason },
            _ => TableError::Away { address, reason },
        };
    }
    if [&SqlState::CANNOT_CONNECT_NOW, &SqlState::TOO_MANY_CONNECTIONS].contains(&code) {
        return TableError::Away { address, reason };
    }
    if [&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(&code) {
        return TableError::Refused { address, reason, way_out: PASSWORD };
    }
    let way_out = match code {
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            Some("its owner allows it with GRANT SELECT".to_owned())
        }
        _ => said.hint().map(str::to_owned),
    };
    let origin = if moment == Moment::Opening { address } else { origin.to_string() };
    TableError::Query { origin, reason, way_out }
}

fn way_out_of(reason: &str) -> &'static str {
    if reason.contains("does not support TLS") {
        return "sslmode=prefer or disable goes without, where the network is trusted";
    }
    "sslrootcert=FILE names the authority that signed the server's certificate, and the address the host that it is for"
}

/// Whether the server asks for a password and none was given.
pub(super) fn asks_for_a_password(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|cause| cause.to_string() == "password missing")
}

pub(super) fn refused_without_password(address: &str, ignored: Option<&Path>) -> TableError {
    let reason = match ignored {
        None => "it asks for a password and none was given".to_owned(),
        Some(path) => format!(
            "it asks for a password, and {} is not read because others than its owner may read it (chmod 600)",
            path.display()
        ),
    };
    TableError::Refused { address: address.to_owned(), reason, way_out: PASSWORD }
}

/// The error's causes; the first says in what the others happened.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut reasons = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if reasons.last() != Some(&reason) {
            reasons.push(reason);
        }
        cause = error.source();
    }
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}
