//! linfa's own algorithms on the same customers.

use linfa::ParamGuard;
use ndarray::{Array2, Axis};
use polars::prelude::*;

use crate::Error;
use crate::engine::Engine;
use crate::engine::agreement::adjusted_rand_index;
use crate::engine::hierarchical::{AgglomerativeParams, Linkage};
use crate::engine::kmeans::KMeansParams;
use crate::engine::labels::inertia;
use crate::features::FeaturesError;
use crate::matrix::Matrix;
use crate::progress::Progress;

/// linfa's hierarchical clustering holds a kernel of every pair; more customers than this are sampled.
const MOST: usize = 1500;

/// Each algorithm by this crate and by linfa with the same k: `algorithm`, `k`, `customers`, `inertia`
/// (ours), `inertia_by_linfa`, `excess_share` (how much higher linfa's is), `agreement` (adjusted Rand
/// index of the two). Hierarchical clustering on at most 1500 customers, evenly taken. The reasons for
/// the differences stand in the engine's tests beside linfa. Cost: n k for k-means, n² for the others.
pub fn beside_linfa(matrix: &Matrix, ks: &[usize], progress: &Progress) -> Result<DataFrame, Error> {
    let step = matrix.ids().len().div_ceil(MOST);
    let rows: Vec<usize> = (0..matrix.ids().len()).step_by(step).collect();
    let sample = matrix.values().select(Axis(0), &rows);
    let mut lines = Vec::new();
    for &k in ks {
        progress.report("beside linfa", lines.len() as u64, Some(2 * ks.len() as u64));
        let fit = |engine| KMeansParams::new(k).engine(engine).fit(matrix.values().view(), progress);
        let labels = [fit(Engine::Own)?.labels, fit(Engine::Linfa)?.labels];
        lines.push(Line::of("k-means", k, matrix.values(), &labels));
    }
    for &k in ks {
        let cut = |engine| {
            let params = AgglomerativeParams::new(k).linkage(Linkage::Ward).engine(engine);
            params.check()?.fit(sample.view(), progress)
        };
        let labels = [cut(Engine::Own)?.labels, cut(Engine::Linfa)?.labels];
        lines.push(Line::of("Ward", k, &sample, &labels));
    }
    Ok(frame(&lines).map_err(FeaturesError::from)?)
}

struct Line {
    algorithm: &'static str,
    k: usize,
    customers: usize,
    inertia: [f64; 2],
    agreement: f64,
}

impl Line {
    fn of(algorithm: &'static str, k: usize, points: &Array2<f64>, labels: &[Vec<u32>; 2]) -> Self {
        Self {
            algorithm,
            k,
            customers: points.nrows(),
            inertia: [inertia(points.view(), &labels[0]), inertia(points.view(), &labels[1])],
            agreement: adjusted_rand_index(&labels[0], &labels[1]),
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
    use super::super::sample::{integers, shop, texts};
    use super::*;
    use crate::features::CustomerTable;
    use crate::matrix::MatrixParams;

    #[test]
    fn every_algorithm_is_held_against_linfas_at_every_k() {
        let (_folder, transactions) = shop();
        let table = CustomerTable::compute(&transactions, None).expect("customers");
        let matrix = Matrix::build(&table, &MatrixParams::default()).expect("a matrix");
        let frame = beside_linfa(&matrix, &[2, 3], &Progress::silent()).expect("clustered");
        assert_eq!(texts(&frame, "algorithm"), ["k-means", "k-means", "Ward", "Ward"]);
        assert_eq!(integers(&frame, "customers"), [60; 4]);
        let excess = frame.column("excess_share").expect("there").f64().expect("numbers");
        assert!(excess.no_null_iter().take(2).all(|excess| excess > -1e-9), "ours is the lower inertia");
    }
}
