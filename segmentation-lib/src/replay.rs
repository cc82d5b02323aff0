//! The customers as they stood on an earlier day in the segments of now, where they went since, and what they were
//! worth from that day on.
//!
//! ```
//! use segmentation_lib::pipeline::Pipeline;
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::replay::{movement, replay};
//!
//! # let shop = std::path::PathBuf::from("tests/data/shop.csv");
//! let run = Pipeline::default().run(&[shop], &Progress::silent())?;
//! let day = "2013-08-01".parse().expect("a day");
//! let (scalings, segments) = (run.matrix.scalings(), &run.snapshot.segments);
//! let earlier = replay(&run.transactions, day, scalings, segments, &Progress::silent())?;
//! let moved = movement(&earlier, run.matrix.ids(), &run.profiles);
//! println!("{:.0} % are in the segment they were in", moved.stayed() * 100.0);
//! # assert!((0.0..=1.0).contains(&moved.stayed()));
//! # Ok::<(), segmentation_lib::Error>(())
//! ```

mod earlier;
mod movement;
mod outcome;

#[cfg(test)]
mod sample;

pub use earlier::{Replay, before, replay};
pub use movement::{Movement, movement};
pub use outcome::{backtest, holdout};
