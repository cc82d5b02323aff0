//! Who changed segment between any two publications, and why.
//!
//! Each run stores the changes since the run before it, and the store's movement log keeps them longer than the runs.
//! Put together along the way from one run to another they say who moved, came or left in between. A customer who is
//! where he was is not among them. The way may lead back: after a rollback the next run continues an earlier one.
//!
//! ```
//! use segmentation_lib::movement::{Movements, Way};
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::store::{PublishOptions, Store};
//!
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let monday = test_support::sample::snapshot(10, 1);
//! # let tuesday = test_support::sample::following(&monday, 12, 2);
//! let (store, options) = (Store::at(folder.path()), PublishOptions::default());
//! let from = store.publish(&monday, &options, &Progress::silent())?;
//! let to = store.publish(&tuesday, &options, &Progress::silent())?;
//! let way = Way::between(&store.log()?, &from, &to)?;
//! let mut movements = Movements::open(&store, &way)?;
//! let mut moved = 0;
//! while let Some(movement) = movements.next()? {
//!     assert_eq!(movement.to.is_some(), tuesday.find(&movement.customer_id).is_some());
//!     moved += 1;
//! }
//! assert!(moved > 0);
//! # Ok::<(), segmentation_lib::movement::MovementError>(())
//! ```

mod history;
mod matrix;
mod merged;
mod sentence;
#[cfg(feature = "export")]
mod table;
mod way;
#[cfg(feature = "workbook")]
mod workbook;

pub use history::{Residence, history};
pub use matrix::{Cell, Matrix};
pub use merged::{Kind, Movement, Movements, Reason};
#[cfg(feature = "export")]
pub use table::{COLUMNS, Encoder};
pub use way::{Step, Way};
#[cfg(feature = "workbook")]
pub use workbook::MovementWorkbook;

use crate::record::RunId;
use crate::store::StoreError;

/// Movement cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MovementError {
    /// Nobody knows the run.
    #[error("no run {run_id} is known; the runs that are stand in the movement log")]
    Unknown {
        /// The run asked for.
        run_id: RunId,
    },
    /// The log does not reach back to the run.
    #[error(
        "run {run_id} is older than the movement log, which begins with run {first}; take a whole export, and changes \
         from that run on"
    )]
    Gone {
        /// The run asked for.
        run_id: RunId,
        /// The oldest run of the log.
        first: RunId,
    },
    /// The runs do not continue each other.
    #[error(
        "no way leads from run {from} to run {to}: run {broken} was published without the run before it, or by a \
         program before there was a movement log; take a whole export"
    )]
    Apart {
        /// Where the way begins.
        from: RunId,
        /// Where it ends.
        to: RunId,
        /// The run that continues none that is known.
        broken: RunId,
    },
    /// The run continues no other.
    #[error("run {run_id} continues no other run, so that nothing has changed since one")]
    First {
        /// The run asked for.
        run_id: RunId,
    },
    /// All runs know of purchases after that day.
    #[error(
        "no run has a reference date until {day}; the first that is known has {first}: give that day or a later one"
    )]
    TooEarly {
        /// The day asked for.
        day: chrono::NaiveDate,
        /// The earliest reference date, ISO 8601.
        first: String,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
