//! What can be wrong with a matrix, a labeling or a parameter.

use crate::progress::Cancelled;

/// Clustering or its validation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No rows or no columns.
    #[error("the matrix has {rows} rows and {columns} columns; at least one of each is needed")]
    Empty {
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// A value that is NaN or infinite.
    #[error(
        "row {row}, column {column} of the matrix is {value}; only finite numbers can be clustered: \
         fill in or drop the row, or choose another scaling"
    )]
    NotFinite {
        /// Row from 0.
        row: usize,
        /// Column from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A value beyond what squared distances can hold.
    #[error(
        "row {row}, column {column} of the matrix is {value:e}; values must stay within ±{limit:e} for squared \
         distances to be finite: rescale the column"
    )]
    TooLarge {
        /// Row from 0.
        row: usize,
        /// Column from 0.
        column: usize,
        /// As given.
        value: f64,
        /// Largest magnitude allowed.
        limit: f64,
    },
    /// k is 0.
    #[error("k is 0; at least 1 cluster must be asked for")]
    ZeroClusters,
    /// More clusters than rows.
    #[error("k is {k}, but there are only {rows} rows; k can be 1 to {rows}")]
    TooManyClusters {
        /// Clusters asked for.
        k: usize,
        /// Rows of the matrix.
        rows: usize,
    },
    /// More clusters than distinct rows.
    #[error(
        "k is {k}, but only {distinct} rows are distinct; k can be 1 to {distinct}, or add a feature that \
         tells identical customers apart"
    )]
    TooFewDistinct {
        /// Clusters asked for.
        k: usize,
        /// Distinct rows of the matrix.
        distinct: usize,
    },
    /// A validation index that compares clusters was given one cluster.
    #[error("{index} needs at least 2 clusters, the labeling has {clusters}")]
    OneCluster {
        /// The index: `silhouette`, …
        index: &'static str,
        /// Clusters in the labeling.
        clusters: usize,
    },
    /// As many clusters as rows, where the index divides by what is left.
    #[error("{index} needs fewer clusters than rows, the labeling has {clusters} clusters of {rows} rows")]
    OnlySingletons {
        /// The index.
        index: &'static str,
        /// Clusters in the labeling.
        clusters: usize,
        /// Rows of the matrix.
        rows: usize,
    },
    /// A labeling, or weights, of another length than the matrix.
    #[error("{what}: {given} entries for {rows} rows; one each is needed")]
    Length {
        /// `labeling 0`, `sample weights`, …
        what: &'static str,
        /// Entries given.
        given: usize,
        /// Rows of the matrix.
        rows: usize,
    },
    /// Points and model of different width.
    #[error("the points have {given} columns, the model was made of {expected}")]
    Columns {
        /// Columns given.
        given: usize,
        /// Columns of the model.
        expected: usize,
    },
    /// A parameter outside its range.
    #[error("{name} is {value}; allowed is {allowed}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Value given.
        value: f64,
        /// The range in words.
        allowed: &'static str,
    },
    /// A sample weight that is negative or not finite.
    #[error("the weight of row {row} is {value}; weights must be finite and above 0")]
    Weight {
        /// Row from 0.
        row: usize,
        /// The weight.
        value: f64,
    },
    /// The work would not fit in memory.
    #[error(
        "{algorithm} of {rows} rows needs {needed} bytes, the limit is {limit}; raise the limit, or use \
         ward or single linkage, which need memory in proportion to the rows"
    )]
    Memory {
        /// The algorithm.
        algorithm: &'static str,
        /// Rows of the matrix.
        rows: usize,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The principal components could not be found.
    #[error("principal components: {0}")]
    PrincipalComponents(#[from] linfa_linalg::LinalgError),
}
