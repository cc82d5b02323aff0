//! Serves a published segmentation over HTTP.
//!
//! ```text
//! bucket - store - watcher - table - routes
//! ```
//!
//! The [`published`] watcher loads the run that the store calls current into a compact read-only
//! [`table`] and swaps it in atomically; a request works on one table from beginning to end. Before it
//! gets there, [`access`] has asked for its key, and before its answer is sent, has written it to the
//! [`audit`]. Single lookups take the [`direct`] way past the route table.
#![warn(missing_docs)]

pub mod access;
pub mod answer;
pub mod audit;
pub mod batch;
pub mod body;
pub mod direct;
pub mod error;
pub mod follow;
pub mod ids;
pub mod keys;
pub mod manual;
pub mod metrics;
pub mod middleware;
pub mod openapi;
pub mod percentiles;
pub mod probe;
pub mod published;
pub mod query;
pub mod rate;
pub mod reload;
pub mod routes;
pub mod settings;
pub mod startup;
pub mod table;
pub mod tls;
