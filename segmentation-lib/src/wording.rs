//! How results are put into words: numbers, tables of texts, and the sentence that describes a segment.
//!
//! The command line and the notebooks share this wording; each draws the tables its own way.
//!
//! ```
//! use segmentation_lib::wording::{money, percent, portuguese};
//!
//! assert_eq!((money(123_456).as_str(), percent(0.125).as_str()), ("1,234.56", "12.5 %"));
//! assert_eq!(portuguese(&money(123_456)), "1.234,56");
//! ```

pub(crate) mod description;
pub mod lift;
mod numbers;
pub mod tables;

pub use numbers::{
    agreeing, bar, compact, counted, decimal, feature, filled, how_many, integer, money, percent, portuguese,
    sparkline, unit, unit_after,
};
