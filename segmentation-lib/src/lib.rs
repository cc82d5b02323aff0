//! Customer segmentation: purchase records in, one segment per customer out.
//!
//! ```text
//! file(s) - transactions - features - matrix - clustering - validation - selection - profile - snapshot - store
//! ```
//!
//! Each stage takes the value before it and returns a new one. Only [`transactions`] reads input,
//! only [`store`] writes.
#![warn(missing_docs)]

pub mod error;
pub mod placement;
pub mod progress;
pub mod reference;
pub mod snapshot;
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
pub mod features;
#[cfg(feature = "analysis")]
pub mod matrix;
#[cfg(feature = "analysis")]
pub mod profile;
#[cfg(feature = "analysis")]
pub mod selection;
#[cfg(feature = "analysis")]
pub mod transactions;

pub use error::{Error, Result};
