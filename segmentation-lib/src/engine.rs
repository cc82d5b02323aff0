//! Clustering and its validation on plain matrices.
//!
//! Rows are customers, columns are features, values are finite `f64` in matrix units (scaled).
//! Everything here is deterministic: the same rows in the same order, parameters and seed give the
//! same bits, whatever the number of threads. Work is cut into blocks whose bounds depend on the data
//! alone, and partial results are added in block order. Kernels work lane by lane, and a
//! multiplication that is fused with an addition is rounded once on every machine, in software where the
//! processor cannot, so that the instruction set found at run time does not change a result either.
//!
//! - [`kmeans`]: k-means++ and Lloyd's iterations with exact bounds, several starts at once
//! - [`hierarchical`]: agglomerative clustering, one [`hierarchical::Dendrogram`] for all linkages
//! - [`silhouette`]: exact coefficients of many labelings in one pass over the pairs; an estimate with
//!   its standard error where that takes too long
//! - [`agreement`]: how far two partitions agree
//! - [`labels`]: canonical numbering, centroids, inertia
//! - [`indices`]: Calinski-Harabasz and Davies-Bouldin
//! - [`gap`], [`knee`]: how many clusters, from the curve of the inertia
//! - [`stability`], [`control`], [`hopkins`]: whether there are clusters at all
//! - [`foresight`]: what segments tell of later revenue, and how much there is to tell
//! - [`partition`]: one way to cluster, repeated on resamples, reference sets and shuffled columns
//!
//! Every stage is a function of the rows, what is asked for, a struct of parameters and the [`Progress`]. The
//! structs have a documented `Default`, public fields and one check, which the function makes first.
//!
//! linfa's algorithms run beside these in the tests and in the notebooks. Why they do not do the work stands, each
//! reason with a reproduction, in `tests/differential/beside_linfa.rs`.
//!
//! [`Progress`]: crate::progress::Progress

pub mod agreement;
mod columns;
pub mod control;
mod error;
pub mod foresight;
pub mod gap;
pub mod hierarchical;
pub mod hopkins;
pub mod indices;
mod input;
pub mod kmeans;
pub mod knee;
pub mod labels;
pub mod partition;
mod repeat;
pub mod silhouette;
pub mod stability;

pub use error::EngineError;
