//! linfa-hierarchical as the engine, for comparison.
//!
//! It takes similarities and clusters on their negative logarithms, those under 1e-6 as 1e-6. With
//! similarity exp(−d / s), where s is a thirteenth of the largest distance, these are true distances
//! (over s), so that even Ward's linkage is Ward's. What is left of the difference: it keeps sixteen
//! digits of the largest distance, not of each, so that rows nearer than about 1e-16 of it coincide.

use linfa::ParamGuard;
use linfa::traits::Transformer;
use linfa_hierarchical::{HierarchicalCluster, Method};
use linfa_kernel::{Kernel, KernelInner, KernelMethod};
use ndarray::{Array2, ArrayView2};

use super::{HierarchicalParams, Linkage};
use crate::engine::EngineError;
use crate::engine::input::{check_k, check_points};
use crate::engine::labels::{numbered_by_first_row, squared_distance};
use crate::progress::Progress;

/// Largest distance over the scale: exp(−13) is 2.3e-6, above the 1e-6 at which linfa cuts off.
const FARTHEST: f64 = 13.0;

/// Bytes of the kernel, of its upper triangle and of the clusters.
pub fn memory_needed_by_linfa(n: usize) -> u64 {
    let n = n as u64;
    12 * n * n + 256 * n
}

/// Labels of `k` clusters by linfa-hierarchical, numbered by their first row (its own numbers change
/// from call to call). It gives no heights, so that every k is a whole new clustering. Cost: O(n² d)
/// time, 12 n² bytes.
///
/// # Errors
/// A matrix that is empty or not finite, k out of range, memory beyond the limit, cancellation before
/// it starts.
pub fn labels_by_linfa(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    k: usize,
    params: &HierarchicalParams,
    progress: &Progress,
) -> Result<Vec<u32>, EngineError> {
    check_points(points)?;
    check_k(k, points.nrows())?;
    let (needed, limit) = (memory_needed_by_linfa(points.nrows()), params.memory_limit_bytes);
    if needed > limit {
        let algorithm = "linfa's hierarchical clustering";
        return Err(EngineError::Memory { algorithm, rows: points.nrows(), needed, limit });
    }
    progress.check()?;
    let cluster = HierarchicalCluster::default().with_method(method(linkage)).num_clusters(k);
    let checked = cluster.check().expect("k is 1 or more");
    let labels = checked.transform(similarities(points)).targets;
    Ok(numbered_by_first_row(&labels))
}

fn method(linkage: Linkage) -> Method {
    match linkage {
        Linkage::Ward => Method::Ward,
        Linkage::Average => Method::Average,
        Linkage::Complete => Method::Complete,
        Linkage::Single => Method::Single,
    }
}

/// A kernel whose negative logarithms are the distances, up to a common factor.
fn similarities(points: ArrayView2<'_, f64>) -> Kernel<f64> {
    let n = points.nrows();
    let distance = |(a, b)| squared_distance(points.row(a), points.row(b)).sqrt();
    let mut matrix = Array2::from_shape_fn((n, n), distance);
    let largest = matrix.fold(0.0f64, |a, &b| a.max(b));
    let scale = if largest > 0.0 { largest / FARTHEST } else { 1.0 };
    matrix.mapv_inplace(|d| (-d / scale).exp());
    Kernel { inner: KernelInner::Dense(matrix), method: KernelMethod::Linear }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn it_cuts_as_our_tree_does() {
        let points = Array2::from_shape_fn((60, 3), |(i, j)| ((i * i * 7919 + j * 104_729) % 10_007) as f64);
        for linkage in [Linkage::Ward, Linkage::Average, Linkage::Complete, Linkage::Single] {
            let (params, silent) = (HierarchicalParams::default(), Progress::silent());
            let tree = super::super::dendrogram(points.view(), linkage, &params, &silent).unwrap();
            for k in [1, 2, 7, 60] {
                let labels = labels_by_linfa(points.view(), linkage, k, &params, &silent).unwrap();
                assert_eq!(labels, tree.cut(k), "{linkage:?}, k {k}");
            }
        }
    }

    #[test]
    fn bad_input_is_refused() {
        let (params, silent) = (HierarchicalParams::default(), Progress::silent());
        let run = |points: &Array2<f64>, k, params: &HierarchicalParams| {
            labels_by_linfa(points.view(), Linkage::Ward, k, params, &silent).unwrap_err()
        };
        let points = array![[0.0], [1.0]];
        assert!(matches!(run(&array![[f64::NAN]], 1, &params), EngineError::NotFinite { .. }));
        assert!(matches!(run(&points, 0, &params), EngineError::ZeroClusters));
        assert!(matches!(run(&points, 3, &params), EngineError::TooManyClusters { k: 3, rows: 2 }));
        let tight = HierarchicalParams::default().memory_limit(100);
        assert!(matches!(run(&points, 1, &tight), EngineError::Memory { rows: 2, limit: 100, .. }));
    }
}
