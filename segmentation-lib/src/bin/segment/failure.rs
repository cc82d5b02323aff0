//! Errors on standard error, and the exit codes that scripts can use.

use std::process::ExitCode;

use segmentation_lib::catalogue::CatalogueError;
use segmentation_lib::features::FeaturesError;
use segmentation_lib::matrix::MatrixError;
use segmentation_lib::record::SnapshotError;
use segmentation_lib::selection::SelectionError;
use segmentation_lib::store::bucket::BucketError;
use segmentation_lib::store::{InvalidRunId, StoreError};
use segmentation_lib::transactions::TransactionsError;

/// What was asked for is not there: exit code 4.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFound(pub String);

/// The input or a parameter cannot be used: exit code 3.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

/// Prints the error and its causes, and gives its exit code.
pub fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let code = exit_code(error);
    let message = message(error);
    if json {
        eprintln!("{}", serde_json::json!({ "error": message, "exit_code": code }));
    } else {
        eprintln!("error: {message}");
    }
    ExitCode::from(code)
}

/// The chain of causes, without those whose text the message above already holds.
fn message(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let any = |kind: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool| error.chain().any(kind);
    if crate::progress::interrupted() {
        130
    } else if any(&not_found) {
        4
    } else if any(&store) {
        5
    } else if any(&unusable) {
        3
    } else {
        1
    }
}

/// The store's own error, also where a bucket's error stands for it.
fn store_error<'a>(e: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    match e.downcast_ref() {
        Some(BucketError::Store(error)) => Some(error),
        _ => e.downcast_ref(),
    }
}

fn store(e: &(dyn std::error::Error + 'static)) -> bool {
    use BucketError::{Conflict, Damaged, Forgotten, Incomplete, Locked, Pointer, Uncleared};
    store_error(e).is_some()
        || matches!(
            e.downcast_ref(),
            Some(
                Conflict { .. }
                    | Damaged { .. }
                    | Forgotten { .. }
                    | Incomplete { .. }
                    | Locked { .. }
                    | Pointer { .. }
                    | Uncleared { .. }
            )
        )
}

fn not_found(e: &(dyn std::error::Error + 'static)) -> bool {
    use StoreError::{NoRun, NothingBefore, UnknownRun};
    e.is::<NotFound>()
        || matches!(store_error(e), Some(NoRun { .. } | UnknownRun { .. } | NothingBefore { .. }))
        || matches!(e.downcast_ref(), Some(BucketError::Missing { .. } | BucketError::Empty { .. }))
        || matches!(
            e.downcast_ref(),
            Some(CatalogueError::Unknown { .. } | CatalogueError::NotFetched { .. })
        )
}

fn unusable(e: &(dyn std::error::Error + 'static)) -> bool {
    e.is::<Unusable>()
        || matches!(e.downcast_ref(), Some(BucketError::Address { .. }))
        || e.is::<InvalidRunId>()
        || e.is::<TransactionsError>()
        || e.is::<FeaturesError>()
        || e.is::<MatrixError>()
        || e.is::<SelectionError>()
        || e.is::<SnapshotError>()
}
