//! The engine's kernels at several sizes, timed by divan: `cargo bench --bench kernels`, then a word such as
//! `ward` for some of them. For a change of the engine; against the peers `peers.py` measures.

use divan::Bencher;
use divan::counter::ItemsCount;
use ndarray::Array2;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::engine::indices::indices;
use segmentation_lib::engine::kmeans::{KMeansParams, fit, sweep};
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::progress::Progress;

/// Customers.
const SIZES: [usize; 3] = [1_000, 5_000, 25_000];
const COLUMNS: usize = 4;
const K: usize = 5;

fn main() {
    divan::Divan::default().sample_count(20).config_with_args().main();
}

/// Five square clusters that touch, and the cluster of each row.
fn points(n: usize) -> (Array2<f64>, Vec<u32>) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let labels: Vec<u32> = (0..n).map(|row| (row % K) as u32).collect();
    let values =
        Array2::from_shape_fn((n, COLUMNS), |(row, _)| f64::from(labels[row]) + random.gen_range(0.0..1.0));
    (values, labels)
}

fn time<T>(bencher: Bencher<'_, '_>, n: usize, work: impl Fn(&Array2<f64>, &[u32]) -> T + Sync) {
    let (points, labels) = points(n);
    bencher.counter(ItemsCount::new(n)).bench(|| work(&points, &labels));
}

#[divan::bench(args = SIZES)]
fn kmeans_of_10_starts(bencher: Bencher<'_, '_>, n: usize) {
    let params = KMeansParams { seed: 1, ..KMeansParams::default() };
    time(bencher, n, |points, _| fit(points.view(), K, &params, &Progress::silent()).expect("a fit"));
}

#[divan::bench(args = SIZES)]
fn kmeans_for_k_from_2_to_10(bencher: Bencher<'_, '_>, n: usize) {
    let params = KMeansParams { seed: 1, ..KMeansParams::default() };
    time(bencher, n, |points, _| sweep(points.view(), 2..=10, &params, &Progress::silent()).expect("fits"));
}

#[divan::bench(args = SIZES)]
fn ward_tree(bencher: Bencher<'_, '_>, n: usize) {
    tree(bencher, n, Linkage::Ward);
}

#[divan::bench(args = SIZES)]
fn single_tree(bencher: Bencher<'_, '_>, n: usize) {
    tree(bencher, n, Linkage::Single);
}

// The distances of 25,000 customers would need 2.5 GB.
#[divan::bench(args = &SIZES[..2])]
fn average_tree(bencher: Bencher<'_, '_>, n: usize) {
    tree(bencher, n, Linkage::Average);
}

#[divan::bench(args = &SIZES[..2])]
fn complete_tree(bencher: Bencher<'_, '_>, n: usize) {
    tree(bencher, n, Linkage::Complete);
}

fn tree(bencher: Bencher<'_, '_>, n: usize, linkage: Linkage) {
    let params = HierarchicalParams::default();
    time(bencher, n, |points, _| {
        dendrogram(points.view(), linkage, &params, &Progress::silent()).expect("a tree")
    });
}

#[divan::bench(args = SIZES)]
fn silhouette_of_each_customer(bencher: Bencher<'_, '_>, n: usize) {
    time(bencher, n, |points, labels| {
        silhouettes(points.view(), &[labels], &Progress::silent()).expect("coefficients")
    });
}

#[divan::bench(args = SIZES)]
fn calinski_harabasz_and_davies_bouldin(bencher: Bencher<'_, '_>, n: usize) {
    time(bencher, n, |points, labels| indices(points.view(), labels).expect("indices"));
}
