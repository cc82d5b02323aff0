//! The `segment` program as its users run it.
#![cfg(feature = "cli")]

mod bucket;
mod commands;
mod determinism;
mod killed;
mod lifetimes;
mod lift;
mod model;
mod notify;
mod reading;
mod spelling;
mod support;
mod tables;
mod texts;
