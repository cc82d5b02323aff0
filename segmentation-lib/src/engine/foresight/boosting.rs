//! Boosted regression trees on binned columns (Friedman 2001; histograms and best-first growth as in
//! LightGBM, Ke et al. 2017, and scikit-learn's `HistGradientBoostingRegressor`), for squared loss.
//!
//! Each tree explains a little of what the trees before it left. Split points are looked for among at most
//! 255 bins a column: one pass over a node's rows sums what is left in each bin, and of two siblings only
//! the smaller one is passed over; the other's sums are its parent's less these.

mod bins;
mod tree;

pub(super) use bins::Binned;

use self::tree::grow;
use crate::engine::EngineError;
use crate::progress::Progress;

/// How trees are boosted.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingParams {
    /// Trees, 1 or more.
    pub trees: usize,
    /// Share of a leaf's mean that a tree adds, in (0, 1].
    pub learning_rate: f64,
    /// Most leaves of a tree, 2 or more.
    pub leaves: usize,
    /// Fewest rows of a leaf, 1 or more.
    pub least_in_leaf: usize,
}

impl Default for BoostingParams {
    /// 200 trees of 4 leaves with 20 rows or more, learning rate 0.05.
    fn default() -> Self {
        Self { trees: 200, learning_rate: 0.05, leaves: 4, least_in_leaf: 20 }
    }
}

impl BoostingParams {
    pub(super) fn check(&self) -> Result<(), EngineError> {
        let refuse = |name, value, allowed| Err(EngineError::Parameter { name, value, allowed });
        if self.trees == 0 {
            return refuse("trees", 0.0, "1 or more");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refuse("learning rate", self.learning_rate, "above 0, at most 1");
        }
        if self.leaves < 2 {
            return refuse("leaves", self.leaves as f64, "2 or more");
        }
        if self.least_in_leaf == 0 {
            return refuse("rows of a leaf", 0.0, "1 or more");
        }
        Ok(())
    }
}

/// What trees boosted on the rows `kept` foretell for the rows `held_out`.
/// Cost: O(trees × depth × rows × columns).
pub(super) fn foretell(
    binned: &Binned,
    y: &[f64],
    kept: &[u32],
    held_out: &[u32],
    params: &BoostingParams,
    progress: &Progress,
) -> Result<Vec<f64>, EngineError> {
    let mean = kept.iter().map(|&row| y[row as usize]).sum::<f64>() / kept.len() as f64;
    let mut left: Vec<f64> = y.iter().map(|v| v - mean).collect();
    let mut foretold = vec![mean; y.len()];
    for _ in 0..params.trees {
        progress.check()?;
        let tree = grow(binned, &left, kept, held_out, params);
        if tree.len() == 1 {
            // One leaf adds the mean of what is left, which is nothing.
            break;
        }
        for leaf in tree {
            let step = params.learning_rate * leaf.mean();
            leaf.kept.iter().for_each(|&row| left[row as usize] -= step);
            leaf.held_out.iter().for_each(|&row| foretold[row as usize] += step);
        }
    }
    Ok(held_out.iter().map(|&row| foretold[row as usize]).collect())
}

#[cfg(test)]
mod tests {
    use std::f64::consts::SQRT_2;

    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    const ONE_TREE: BoostingParams =
        BoostingParams { trees: 1, learning_rate: 1.0, leaves: 4, least_in_leaf: 2 };

    fn mean(rows: &[usize], y: &[f64]) -> f64 {
        rows.iter().map(|&row| y[row]).sum::<f64>() / rows.len() as f64
    }

    fn squares(rows: &[usize], y: &[f64]) -> f64 {
        rows.iter().map(|&row| (y[row] - mean(rows, y)).powi(2)).sum()
    }

    /// The two parts of a leaf that leave the least squares, over every value of every column.
    fn best_parts(points: &Array2<f64>, y: &[f64], rows: &[usize]) -> Option<(f64, Vec<usize>, Vec<usize>)> {
        let mut best: Option<(f64, Vec<usize>, Vec<usize>)> = None;
        for column in points.columns() {
            for limit in rows.iter().map(|&row| column[row]) {
                let (low, high): (Vec<usize>, Vec<usize>) =
                    rows.iter().partition(|&&row| column[row] <= limit);
                if low.len() < ONE_TREE.least_in_leaf || high.len() < ONE_TREE.least_in_leaf {
                    continue;
                }
                let gain = squares(rows, y) - squares(&low, y) - squares(&high, y);
                if gain > best.as_ref().map_or(1e-9, |b| b.0 + 1e-9) {
                    best = Some((gain, low, high));
                }
            }
        }
        best
    }

    /// A tree grown by looking at everything: the leaf whose best parts gain most is parted next.
    fn slow_tree(points: &Array2<f64>, y: &[f64]) -> Vec<Vec<usize>> {
        let mut leaves = vec![(0..y.len()).collect::<Vec<usize>>()];
        while leaves.len() < ONE_TREE.leaves {
            let parts = |(i, rows): (usize, &Vec<usize>)| Some((i, best_parts(points, y, rows)?));
            let all = leaves.iter().enumerate().filter_map(parts);
            let Some((i, (_, low, high))) = all.max_by(|a, b| a.1.0.total_cmp(&b.1.0)) else { break };
            leaves.swap_remove(i);
            leaves.extend([low, high]);
        }
        leaves
    }

    fn rows() -> impl Strategy<Value = (Array2<f64>, Vec<f64>)> {
        (4usize..40).prop_flat_map(|n| {
            let points = prop::collection::vec(-8i32..8, 2 * n);
            let shape = move |v: Vec<i32>| Array2::from_shape_fn((n, 2), |(i, j)| f64::from(v[2 * i + j]));
            // No two splits that differ gain the same, or either would be right.
            let untied =
                |y: Vec<f64>| y.iter().zip(0..).map(|(v, i)| v + (f64::from(i) * SQRT_2).fract()).collect();
            (points.prop_map(shape), prop::collection::vec(-100.0..100.0f64, n).prop_map(untied))
        })
    }

    proptest! {
        #[test]
        fn one_tree_splits_as_an_exhaustive_search_does((points, y) in rows()) {
            let all: Vec<u32> = (0..y.len() as u32).collect();
            let found =
                foretell(&Binned::new(points.view()), &y, &all, &all, &ONE_TREE, &Progress::silent()).unwrap();
            for leaf in slow_tree(&points, &y) {
                for &row in &leaf {
                    prop_assert!((found[row] - mean(&leaf, &y)).abs() < 1e-6, "row {row}");
                }
            }
        }

        #[test]
        fn rows_held_out_change_nothing((points, y) in rows()) {
            let kept: Vec<u32> = (0..y.len() as u32).filter(|row| row % 3 != 0).collect();
            let held_out: Vec<u32> = (0..y.len() as u32).filter(|row| row % 3 == 0).collect();
            let binned = Binned::new(points.view());
            let foretold = |y: &[f64]| {
                let params = BoostingParams { trees: 5, ..ONE_TREE };
                foretell(&binned, y, &kept, &held_out, &params, &Progress::silent()).unwrap()
            };
            let mut other = y.clone();
            held_out.iter().for_each(|&row| other[row as usize] += 1000.0);
            let pairs: Vec<(f64, f64)> = foretold(&y).into_iter().zip(foretold(&other)).collect();
            prop_assert!(pairs.iter().all(|(a, b)| (a - b).abs() < 1e-6), "{pairs:?}");
        }
    }

    #[test]
    fn a_step_is_learnt_tree_by_tree() {
        let points = Array2::from_shape_fn((40, 1), |(i, _)| i as f64);
        let y: Vec<f64> = (0..40).map(|i| f64::from(i >= 20)).collect();
        let all: Vec<u32> = (0..40).collect();
        let params = BoostingParams { trees: 2, learning_rate: 0.5, leaves: 2, least_in_leaf: 20 };
        let found =
            foretell(&Binned::new(points.view()), &y, &all, &all, &params, &Progress::silent()).unwrap();
        // The mean 0.5, then half, then half of what is left.
        assert_eq!((found[0], found[39]), (0.125, 0.875));
    }

    #[test]
    fn too_few_rows_for_two_leaves_foretell_the_mean() {
        let points = Array2::from_shape_fn((10, 1), |(i, _)| i as f64);
        let y: Vec<f64> = (0..10).map(f64::from).collect();
        let all: Vec<u32> = (0..10).collect();
        let params = BoostingParams::default();
        let found =
            foretell(&Binned::new(points.view()), &y, &all, &all, &params, &Progress::silent()).unwrap();
        assert_eq!(found, [4.5; 10]);
    }

    #[test]
    fn senseless_parameters_are_refused() {
        let refused = |params: BoostingParams| params.check().unwrap_err().to_string();
        let default = BoostingParams::default;
        assert_eq!(refused(BoostingParams { trees: 0, ..default() }), "trees is 0; allowed is 1 or more");
        assert!(
            refused(BoostingParams { learning_rate: 0.0, ..default() }).starts_with("learning rate is 0")
        );
        assert!(refused(BoostingParams { learning_rate: f64::NAN, ..default() }).contains("NaN"));
        assert!(refused(BoostingParams { leaves: 1, ..default() }).starts_with("leaves is 1"));
        assert!(refused(BoostingParams { least_in_leaf: 0, ..default() }).starts_with("rows of a leaf is 0"));
    }
}
