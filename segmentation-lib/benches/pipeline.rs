//! The whole path that `peers.py` compares with pandas and scikit-learn: a CSV file of transactions, one
//! row of recency, frequency and monetary per customer, k-means and Ward for k from 2 to 10, and the
//! silhouette coefficients of all eighteen. One JSON line out.

use std::path::PathBuf;
use std::time::Instant;

use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::engine::kmeans::{KMeansParams, sweep};
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::features::CustomerTable;
use segmentation_lib::matrix::{Matrix, MatrixParams};
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{self, ReadOptions, Returns};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(file) = std::env::args().skip(1).find(|a| a != "--bench").map(PathBuf::from) else {
        println!("usage: pipeline FILE.csv");
        return Ok(());
    };
    let (start, silent) = (Instant::now(), Progress::silent());
    let mut options = ReadOptions::default();
    options.rules.returns = Returns::Drop;
    for rule in ["bad_debt", "non_product"] {
        options.rules.disable(rule)?;
    }
    let transactions = transactions::read(&[file], &options, &silent)?;
    let read = start.elapsed().as_secs_f64();
    let customers = CustomerTable::compute(&transactions, None)?;
    let matrix = Matrix::build(&customers, &MatrixParams { winsorize: None, ..MatrixParams::default() })?;
    let points = matrix.values().view();
    let features = start.elapsed().as_secs_f64();

    let kmeans = sweep(points, 2..=10, &KMeansParams { seed: 1, ..KMeansParams::default() }, &silent)?;
    let kmeans_end = start.elapsed().as_secs_f64();
    let tree = dendrogram(points, Linkage::Ward, &HierarchicalParams::default(), &silent)?;
    let cuts: Vec<Vec<u32>> = (2..=10).map(|k| tree.cut(k)).collect();
    let ward_end = start.elapsed().as_secs_f64();
    let labelings: Vec<&[u32]> =
        kmeans.iter().map(|model| model.labels.as_slice()).chain(cuts.iter().map(Vec::as_slice)).collect();
    let means: Vec<f64> = silhouettes(points, &labelings, &silent)?.iter().map(|s| s.mean).collect();
    let inertias: Vec<f64> = kmeans.iter().map(|model| model.inertia).collect();
    println!(
        "{{\"seconds\": {:.6}, \"read\": {read:.6}, \"features\": {:.6}, \"kmeans\": {:.6}, \"ward\": {:.6}, \
         \"silhouettes\": {:.6}, \"customers\": {}, \"inertias\": {inertias:?}, \"means\": {means:?}}}",
        start.elapsed().as_secs_f64(),
        features - read,
        kmeans_end - features,
        ward_end - kmeans_end,
        start.elapsed().as_secs_f64() - ward_end,
        points.nrows(),
    );
    Ok(())
}
