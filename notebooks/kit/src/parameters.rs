//! What a notebook runs on: parameters from the environment, the files of a data set.

use std::path::{Path, PathBuf};

use segmentation_lib::catalogue::{CatalogueError, locate};

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

/// The files of a data set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// They were not fetched yet.
    #[error("{reason} (`segment fetch {dataset}` in a terminal, or name files in INPUT)")]
    NotFetched {
        /// The catalogue's name of the data set.
        dataset: String,
        /// What the catalogue says.
        reason: CatalogueError,
    },
    /// The catalogue says why.
    #[error(transparent)]
    Catalogue(CatalogueError),
}

/// The files of a data set: those named in the environment variable `INPUT` (separated by `:`), else the
/// catalogue's, in the folder `SEGMENT_DATA` (default `../data`, as seen from a notebook).
pub fn data_files(dataset: &str) -> Result<Vec<PathBuf>, DataError> {
    if let Some(files) = std::env::var_os("INPUT") {
        return Ok(std::env::split_paths(&files).collect());
    }
    locate(dataset, Path::new(&parameter("SEGMENT_DATA", "../data"))).map_err(|reason| match reason {
        CatalogueError::NotFetched { .. } => DataError::NotFetched { dataset: dataset.to_owned(), reason },
        other => DataError::Catalogue(other),
    })
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
}
