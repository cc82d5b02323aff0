//! A look back: the customers as they stood on an earlier day, where they went since, and what they were
//! worth from that day on.

mod earlier;
mod movement;
mod outcome;

#[cfg(test)]
mod sample;

pub use earlier::{Replay, before, replay};
pub use movement::{Movement, movement};
pub use outcome::{backtest, holdout};
