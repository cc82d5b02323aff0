//! The linear model: least squares with a constant term.

use ndarray::ArrayView2;

/// A column whose part beyond the columns before it is smaller than this share of it adds nothing.
const COLLINEAR: f64 = 1e-10;

/// What a linear model of the rows `kept` foretells for the rows `held_out`. Columns that are constant or
/// follow from others are left out. Cost: O(n d²).
pub(super) fn foretell(points: ArrayView2<'_, f64>, y: &[f64], kept: &[u32], held_out: &[u32]) -> Vec<f64> {
    let mean_of = |value: &dyn Fn(usize) -> f64| {
        kept.iter().map(|&row| value(row as usize)).sum::<f64>() / kept.len() as f64
    };
    let columns = points.ncols();
    let means: Vec<f64> = (0..columns).map(|c| mean_of(&|row| points[[row, c]])).collect();
    let mean = mean_of(&|row| y[row]);
    let centred = |row: usize| (0..columns).map(|c| points[[row, c]] - means[c]).collect::<Vec<f64>>();
    let mut normal = vec![vec![0.0; columns + 1]; columns];
    for &row in kept {
        let x = centred(row as usize);
        for (c, equation) in normal.iter_mut().enumerate() {
            equation.iter_mut().zip(&x).for_each(|(sum, other)| *sum += x[c] * other);
            equation[columns] += x[c] * (y[row as usize] - mean);
        }
    }
    let slopes = solve(normal);
    let foretold =
        |&row: &u32| mean + centred(row as usize).iter().zip(&slopes).map(|(x, b)| x * b).sum::<f64>();
    held_out.iter().map(foretold).collect()
}

/// Solves the normal equations (each row with its right side last) by elimination; 0 for a column that
/// follows from those before it.
fn solve(mut equations: Vec<Vec<f64>>) -> Vec<f64> {
    let columns = equations.len();
    let sizes: Vec<f64> = (0..columns).map(|c| equations[c][c]).collect();
    let mut used = Vec::new();
    for c in 0..columns {
        if equations[c][c] <= COLLINEAR * sizes[c] {
            continue;
        }
        used.push(c);
        let pivot = equations[c].clone();
        for (_, equation) in equations.iter_mut().enumerate().filter(|(other, _)| *other != c) {
            let factor = equation[c] / pivot[c];
            equation.iter_mut().zip(&pivot).for_each(|(value, p)| *value -= factor * p);
        }
    }
    let mut slopes = vec![0.0; columns];
    used.iter().for_each(|&c| slopes[c] = equations[c][columns] / equations[c][c]);
    slopes
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    fn foretold(points: &Array2<f64>, y: &[f64], held_out: &[u32]) -> Vec<f64> {
        let kept: Vec<u32> = (0..points.nrows() as u32).filter(|row| !held_out.contains(row)).collect();
        foretell(points.view(), y, &kept, held_out)
    }

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-9)
    }

    #[test]
    fn a_plane_is_found_exactly() {
        let points = array![[0.0, 1.0], [1.0, 5.0], [2.0, -3.0], [4.0, 0.0], [7.0, 2.0], [-2.0, 8.0]];
        let y: Vec<f64> = points.rows().into_iter().map(|p| 3.0 + 2.0 * p[0] - 0.5 * p[1]).collect();
        assert!(close(&foretold(&points, &y, &[4, 5]), &y[4..]));
    }

    #[test]
    fn a_column_that_follows_from_others_changes_nothing() {
        let points = array![[0.0, 1.0], [1.0, 5.0], [2.0, -3.0], [4.0, 0.0], [7.0, 2.0], [-2.0, 8.0]];
        let wider = Array2::from_shape_fn((6, 4), |(i, j)| match j {
            2 => 7.5,
            3 => 2.0 * points[[i, 0]] - points[[i, 1]],
            j => points[[i, j]],
        });
        let y = [4.0, 1.0, 7.0, 2.0, 9.0, -3.0];
        assert!(close(&foretold(&wider, &y, &[1, 3]), &foretold(&points, &y, &[1, 3])));
    }

    #[test]
    fn columns_that_do_not_vary_foretell_the_mean() {
        let found = foretold(&Array2::from_elem((4, 2), 1.5), &[1.0, 2.0, 6.0, 50.0], &[3]);
        assert_eq!(found, [3.0]);
    }

    #[test]
    fn the_errors_of_the_fit_are_at_right_angles_to_the_columns() {
        let points =
            Array2::from_shape_fn((50, 3), |(i, j)| ((i * i * 31 + j * 57 + i * j * 13) % 101) as f64);
        let y: Vec<f64> = (0..50).map(|i| ((i * 37) % 53) as f64).collect();
        let rows: Vec<u32> = (0..50).collect();
        let fitted = foretell(points.view(), &y, &rows, &rows);
        for column in points.columns() {
            let product: f64 = column.iter().zip(&y).zip(&fitted).map(|((x, y), f)| x * (y - f)).sum();
            assert!(product.abs() < 1e-6, "{product}");
        }
    }
}
