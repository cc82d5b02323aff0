//! The inputs of `record.py`, made in the same way to the last bit.

use ndarray::Array2;

/// Numbers in [0, 1) from a linear congruential generator (Knuth's MMIX).
pub struct Uniform(pub u64);

impl Uniform {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / 2f64.powi(53)
    }

    /// About normal, with variance 1/3: the sum of four, less 2.
    fn bell(&mut self) -> f64 {
        self.next() + self.next() + self.next() + self.next() - 2.0
    }
}

/// Names of the inputs that need no file.
pub const GENERATED: [&str; 11] = [
    "blobs",
    "overlapping",
    "one_column",
    "collinear",
    "constant_column",
    "many_columns",
    "offset",
    "duplicates",
    "corners",
    "grid",
    "as_many_clusters_as_rows",
];

pub fn generated(name: &str) -> Array2<f64> {
    match name {
        "blobs" => blobs(1, 300, 4, 1.0),
        "overlapping" => blobs(2, 250, 3, 9.0),
        "one_column" => blobs(3, 200, 1, 2.0),
        "collinear" => along_a_line(),
        "constant_column" => constant_column(),
        "many_columns" => blobs(6, 120, 40, 5.0),
        "offset" => quantised(blobs(7, 200, 3, 4.0)) + 1e8,
        "duplicates" => duplicates(),
        "corners" => corners(),
        "grid" => Array2::from_shape_fn((81, 2), |(i, j)| if j == 0 { i % 9 } else { i / 9 } as f64),
        "as_many_clusters_as_rows" => blobs(10, 12, 2, 1.0),
        other => panic!("no input {other}"),
    }
}

fn blobs(seed: u64, rows: usize, columns: usize, spread: f64) -> Array2<f64> {
    let mut u = Uniform(seed);
    let centre = |i: usize, j: usize| ((i % 4 * 7 + j * 3) % 11) as f64 * 3.0;
    Array2::from_shape_fn((rows, columns), |(i, j)| centre(i, j) + u.bell() * spread)
}

fn quantised(points: Array2<f64>) -> Array2<f64> {
    points.mapv(|v| (v * 1024.0).floor() / 1024.0)
}

/// One cloud at the eight corners of a box: every merge within has seven equals far away.
fn corners() -> Array2<f64> {
    let blobs = quantised(blobs(9, 20, 3, 1.0));
    let cloud = Array2::from_shape_fn((20, 3), |(i, j)| {
        blobs[[i, j]] - blobs[[0, j]] + if j == 0 { 30.0 * (i % 2) as f64 } else { 0.0 }
    });
    let corner = |c: usize| [(c % 2) as f64 * 256.0, (c / 2 % 2) as f64 * 1024.0, (c / 4) as f64 * 4096.0];
    Array2::from_shape_fn((160, 3), |(i, j)| cloud[[i % 20, j]] + corner(i / 20)[j])
}

fn duplicates() -> Array2<f64> {
    let mut u = Uniform(8);
    let rows = Array2::from_shape_fn((60, 3), |_| u.bell());
    let drawn: Vec<usize> = (0..240).map(|_| (u.next() * 60.0) as usize).collect();
    rows.select(ndarray::Axis(0), &drawn)
}

fn along_a_line() -> Array2<f64> {
    let mut u = Uniform(4);
    let steps: Vec<f64> = (0..100).map(|_| u.next() * 100.0).collect();
    Array2::from_shape_fn((100, 3), |(i, j)| [1.0, 2.0, -0.5][j] * steps[i])
}

fn constant_column() -> Array2<f64> {
    let mut u = Uniform(5);
    let mut points = Array2::from_elem((150, 3), 3.25);
    for mut row in points.rows_mut() {
        row[0] = u.bell();
        row[2] = u.bell() * 2.0;
    }
    points
}
