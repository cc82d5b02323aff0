//! Webhook on publish: whoever wants to know of a new run is told by the publisher, once the run is served.
//!
//! What is to be told waits in an outbox, `<store>/outbox/<run id>`, written before the run becomes current, so that no
//! crash loses it; what could not be delivered is tried again by the next publication, or when that is asked for. A
//! publication is never held up: it is over before the first attempt, and all attempts of a call together end within
//! [`PATIENCE`]. After [`DEAD_AFTER_DAYS`] an event is given up. Servers of the API send nothing.
//!
//! Requests follow the Standard Webhooks specification 1.0 (<https://www.standardwebhooks.com>): `webhook-id` is the
//! event's id and the same in each attempt, `webhook-timestamp` the time of the attempt, `webhook-signature`
//! `v1,` and the base64 of the HMAC-SHA256 of `<id>.<timestamp>.<body>`. The body names the run and counts; there is no
//! customer in it. An event may arrive more than once.
//!
//! ```
//! use segmentation_lib::notify::{Secret, check, queue};
//! use segmentation_lib::store::Store;
//!
//! # let dir = tempfile::tempdir()?;
//! let store = Store::at(dir.path().join("store"));
//! let run = test_support::sample::snapshot(100, 1);
//! queue(&store, &run)?;
//! assert!(dir.path().join("store/outbox").join(run.manifest.run_id.to_string()).is_file());
//! // What the receiver checks signatures with.
//! let secret = Secret::parse(&Secret::generate()?)?;
//! assert!(check("https://crm.example/hook").is_ok() && check("crm.example").is_err());
//! # drop(secret);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod delivery;
mod outbox;
mod secret;

pub use delivery::{Delivered, PATIENCE, check, deliver};
pub use outbox::{DEAD_AFTER_DAYS, Event, EventData, queue};
pub use secret::Secret;

use std::path::PathBuf;

use crate::store::StoreError;

/// An event cannot be queued, or the outbox not be read. That a receiver did not take one is no error: see
/// [`Delivered`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// The secret cannot be used.
    #[error("{what}; a secret is whsec_ and the base64 of 24 to 64 random bytes")]
    Secret {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The address cannot be used.
    #[error("{url:?} is not an address that events can be sent to: {reason}; give http:// or https://")]
    Address {
        /// The address seen.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers, which a secret needs")]
    NoRandom,
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
