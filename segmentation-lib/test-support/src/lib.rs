//! What the tests of the library and of the service share.
//!
//! A crate of its own, and no feature of the library: with a feature, tests and programs would each need a build of
//! the library.

pub mod copy;
pub mod disk;
pub mod next_format;
pub mod proof;
pub mod rooms;
pub mod sample;
