//! Random samples of customers for what would cost too much on all of them.

use ndarray::{Array2, ArrayView2, Axis};
use rand::{SeedableRng, seq::index};
use rand_xoshiro::Xoshiro256PlusPlus;

/// At most `most` of so many rows, without replacement, ascending; none where all are few enough.
pub(super) fn rows(all: usize, most: usize, seed: u64) -> Option<Vec<usize>> {
    (all > most).then(|| {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut rows = index::sample(&mut random, all, most).into_vec();
        rows.sort_unstable();
        rows
    })
}

/// At most `most` of the points, in their order.
pub(super) fn points(points: ArrayView2<'_, f64>, most: usize, seed: u64) -> Array2<f64> {
    match rows(points.nrows(), most, seed) {
        None => points.to_owned(),
        Some(rows) => points.select(Axis(0), &rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_rows_and_their_order() {
        let all = Array2::from_shape_fn((100, 1), |(i, _)| i as f64);
        let some = points(all.view(), 30, 4);
        let values = some.column(0).to_vec();
        assert_eq!(values.len(), 30);
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{values:?}");
        assert_eq!(some, points(all.view(), 30, 4));
        assert_ne!(some, points(all.view(), 30, 5));
        assert_eq!(points(all.view(), 100, 4), all);
    }
}
