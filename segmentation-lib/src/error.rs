//! What can go wrong: one [`Error`] whose variants are the stages' own errors.
//!
//! Every message says what was wrong, the value seen, what is allowed and, where there is one, the
//! way out. A stage's errors live beside the stage; this type joins them for callers who walk the
//! whole path, and its [`ErrorKind`] says what can be done about one of them.

mod kind;

pub use kind::ErrorKind;

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
    /// Customers cannot be held out so.
    #[error(transparent)]
    Holdout(#[from] crate::record::HoldoutError),
    /// What a campaign brought cannot be measured.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Lift(#[from] crate::lift::LiftError),
    /// Publishing or reading a run failed, or removing customers from it.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// A text names no run.
    #[error(transparent)]
    RunId(#[from] crate::record::InvalidRunId),
    /// Pushing to a bucket or pulling from it failed.
    #[cfg(feature = "bucket")]
    #[error(transparent)]
    Bucket(#[from] crate::store::bucket::BucketError),
    /// A run's customers were not written to a file.
    #[cfg(feature = "export")]
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
    /// Nobody can say who changed segment.
    #[error(transparent)]
    Movement(#[from] crate::movement::MovementError),
    /// Nobody can be told of a publication.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Notify(#[from] crate::notify::NotifyError),
    /// A text is no reference date.
    #[error(transparent)]
    ReferenceDate(#[from] crate::reference_date::ReferenceDateError),
    /// The transactions of one customer do not give the features.
    #[error(transparent)]
    OneCustomer(#[from] crate::features::one_customer::OneCustomerError),
    /// Stopped on request.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
    /// Clustering or its validation failed.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// There is no forecast.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Lifetime(#[from] crate::lifetime::LifetimeError),
    /// A data set cannot be had.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Catalogue(#[from] crate::catalogue::CatalogueError),
    /// A column mapping is not understood.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Mapping(#[from] crate::transactions::MappingError),
    /// A cleaning rule does not exist.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Rule(#[from] crate::transactions::UnknownRule),
    /// A table of exchange rates is not understood.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Rates(#[from] crate::transactions::RatesError),
    /// Cleaning lost too much.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Loss(#[from] crate::transactions::LossError),
    /// Reading transactions failed.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Transactions(#[from] crate::transactions::TransactionsError),
    /// Files in object storage were not read.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Objects(#[from] crate::objects::ObjectsError),
    /// A table of a database was not read.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Table(#[from] crate::tables::TableError),
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
    /// A vocabulary cannot be used.
    #[cfg(feature = "analysis")]
    #[error(transparent)]
    Vocabulary(#[from] crate::vocabulary::VocabularyError),
    /// The data dictionary could not be written, read or made.
    #[cfg(feature = "cli")]
    #[error(transparent)]
    Dictionary(#[from] crate::dictionary::DictionaryError),
}

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
