//! Average and complete linkage over the condensed distance matrix.

use kodama::Method;
use ndarray::ArrayView2;

use super::{Linkage, Pair};
use crate::engine::EngineError;
use crate::engine::labels::squared_distance;
use crate::progress::Progress;

pub(super) fn merges(
    points: ArrayView2<'_, f64>,
    linkage: Linkage,
    progress: &Progress,
) -> Result<Vec<Pair>, EngineError> {
    let n = points.nrows();
    let mut distances = Vec::with_capacity(n * (n - 1) / 2);
    for a in 0..n {
        progress.check()?;
        distances.extend((a + 1..n).map(|b| squared_distance(points.row(a), points.row(b)).sqrt()));
    }
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
