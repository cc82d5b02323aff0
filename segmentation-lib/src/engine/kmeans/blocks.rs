//! Points in blocks of columns, centred and scaled.

use ndarray::ArrayView2;

/// Points of a block: its columns stay in the first-level cache while all starts visit it.
pub(super) const BLOCK: usize = 512;

/// Blocks of a task.
pub(super) const BLOCKS_PER_CHUNK: usize = 4;

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
        for (column, values) in points.columns().into_iter().enumerate() {
            for (row, &value) in values.iter().enumerate() {
                blocks.coordinates[(row / BLOCK * dims + column) * BLOCK + row % BLOCK] = value;
            }
        }
        blocks.centre();
        blocks
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
        let (dims, rows, unit) = (self.dims, self.rows, self.unit);
        for (b, block) in self.coordinates.chunks_exact_mut(BLOCK * dims).enumerate() {
            let used = (rows - b * BLOCK).min(BLOCK);
            for (values, origin) in block.chunks_exact_mut(BLOCK).zip(&self.origin) {
                values[..used].iter_mut().for_each(|v| *v = (*v - origin) / unit);
            }
        }
        self.spread /= unit * unit;
    }

    /// Weighted sum over a column, block by block.
    fn sum_of(&self, column: usize, f: impl Fn(f64) -> f64) -> f64 {
        let of_block = |b: usize| -> f64 {
            let values = &self.coordinates[(b * self.dims + column) * BLOCK..][..self.used(b)];
            match self.weights(b) {
                None => values.iter().map(|&v| f(v)).sum(),
                Some(weights) => values.iter().zip(weights).map(|(&v, w)| f(v) * w).sum(),
            }
        };
        (0..self.count()).map(of_block).sum()
    }

    pub fn count(&self) -> usize {
        self.rows.div_ceil(BLOCK)
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
