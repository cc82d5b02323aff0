//! Checks before any long work starts.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::EngineError;

/// Largest magnitude whose squared differences, summed over columns and rows, stay finite.
const LARGEST: f64 = 1e140;

/// Fails unless `points` has rows and columns and holds finite numbers of bearable size.
pub(crate) fn check_points(points: ArrayView2<'_, f64>) -> Result<(), EngineError> {
    let (rows, columns) = points.dim();
    if rows == 0 || columns == 0 {
        return Err(EngineError::Empty { rows, columns });
    }
    if all_fit(points) { Ok(()) } else { Err(first_unfit(points)) }
}

/// Neither not a number nor infinite is within the limit.
fn fits(value: &f64) -> bool {
    value.abs() <= LARGEST
}

/// One comparison a value, in any order.
fn all_fit(points: ArrayView2<'_, f64>) -> bool {
    const CHUNK: usize = 1 << 15;
    match points.as_slice_memory_order() {
        // Without a way out within a chunk, several values are compared at once.
        Some(values) => values.par_chunks(CHUNK).all(|chunk| chunk.iter().fold(true, |all, v| all & fits(v))),
        None => points.iter().all(fits),
    }
}

/// The first value that does not fit.
fn first_unfit(points: ArrayView2<'_, f64>) -> EngineError {
    let mut values = points.indexed_iter();
    let ((row, column), &value) = values.find(|(_, v)| !fits(v)).expect("one did not fit");
    match value.is_finite() {
        true => EngineError::TooLarge { row, column, value, limit: LARGEST },
        false => EngineError::NotFinite { row, column, value },
    }
}

/// Fails unless 1 ≤ k ≤ rows.
pub(crate) fn check_k(k: usize, rows: usize) -> Result<(), EngineError> {
    match k {
        0 => Err(EngineError::ZeroClusters),
        k if k > rows => Err(EngineError::TooManyClusters { k, rows }),
        _ => Ok(()),
    }
}

/// Fails unless there is one entry a row.
pub(crate) fn check_length(what: &'static str, given: usize, rows: usize) -> Result<(), EngineError> {
    if given == rows { Ok(()) } else { Err(EngineError::Length { what, given, rows }) }
}

/// Number of clusters a labeling names: its largest label plus one.
pub(crate) fn clusters(labels: &[u32]) -> usize {
    labels.iter().max().map_or(0, |&label| label as usize + 1)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn the_first_bad_value_is_named() {
        let points = array![[0.0, 1.0], [2.0, f64::NAN], [f64::INFINITY, 0.0]];
        let error = check_points(points.view()).unwrap_err();
        assert!(matches!(error, EngineError::NotFinite { row: 1, column: 1, value } if value.is_nan()));
        let infinite = array![[0.0, f64::NEG_INFINITY]];
        let error = check_points(infinite.view()).unwrap_err();
        assert!(matches!(error, EngineError::NotFinite { row: 0, column: 1, value } if value < 0.0));
    }

    #[test]
    fn an_empty_matrix_is_refused() {
        for shape in [(0, 3), (3, 0), (0, 0)] {
            let error = check_points(Array2::zeros(shape).view()).unwrap_err();
            assert!(matches!(error, EngineError::Empty { rows, columns } if (rows, columns) == shape));
        }
    }

    #[test]
    fn a_value_whose_square_overflows_is_refused() {
        let error = check_points(array![[0.0, 1e200]].view()).unwrap_err();
        assert!(matches!(error, EngineError::TooLarge { row: 0, column: 1, .. }));
    }

    #[test]
    fn k_runs_from_one_to_the_rows() {
        assert!(matches!(check_k(0, 5), Err(EngineError::ZeroClusters)));
        assert!(matches!(check_k(6, 5), Err(EngineError::TooManyClusters { k: 6, rows: 5 })));
        assert!(check_k(5, 5).is_ok());
    }
}
