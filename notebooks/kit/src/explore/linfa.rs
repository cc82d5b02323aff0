//! linfa's own algorithms on the same customers.

use linfa::traits::{Fit, Predict, Transformer};
use linfa::{DatasetBase, ParamGuard};
use linfa_hierarchical::{HierarchicalCluster, Method};
use linfa_kernel::{Kernel, KernelInner, KernelMethod};
use ndarray::{Array1, Array2, Axis};
use polars::prelude::*;
use segmentation_lib::Error;
use segmentation_lib::engine::agreement::adjusted_rand_index;
use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::engine::kmeans::{self, KMeansParams};
use segmentation_lib::engine::labels::inertia;
use segmentation_lib::features::FeaturesError;
use segmentation_lib::matrix::Matrix;
use segmentation_lib::progress::Progress;

/// linfa's hierarchical clustering holds a kernel of every pair; more customers than this are sampled.
const MOST: usize = 1500;

/// The comparison could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BesideLinfaError {
    /// Ours failed, or the table could not be made.
    #[error(transparent)]
    Library(#[from] Error),
    /// linfa's failed.
    #[error("linfa: {0}")]
    Linfa(#[from] linfa::Error),
}

/// Each algorithm by the library and by linfa with the same k: `algorithm`, `k`, `customers`, `inertia`
/// (ours), `inertia_by_linfa`, `excess_share` (how much higher linfa's is), `agreement` (adjusted Rand
/// index of the two). Hierarchical clustering on at most 1500 customers, evenly taken. The reasons for
/// the differences stand in the engine's tests beside linfa. Cost: n k for k-means, n² for the others.
pub fn beside_linfa(
    matrix: &Matrix,
    ks: &[usize],
    progress: &Progress,
) -> Result<DataFrame, BesideLinfaError> {
    let step = matrix.ids().len().div_ceil(MOST);
    let rows: Vec<usize> = (0..matrix.ids().len()).step_by(step).collect();
    let sample = matrix.values().select(Axis(0), &rows);
    let tree = dendrogram(sample.view(), Linkage::Ward, &HierarchicalParams::default(), progress)
        .map_err(Error::from)?;
    let mut lines = Vec::new();
    for &k in ks {
        progress.report("beside linfa", lines.len() as u64, Some(2 * ks.len() as u64));
        let own = kmeans::fit(matrix.values().view(), k, &KMeansParams::default(), progress)
            .map_err(Error::from)?
            .labels;
        let linfa = kmeans_by_linfa(matrix.values(), k)?;
        lines.push(Line::of("k-means", k, matrix.values(), [&own, &linfa]));
    }
    for &k in ks {
        let linfa = ward_by_linfa(&sample, k)?;
        lines.push(Line::of("Ward", k, &sample, [&tree.cut(k), &linfa]));
    }
    Ok(frame(&lines).map_err(|e| Error::from(FeaturesError::from(e)))?)
}

fn kmeans_by_linfa(points: &Array2<f64>, k: usize) -> Result<Vec<u32>, linfa::Error> {
    let params = linfa_clustering::KMeans::params(k).n_runs(10);
    let fitted = params.fit(&DatasetBase::from(points.view())).map_err(|e| parameters(&e))?;
    let labels: Array1<usize> = fitted.predict(points);
    Ok(labels.iter().map(|&label| label as u32).collect())
}

fn ward_by_linfa(points: &Array2<f64>, k: usize) -> Result<Vec<u32>, linfa::Error> {
    let cluster = HierarchicalCluster::default().with_method(Method::Ward).num_clusters(k);
    let found = cluster.check().map_err(|e| parameters(&e))?.transform(exponential(points));
    Ok(found.targets.iter().map(|&label| label as u32).collect())
}

fn parameters(error: &impl ToString) -> linfa::Error {
    linfa::Error::Parameters(error.to_string())
}

/// linfa takes similarities and clusters on their negative logarithms, those under 1e-6 as 1e-6. The
/// exponential of the distance over a thirteenth of the largest one, 2.3e-6 at least, gives true distances.
fn exponential(points: &Array2<f64>) -> Kernel<f64> {
    let n = points.nrows();
    let distance =
        |(a, b)| points.row(a).iter().zip(points.row(b)).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    let mut matrix = Array2::from_shape_fn((n, n), distance);
    let largest = matrix.fold(f64::MIN_POSITIVE, |largest, &distance| largest.max(distance));
    matrix.mapv_inplace(|distance| (-13.0 * distance / largest).exp());
    Kernel { inner: KernelInner::Dense(matrix), method: KernelMethod::Linear }
}

struct Line {
    algorithm: &'static str,
    k: usize,
    customers: usize,
    inertia: [f64; 2],
    agreement: f64,
}

impl Line {
    fn of(algorithm: &'static str, k: usize, points: &Array2<f64>, [own, linfa]: [&[u32]; 2]) -> Self {
        Self {
            algorithm,
            k,
            customers: points.nrows(),
            inertia: [own, linfa].map(|labels| inertia(points.view(), labels)),
            agreement: adjusted_rand_index(own, linfa),
        }
    }
}

fn frame(lines: &[Line]) -> PolarsResult<DataFrame> {
    df!(
        "algorithm" => lines.iter().map(|l| l.algorithm).collect::<Vec<_>>(),
        "k" => lines.iter().map(|l| l.k as u64).collect::<Vec<_>>(),
        "customers" => lines.iter().map(|l| l.customers as u64).collect::<Vec<_>>(),
        "inertia" => lines.iter().map(|l| l.inertia[0]).collect::<Vec<_>>(),
        "inertia_by_linfa" => lines.iter().map(|l| l.inertia[1]).collect::<Vec<_>>(),
        "excess_share" => lines.iter().map(|l| l.inertia[1] / l.inertia[0] - 1.0).collect::<Vec<_>>(),
        "agreement" => lines.iter().map(|l| l.agreement).collect::<Vec<_>>(),
    )
}

#[cfg(test)]
mod tests {
    use segmentation_lib::features::CustomerTable;
    use segmentation_lib::matrix::MatrixParams;

    use super::super::sample::{integers, shop, texts};
    use super::*;

    #[test]
    fn every_algorithm_is_held_against_linfas_at_every_k() {
        let transactions = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        let frame = beside_linfa(&matrix, &[2, 3], &Progress::silent()).expect("clustered");
        assert_eq!(texts(&frame, "algorithm"), ["k-means", "k-means", "Ward", "Ward"]);
        assert_eq!(integers(&frame, "customers"), [60; 4]);
        let excess = frame.column("excess_share").expect("there").f64().expect("numbers");
        assert!(excess.no_null_iter().take(2).all(|excess| excess > -1e-9), "ours is the lower inertia");
    }
}
