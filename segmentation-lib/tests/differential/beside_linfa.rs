//! linfa's algorithms beside ours: where they agree, and a small reproduction of each reason why ours
//! are the default. A reproduction that fails after an update of linfa is good news: its reason is gone.

use linfa::metrics::SilhouetteScore;
use linfa::traits::{Fit, Predict, Transformer};
use linfa::{DatasetBase, ParamGuard};
use linfa_clustering::{KMeans as LinfaKMeans, KMeansInit};
use linfa_hierarchical::{HierarchicalCluster, Method};
use linfa_kernel::{Kernel, KernelInner, KernelMethod};
use ndarray::{Array1, Array2, array};
use segmentation_lib::engine::agreement::adjusted_rand_index;
use segmentation_lib::engine::hierarchical::Linkage;
use segmentation_lib::engine::kmeans::{KMeans, KMeansParams, fit, nearest_centroids};
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::engine::{EngineError, labels};
use segmentation_lib::progress::Progress;

use crate::inputs::{GENERATED, generated};
use crate::kmeans::by_first_row;
use crate::linkage::tree;
use crate::recorded::recorded;

/// linfa takes similarities and clusters on their negative logarithms, those under 1e-6 as 1e-6. The
/// exponential of the distance over a thirteenth of the largest one, 2.3e-6 at least, gives true distances.
fn exponential(points: &Array2<f64>) -> Kernel<f64> {
    let n = points.nrows();
    let square = |a, b| (&points.row(a) - &points.row(b)).mapv(|difference| difference * difference).sum();
    let mut matrix = Array2::from_shape_fn((n, n), |(a, b)| square(a, b).sqrt());
    let largest = matrix.fold(0.0f64, |largest, &distance| largest.max(distance));
    matrix.mapv_inplace(|distance| (-13.0 * distance / largest).exp());
    Kernel { inner: KernelInner::Dense(matrix), method: KernelMethod::Linear }
}

fn linfa_cut(points: &Array2<f64>, method: Method, k: usize) -> Vec<usize> {
    let cluster = HierarchicalCluster::default().with_method(method).num_clusters(k).check();
    cluster.expect("valid parameters").transform(exponential(points)).targets
}

/// Through similarities that give true distances, all four linkages of linfa are ours.
#[test]
fn given_true_distances_linfa_cuts_as_we_do() {
    for name in GENERATED {
        let points = generated(name);
        for (linkage_name, expected) in &recorded(name, &points).linkages {
            let (linkage, method) = match linkage_name.as_str() {
                "ward" => (Linkage::Ward, Method::Ward),
                "average" => (Linkage::Average, Method::Average),
                "complete" => (Linkage::Complete, Method::Complete),
                "single" => (Linkage::Single, Method::Single),
                other => panic!("no such linkage: {other}"),
            };
            let tree = tree(&points, linkage);
            for &k in expected.cuts.keys() {
                let found = by_first_row(&linfa_cut(&points, method, k));
                assert_eq!(found, tree.cut(k), "{name}, {linkage_name}, k {k}");
            }
        }
    }
}

/// Inertia and labels by linfa, from as many starts as ours by default.
fn linfa_kmeans(points: &Array2<f64>, k: usize) -> (f64, Vec<u32>) {
    let model = LinfaKMeans::params(k).n_runs(10).fit(&DatasetBase::from(points.clone())).expect("a fit");
    let labels: Array1<usize> = model.predict(points);
    (model.transform(points).sum(), by_first_row(&labels.to_vec()))
}

fn own_kmeans(points: &Array2<f64>, k: usize) -> KMeans {
    fit(points.view(), k, &KMeansParams::default(), &Progress::silent()).expect("a fit")
}

/// With as many starts ours more often ends lower: linfa draws one seed at a time and ours the best of a
/// few, and linfa's centroids stop short of the means. Where both find the optimum the partition is the
/// same.
#[test]
fn as_many_starts_end_no_worse_than_linfas() {
    let (mut better, mut worse) = (0, 0);
    for name in GENERATED {
        let points = generated(name);
        for k in 2..=8 {
            let own = own_kmeans(&points, k).inertia;
            let (linfa, _) = linfa_kmeans(&points, k);
            better += usize::from(linfa > own * 1.000_1);
            worse += usize::from(own > linfa * 1.000_1);
        }
    }
    assert!(worse < better, "worse {worse}, better {better}");
    let points = generated("blobs");
    let own = own_kmeans(&points, 4);
    assert_eq!(by_first_row(&own.labels), linfa_kmeans(&points, 4).1);
}

/// linfa-clustering 0.8.1: the centroids are of the best start, the cluster counts of the last.
#[test]
fn linfas_cluster_counts_are_those_of_the_last_start() {
    let points = generated("overlapping");
    let dataset = DatasetBase::from(points.clone());
    let model = LinfaKMeans::params(6).n_runs(10).tolerance(1e-9).fit(&dataset).expect("a fit");
    let labels: Array1<usize> = model.predict(&points);
    let mut counts = Array1::<f64>::zeros(6);
    labels.iter().for_each(|&label| counts[label] += 1.0);
    assert_ne!(*model.cluster_count(), counts);

    let own = own_kmeans(&points, 6);
    let assigned = nearest_centroids(points.view(), own.centroids.view()).expect("labels");
    let counted = |c: u32| assigned.iter().filter(|&&label| label == c).count() as u64;
    assert_eq!(own.counts, (0..6).map(counted).collect::<Vec<u64>>());
}

/// linfa-clustering 0.8.1: `inertia` is a mean, and of the centroids before the last update.
#[test]
fn linfas_inertia_is_the_mean_around_former_centroids() {
    let points = array![[0.0], [2.0]];
    let model = LinfaKMeans::params(1)
        .init_method(KMeansInit::Precomputed(array![[4.0]]))
        .max_n_iterations(1)
        .fit(&DatasetBase::from(points.clone()))
        .expect("a fit");
    // Squared distances to the seed, 16 and 4, and not to the centroid that is returned.
    assert_eq!(model.inertia(), 10.0);
    assert_eq!(model.transform(&points).sum(), 4.0);
}

/// linfa-clustering 0.8.1 counts the former centroid as one more row ("m_k-means"), so that a centroid is
/// not the mean of its rows.
#[test]
fn linfas_centroids_are_not_means() {
    let model = LinfaKMeans::params(1)
        .init_method(KMeansInit::Precomputed(array![[4.0]]))
        .max_n_iterations(1)
        .fit(&DatasetBase::from(array![[0.0], [2.0]]))
        .expect("a fit");
    assert_eq!(*model.centroids(), array![[2.0]]);
    let own = own_kmeans(&array![[0.0], [2.0]], 1);
    assert_eq!(own.centroids, array![[1.0]]);
}

fn linfa_silhouette(points: &Array2<f64>, labels: &[u32]) -> f64 {
    let targets: Array1<usize> = labels.iter().map(|&label| label as usize).collect();
    DatasetBase::new(points.clone(), targets).silhouette_score().expect("a score")
}

fn own_silhouette(points: &Array2<f64>, labels: &[u32]) -> Result<f64, EngineError> {
    Ok(silhouettes(points.view(), &[labels], &Progress::silent())?[0].mean)
}

#[test]
fn silhouettes_agree_where_no_cluster_is_a_singleton() {
    for name in GENERATED {
        let points = generated(name);
        let labels: Vec<u32> = (0..points.nrows() as u32).map(|row| row / 3 % 3).collect();
        let (own, linfa) =
            (own_silhouette(&points, &labels).expect("a score"), linfa_silhouette(&points, &labels));
        assert!((own - linfa).abs() < 1e-12, "{name}: {own} and {linfa}");
    }
}

/// linfa 0.8.1: a cluster of one customer scores 1; Rousseeuw and scikit-learn give it 0.
#[test]
fn linfas_silhouette_of_a_singleton_is_one() {
    let (points, labels) = (array![[0.0], [0.0], [9.0]], [0, 0, 1]);
    assert_eq!(linfa_silhouette(&points, &labels), 1.0);
    assert_eq!(own_silhouette(&points, &labels).expect("a score"), 2.0 / 3.0);
}

/// linfa 0.8.1: one cluster scores 1, the best there is; it is an error in scikit-learn and here.
#[test]
fn linfas_silhouette_of_one_cluster_is_one() {
    let (points, labels) = (array![[0.0], [5.0]], [0, 0]);
    assert_eq!(linfa_silhouette(&points, &labels), 1.0);
    assert!(matches!(own_silhouette(&points, &labels), Err(EngineError::OneCluster { clusters: 1, .. })));
}

/// linfa 0.8.1: identical customers in two clusters make the whole score NaN.
#[test]
fn linfas_silhouette_of_identical_customers_is_nan() {
    let (points, labels) = (array![[1.0], [1.0], [1.0], [1.0]], [0, 0, 1, 1]);
    assert!(linfa_silhouette(&points, &labels).is_nan());
    assert_eq!(own_silhouette(&points, &labels).expect("a score"), 0.0);
}

fn gaussian(points: &Array2<f64>, width: f64) -> Kernel<f64> {
    Kernel::params().method(KernelMethod::Gaussian(width)).transform(points.view())
}

/// linfa-hierarchical 0.8.1 on a Gaussian kernel: the logarithm gives squared distances, which Ward squares
/// again. Ward's own objective, the within-cluster sum of squares, is then worse.
#[test]
fn linfas_ward_on_a_gaussian_kernel_is_not_ward() {
    let points = generated("constant_column");
    let cluster = HierarchicalCluster::default().with_method(Method::Ward).num_clusters(3).check();
    // Wide enough that no similarity is cut off.
    let found = cluster.expect("valid parameters").transform(gaussian(&points, 100.0)).targets;
    let found: Vec<u32> = found.iter().map(|&label| label as u32).collect();
    let ward = tree(&points, Linkage::Ward).cut(3);
    let agreement = adjusted_rand_index(&found, &ward);
    assert!(agreement < 0.4, "adjusted Rand index {agreement}");
    assert!(labels::inertia(points.view(), &found) > labels::inertia(points.view(), &ward) * 1.02);
}

/// linfa-hierarchical 0.8.1 takes all similarities below 1e-6 for equal: beyond some distance it cannot
/// tell far from farther.
#[test]
fn linfas_distances_end_at_a_similarity_of_a_millionth() {
    let points = array![[0.0], [10.0], [1000.0], [1007.0], [5000.0]];
    let cluster = HierarchicalCluster::default().with_method(Method::Single).num_clusters(3).check();
    let found = cluster.expect("valid parameters").transform(gaussian(&points, 1.0)).targets;
    let found: Vec<u32> = found.iter().map(|&label| label as u32).collect();
    assert_eq!(tree(&points, Linkage::Single).cut(3), [0, 0, 1, 1, 2]);
    assert_ne!(adjusted_rand_index(&found, &[0, 0, 1, 1, 2]), 1.0);
}

/// linfa-hierarchical 0.8.1 numbers clusters by the order of a hash map, another one in every call.
#[test]
fn linfas_labels_change_from_call_to_call() {
    let points = Array2::from_shape_fn((6, 1), |(i, _)| (i * i) as f64);
    let labels = || {
        let cluster = HierarchicalCluster::default().num_clusters(6).check().expect("valid parameters");
        cluster.transform(gaussian(&points, 100.0)).targets
    };
    let first = labels();
    // Of 720 numberings, 40 calls do not all give the first.
    assert!((0..40).any(|_| labels() != first));
    assert!((0..40).all(|_| by_first_row(&labels()) == [0, 1, 2, 3, 4, 5]));
}
