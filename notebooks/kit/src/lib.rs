//! Where the notebooks start: `:dep notebook-kit = { path = "kit" }`, then `use notebook_kit::*;`.
//!
//! - [`explore`]: what a data scientist looks at before and after the clustering, as frames
//! - [`plots`]: the same and the results of the library as pictures; [`show`] draws one in a cell
//! - tables: [`ledger`], [`segments`], [`comparison`] and others; a frame that ends a cell is a table too
//! - [`executive`]: one page for who decides
//! - [`summary`]: what was found, in sentences made of the figures
//! - [`report_in`]: the language of all of it
//! - [`parameter`], [`data_files`]: what the notebook runs on; [`progress`]: how far long work is
//! - [`ask`]: the service, asked about what was published
//!
//! Everything else a cell needs comes with it: the library ([`segmentation_lib`], its stages by name), polars'
//! prelude, [`ndarray`], [`linfa`] with [`linfa_clustering`] and [`linfa_hierarchical`], [`plotly`]. Cells get
//! these crates only from here: a second copy of polars would not understand the first one's frames.
#![warn(missing_docs)]
// The library's error is 128 bytes; cells and their helpers return it once, not in a loop.
#![allow(clippy::result_large_err)]

mod cards;
mod currency;
mod decision_log;
mod executive;
pub mod explore;
mod figures;
mod html;
mod language;
mod parameters;
pub mod plots;
mod progress;
mod service;
mod show;
pub mod summary;
mod tables;
mod what_was_read;

pub use linfa;
pub use linfa_clustering;
pub use linfa_hierarchical;
pub use linfa_kernel;
pub use ndarray;
pub use plotly;
pub use polars;
pub use polars::prelude::*;
pub use segmentation_lib;

pub use chrono::NaiveDate;
pub use plotly::Plot;
pub use segmentation_lib::catalogue;
pub use segmentation_lib::engine::hierarchical::{self, HierarchicalParams, Linkage};
pub use segmentation_lib::engine::{self, kmeans::KMeansParams};
pub use segmentation_lib::features::{self, CustomerTable};
pub use segmentation_lib::lifetime::{self, Family, Histories, History, PurchaseModel, SpendModel};
pub use segmentation_lib::look_back::{self, LookBack};
pub use segmentation_lib::matrix::{self, Matrix, MatrixParams};
pub use segmentation_lib::pipeline::{Pipeline, Run};
pub use segmentation_lib::profile::{NamingParams, Profiles, profile};
pub use segmentation_lib::progress::Progress;
pub use segmentation_lib::record::{self, DecisionSheet};
pub use segmentation_lib::reference_date::ReferenceDate;
pub use segmentation_lib::replay;
pub use segmentation_lib::selection::{
    self, Algorithm, Criterion, Hindsight, Selection, SelectionParams, ValidationParams, decision_sheet,
    select,
};
pub use segmentation_lib::store::{PublishOptions, Store};
pub use segmentation_lib::transactions::{self, ReadOptions, Transactions, read};
pub use segmentation_lib::vocabulary::Vocabulary;
pub use segmentation_lib::wording::{self, compact, integer, money, percent};

pub use cards::segment_cards;
pub use currency::{amounts_in, currency_of, known_currency};
pub use decision_log::decision_log;
pub use executive::executive;
pub use explore::Section;
pub use figures::{figure, finish};
pub use html::Html;
pub use language::{Language, localized, pick, report_in, say};
pub use parameters::{DataError, NotANumber, data_files, number, parameter};
pub use progress::progress;
pub use service::{ServiceError, ask};
pub use show::{Display, Picture, frame, show};
pub use what_was_read::check;

pub use tables::{
    comparison, customers, decisions, expected, figures_by_algorithm, figures_by_k, fitted_parameters,
    ledger, provenance, published_customers, scalings, segment_rules, segments, trial, votes,
};
