//! Everything a notebook uses, after one `:dep` line: `use segmentation_lib::notebook::*;`
//!
//! Values show themselves as tables; plots through [`show`], which JupyterLab draws by itself.

mod html;
mod service;
mod show;
mod tables;

use std::path::{Path, PathBuf};

pub use chrono::NaiveDate;
pub use plotly::Plot;
pub use polars::prelude::{DataFrame, LazyFrame};

pub use crate::catalogue::{self, locate};
pub use crate::engine;
pub use crate::engine::hierarchical::{self, HierarchicalParams, Linkage};
pub use crate::explore::{self, Section};
pub use crate::features::CustomerTable;
pub use crate::figures::{compact, integer, money, percent};
pub use crate::matrix::{Matrix, MatrixParams};
pub use crate::pipeline::{Pipeline, Run};
pub use crate::plots;
pub use crate::profile::{Profiles, profile};
pub use crate::progress::Progress;
pub use crate::record::DecisionSheet;
pub use crate::reference_date::ReferenceDate;
pub use crate::selection::{Algorithm, Selection, SelectionParams, ValidationParams, decision_sheet, select};
pub use crate::store::{PublishOptions, Store};
pub use crate::transactions::{ReadOptions, Transactions, read};

pub use html::Html;
pub use service::{ServiceError, ask};
pub use show::{Display, Picture, figure, frame, progress, show};
pub use tables::{
    comparison, customers, decisions, figures_by_algorithm, figures_by_k, ledger, provenance,
    published_customers, scalings, segment_cards, segment_rules, segments, votes,
};

/// A parameter of the notebook: the environment variable `name` where it is set, else `default`.
pub fn parameter(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// A parameter that is no whole number.
#[derive(Debug, thiserror::Error)]
#[error("the parameter {name} is {value:?}; a whole number is needed, such as {default}")]
pub struct NotANumber {
    /// The environment variable.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The value where it is not set.
    pub default: u64,
}

/// A parameter that is a whole number, as [`parameter`].
pub fn number(name: &str, default: u64) -> Result<u64, NotANumber> {
    let value = parameter(name, &default.to_string());
    value.trim().parse().map_err(|_| NotANumber { name: name.to_owned(), value, default })
}

/// The currency of a data set's amounts (ISO 4217), as axes and titles name it.
pub fn currency_of(dataset: &str) -> String {
    catalogue::dataset(dataset).ok().and_then(|d| d.currency).unwrap_or("currency units").to_owned()
}

/// The files of a data set: those named in the environment variable `INPUT` (separated by `:`), else the
/// catalogue's, in the folder `SEGMENT_DATA` (default `../data`, as seen from a notebook).
pub fn data_files(dataset: &str) -> Result<Vec<PathBuf>, catalogue::CatalogueError> {
    match std::env::var_os("INPUT") {
        Some(files) => Ok(std::env::split_paths(&files).collect()),
        None => locate(dataset, Path::new(&parameter("SEGMENT_DATA", "../data"))),
    }
}

/// Ends a notebook: key figures as one JSON line and the mark that every cell ran. The check of the
/// notebooks compares the figures with the committed ones.
pub fn finish(figures: &[(&str, f64)]) {
    let figures: std::collections::BTreeMap<&str, f64> = figures.iter().copied().collect();
    println!("figures: {}", serde_json::json!(figures));
    println!("notebook finished");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_not_set_has_its_default() {
        assert_eq!(number("A_PARAMETER_THAT_NOBODY_SETS", 90).expect("the default"), 90);
        assert_eq!(parameter("A_PARAMETER_THAT_NOBODY_SETS", "cdnow"), "cdnow");
    }

    #[test]
    fn what_is_no_number_is_named_with_the_way_out() {
        let error = NotANumber { name: "HOLDOUT_DAYS".to_owned(), value: "soon".to_owned(), default: 90 };
        let text = "the parameter HOLDOUT_DAYS is \"soon\"; a whole number is needed, such as 90";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn the_currency_is_the_catalogues() {
        assert_eq!(
            (currency_of("cdnow"), currency_of("my own")),
            ("USD".to_owned(), "currency units".to_owned())
        );
    }
}
