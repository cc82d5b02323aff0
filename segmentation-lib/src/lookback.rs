//! A look back: the customers as they stood on an earlier day, where they went since, and what they were
//! worth from that day on.

mod movement;
mod outcome;
mod replay;

#[cfg(test)]
mod sample;

pub use movement::{Movement, movement};
pub use outcome::{backtest, holdout};
pub use replay::{Replay, before, replay};
