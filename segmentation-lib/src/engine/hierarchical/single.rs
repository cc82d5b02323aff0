//! Single linkage: the merges are the edges of a minimum spanning tree (Gower & Ross 1969).

use ndarray::ArrayView2;

use super::Pair;
use crate::engine::EngineError;
use crate::engine::labels::squared_distance;
use crate::progress::Progress;

/// Prim's algorithm on distances computed as needed: O(n² d) time, O(n) memory.
pub(super) fn merges(points: ArrayView2<'_, f64>, progress: &Progress) -> Result<Vec<Pair>, EngineError> {
    let n = points.nrows();
    let mut outside: Vec<usize> = (1..n).collect();
    let mut nearest = vec![(f64::INFINITY, 0usize); n];
    let mut last = 0;
    let mut pairs = Vec::with_capacity(n - 1);
    while !outside.is_empty() {
        progress.check()?;
        for &row in &outside {
            let square = squared_distance(points.row(row), points.row(last));
            if square < nearest[row].0 {
                nearest[row] = (square, last);
            }
        }
        let closest = |&(_, &a): &(usize, &usize), &(_, &b): &(usize, &usize)| {
            nearest[a].0.total_cmp(&nearest[b].0).then(a.cmp(&b))
        };
        let (position, &row) = outside.iter().enumerate().min_by(closest).expect("some row is outside");
        pairs.push(Pair { a: nearest[row].1 as u32, b: row as u32, height: nearest[row].0.sqrt() });
        outside.swap_remove(position);
        last = row;
    }
    Ok(pairs)
}
