//! Every clustering of the comparison, with its figures.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;

use super::{Algorithm, Clustering, SelectionError, SelectionParams};
use crate::engine::hierarchical::{self, HierarchicalParams, Linkage};
use crate::engine::indices::{Indices, indices_where_defined};
use crate::engine::kmeans::{self, KMeans, KMeansParams};
use crate::engine::labels;
use crate::engine::silhouette::{EstimateParams, Silhouette, estimates, silhouettes};
use crate::progress::Progress;
use crate::wording::integer;

/// Labels before they are measured.
struct Partition {
    algorithm: Algorithm,
    k: usize,
    labels: Vec<u32>,
}

/// An algorithm that was not tried, and why.
pub(super) type LeftOut = (Algorithm, String);

/// All clusterings, by algorithm, then k. `from` are the centroids of the model in force: k-means with as many
/// clusters starts from them.
pub(super) fn all(
    points: ArrayView2<'_, f64>,
    ks: &RangeInclusive<usize>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<(Vec<Clustering>, Vec<LeftOut>), SelectionError> {
    let mut partitions = by_kmeans(points, ks, params, progress)?;
    let mut left_out = Vec::new();
    for algorithm in Algorithm::ALL {
        if let Some(linkage) = algorithm.linkage() {
            match skip_note(points, linkage, algorithm, params) {
                Some(note) => left_out.push((algorithm, note)),
                None => partitions.extend(cuts(points, algorithm, linkage, ks, params, progress)?),
            }
        }
    }
    Ok((measured(points, partitions, params, progress)?, left_out))
}

fn by_kmeans(
    points: ArrayView2<'_, f64>,
    ks: &RangeInclusive<usize>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<Partition>, SelectionError> {
    let starts = KMeansParams { seed: params.seed, starts: params.starts, ..KMeansParams::default() };
    let mut fitted = kmeans::sweep(points, ks.clone(), &starts, progress)?;
    if let Some(from) = &params.from
        && let Some(at) = ks.clone().position(|k| k == from.nrows())
    {
        fitted[at] = kmeans::fit_from(points, from.view(), &starts, progress)?;
    }
    let partition = |(k, model): (usize, KMeans)| Partition {
        algorithm: Algorithm::KMeans,
        k,
        labels: labels::canonical(points, &model.labels),
    };
    Ok(ks.clone().zip(fitted).map(partition).collect())
}

fn cuts(
    points: ArrayView2<'_, f64>,
    algorithm: Algorithm,
    linkage: Linkage,
    ks: &RangeInclusive<usize>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<Partition>, SelectionError> {
    let limits = HierarchicalParams { memory_limit_bytes: params.memory_limit_bytes };
    let dendrogram = hierarchical::dendrogram(points, linkage, &limits, progress)?;
    let partition = |k| Partition { algorithm, k, labels: labels::canonical(points, &dendrogram.cut(k)) };
    Ok(ks.clone().map(partition).collect())
}

/// Why a linkage is left out: it would not fit, and the user did not ask for it alone.
fn skip_note(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    algorithm: Algorithm,
    params: &SelectionParams,
) -> Option<String> {
    let needed = hierarchical::memory_needed(points.nrows(), linkage);
    let fits = needed <= params.memory_limit_bytes;
    let mebibytes = |bytes: u64| integer(bytes.div_ceil(1 << 20));
    (!fits && params.algorithm != Some(algorithm)).then(|| {
        format!(
            "left out: every pair's distance needs {} MiB, the memory limit is {} MiB",
            mebibytes(needed),
            mebibytes(params.memory_limit_bytes)
        )
    })
}

/// Silhouettes of all partitions in few passes over the pairs, centroids and inertia.
fn measured(
    points: ArrayView2<'_, f64>,
    partitions: Vec<Partition>,
    params: &SelectionParams,
    progress: &Progress,
) -> Result<Vec<Clustering>, SelectionError> {
    let labelings: Vec<&[u32]> = partitions.iter().map(|p| p.labels.as_slice()).collect();
    let silhouettes = if points.nrows() > params.exact_silhouettes {
        let sample = EstimateParams { seed: params.seed, ..EstimateParams::default() };
        estimates(points, &labelings, &sample, progress)?
    } else {
        silhouettes(points, &labelings, progress)?
    };
    let indices = indices_where_defined(points, &labelings, progress)?;
    let measure = |((p, silhouette), indices): ((Partition, Silhouette), Option<Indices>)| Clustering {
        centroids: labels::centroids(points, &p.labels, p.k),
        inertia: labels::inertia(points, &p.labels),
        algorithm: p.algorithm,
        k: p.k,
        labels: p.labels,
        silhouette,
        indices,
    };
    Ok(partitions.into_iter().zip(silhouettes).zip(indices).map(measure).collect())
}
