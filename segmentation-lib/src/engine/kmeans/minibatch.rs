//! Mini-batch k-means (Sculley 2010) for data beyond memory: blocks of rows, read as often as needed.
//!
//! As in scikit-learn's `MiniBatchKMeans`, a block's rows go to their nearest centroids, and each
//! centroid becomes the mean of all rows it was ever given: it moves by Σ(x − c) / (rows so far). Three
//! things differ. The first centroids are those of a whole k-means on the first block. A centroid that a
//! whole pass left without rows moves to the farthest row of that pass, where scikit-learn draws rows at
//! random for every centroid with few. And a fit ends when a whole pass moves the centroids by no more
//! than the tolerance. The result depends on the order of the blocks, each of which should be a mixture of
//! all customers: a file sorted by value is to be shuffled first.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::FitWith;
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix2};

use super::{KMeansParams, KMeansValidParams, check_columns, nearest_centroids};
use crate::engine::EngineError;
use crate::engine::input::check_points;
use crate::engine::labels::squared_distance;
use crate::progress::Progress;

/// Parameters of mini-batch k-means, unchecked.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchParams(MiniBatchValidParams);

/// Parameters of mini-batch k-means, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchValidParams {
    first: KMeansValidParams,
    passes: usize,
}

impl MiniBatchParams {
    /// `k` clusters; seed 42, 10 starts on the first block, at most 20 passes, tolerance 1e-4.
    pub fn new(k: usize) -> Self {
        Self(MiniBatchValidParams { first: KMeansParams::new(k).0, passes: 20 })
    }

    /// Seed of the k-means on the first block.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.first.seed = seed;
        self
    }

    /// Starts of the k-means on the first block.
    pub fn starts(mut self, starts: usize) -> Self {
        self.0.first.starts = starts;
        self
    }

    /// Most passes over all blocks, before one more that counts rows and measures the inertia.
    pub fn passes(mut self, passes: usize) -> Self {
        self.0.passes = passes;
        self
    }

    /// A fit ends when a pass moved the centroids, squared and summed, no more than `tolerance` times the
    /// mean variance of the columns.
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.first.tolerance = tolerance;
        self
    }
}

impl ParamGuard for MiniBatchParams {
    type Checked = MiniBatchValidParams;
    type Error = EngineError;

    fn check_ref(&self) -> Result<&MiniBatchValidParams, EngineError> {
        self.0.first.verify()?;
        if self.0.passes == 0 {
            return Err(EngineError::Parameter { name: "passes", value: 0.0, allowed: "1 or more" });
        }
        Ok(&self.0)
    }

    fn check(self) -> Result<MiniBatchValidParams, EngineError> {
        self.check_ref()?;
        Ok(self.0)
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

impl MiniBatchKMeans {
    /// Nearest centroid of every row of `points`, the first of equally near ones. Cost: O(n k d).
    ///
    /// # Errors
    /// A matrix that is empty or not finite, or of another width.
    pub fn predict(&self, points: ArrayView2<'_, f64>) -> Result<Vec<u32>, EngineError> {
        check_block(points, self.centroids.ncols())?;
        Ok(nearest_centroids(points, self.centroids.view()))
    }
}

impl MiniBatchValidParams {
    /// Fits to the blocks of rows that `pass` gives, once for each pass over the data; a block is read,
    /// used and dropped, so that memory is that of one block. Empty blocks are passed over.
    ///
    /// # Errors
    /// What reading a block failed with; a first block with fewer distinct rows than k; a block that is
    /// not finite or of another width; no block at all; cancellation.
    pub fn fit<B, E>(&self, mut pass: impl FnMut() -> B, progress: &Progress) -> Result<MiniBatchKMeans, E>
    where
        B: IntoIterator<Item = Result<Array2<f64>, E>>,
        E: From<EngineError>,
    {
        let mut state: Option<MiniBatchState> = None;
        let (mut passes, mut converged) = (0, false);
        while passes < self.passes && !converged {
            progress.report("k-means", passes as u64, Some(self.passes as u64 + 1));
            self.one_pass(pass(), &mut state, progress)?;
            let state = state.as_mut().ok_or(EngineError::Empty { rows: 0, columns: 0 })?;
            passes += 1;
            converged = state.end_pass() <= self.first.tolerance * state.spread.mean_variance();
        }
        let state = state.expect("there is one pass or more, and one without a block failed");
        let (counts, inertia) = measure(pass(), &state.centroids, progress)?;
        Ok(MiniBatchKMeans { centroids: state.centroids, counts, inertia, passes, converged })
    }

    fn one_pass<B, E>(
        &self,
        blocks: B,
        state: &mut Option<MiniBatchState>,
        progress: &Progress,
    ) -> Result<(), E>
    where
        B: IntoIterator<Item = Result<Array2<f64>, E>>,
        E: From<EngineError>,
    {
        for block in blocks {
            progress.check().map_err(EngineError::from)?;
            let block = block?;
            if block.nrows() == 0 {
                continue;
            }
            let before = match state.take() {
                Some(state) => state,
                None => MiniBatchState::new(&self.first, block.view(), progress)?,
            };
            *state = Some(before.update(block.view())?);
        }
        Ok(())
    }
}

/// Counts of the rows nearest to each centroid, and the inertia, block by block.
fn measure<B, E>(blocks: B, centroids: &Array2<f64>, progress: &Progress) -> Result<(Vec<u64>, f64), E>
where
    B: IntoIterator<Item = Result<Array2<f64>, E>>,
    E: From<EngineError>,
{
    let (mut counts, mut inertia) = (vec![0; centroids.nrows()], 0.0);
    for block in blocks {
        progress.check().map_err(EngineError::from)?;
        let block = block?;
        if block.nrows() == 0 {
            continue;
        }
        check_block(block.view(), centroids.ncols())?;
        let labels = nearest_centroids(block.view(), centroids.view());
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
#[derive(Debug, Clone, PartialEq)]
pub struct MiniBatchState {
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

impl MiniBatchState {
    fn new(
        params: &KMeansValidParams,
        block: ArrayView2<'_, f64>,
        progress: &Progress,
    ) -> Result<Self, EngineError> {
        let centroids = params.fit(block, progress)?.centroids;
        let k = centroids.nrows();
        Ok(Self {
            given: vec![0.0; k],
            given_in_pass: vec![0.0; k],
            at_start_of_pass: centroids.clone(),
            farthest: Vec::new(),
            spread: Spread::around(block.row(0).to_owned()),
            centroids,
        })
    }

    /// Centroids after the blocks so far, k × d.
    pub fn centroids(&self) -> ArrayView2<'_, f64> {
        self.centroids.view()
    }

    fn update(mut self, block: ArrayView2<'_, f64>) -> Result<Self, EngineError> {
        check_block(block, self.centroids.ncols())?;
        self.spread.add(block);
        let labels = nearest_centroids(block, self.centroids.view());
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
        Ok(self)
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
#[derive(Debug, Clone, PartialEq)]
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

/// One block more, for callers that hold the loop themselves: linfa's incremental fit.
impl<'a, D: Data<Elem = f64>, T> FitWith<'a, ArrayBase<D, Ix2>, T, EngineError> for MiniBatchValidParams {
    type ObjectIn = Option<MiniBatchState>;
    type ObjectOut = MiniBatchState;

    fn fit_with(
        &self,
        state: Option<MiniBatchState>,
        dataset: &'a DatasetBase<ArrayBase<D, Ix2>, T>,
    ) -> Result<MiniBatchState, EngineError> {
        let block = dataset.records().view();
        let state = match state {
            Some(state) => state,
            None => MiniBatchState::new(&self.first, block, &Progress::silent())?,
        };
        state.update(block)
    }
}

#[cfg(test)]
mod tests;
