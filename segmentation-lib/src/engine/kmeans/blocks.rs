//! Points in blocks of columns, centred and scaled.

use ndarray::{ArrayView2, s};
use rayon::prelude::*;

/// Points of a block: its columns stay in the first-level cache while all starts visit it. A power of two.
pub(super) const BLOCK: usize = 512;

/// Blocks of a chunk, the unit of a task.
pub(super) const BLOCKS_PER_CHUNK: usize = 4;

/// Points of a chunk.
pub(super) const CHUNK: usize = BLOCK * BLOCKS_PER_CHUNK;

/// Lanes of a sum over a block, whatever the vector's width.
const LANES: usize = 8;

/// The points, column by column within blocks; the last block is padded with zeros.
pub(super) struct Blocks {
    pub rows: usize,
    pub dims: usize,
    /// Block, column, place.
    coordinates: Vec<f64>,
    /// Sample weights; none means 1 each.
    weights: Option<Vec<f64>>,
    /// Subtracted from every row, which keeps the digits of a column with a large offset.
    origin: Vec<f64>,
    /// Power of two that all values are divided by, so that bounds in single precision do not underflow.
    unit: f64,
    /// Sum of weights.
    pub mass: f64,
    /// Weighted sum of squared distances to the mean, in scaled units.
    pub spread: f64,
}

impl Blocks {
    pub fn new(points: ArrayView2<'_, f64>, weights: Option<&[f64]>) -> Self {
        let (rows, dims) = points.dim();
        let mut blocks = Self {
            rows,
            dims,
            coordinates: vec![0.0; rows.div_ceil(BLOCK) * BLOCK * dims],
            weights: weights.map(<[f64]>::to_vec),
            origin: vec![0.0; dims],
            unit: 1.0,
            mass: weights.map_or(rows as f64, |w| w.iter().sum()),
            spread: 0.0,
        };
        blocks.each_column(|b, column, to| {
            let from = b * BLOCK;
            let values = points.slice(s![from..from + to.len(), column]);
            to.iter_mut().zip(values).for_each(|(to, &value)| *to = value);
        });
        blocks.centre();
        blocks
    }

    /// Hands each block's columns over, as far as they are in use, in parallel.
    fn each_column(&mut self, change: impl Fn(usize, usize, &mut [f64]) + Sync) {
        let (rows, dims) = (self.rows, self.dims);
        let blocks = self.coordinates.par_chunks_exact_mut(BLOCK * dims).with_min_len(8).enumerate();
        blocks.for_each(|(b, block)| {
            let used = (rows - b * BLOCK).min(BLOCK);
            for (column, values) in block.chunks_exact_mut(BLOCK).enumerate() {
                change(b, column, &mut values[..used]);
            }
        });
    }

    fn centre(&mut self) {
        let mut largest = 0.0f64;
        for column in 0..self.dims {
            let first = self.coordinates[column * BLOCK];
            self.origin[column] = first + self.sum_of(column, |v| v - first) / self.mass;
            let origin = self.origin[column];
            self.spread += self.sum_of(column, |v| (v - origin) * (v - origin));
            largest = largest.max((self.spread / self.mass).sqrt());
        }
        self.unit = if largest > 0.0 { 2f64.powi(largest.log2().round() as i32) } else { 1.0 };
        let (origin, unit) = (self.origin.clone(), self.unit);
        self.each_column(|_, column, values| {
            let origin = origin[column];
            values.iter_mut().for_each(|v| *v = (*v - origin) / unit);
        });
        self.spread /= unit * unit;
    }

    /// Weighted sum over a column: in parallel, but always in the order of the blocks.
    fn sum_of(&self, column: usize, f: impl Fn(f64) -> f64 + Sync) -> f64 {
        let of_block = |b: usize| -> f64 {
            let values = &self.coordinates[(b * self.dims + column) * BLOCK..][..self.used(b)];
            match self.weights(b) {
                None => sum_in_lanes(values, |_, v| f(v)),
                Some(weights) => sum_in_lanes(values, |place, v| f(v) * weights[place]),
            }
        };
        let parts: Vec<f64> = (0..self.count()).into_par_iter().with_min_len(8).map(of_block).collect();
        parts.iter().sum()
    }

    pub fn count(&self) -> usize {
        self.rows.div_ceil(BLOCK)
    }

    pub fn chunks(&self) -> usize {
        self.rows.div_ceil(CHUNK)
    }

    /// The blocks of a chunk.
    pub fn of_chunk(&self, chunk: usize) -> std::ops::Range<usize> {
        chunk * BLOCKS_PER_CHUNK..((chunk + 1) * BLOCKS_PER_CHUNK).min(self.count())
    }

    /// Points in block `b`.
    pub fn used(&self, b: usize) -> usize {
        (self.rows - b * BLOCK).min(BLOCK)
    }

    /// Columns of block `b`, one after the other.
    pub fn columns(&self, b: usize) -> &[f64] {
        &self.coordinates[b * self.dims * BLOCK..][..self.dims * BLOCK]
    }

    pub fn weights(&self, b: usize) -> Option<&[f64]> {
        self.weights.as_ref().map(|w| &w[b * BLOCK..][..self.used(b)])
    }

    pub fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[row])
    }

    /// A point in scaled units.
    pub fn point(&self, row: usize) -> Vec<f64> {
        let columns = self.columns(row / BLOCK);
        (0..self.dims).map(|column| columns[column * BLOCK + row % BLOCK]).collect()
    }

    /// Rows in matrix units in scaled units, row-major.
    pub fn scale(&self, rows: ArrayView2<'_, f64>) -> Vec<f64> {
        rows.iter().zip(self.origin.iter().cycle()).map(|(v, origin)| (v - origin) / self.unit).collect()
    }

    /// Scaled coordinates in matrix units.
    pub fn restore(&self, scaled: &[f64]) -> Vec<f64> {
        scaled.iter().zip(self.origin.iter().cycle()).map(|(v, origin)| v * self.unit + origin).collect()
    }

    /// A scaled sum of squares in matrix units.
    pub fn restore_squares(&self, scaled: f64) -> f64 {
        scaled * self.unit * self.unit
    }
}

/// Sum of `f` over the places and values.
fn sum_in_lanes(values: &[f64], f: impl Fn(usize, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for (first, values) in (0..).step_by(LANES).zip(values.chunks(LANES)) {
        for (lane, (sum, &value)) in lanes.iter_mut().zip(values).enumerate() {
            *sum += f(first + lane, value);
        }
    }
    lanes.iter().sum()
}
