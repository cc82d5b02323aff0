//! The costly figures, on all customers or a sample of them.

use ndarray::ArrayView2;

use super::ValidationParams;
use crate::engine::EngineError;
use crate::engine::control::{Control, ControlParams, negative_control};
use crate::engine::gap::{Gap, GapParams, gap};
use crate::engine::hopkins::{Hopkins, HopkinsParams, hopkins};
use crate::engine::labels::distinct_rows;
use crate::engine::partition::Method;
use crate::progress::Progress;
use crate::selection::recovery::{STARTS_OF_RESAMPLES, most_rows};
use crate::selection::{Selection, SelectionError, SelectionParams, sampled};

pub(super) struct Evidence {
    /// Customers that all but Hopkins' statistic rest on.
    pub sampled: usize,
    pub gap: Gap,
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
        let method = params.method(chosen.algorithm, STARTS_OF_RESAMPLES);
        let most = most_rows(chosen.algorithm, validation.max_rows);
        let rows = sampled::points(points, most, validation.seed);
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
            control: control(rows, chosen.k.min(distinct), &method, validation, progress)?,
            hopkins,
        })
    }
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
