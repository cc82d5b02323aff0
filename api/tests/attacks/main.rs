//! The service under attack: what strangers, holders of keys, careless operators and broken disks can do to it, each
//! kind over real sockets on loopback. Bounds are of memory and of the order of events, never of time.

#[path = "../api/helpers.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod helpers;

mod bombs;
mod closed;
mod gone;
mod service;

use test_support::sample;
