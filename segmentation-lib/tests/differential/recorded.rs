//! What `record.py` wrote.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
pub struct Recorded {
    rows: usize,
    columns: usize,
    sha256: String,
    pub linkages: BTreeMap<String, Tree>,
    pub silhouettes: BTreeMap<String, Silhouette>,
    /// From the first rows that differ.
    pub kmeans_from: BTreeMap<usize, Lloyd>,
    /// The best of ten starts.
    pub kmeans: BTreeMap<usize, f64>,
    pub kmeans_weighted: BTreeMap<usize, f64>,
    pub adjusted_rand: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
pub struct Tree {
    /// Height of the merge at each recorded place.
    pub heights: BTreeMap<usize, f64>,
    pub height_sum: f64,
    /// Cuts where two merges are equally high: several partitions are right.
    pub tied: Vec<usize>,
    pub cuts: BTreeMap<usize, Partition>,
    pub cut_height: f64,
    pub cut_at_height: Partition,
}

#[derive(Deserialize)]
pub struct Silhouette {
    pub labels: Option<Vec<u32>>,
    pub samples: BTreeMap<usize, f64>,
    pub mean: f64,
}

#[derive(Deserialize)]
pub struct Lloyd {
    pub inertia: f64,
    pub partition: Partition,
}

/// A partition numbered by first rows: whole, or its digest.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Partition {
    Labels(Vec<u32>),
    Digest(String),
}

impl Partition {
    /// Whether it is the partition of `labels`, which are numbered by first rows.
    pub fn is(&self, labels: &[u32]) -> bool {
        match self {
            Self::Labels(expected) => expected == labels,
            Self::Digest(expected) => *expected == digest(labels.iter().flat_map(|l| l.to_le_bytes())),
        }
    }
}

/// The results for input `name`, made sure to be those of `points`.
pub fn recorded(name: &str, points: &Array2<f64>) -> Recorded {
    let path = format!("{}/tests/reference/engine/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let recorded: Recorded = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert_eq!((recorded.rows, recorded.columns), points.dim(), "{name}");
    let own = digest(points.iter().flat_map(|v| v.to_le_bytes()));
    assert_eq!(own, recorded.sha256, "{name}: not the input that was recorded");
    recorded
}

fn digest(bytes: impl Iterator<Item = u8>) -> String {
    Sha256::digest(bytes.collect::<Vec<u8>>()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails unless `value` is `expected` to ten digits.
pub fn assert_close(value: f64, expected: f64, what: &str) {
    assert!((value - expected).abs() <= 1e-10 * expected.abs(), "{what}: {value:e} is not {expected:e}");
}
