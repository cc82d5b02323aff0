//! How far the algorithms agree with each other.

use segmentation_lib::engine::agreement::adjusted_rand_index;
use segmentation_lib::selection::{Algorithm, Selection};

/// Adjusted Rand index of every pair of algorithms at one k.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreements {
    /// The k.
    pub k: usize,
    /// The algorithms compared.
    pub algorithms: Vec<Algorithm>,
    /// `values[a][b]`: 1 for the same partition, about 0 for unrelated ones.
    pub values: Vec<Vec<f64>>,
}

/// How far the algorithms of a comparison agree at `k`; empty where none was cut there. Cost: n a pair.
pub fn agreements(selection: &Selection, k: usize) -> Agreements {
    let at_k: Vec<_> = selection.clusterings.iter().filter(|c| c.k == k).collect();
    let index = |a: &[u32], b: &[u32]| adjusted_rand_index(a, b);
    Agreements {
        k,
        algorithms: at_k.iter().map(|c| c.algorithm).collect(),
        values: at_k.iter().map(|a| at_k.iter().map(|b| index(&a.labels, &b.labels)).collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use segmentation_lib::progress::Progress;
    use segmentation_lib::selection::{SelectionParams, select};

    use super::*;

    #[test]
    fn on_two_clear_groups_all_algorithms_agree() {
        let points = Array2::from_shape_fn((20, 1), |(i, _)| [0.0, 9.0][i % 2] + 0.01 * i as f64);
        let params = SelectionParams { k: 2..=3, resamples: 5, ..SelectionParams::default() };
        let selection = select(&points, None, &params, &Progress::silent()).expect("a choice");
        let found = agreements(&selection, 2);
        assert_eq!(found.algorithms, Algorithm::ALL);
        assert!(found.values.iter().flatten().all(|&index| index == 1.0));
        assert!(agreements(&selection, 9).algorithms.is_empty());
    }
}
