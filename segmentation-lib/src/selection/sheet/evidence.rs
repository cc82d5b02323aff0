//! The costly figures, on all customers or a sample of them.

use ndarray::{Array2, ArrayView2, Axis};
use rand::{SeedableRng, seq::index};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{ValidationParams, method, of_k};
use crate::engine::EngineError;
use crate::engine::control::{Control, ControlParams, negative_control};
use crate::engine::gap::{Gap, GapParams, gap};
use crate::engine::hierarchical::Linkage;
use crate::engine::hopkins::{Hopkins, HopkinsParams, hopkins};
use crate::engine::labels::distinct_rows;
use crate::engine::partition::Method;
use crate::engine::stability::{Stability, StabilityParams, stability};
use crate::progress::Progress;
use crate::selection::{Algorithm, Selection, SelectionError, SelectionParams};

/// Most customers where a method looks at, or holds, every pair's distance each time.
const MOST_WITH_ALL_PAIRS: usize = 2_000;

pub(super) struct Evidence {
    /// Customers that all but Hopkins' statistic rest on.
    pub sampled: usize,
    pub gap: Gap,
    pub stability: Vec<Stability>,
    /// Every algorithm with the chosen k, and the customers it was clustered on.
    pub by_algorithm: Vec<(Algorithm, Stability, usize)>,
    /// None for a matrix of one column, which shuffling does not change.
    pub control: Option<Control>,
    pub hopkins: Hopkins,
}

impl Evidence {
    pub fn gather(
        points: ArrayView2<'_, f64>,
        selection: &Selection,
        last_k: usize,
        params: &SelectionParams,
        validation: &ValidationParams,
        progress: &Progress,
    ) -> Result<Self, SelectionError> {
        let chosen = selection.chosen();
        let method = method(chosen.algorithm, params);
        let rows = sample(points, most_rows(&method, validation), validation.seed);
        let rows = rows.view();
        let distinct = distinct_rows(rows);
        if distinct < 2 {
            return Err(SelectionError::TooFewDistinct { distinct, k: 2 });
        }
        let hopkins =
            hopkins(points, &HopkinsParams { seed: validation.seed, ..HopkinsParams::default() }, progress)?;
        let references =
            GapParams { references: validation.references, seed: validation.seed, ..GapParams::default() };
        Ok(Self {
            sampled: rows.nrows(),
            gap: gap(rows, (last_k + 1).min(distinct), &method, &references, progress)?,
            stability: stability(rows, 2..=last_k.min(distinct), &method, &resamples(validation), progress)?,
            by_algorithm: by_algorithm(points, selection, params, validation, progress)?,
            control: control(rows, chosen.k.min(distinct), &method, validation, progress)?,
            hopkins,
        })
    }
}

fn resamples(validation: &ValidationParams) -> StabilityParams {
    StabilityParams { resamples: validation.resamples, seed: validation.seed }
}

fn by_algorithm(
    points: ArrayView2<'_, f64>,
    selection: &Selection,
    params: &SelectionParams,
    validation: &ValidationParams,
    progress: &Progress,
) -> Result<Vec<(Algorithm, Stability, usize)>, SelectionError> {
    let mut found = Vec::new();
    for (clustering, _) in of_k(selection, selection.chosen().k) {
        let method = method(clustering.algorithm, params);
        let rows = sample(points, most_rows(&method, validation), validation.seed);
        let k = clustering.k.min(distinct_rows(rows.view()));
        let one = stability(rows.view(), k..=k, &method, &resamples(validation), progress)?;
        found.extend(one.into_iter().map(|stability| (clustering.algorithm, stability, rows.nrows())));
    }
    Ok(found)
}

fn most_rows(method: &Method, params: &ValidationParams) -> usize {
    match method {
        Method::Hierarchical { linkage: Linkage::Average | Linkage::Complete | Linkage::Single, .. } => {
            params.max_rows.min(MOST_WITH_ALL_PAIRS)
        }
        _ => params.max_rows,
    }
}

/// At most `most` rows without replacement, in their order.
fn sample(points: ArrayView2<'_, f64>, most: usize, seed: u64) -> Array2<f64> {
    if points.nrows() <= most {
        return points.to_owned();
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rows = index::sample(&mut random, points.nrows(), most).into_vec();
    rows.sort_unstable();
    points.select(Axis(0), &rows)
}

fn control(
    points: ArrayView2<'_, f64>,
    k: usize,
    method: &Method,
    params: &ValidationParams,
    progress: &Progress,
) -> Result<Option<Control>, EngineError> {
    if points.ncols() < 2 {
        return Ok(None);
    }
    let permutations = ControlParams { permutations: params.permutations, seed: params.seed };
    negative_control(points, k, method, &permutations, progress).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_rows_and_their_order() {
        let points = Array2::from_shape_fn((100, 1), |(i, _)| i as f64);
        let some = sample(points.view(), 30, 4);
        let values = some.column(0).to_vec();
        assert_eq!(values.len(), 30);
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
        assert_eq!(some, sample(points.view(), 30, 4));
        assert_ne!(some, sample(points.view(), 30, 5));
        assert_eq!(sample(points.view(), 100, 4), points);
    }

    #[test]
    fn linkages_that_need_all_pairs_take_fewer_rows() {
        let method = |linkage| Method::Hierarchical { linkage, memory_limit_bytes: 1 << 30 };
        let params = ValidationParams::default();
        for linkage in [Linkage::Average, Linkage::Complete, Linkage::Single] {
            assert_eq!(most_rows(&method(linkage), &params), 2000);
        }
        assert_eq!(most_rows(&method(Linkage::Ward), &params), params.max_rows);
        assert_eq!(most_rows(&method(Linkage::Complete), &ValidationParams { max_rows: 50, ..params }), 50);
    }
}
