//! The service as clients and operators meet it: over HTTP, on a port of its own.

mod audit;
mod batch;
mod changes;
mod classify;
mod customers;
mod explain;
mod follow;
mod formats;
mod fuzz;
mod health;
mod held_out;
mod helpers;
mod http;
mod keys;
mod killed;
mod lookup;
mod metrics;
mod model;
mod packaging;
mod policy;
mod process;
mod rooms;
mod routes;
mod seeds;
mod segments;
mod spreadsheet;
mod swap;
mod tls;

use test_support::{copy, disk, next_format, sample};
