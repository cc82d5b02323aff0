//! Checks before any long work starts.

use ndarray::{ArrayView1, ArrayView2};

use super::EngineError;

/// Largest magnitude whose squared differences, summed over columns and rows, stay finite.
const LARGEST: f64 = 1e140;

/// Fails unless `points` has rows and columns and holds finite numbers of bearable size.
pub(crate) fn check_points(points: ArrayView2<'_, f64>) -> Result<(), EngineError> {
    let (rows, columns) = points.dim();
    if rows == 0 || columns == 0 {
        return Err(EngineError::Empty { rows, columns });
    }
    let mut sum = 0.0;
    // |v| * 0 is 0 for finite v and NaN otherwise: one comparison for the whole matrix.
    points.iter().for_each(|v| sum += v * 0.0);
    if sum != 0.0 {
        return Err(first_not_finite(points));
    }
    points.columns().into_iter().enumerate().try_for_each(|(column, values)| check_size(column, values))
}

fn first_not_finite(points: ArrayView2<'_, f64>) -> EngineError {
    let ((row, column), &value) =
        points.indexed_iter().find(|(_, v)| !v.is_finite()).expect("the sum told that one is not finite");
    EngineError::NotFinite { row, column, value }
}

fn check_size(column: usize, values: ArrayView1<'_, f64>) -> Result<(), EngineError> {
    let largest = values.iter().fold(0.0f64, |largest, v| largest.max(v.abs()));
    if largest > LARGEST {
        return Err(EngineError::TooLarge { column, value: largest, limit: LARGEST });
    }
    Ok(())
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
        assert!(matches!(error, EngineError::TooLarge { column: 1, .. }));
    }

    #[test]
    fn k_runs_from_one_to_the_rows() {
        assert!(matches!(check_k(0, 5), Err(EngineError::ZeroClusters)));
        assert!(matches!(check_k(6, 5), Err(EngineError::TooManyClusters { k: 6, rows: 5 })));
        assert!(check_k(5, 5).is_ok());
    }
}
