//! A cut of the merge tree as an estimator, with linfa's traits on linfa's `Dataset`.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, PredictInplace, Transformer};
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix2};

use super::{Dendrogram, HierarchicalParams, Linkage, dendrogram};
use crate::engine::input::{check_k, check_points};
use crate::engine::kmeans::nearest_centroids;
use crate::engine::{EngineError, labels};
use crate::progress::Progress;

/// Parameters of agglomerative clustering into k clusters, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgglomerativeParams(AgglomerativeValidParams);

/// Parameters of agglomerative clustering into k clusters, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgglomerativeValidParams {
    k: usize,
    linkage: Linkage,
    limits: HierarchicalParams,
}

impl AgglomerativeParams {
    /// `k` clusters by Ward's linkage, at most 4 GiB.
    pub fn new(k: usize) -> Self {
        let limits = HierarchicalParams::default();
        Self(AgglomerativeValidParams { k, linkage: Linkage::Ward, limits })
    }

    /// How the distance of two clusters follows from those of their rows.
    pub fn linkage(mut self, linkage: Linkage) -> Self {
        self.0.linkage = linkage;
        self
    }

    /// Most bytes to allocate; more is refused before anything is.
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.0.limits.memory_limit_bytes = bytes;
        self
    }
}

impl ParamGuard for AgglomerativeParams {
    type Checked = AgglomerativeValidParams;
    type Error = EngineError;

    fn check_ref(&self) -> Result<&AgglomerativeValidParams, EngineError> {
        if self.0.k == 0 { Err(EngineError::ZeroClusters) } else { Ok(&self.0) }
    }

    fn check(self) -> Result<AgglomerativeValidParams, EngineError> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Rows clustered by merging, with the means by which new rows are placed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Agglomerative {
    /// Cluster of every row, numbered by first rows.
    pub labels: Vec<u32>,
    /// Means of the clusters, k × d.
    pub centroids: Array2<f64>,
    /// The whole tree.
    pub dendrogram: Dendrogram,
}

impl AgglomerativeValidParams {
    /// Clusters `points` (customers by features).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, k beyond the rows, memory beyond the limit, cancellation.
    pub fn fit(
        &self,
        points: ArrayView2<'_, f64>,
        progress: &Progress,
    ) -> Result<Agglomerative, EngineError> {
        check_points(points)?;
        check_k(self.k, points.nrows())?;
        let dendrogram = dendrogram(points, self.linkage, &self.limits, progress)?;
        let labels = dendrogram.cut(self.k);
        let centroids = labels::centroids(points, &labels, self.k);
        Ok(Agglomerative { labels, centroids, dendrogram })
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, EngineError> for AgglomerativeValidParams {
    type Object = Agglomerative;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Agglomerative, EngineError> {
        self.fit(dataset.records().view(), &Progress::silent())
    }
}

/// Records in, records with the cluster of each as target out, as linfa's hierarchical clustering.
impl<D: Data<Elem = f64>>
    Transformer<ArrayBase<D, Ix2>, Result<DatasetBase<ArrayBase<D, Ix2>, Vec<usize>>, EngineError>>
    for AgglomerativeValidParams
{
    fn transform(
        &self,
        points: ArrayBase<D, Ix2>,
    ) -> Result<DatasetBase<ArrayBase<D, Ix2>, Vec<usize>>, EngineError> {
        let fitted = self.fit(points.view(), &Progress::silent())?;
        let targets = fitted.labels.iter().map(|&label| label as usize).collect();
        Ok(DatasetBase::new(points, targets))
    }
}

/// New rows go to the nearest centroid of the cut: a tree says nothing about rows it was not made of.
///
/// Panics, as the trait gives no error, where the width is another or there is not one target a row.
impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for Agglomerative {
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

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;
    use ndarray::array;

    use super::*;

    fn points() -> Array2<f64> {
        array![[0.0], [1.0], [10.0], [11.5], [50.0]]
    }

    #[test]
    fn a_dataset_is_cut_into_its_clusters() {
        let model = Fit::fit(&AgglomerativeParams::new(3), &DatasetBase::from(points())).unwrap();
        assert_eq!(model.labels, [0, 0, 1, 1, 2]);
        assert_eq!(model.centroids, array![[0.5], [10.75], [50.0]]);
    }

    #[test]
    fn a_new_row_goes_to_the_nearest_centroid() {
        let model = Fit::fit(&AgglomerativeParams::new(3), &DatasetBase::from(points())).unwrap();
        let labels: Array1<usize> = model.predict(&array![[5.0], [31.0]]);
        assert_eq!(labels, array![0, 2]);
    }

    #[test]
    fn records_come_back_with_their_clusters() {
        let params = AgglomerativeParams::new(2).linkage(Linkage::Single).check().unwrap();
        let clustered = params.transform(points()).unwrap();
        assert_eq!(clustered.targets, [0, 0, 0, 0, 1]);
        assert_eq!(clustered.records, points());
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let dataset = DatasetBase::from(points());
        let refused = |params: AgglomerativeParams| Fit::fit(&params, &dataset).unwrap_err();
        assert!(matches!(refused(AgglomerativeParams::new(0)), EngineError::ZeroClusters));
        let error = refused(AgglomerativeParams::new(6));
        assert!(matches!(error, EngineError::TooManyClusters { k: 6, rows: 5 }));
        let tight = AgglomerativeParams::new(2).linkage(Linkage::Average).memory_limit(10);
        assert!(matches!(refused(tight), EngineError::Memory { limit: 10, .. }));
    }
}
