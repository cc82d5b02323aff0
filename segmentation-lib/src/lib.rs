//! Customer segmentation: purchase records in, one segment per customer out.
//!
//! ```text
//! file(s) - transactions - features - matrix - clustering - validation - selection - profile - snapshot - store
//! ```
//!
//! Each stage takes the value before it and returns a new one. Only [`transactions`] reads input,
//! only [`store`] writes. From a file to a lookup:
//!
//! ```
//! # #[cfg(feature = "analysis")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use segmentation_lib::assemble::{self, RunDetails};
//! use segmentation_lib::features::CustomerTable;
//! use segmentation_lib::matrix::{Matrix, MatrixParams};
//! use segmentation_lib::profile::profile;
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::selection::{SelectionParams, select};
//! use segmentation_lib::store::{PublishOptions, Store};
//! use segmentation_lib::transactions::{self, ReadOptions};
//!
//! # let directory = tempfile::tempdir()?;
//! # let file = directory.path().join("purchases.csv");
//! # let mut text = String::from("customer_id,trans_date,tran_amount\n");
//! # for i in 0..60 {
//! #     let (purchases, month, amount) = [(9, 12, 90), (3, 8, 40), (1, 2, 10)][i % 3];
//! #     for p in 0..purchases {
//! #         let day = 1 + (i + 3 * p) % 28;
//! #         text.push_str(&format!("CS{i},2013-{month:02}-{day:02},{}\n", amount + i / 3));
//! #     }
//! # }
//! # std::fs::write(&file, text)?;
//! let progress = Progress::silent();
//! let transactions = transactions::read(&[file], &ReadOptions::default(), &progress)?;
//! let customers = CustomerTable::compute(&transactions, None)?;
//! let matrix = Matrix::build(&customers, &MatrixParams::default())?;
//! let selection = select(matrix.values(), &SelectionParams::default(), &progress)?;
//! let chosen = selection.chosen();
//! let profiles = profile(&customers, &matrix, &chosen.labels, &chosen.silhouette.per_point, None)?;
//! let details = RunDetails {
//!     dataset: "custom".to_owned(),
//!     currency: None,
//!     created_at: "2014-01-01T00:00:00Z".to_owned(),
//!     parameters: Default::default(),
//!     seed: 0,
//! };
//! let snapshot = assemble::snapshot(&transactions, &customers, &matrix, &selection, &profiles, details)?;
//!
//! let store = Store::at(directory.path().join("store"));
//! store.publish(&snapshot, &PublishOptions::default(), &progress)?;
//! let published = store.open_current()?;
//! let segment_of = |id: &str| {
//!     let found = published.assignments.iter().find(|a| a.customer_id == id)?;
//!     Some(published.segments[usize::from(found.segment_id) - 1].name.en.clone())
//! };
//! assert!(segment_of("CS0").is_some());
//! assert_ne!(segment_of("CS0"), segment_of("CS2"));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "analysis"))]
//! # fn main() {}
//! ```
#![warn(missing_docs)]

pub mod error;
pub mod placement;
pub mod progress;
pub mod quantile;
pub mod record;
pub mod reference;
pub mod store;

#[cfg(feature = "engine")]
pub mod engine;

#[cfg(feature = "analysis")]
pub mod assemble;
#[cfg(feature = "analysis")]
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod dictionary;
#[cfg(feature = "analysis")]
pub mod explore;
#[cfg(feature = "analysis")]
pub mod features;
#[cfg(feature = "analysis")]
pub mod figures;
#[cfg(feature = "analysis")]
pub mod matrix;
#[cfg(feature = "analysis")]
pub mod notebook;
#[cfg(feature = "analysis")]
pub mod plots;
#[cfg(feature = "analysis")]
pub mod profile;
#[cfg(feature = "analysis")]
pub mod selection;
#[cfg(feature = "analysis")]
pub mod tables;
#[cfg(feature = "analysis")]
pub mod transactions;

pub use error::{Error, Result};
