//! Everything a notebook uses, after one `:dep` line: `use segmentation_lib::notebook::*;`
//!
//! Values show themselves as tables; plots through [`show`], which JupyterLab draws by itself.

mod html;
mod tables;

use std::path::{Path, PathBuf};

pub use plotly::Plot;
pub use polars::prelude::{DataFrame, LazyFrame};

pub use crate::assemble::{self, RunDetails};
pub use crate::catalogue::{self, locate};
pub use crate::engine::hierarchical::{self, HierarchicalParams, Linkage};
pub use crate::explore;
pub use crate::features::CustomerTable;
pub use crate::figures::{integer, money, percent};
pub use crate::matrix::{Matrix, MatrixParams};
pub use crate::plots;
pub use crate::profile::{Profiles, profile};
pub use crate::progress::Progress;
pub use crate::reference::ReferenceDate;
pub use crate::selection::{Algorithm, Selection, SelectionParams, select};
pub use crate::store::{PublishOptions, Store};
pub use crate::transactions::{ReadOptions, Transactions, read};

pub use html::Html;
pub use tables::{comparison, customers, decisions, ledger, provenance, scalings, segment_cards, segments};

/// A parameter of the notebook: the environment variable `name` where it is set, else `default`.
pub fn parameter(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// The files of a data set: those named in the environment variable `INPUT` (separated by `:`), else the
/// catalogue's, in the folder `SEGMENT_DATA` (default `../data`, as seen from a notebook).
pub fn data_files(dataset: &str) -> Result<Vec<PathBuf>, catalogue::CatalogueError> {
    match std::env::var_os("INPUT") {
        Some(files) => Ok(std::env::split_paths(&files).collect()),
        None => locate(dataset, Path::new(&parameter("SEGMENT_DATA", "../data"))),
    }
}

/// Shows a plot in the cell's output: plotly's own format, which JupyterLab renders without network,
/// and the title as text for viewers that do not.
pub fn show(plot: &Plot) {
    let title = serde_json::to_value(plot.layout()).ok();
    let title = title.as_ref().and_then(|l| l["title"]["text"].as_str()).unwrap_or("plot");
    println!("EVCXR_BEGIN_CONTENT application/vnd.plotly.v1+json\n{}\nEVCXR_END_CONTENT", plot.to_json());
    println!("EVCXR_BEGIN_CONTENT text/plain\n[plot] {title}\nEVCXR_END_CONTENT");
}

/// Ends a notebook: key figures as one JSON line and the mark that every cell ran. The check of the
/// notebooks compares the figures with the committed ones.
pub fn finish(figures: &[(&str, f64)]) {
    let figures: std::collections::BTreeMap<&str, f64> = figures.iter().copied().collect();
    println!("figures: {}", serde_json::json!(figures));
    println!("notebook finished");
}
