//! Serves a published segmentation over HTTP.
//!
//! ```text
//! store - watcher - table - routes
//! ```
//!
//! The [`published`] watcher loads the run that the store calls current into a compact read-only
//! [`table`] and swaps it in atomically; a request works on one table from beginning to end.
#![warn(missing_docs)]

pub mod answer;
pub mod body;
pub mod error;
pub mod ids;
pub mod middleware;
pub mod openapi;
pub mod percentiles;
pub mod published;
pub mod query;
pub mod routes;
pub mod settings;
pub mod startup;
pub mod table;
