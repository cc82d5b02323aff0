//! What can go wrong: one [`Error`] whose variants are the stages' own errors.
//!
//! Every message says what was wrong, the value seen, what is allowed and, where there is one, the
//! way out. A stage's errors live beside the stage; this type only joins them for callers who walk
//! the whole path.

/// Any error of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The run does not fit the model in force.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    /// A snapshot contradicts itself.
    #[error(transparent)]
    Snapshot(#[from] crate::record::SnapshotError),
    /// Publishing or reading a run failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Pushing to a bucket or pulling from it failed.
    #[cfg(feature = "bucket")]
    #[error(transparent)]
    Bucket(#[from] crate::store::bucket::BucketError),
    /// Clustering or its validation failed.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// There is no forecast.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Lifetime(#[from] crate::lifetime::LifetimeError),
    /// Reading transactions failed.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Transactions(#[from] crate::transactions::TransactionsError),
    /// Computing the customer table failed.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Features(#[from] crate::features::FeaturesError),
    /// Making the matrix failed.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Matrix(#[from] crate::matrix::MatrixError),
    /// Comparing clusterings or choosing one failed.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Selection(#[from] crate::selection::SelectionError),
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
