//! Mini-batch k-means (Sculley 2010) for data beyond memory: blocks of rows, read as often as needed.
//!
//! As in scikit-learn's `MiniBatchKMeans`, a block's rows go to their nearest centroids, and each
//! centroid becomes the mean of all rows it was ever given: it moves by Σ(x − c) / (rows so far). Three
//! things differ. The first centroids are those of a whole k-means on the first block. A centroid that a
//! whole pass left without rows moves to the farthest row of that pass, where scikit-learn draws rows at
//! random for every centroid with few. And a fit ends when a whole pass moves the centroids by no more
//! than the tolerance. The result depends on the order of the blocks, each of which should be a mixture of
//! all customers: a file sorted by value is to be shuffled first.

use ndarray::{Array1, Array2, ArrayView2};

use super::{KMeansParams, check_columns, nearest};
use crate::engine::EngineError;
use crate::engine::input::check_points;
use crate::engine::labels::squared_distance;
use crate::engine::repeat::check_repetitions;
use crate::progress::Progress;

/// Parameters of mini-batch k-means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MiniBatchParams {
    /// Seed of the k-means on the first block.
    pub seed: u64,
    /// Starts of the k-means on the first block; 1 or more.
    pub starts: usize,
    /// Most passes over all blocks, before one more that counts rows and measures the inertia; 1 or more.
    pub passes: usize,
    /// A fit ends when a pass moved the centroids, squared and summed, no more than this times the mean variance
    /// of the columns. 0 or more.
    pub tolerance: f64,
}

impl Default for MiniBatchParams {
    /// Seed 42, 10 starts on the first block, at most 20 passes, tolerance 1e-4.
    fn default() -> Self {
        Self { seed: 42, starts: 10, passes: 20, tolerance: 1e-4 }
    }
}

impl MiniBatchParams {
    /// Fails when a parameter is out of its range.
    pub fn check(&self) -> Result<(), EngineError> {
        self.first().check()?;
        check_repetitions("passes", self.passes, 1, "1 or more")
    }

    /// Those of the k-means on the first block.
    fn first(&self) -> KMeansParams {
        let Self { seed, starts, tolerance, .. } = *self;
        KMeansParams { seed, starts, tolerance, ..KMeansParams::default() }
    }
}

/// A fitted mini-batch k-means.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MiniBatchKMeans {
    /// Centroids, k × d.
    pub centroids: Array2<f64>,
    /// Rows nearest to each centroid.
    pub counts: Vec<u64>,
    /// Sum of squared distances of all rows to their nearest centroids.
    pub inertia: f64,
    /// Passes that moved centroids.
    pub passes: usize,
    /// Whether the last of them moved the centroids no more than the tolerance.
    pub converged: bool,
}

/// Fits `k` clusters to the blocks of rows that `pass` gives, once for each pass over the data; a block is read,
/// used and dropped, so that memory is that of one block. Empty blocks are passed over.
///
/// # Errors
/// What reading a block failed with; parameters out of range; a first block with fewer distinct rows than k; a
/// block that is not finite or of another width; no block at all; cancellation.
pub fn fit<B, E>(
    mut pass: impl FnMut() -> B,
    k: usize,
    params: &MiniBatchParams,
    progress: &Progress,
) -> Result<MiniBatchKMeans, E>
where
    B: IntoIterator<Item = Result<Array2<f64>, E>>,
    E: From<EngineError>,
{
    params.check()?;
    let mut state: Option<State> = None;
    let (mut passes, mut converged) = (0, false);
    while passes < params.passes && !converged {
        progress.report("k-means", passes as u64, Some(params.passes as u64 + 1));
        for block in blocks(pass(), progress) {
            let block = block?;
            let state = match &mut state {
                Some(state) => state,
                None => state.insert(State::new(block.view(), k, &params.first(), progress)?),
            };
            state.update(block.view())?;
        }
        let state = state.as_mut().ok_or(EngineError::Empty { rows: 0, columns: 0 })?;
        passes += 1;
        converged = state.end_pass() <= params.tolerance * state.spread.mean_variance();
    }
    let state = state.expect("there is one pass or more, and one without a block failed");
    let (counts, inertia) = measure(pass(), &state.centroids, progress)?;
    Ok(MiniBatchKMeans { centroids: state.centroids, counts, inertia, passes, converged })
}

/// The blocks that have rows, until the work is cancelled.
fn blocks<B, E>(blocks: B, progress: &Progress) -> impl Iterator<Item = Result<Array2<f64>, E>>
where
    B: IntoIterator<Item = Result<Array2<f64>, E>>,
    E: From<EngineError>,
{
    let unless_cancelled = |block| progress.check().map_err(EngineError::from).map_err(E::from).and(block);
    let has_rows = |block: &Result<Array2<f64>, E>| block.as_ref().map_or(true, |block| block.nrows() > 0);
    blocks.into_iter().map(unless_cancelled).filter(has_rows)
}

/// Counts of the rows nearest to each centroid, and the inertia, block by block.
fn measure<B, E>(pass: B, centroids: &Array2<f64>, progress: &Progress) -> Result<(Vec<u64>, f64), E>
where
    B: IntoIterator<Item = Result<Array2<f64>, E>>,
    E: From<EngineError>,
{
    let (mut counts, mut inertia) = (vec![0; centroids.nrows()], 0.0);
    for block in blocks(pass, progress) {
        let block = block?;
        check_block(block.view(), centroids.ncols())?;
        let labels = nearest(block.view(), centroids.view());
        labels.iter().for_each(|&label| counts[label as usize] += 1);
        let square = |(row, &label): (_, &u32)| squared_distance(row, centroids.row(label as usize));
        inertia += block.rows().into_iter().zip(&labels).map(square).sum::<f64>();
    }
    Ok((counts, inertia))
}

fn check_block(block: ArrayView2<'_, f64>, expected: usize) -> Result<(), EngineError> {
    check_points(block)?;
    check_columns(block, expected)
}

/// Centroids on their way, between blocks.
struct State {
    centroids: Array2<f64>,
    /// Rows given to each centroid so far.
    given: Vec<f64>,
    /// The same in this pass.
    given_in_pass: Vec<f64>,
    at_start_of_pass: Array2<f64>,
    /// Farthest rows of this pass, farthest first: no more than there are clusters.
    farthest: Vec<(f64, Array1<f64>)>,
    spread: Spread,
}

impl State {
    fn new(
        block: ArrayView2<'_, f64>,
        k: usize,
        params: &KMeansParams,
        progress: &Progress,
    ) -> Result<Self, EngineError> {
        let centroids = super::fit(block, k, params, progress)?.centroids;
        Ok(Self {
            given: vec![0.0; k],
            given_in_pass: vec![0.0; k],
            at_start_of_pass: centroids.clone(),
            farthest: Vec::new(),
            spread: Spread::around(block.row(0).to_owned()),
            centroids,
        })
    }

    fn update(&mut self, block: ArrayView2<'_, f64>) -> Result<(), EngineError> {
        check_block(block, self.centroids.ncols())?;
        self.spread.add(block);
        let labels = nearest(block, self.centroids.view());
        let mut moves = Array2::<f64>::zeros(self.centroids.dim());
        for (row, &label) in block.rows().into_iter().zip(&labels) {
            let c = label as usize;
            self.given[c] += 1.0;
            self.given_in_pass[c] += 1.0;
            let offset = &row - &self.centroids.row(c);
            self.note_farthest(offset.dot(&offset), row);
            moves.row_mut(c).zip_mut_with(&offset, |sum, v| *sum += v);
        }
        for (c, total) in moves.rows().into_iter().enumerate() {
            let given = self.given[c].max(1.0);
            self.centroids.row_mut(c).zip_mut_with(&total, |centroid, v| *centroid += v / given);
        }
        Ok(())
    }

    fn note_farthest(&mut self, square: f64, row: ndarray::ArrayView1<'_, f64>) {
        let full = self.farthest.len() == self.centroids.nrows();
        if full && self.farthest.last().is_some_and(|last| last.0 >= square) {
            return;
        }
        if self.farthest.iter().any(|(_, other)| other == row) {
            return;
        }
        let place = self.farthest.partition_point(|(other, _)| *other >= square);
        self.farthest.insert(place, (square, row.to_owned()));
        self.farthest.truncate(self.centroids.nrows());
    }

    /// Moves centroids without rows to the farthest rows; returns how far all moved in the pass, squared
    /// and summed.
    fn end_pass(&mut self) -> f64 {
        let mut farthest = std::mem::take(&mut self.farthest).into_iter();
        for c in 0..self.given.len() {
            if self.given_in_pass[c] == 0.0
                && let Some((_, row)) = farthest.next()
            {
                self.centroids.row_mut(c).assign(&row);
                self.given[c] = 0.0;
            }
        }
        self.given_in_pass.fill(0.0);
        let moved = (&self.centroids - &self.at_start_of_pass).mapv(|v| v * v).sum();
        self.at_start_of_pass.assign(&self.centroids);
        moved
    }
}

/// Sums for the variance of the columns, around a row of the data so that an offset costs no digits.
struct Spread {
    origin: Array1<f64>,
    rows: f64,
    sums: Array1<f64>,
    squares: f64,
}

impl Spread {
    fn around(origin: Array1<f64>) -> Self {
        Self { rows: 0.0, sums: Array1::zeros(origin.len()), squares: 0.0, origin }
    }

    fn add(&mut self, block: ArrayView2<'_, f64>) {
        for row in block.rows() {
            let offset = &row - &self.origin;
            self.rows += 1.0;
            self.squares += offset.dot(&offset);
            self.sums += &offset;
        }
    }

    fn mean_variance(&self) -> f64 {
        let around_mean = self.squares - self.sums.dot(&self.sums) / self.rows;
        (around_mean / self.rows / self.origin.len() as f64).max(0.0)
    }
}

#[cfg(test)]
mod tests;
