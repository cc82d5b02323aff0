//! Times one piece of the engine's work on a matrix given as a file; one JSON line out.
//!
//! `engine WORK FILE ROWS COLUMNS REPEATS [K]`, where FILE holds ROWS × COLUMNS little-endian doubles, row
//! by row. `peers.py` runs it in turn with the same work in Python.

use std::time::Instant;

use ndarray::{Array2, ArrayView2};
use segmentation_lib::engine::hierarchical::{HierarchicalParams, Linkage, dendrogram};
use segmentation_lib::engine::kmeans::KMeansParams;
use segmentation_lib::engine::silhouette::silhouettes;
use segmentation_lib::progress::Progress;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [work, file, rows, columns, repeats, rest @ ..] = arguments.as_slice() else {
        println!("usage: engine WORK FILE ROWS COLUMNS REPEATS [K]");
        return;
    };
    let number = |text: &String| text.parse::<usize>().expect("a whole number");
    let points = read(file, number(rows), number(columns));
    let k = rest.first().map_or(5, number);
    for _ in 0..number(repeats) {
        let start = Instant::now();
        let result = run(work, points.view(), k);
        println!("{{\"work\": \"{work}\", \"seconds\": {:.6}, {result}}}", start.elapsed().as_secs_f64());
    }
}

fn read(file: &str, rows: usize, columns: usize) -> Array2<f64> {
    let bytes = std::fs::read(file).expect("a readable file");
    let values = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
    Array2::from_shape_vec((rows, columns), values.collect()).expect("rows × columns doubles")
}

fn run(work: &str, points: ArrayView2<'_, f64>, k: usize) -> String {
    let silent = Progress::silent();
    let linkage = |linkage| {
        let params = HierarchicalParams::default().memory_limit(32 << 30);
        let tree = dendrogram(points, linkage, &params, &silent).expect("a dendrogram");
        format!("\"result\": {:?}", tree.heights().iter().sum::<f64>())
    };
    match work {
        "kmeans" => {
            let fitted = KMeansParams::new(k).starts(10).seed(1).fit(points, &silent).expect("a fit");
            format!("\"result\": {:?}, \"iterations\": {}", fitted.inertia, fitted.iterations)
        }
        "silhouette" => {
            let columns = points.column(0);
            let mut order: Vec<usize> = (0..points.nrows()).collect();
            order.sort_by(|&a, &b| columns[a].total_cmp(&columns[b]));
            let mut labels = vec![0u32; order.len()];
            order.iter().enumerate().for_each(|(rank, &row)| labels[row] = (rank * k / order.len()) as u32);
            let found = silhouettes(points, &[&labels], &silent).expect("silhouettes");
            format!("\"result\": {:?}", found[0].mean)
        }
        "silhouettes18" => {
            let tree =
                dendrogram(points, Linkage::Ward, &HierarchicalParams::default(), &silent).expect("a tree");
            let fit = |k| KMeansParams::new(k).fit(points, &silent).expect("a fit").labels;
            let labelings: Vec<Vec<u32>> = (2..=10).map(|k| tree.cut(k)).chain((2..=10).map(fit)).collect();
            let labelings: Vec<&[u32]> = labelings.iter().map(Vec::as_slice).collect();
            let start = Instant::now();
            let found = silhouettes(points, &labelings, &silent).expect("silhouettes");
            format!("\"result\": {:?}, \"alone\": {:.6}", found[0].mean, start.elapsed().as_secs_f64())
        }
        "ward" => linkage(Linkage::Ward),
        "average" => linkage(Linkage::Average),
        "complete" => linkage(Linkage::Complete),
        "single" => linkage(Linkage::Single),
        other => panic!("no such work: {other}"),
    }
}
