//! Serves a published segmentation over HTTP.
//!
//! ```text
//! bucket - store - watcher - table - routes
//! ```
//!
//! The [`published`] watcher loads the run that the store calls current into a compact read-only
//! [`table`] and swaps it in atomically; a request works on one table from beginning to end. Before it
//! gets there, the [`gate`] has asked for its key, and before its answer is sent, its [`visit`] has been
//! written to the [`audit`]. Single lookups take the [`direct`] way past the route table.
//!
//! # Rooms
//!
//! ```text
//! startup                        | settings become a running server
//! listen                         | a listener's connections become requests
//! direct openapi                 | single lookups ahead of the route table; the document
//! routes                         | the table of routes; one resource a file
//! answer gate middleware         | what all answers have; who may ask; what every request passes
//! compression                    | which answers are compressed
//! visit                          | one request on its way
//! state                          | what all workers share
//! metrics settings               | what is counted; what an operator can set
//! follow probe                   | the bucket is followed; the server on this machine is asked
//! published                      | which run is served
//! served                         | a run, with what its answers have in common
//! audit batch hold table         | the book of accesses; long lists; answers that wait; a run in memory
//! spreadsheet                    | for whom a CSV is
//! query                          | parameters
//! body ids keys percentiles      | bodies; customer ids; who may ask for what; ranks of values
//! inflate                        | compressed bodies, in bounded steps
//! budget connection turns        | a share for each key; requests of a connection, and before them
//! reload tls                     | files that change
//! descriptors files host         | how many connections; files that are named; names of this machine
//! error manual rate              | needs nothing of this crate
//! ```
//!
//! A room uses rooms on lower floors only. A test compares this picture with every `crate::` in the sources.
#![warn(missing_docs)]

pub mod answer;
pub mod audit;
pub mod batch;
pub mod body;
pub mod budget;
pub mod compression;
pub mod connection;
pub mod descriptors;
pub mod direct;
pub mod error;
pub mod files;
pub mod follow;
pub mod gate;
pub mod hold;
pub mod host;
pub mod ids;
pub mod inflate;
pub mod keys;
pub mod listen;
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
pub mod served;
pub mod settings;
pub mod spreadsheet;
pub mod startup;
pub mod state;
pub mod table;
pub mod tls;
pub mod turns;
pub mod visit;
