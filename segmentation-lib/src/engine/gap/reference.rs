//! Uniform reference sets.

use linfa_linalg::eigh::EighInto;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;

use super::ReferenceBox;
use crate::engine::EngineError;

/// A box around the centred rows, perhaps along other axes.
pub(super) struct Reference {
    lower: Vec<f64>,
    extent: Vec<f64>,
}

impl Reference {
    pub fn of(points: ArrayView2<'_, f64>, kind: ReferenceBox) -> Result<Self, EngineError> {
        let centred = centred(points);
        let rows = match kind {
            ReferenceBox::Ranges => centred,
            ReferenceBox::PrincipalComponents => centred.dot(&principal_axes(&centred)?),
        };
        let lower = rows.map_axis(Axis(0), |c| c.fold(f64::INFINITY, |low, &v| low.min(v)));
        let upper = rows.map_axis(Axis(0), |c| c.fold(f64::NEG_INFINITY, |high, &v| high.max(v)));
        Ok(Self { extent: (&upper - &lower).to_vec(), lower: lower.to_vec() })
    }

    /// `rows` rows, row by row.
    pub fn draw(&self, rows: usize, random: &mut impl Rng) -> Array2<f64> {
        Array2::from_shape_fn((rows, self.lower.len()), |(_, column)| {
            self.lower[column] + self.extent[column] * random.r#gen::<f64>()
        })
    }
}

/// Rows around their mean, taken around the first row, which keeps the digits of a large offset.
fn centred(points: ArrayView2<'_, f64>) -> Array2<f64> {
    let around_first = &points - &points.row(0);
    let mean: Array1<f64> = around_first.sum_axis(Axis(0)) / points.nrows() as f64;
    around_first - mean
}

/// Eigenvectors of the covariance as columns.
fn principal_axes(centred: &Array2<f64>) -> Result<Array2<f64>, EngineError> {
    // Scaled, so that squares neither overflow nor vanish; the axes do not depend on it.
    let largest = centred.fold(0.0f64, |largest, v| largest.max(v.abs()));
    let scaled = centred / largest;
    let (_, axes) = scaled.t().dot(&scaled).eigh_into()?;
    Ok(axes)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    /// Rows along the diagonal with a little spread across it.
    fn diagonal() -> Array2<f64> {
        Array2::from_shape_fn((101, 2), |(i, j)| i as f64 + if j == 0 { (i % 3) as f64 - 1.0 } else { 0.0 })
    }

    #[test]
    fn the_box_follows_the_principal_components() {
        let along = Reference::of(diagonal().view(), ReferenceBox::PrincipalComponents).unwrap();
        let mut extent = along.extent.clone();
        extent.sort_by(f64::total_cmp);
        assert!(extent[0] < 3.0 && extent[1] > 140.0, "{extent:?}");
        let ranges = Reference::of(diagonal().view(), ReferenceBox::Ranges).unwrap();
        assert_eq!(ranges.extent, [101.0, 100.0]);
    }

    #[test]
    fn axes_are_orthonormal_and_diagonalise_the_covariance() {
        let points = Array2::from_shape_fn((80, 5), |(i, j)| ((i * i * (j + 3) + 7 * j) % 97) as f64);
        let centred = centred(points.view());
        let axes = principal_axes(&centred).unwrap();
        let identity = axes.t().dot(&axes);
        let rotated = centred.dot(&axes);
        let covariance = rotated.t().dot(&rotated);
        let size = covariance.diag().sum();
        for ((i, j), &v) in covariance.indexed_iter() {
            let expected = f64::from(u8::from(i == j));
            assert!((identity[[i, j]] - expected).abs() < 1e-12, "{identity}");
            assert!(i == j || v.abs() < 1e-12 * size, "{covariance}");
        }
    }

    #[test]
    fn draws_fill_the_box() {
        let reference = Reference::of(array![[0.0, 5.0], [1.0, 5.0]].view(), ReferenceBox::Ranges).unwrap();
        let drawn = reference.draw(1000, &mut Xoshiro256PlusPlus::seed_from_u64(1));
        assert!(drawn.column(0).iter().all(|v| (-0.5..0.5).contains(v)));
        assert!(drawn.column(0).iter().any(|v| *v < -0.49) && drawn.column(0).iter().any(|v| *v > 0.49));
        assert!(drawn.column(1).iter().all(|v| *v == 0.0));
    }

    #[test]
    fn an_offset_changes_no_digit() {
        let near = Reference::of(diagonal().view(), ReferenceBox::PrincipalComponents).unwrap();
        let far = Reference::of((diagonal() + 1e8).view(), ReferenceBox::PrincipalComponents).unwrap();
        assert_eq!(near.extent, far.extent);
    }
}
