//! Principal components, to draw customers of many features on paper.

use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Principal components of a matrix (Pearson 1901).
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    /// A row a component, most variance first: the weight of every feature, unit length. The heaviest
    /// weight is positive, so that the picture cannot turn over from run to run.
    pub components: Array2<f64>,
    /// Share of the variance that each component explains; all 0 where nothing varies.
    pub explained: Vec<f64>,
    /// Customers by components.
    pub scores: Array2<f64>,
}

/// Most sweeps of the Jacobi method; it converges quadratically, in fewer than ten.
const SWEEPS: usize = 60;

/// Components of `points` (rows are customers, at least one) from the covariance, by the cyclic Jacobi
/// method (Golub & Van Loan, *Matrix Computations*, 8.5). Cost: n d² + d³ a sweep.
pub fn pca(points: ArrayView2<'_, f64>) -> Pca {
    let mean = points.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(points.ncols()));
    let centred = &points - &mean;
    let covariance = centred.t().dot(&centred) / points.nrows().max(1) as f64;
    let (variances, vectors) = eigen(covariance);
    let mut order: Vec<usize> = (0..variances.len()).collect();
    order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a]));
    let mut components = Array2::zeros((order.len(), order.len()));
    for (row, &column) in order.iter().enumerate() {
        components.row_mut(row).assign(&upright(vectors.column(column).to_owned()));
    }
    let total: f64 = variances.iter().map(|v| v.max(0.0)).sum();
    let share = |&i: &usize| if total > 0.0 { variances[i].max(0.0) / total } else { 0.0 };
    Pca { explained: order.iter().map(share).collect(), scores: centred.dot(&components.t()), components }
}

fn upright(vector: Array1<f64>) -> Array1<f64> {
    let heaviest = vector.iter().copied().reduce(|a, b| if b.abs() > a.abs() { b } else { a });
    if heaviest.is_some_and(|weight| weight < 0.0) { -vector } else { vector }
}

/// Eigenvalues and, by column, eigenvectors of a symmetric matrix.
fn eigen(mut a: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let d = a.nrows();
    let mut vectors = Array2::eye(d);
    let size = a.iter().map(|v| v * v).sum::<f64>();
    for _ in 0..SWEEPS {
        let off: f64 = (0..d).flat_map(|p| (0..p).map(move |q| (p, q))).map(|at| a[at] * a[at]).sum();
        if off <= size * f64::EPSILON * f64::EPSILON {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    (a.diag().to_vec(), vectors)
}

/// One rotation in the plane of `p` and `q` that makes their entry zero.
fn rotate(a: &mut Array2<f64>, vectors: &mut Array2<f64>, p: usize, q: usize) {
    if a[(p, q)] == 0.0 {
        return;
    }
    let theta = (a[(q, q)] - a[(p, p)]) / (2.0 * a[(p, q)]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cos = 1.0 / (t * t + 1.0).sqrt();
    let sin = t * cos;
    for i in 0..a.nrows() {
        let (x, y) = (a[(i, p)], a[(i, q)]);
        (a[(i, p)], a[(i, q)]) = (cos * x - sin * y, sin * x + cos * y);
        let (x, y) = (vectors[(i, p)], vectors[(i, q)]);
        (vectors[(i, p)], vectors[(i, q)]) = (cos * x - sin * y, sin * x + cos * y);
    }
    for i in 0..a.nrows() {
        let (x, y) = (a[(p, i)], a[(q, i)]);
        (a[(p, i)], a[(q, i)]) = (cos * x - sin * y, sin * x + cos * y);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_on_a_line_have_one_component() {
        let found = pca(array![[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]].view());
        assert!((found.explained[0] - 1.0).abs() < 1e-12);
        let unit = array![1.0, 2.0] / 5f64.sqrt();
        assert!((&found.components.row(0) - &unit).iter().all(|d| d.abs() < 1e-12), "{}", found.components);
        assert!((found.scores[(2, 0)] - 5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn equal_customers_have_no_variance_to_explain() {
        assert_eq!(pca(array![[1.0, 2.0], [1.0, 2.0]].view()).explained, [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn components_are_orthonormal_and_keep_every_distance(
            values in prop::collection::vec(-10.0..10.0f64, 24)
        ) {
            let points = Array2::from_shape_vec((6, 4), values).expect("24 values");
            let found = pca(points.view());
            let product = found.components.dot(&found.components.t());
            prop_assert!((&product - &Array2::<f64>::eye(4)).iter().all(|d| d.abs() < 1e-9));
            let distance = |m: &Array2<f64>| (&m.row(0) - &m.row(5)).mapv(|d| d * d).sum();
            prop_assert!((distance(&points) - distance(&found.scores)).abs() < 1e-8);
            prop_assert!(found.explained.windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!((found.explained.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }
}
