//! Customer segmentation: purchase records in, one segment per customer out.
//!
//! # The data's path
//!
//! ```text
//! files - transactions - features - matrix - clusterings - selection - model - placement - profiles - record - store
//! ```
//!
//! Each stage takes the value before it and returns a new one, in memory. Files are for eight modules:
//! [`catalogue`] finds data sets and downloads them; `tables` fetches those of databases, `objects` files in object
//! storage; [`transactions`] reads the input, and puts rows for which memory is too small into temporary files; [`store`]
//! writes runs and reads them back, here and in object storage; `dictionary` writes and checks the workbook; `notify`
//! keeps an outbox beside the runs; [`regular_file`] opens what somebody names, [`temporary`] makes directories that go with
//! the process. From a file to a lookup:
//!
//! ```
//! # #[cfg(feature = "analysis")]
//! # fn main() -> segmentation_lib::Result<()> {
//! use segmentation_lib::pipeline::Pipeline;
//! use segmentation_lib::progress::Progress;
//! use segmentation_lib::store::{PublishOptions, Store};
//!
//! # let directory = tempfile::tempdir().expect("a folder");
//! # let (file, store) = (directory.path().join("purchases.csv"), directory.path().join("store"));
//! # let mut text = String::from("customer_id,trans_date,tran_amount\n");
//! # for i in 0..60 {
//! #     let (purchases, month, amount) = [(9, 12, 90), (3, 8, 40), (1, 2, 10)][i % 3];
//! #     for p in 0..purchases {
//! #         let day = 1 + (i + 3 * p) % 28;
//! #         text.push_str(&format!("CS{i},2013-{month:02}-{day:02},{}\n", amount + i / 3));
//! #     }
//! # }
//! # std::fs::write(&file, text).expect("written");
//! let progress = Progress::silent();
//! let run = Pipeline::default().run(&[file], &progress)?;
//! Store::at(store).publish(&run.snapshot, &PublishOptions::default(), &progress)?;
//! println!("CS0 is one of the {}", run.segment_of("CS0").expect("CS0 has purchases").name.en);
//! # assert_ne!(run.segment_of("CS0"), run.segment_of("CS2"));
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "analysis"))]
//! # fn main() {}
//! ```
//!
//! # Rooms
//!
//! ```text
//! replay                                | the customers of an earlier day in the segments of now
//! pipeline                              | one run, every stage in order
//! error                                 | every stage's error in one
//! dictionary                            | the spreadsheet that describes the data
//! lifetime model catalogue profile tables objects | what comes next; what stays in force; data sets; segments in business units; tables of databases; files in object storage
//! look_back movement notify card        | who came back, and what was spent since; who changed segment; telling others; what is said of a segment
//! matrix                                | from the customer table to what is clustered
//! features selection                    | one row per customer; clusterings compared, one chosen
//! transactions store rfm naming         | purchases cleaned; runs on disk; rule-based groups; names
//! engine vocabulary wording export lift surrogate | clustering and validation; the names there are; numbers as people read them; files; what a campaign brought; segments in plain words
//! nearest_segments                      | where a customer stands among the segments
//! record                                | what a run is: plain data
//! temporary                             | directories that go with the process
//! proportion reference_date progress quantile regular_file | needs nothing of this crate
//! ```
//!
//! A room uses rooms on lower floors only. A test compares this picture with every `crate::` in the sources.
#![cfg_attr(
    doc,
    doc = "\n[`architecture`] says what each stage takes and gives, [`contributing`] what to touch for which change."
)]
#![warn(missing_docs)]

#[cfg(doc)]
#[doc = include_str!("architecture.md")]
pub mod architecture {}
#[cfg(doc)]
#[doc = include_str!("../../.github/CONTRIBUTING.md")]
pub mod contributing {}

pub mod card;
pub mod error;
pub mod features;
pub mod naming;
pub mod nearest_segments;
pub mod progress;
pub mod proportion;
pub mod quantile;
pub mod record;
pub mod reference_date;
pub mod regular_file;
pub mod rfm;
pub mod store;
pub mod surrogate;
pub mod temporary;
pub mod vocabulary;

#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "engine")]
pub mod lifetime;
#[cfg(feature = "engine")]
pub mod lift;

#[cfg(feature = "export")]
pub mod export;

#[cfg(feature = "analysis")]
pub mod catalogue;
#[cfg(feature = "cli")]
pub mod dictionary;
#[cfg(feature = "analysis")]
pub mod look_back;
#[cfg(feature = "analysis")]
pub mod matrix;
#[cfg(feature = "analysis")]
pub mod model;
pub mod movement;
#[cfg(feature = "cli")]
pub mod notify;
#[cfg(feature = "cli")]
pub mod objects;
#[cfg(feature = "analysis")]
pub mod pipeline;
#[cfg(feature = "analysis")]
pub mod profile;
#[cfg(feature = "analysis")]
pub mod replay;
#[cfg(feature = "analysis")]
pub mod selection;
#[cfg(feature = "cli")]
pub mod tables;
#[cfg(feature = "analysis")]
pub mod transactions;
pub mod wording;

pub use error::{Error, ErrorKind, Result};
