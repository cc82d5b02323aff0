//! What the tests of both crates share (feature `test-support`).

pub mod rooms;
