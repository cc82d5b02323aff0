//! linfa's traits on linfa's `Dataset`.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, PredictInplace, Transformer};
use ndarray::{Array1, ArrayBase, Axis, Data, Ix1, Ix2};

use super::{KMeans, KMeansParams, KMeansValidParams, nearest_centroids};
use crate::engine::EngineError;
use crate::engine::labels::squared_distance;
use crate::progress::Progress;

impl ParamGuard for KMeansParams {
    type Checked = KMeansValidParams;
    type Error = EngineError;

    fn check_ref(&self) -> Result<&KMeansValidParams, EngineError> {
        self.0.verify()?;
        Ok(&self.0)
    }

    fn check(self) -> Result<KMeansValidParams, EngineError> {
        KMeansParams::check(self)
    }
}

/// Fits to the records, by the dataset's weights where it has any.
impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, EngineError> for KMeansValidParams {
    type Object = KMeans;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans, EngineError> {
        let (points, silent) = (dataset.records().view(), Progress::silent());
        match dataset.weights() {
            None => self.fit(points, &silent),
            Some(weights) => {
                let weights: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
                self.fit_weighted(points, &weights, &silent)
            }
        }
    }
}

/// The nearest centroid of every row, the first of equally near ones.
///
/// Panics, as the trait gives no error, where the width is another or there is not one target a row;
/// [`KMeans::predict`] returns an error instead.
impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    fn predict_inplace(&self, points: &ArrayBase<D, Ix2>, labels: &mut Array1<usize>) {
        assert_eq!(points.nrows(), labels.len(), "one target a row");
        assert_eq!(points.ncols(), self.centroids.ncols(), "columns of the points and of the model");
        let found = nearest_centroids(points.view(), self.centroids.view());
        labels.iter_mut().zip(found).for_each(|(label, nearest)| *label = nearest as usize);
    }

    fn default_target(&self, points: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(points.nrows())
    }
}

/// The nearest centroid of one customer.
impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix1>, usize> for KMeans {
    fn predict_inplace(&self, point: &ArrayBase<D, Ix1>, label: &mut usize) {
        assert_eq!(point.len(), self.centroids.ncols(), "columns of the point and of the model");
        *label = nearest_centroids(point.view().insert_axis(Axis(0)), self.centroids.view())[0] as usize;
    }

    fn default_target(&self, _: &ArrayBase<D, Ix1>) -> usize {
        0
    }
}

/// The squared distance of every row to its nearest centroid, as linfa's `KMeans` gives it.
impl<D: Data<Elem = f64>> Transformer<&ArrayBase<D, Ix2>, Array1<f64>> for KMeans {
    fn transform(&self, points: &ArrayBase<D, Ix2>) -> Array1<f64> {
        let labels = nearest_centroids(points.view(), self.centroids.view());
        let square = |(row, label): (_, u32)| squared_distance(row, self.centroids.row(label as usize));
        points.rows().into_iter().zip(labels).map(square).collect()
    }
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;
    use ndarray::{Array2, array};

    use super::*;

    fn three_groups() -> Array2<f64> {
        Array2::from_shape_fn((90, 2), |(i, j)| (i % 3) as f64 * 50.0 + ((i * 31 + j * 17) % 13) as f64)
    }

    /// Fits whatever estimator linfa's traits describe.
    fn fitted<P, M>(params: &P, dataset: &DatasetBase<Array2<f64>, Array1<()>>) -> M
    where
        P: Fit<Array2<f64>, Array1<()>, EngineError, Object = M>,
    {
        params.fit(dataset).unwrap()
    }

    #[test]
    fn generic_code_on_a_dataset_gives_the_same_model() {
        let points = three_groups();
        let params = KMeansParams::new(3).seed(5);
        let direct = params.fit(points.view(), &Progress::silent()).unwrap();
        let dataset = DatasetBase::new(points.clone(), Array1::default(90));
        let model: KMeans = fitted(&params, &dataset);
        assert_eq!(model, direct);
        let labels: Array1<usize> = Predict::predict(&model, &points);
        assert!(labels.iter().zip(&direct.labels).all(|(&a, &b)| a == b as usize));
        let one: usize = model.default_target(&points.row(4));
        assert_eq!(one, 0);
        let squares = model.transform(&points);
        assert!((squares.sum() - model.inertia).abs() < 1e-9 * model.inertia);
    }

    #[test]
    fn the_weights_of_a_dataset_count() {
        let points = array![[0.0], [1.0]];
        let dataset = DatasetBase::new(points, ()).with_weights(array![3.0f32, 1.0]);
        let model = Fit::fit(&KMeansParams::new(1), &dataset).unwrap();
        assert_eq!(model.centroids, array![[0.25]]);
    }

    #[test]
    fn a_parameter_out_of_range_is_refused_through_the_traits() {
        let dataset = DatasetBase::from(array![[0.0], [1.0]]);
        let error = Fit::fit(&KMeansParams::new(0), &dataset).unwrap_err();
        assert!(matches!(error, EngineError::ZeroClusters));
        assert!(matches!(KMeansParams::new(1).starts(0).check_ref(), Err(EngineError::Parameter { .. })));
    }
}
