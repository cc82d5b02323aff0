//! Does one piece of the engine's work on a matrix given as a file; one JSON line out.
//!
//! `engine WORK FILE ROWS COLUMNS K [OUT]`, where FILE holds ROWS × COLUMNS little-endian doubles, row by
//! row, and OUT takes the result's doubles (merge heights, coefficients). `peers.py` runs it in turn with
//! the same work in Python. Work that takes under two seconds is done twice and the second time counts, as
//! on the other side. `engine limits - 0 0 0` measures what the machine can do.

mod limits;

use std::path::Path;
use std::time::Instant;

use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use ndarray::{Array2, ArrayView2, Axis};
use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::engine::kmeans::{self, KMeansParams};
use segmentation_lib::engine::silhouette::{EstimateParams, estimates, silhouettes};
use segmentation_lib::progress::Progress;

/// What a piece of work gives: one number, and the doubles behind it.
struct Outcome {
    result: f64,
    values: Vec<f64>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [work, file, rows, columns, k, rest @ ..] = arguments.as_slice() else {
        println!("usage: engine WORK FILE ROWS COLUMNS K [OUT]");
        return;
    };
    if work == "limits" {
        return limits::print();
    }
    let number = |text: &String| text.parse::<usize>().expect("a whole number");
    let points = read(Path::new(file), number(rows), number(columns));
    let timed = || {
        let start = Instant::now();
        let outcome = run(work, points.view(), number(k));
        (start.elapsed().as_secs_f64(), outcome)
    };
    let (mut seconds, mut outcome) = timed();
    if seconds < 2.0 {
        (seconds, outcome) = timed();
    }
    if let Some(out) = rest.first() {
        let bytes: Vec<u8> = outcome.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::write(out, bytes).expect("a file that can be written");
    }
    println!("{{\"seconds\": {seconds:.6}, \"result\": {:?}}}", outcome.result);
}

fn read(file: &Path, rows: usize, columns: usize) -> Array2<f64> {
    let bytes = std::fs::read(file).expect("a readable file");
    let values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
    Array2::from_shape_vec((rows, columns), values.collect()).expect("rows × columns doubles")
}

fn run(work: &str, points: ArrayView2<'_, f64>, k: usize) -> Outcome {
    match work {
        "kmeans" => best_kmeans(points, k),
        "kmeans-linfa" => kmeans_by_linfa(points, k),
        "silhouette" => silhouette(points, k),
        "silhouette-estimate" => silhouette_estimate(points, k),
        "ward" => tree(points, Linkage::Ward),
        "average" => tree(points, Linkage::Average),
        "complete" => tree(points, Linkage::Complete),
        "single" => tree(points, Linkage::Single),
        other => panic!("no such work: {other}"),
    }
}

fn best_kmeans(points: ArrayView2<'_, f64>, k: usize) -> Outcome {
    let params = KMeansParams { seed: 1, ..KMeansParams::default() };
    let fitted = kmeans::fit(points, k, &params, &Progress::silent()).expect("a fit");
    Outcome { result: fitted.inertia, values: vec![fitted.inertia, fitted.iterations as f64] }
}

/// linfa's own inertia is of the centroids before the last.
fn kmeans_by_linfa(points: ArrayView2<'_, f64>, k: usize) -> Outcome {
    // The same place to stop: linfa's tolerance is the distance that all centroids moved together.
    let tolerance = (1e-4 * points.var_axis(Axis(0), 0.0).mean().expect("there are columns")).sqrt();
    let params = linfa_clustering::KMeans::params(k).n_runs(10).tolerance(tolerance);
    let fitted = params.fit(&DatasetBase::from(points)).expect("a fit");
    let inertia = fitted.transform(&points).sum();
    Outcome { result: inertia, values: vec![inertia] }
}

/// The rows in k equal parts by their first column.
fn parts(points: ArrayView2<'_, f64>, k: usize) -> Vec<u32> {
    let column = points.column(0);
    let mut order: Vec<usize> = (0..points.nrows()).collect();
    order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
    let mut labels = vec![0u32; order.len()];
    order.iter().enumerate().for_each(|(rank, &row)| labels[row] = (rank * k / order.len()) as u32);
    labels
}

fn silhouette(points: ArrayView2<'_, f64>, k: usize) -> Outcome {
    let labels = parts(points, k);
    let found = silhouettes(points, &[&labels], &Progress::silent()).expect("silhouettes").remove(0);
    Outcome { result: found.mean, values: found.per_point }
}

fn silhouette_estimate(points: ArrayView2<'_, f64>, k: usize) -> Outcome {
    let labels = parts(points, k);
    let params = EstimateParams { sample: 10_000, ..EstimateParams::default() };
    let found = estimates(points, &[&labels], &params, &Progress::silent()).expect("an estimate").remove(0);
    Outcome { result: found.mean, values: vec![found.mean, found.standard_error] }
}

fn tree(points: ArrayView2<'_, f64>, linkage: Linkage) -> Outcome {
    let params = HierarchicalParams { memory_limit_bytes: 16 << 30 };
    let heights = dendrogram(points, linkage, &params, &Progress::silent()).expect("a dendrogram").heights();
    Outcome { result: heights.iter().sum(), values: heights }
}
