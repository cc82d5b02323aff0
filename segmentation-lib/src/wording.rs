//! How results are put into words: numbers, tables of texts, and the sentence that describes a segment.
//!
//! The command line and the notebooks share this wording; each draws the tables its own way.

#[cfg(feature = "analysis")]
pub(crate) mod description;
pub mod lift;
mod numbers;
pub mod tables;

pub use numbers::{
    agreeing, bar, compact, counted, decimal, feature, integer, money, percent, portuguese, sparkline, unit,
    unit_after,
};
