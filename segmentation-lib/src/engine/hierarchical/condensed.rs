//! Average and complete linkage over the condensed distance matrix.

use kodama::Method;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::{Linkage, Pair};
use crate::engine::EngineError;
use crate::engine::labels::squared_distance;
use crate::progress::{Cancelled, Progress};

pub(super) fn merges(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    progress: &Progress,
) -> Result<Vec<Pair>, EngineError> {
    let n = points.nrows();
    let mut distances = distances(points, progress)?;
    let method = if linkage == Linkage::Average { Method::Average } else { Method::Complete };
    let steps = kodama::linkage(&mut distances, n, method);
    let mut row_of: Vec<u32> = (0..n as u32).collect();
    let pair = |step: &kodama::Step<f64>| {
        let (a, b) = (row_of[step.cluster1], row_of[step.cluster2]);
        row_of.push(a);
        Pair { a, b, height: step.dissimilarity }
    };
    Ok(steps.steps().iter().map(pair).collect())
}

/// The distances of each row to those after it, row after row.
fn distances(points: ArrayView2<'_, f64>, progress: &Progress) -> Result<Vec<f64>, EngineError> {
    let n = points.nrows();
    let mut all = vec![0.0; n * (n - 1) / 2];
    let (mut rest, mut rows) = (&mut all[..], Vec::with_capacity(n));
    for a in 0..n {
        let (row, after) = rest.split_at_mut(n - 1 - a);
        rows.push(row);
        rest = after;
    }
    rows.into_par_iter().enumerate().try_for_each(|(a, row)| {
        progress.check()?;
        let to = |b: usize| squared_distance(points.row(a), points.row(b)).sqrt();
        row.iter_mut().zip(a + 1..).for_each(|(distance, b)| *distance = to(b));
        Ok::<(), Cancelled>(())
    })?;
    Ok(all)
}
