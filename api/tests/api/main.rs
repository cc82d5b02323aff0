//! The service as clients and operators meet it: over HTTP, on a port of its own.

mod audit;
mod batch;
mod classify;
#[path = "../../../segmentation-lib/tests/store/copy.rs"]
mod copy;
mod customers;
#[path = "../../../segmentation-lib/tests/store/disk.rs"]
mod disk;
mod explain;
mod follow;
mod formats;
mod fuzz;
mod health;
mod helpers;
mod http;
mod keys;
mod killed;
mod lookup;
mod metrics;
#[path = "../../../segmentation-lib/tests/store/next_format.rs"]
mod next_format;
mod packaging;
mod policy;
mod process;
mod rooms;
mod routes;
#[path = "../../../segmentation-lib/tests/store/sample.rs"]
mod sample;
mod segments;
mod swap;
mod tls;
