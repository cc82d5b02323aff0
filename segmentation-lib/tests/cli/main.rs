//! The `segment` program as its users run it.
#![cfg(feature = "cli")]

mod bucket;
mod commands;
mod determinism;
#[path = "../store/disk.rs"]
#[allow(dead_code, reason = "a disk that grows step by step is for the store's own tests")]
mod disk;
mod killed;
mod model;
mod support;
mod texts;
