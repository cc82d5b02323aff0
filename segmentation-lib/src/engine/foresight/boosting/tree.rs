//! One regression tree, grown leaf by leaf.

use super::BoostingParams;
use super::bins::{Binned, MOST_BINS};

/// What is left to explain in one bin.
#[derive(Clone, Copy, Default)]
struct Bin {
    sum: f64,
    rows: u32,
}

/// Bins of all columns, one after the other.
type Histogram = Vec<Bin>;

/// A leaf: its rows, and how it would best be parted.
pub(super) struct Leaf {
    pub kept: Vec<u32>,
    pub held_out: Vec<u32>,
    sum: f64,
    histogram: Histogram,
    split: Option<Split>,
}

/// A leaf's rows in bins up to `bin` of `column` on one side, the others on the other.
#[derive(Clone, Copy)]
struct Split {
    column: usize,
    bin: u8,
    /// By how much it lowers the sum of squares.
    gain: f64,
}

/// Grows a tree that explains `left` on the rows `kept`; the rows `held_out` follow.
///
/// The leaf whose split lowers the sum of squares most is parted next; of equal splits the first, in the
/// order of the leaves, columns and bins.
pub(super) fn grow(
    binned: &Binned,
    left: &[f64],
    kept: &[u32],
    held_out: &[u32],
    params: &BoostingParams,
) -> Vec<Leaf> {
    let root = Leaf::new(kept.to_vec(), held_out.to_vec(), left);
    let mut leaves = vec![root.with(histogram(binned, left, kept), binned, params)];
    while leaves.len() < params.leaves {
        let gain = |leaf: &Leaf| leaf.split.map_or(0.0, |split| split.gain);
        let best = (0..leaves.len()).reduce(|a, b| if gain(&leaves[b]) > gain(&leaves[a]) { b } else { a });
        let best = best.expect("there is one leaf or more");
        let Some(split) = leaves[best].split else { break };
        let (low, high) = leaves.swap_remove(best).part(split, binned, left, params);
        leaves.extend([low, high]);
    }
    leaves
}

impl Leaf {
    fn new(kept: Vec<u32>, held_out: Vec<u32>, left: &[f64]) -> Self {
        let sum = kept.iter().map(|&row| left[row as usize]).sum();
        Self { kept, held_out, sum, histogram: Vec::new(), split: None }
    }

    fn with(mut self, histogram: Histogram, binned: &Binned, params: &BoostingParams) -> Self {
        self.histogram = histogram;
        self.split = self.best_split(binned, params.least_in_leaf as u32);
        self
    }

    fn part(self, split: Split, binned: &Binned, left: &[f64], params: &BoostingParams) -> (Self, Self) {
        let column = binned.column(split.column);
        let is_low = |row: &u32| column[*row as usize] <= split.bin;
        let (low, high): (Vec<u32>, Vec<u32>) = self.kept.iter().partition(|row| is_low(row));
        let (low_out, high_out): (Vec<u32>, Vec<u32>) = self.held_out.iter().partition(|row| is_low(row));
        let (low, high) = (Self::new(low, low_out, left), Self::new(high, high_out, left));
        let low_is_smaller = low.kept.len() <= high.kept.len();
        let smaller = histogram(binned, left, if low_is_smaller { &low.kept } else { &high.kept });
        let larger = less(self.histogram, &smaller);
        let (of_low, of_high) = if low_is_smaller { (smaller, larger) } else { (larger, smaller) };
        (low.with(of_low, binned, params), high.with(of_high, binned, params))
    }

    fn best_split(&self, binned: &Binned, least: u32) -> Option<Split> {
        let rows = self.kept.len() as u32;
        let whole = self.sum * self.sum / f64::from(rows);
        let mut best: Option<Split> = None;
        for column in 0..binned.columns() {
            let (mut sum, mut low) = (0.0, 0);
            let bins = &self.histogram[column * MOST_BINS..][..binned.bins(column)];
            for (bin, content) in bins.iter().enumerate() {
                sum += content.sum;
                low += content.rows;
                if rows - low < least {
                    break;
                }
                if content.rows == 0 || low < least {
                    continue;
                }
                let rest = self.sum - sum;
                let gain = sum * sum / f64::from(low) + rest * rest / f64::from(rows - low) - whole;
                if gain > best.map_or(0.0, |split| split.gain) {
                    best = Some(Split { column, bin: bin as u8, gain });
                }
            }
        }
        best
    }

    /// Mean of what is left on the rows that were kept.
    pub fn mean(&self) -> f64 {
        self.sum / self.kept.len() as f64
    }
}

fn histogram(binned: &Binned, left: &[f64], rows: &[u32]) -> Histogram {
    let mut histogram = vec![Bin::default(); binned.columns() * MOST_BINS];
    for (column, bins) in histogram.chunks_exact_mut(MOST_BINS).enumerate() {
        let bin_of = binned.column(column);
        for &row in rows {
            let bin = &mut bins[bin_of[row as usize] as usize];
            bin.sum += left[row as usize];
            bin.rows += 1;
        }
    }
    histogram
}

/// What a parent holds beyond one of its two parts.
fn less(mut parent: Histogram, part: &Histogram) -> Histogram {
    for (bin, part) in parent.iter_mut().zip(part) {
        bin.sum -= part.sum;
        bin.rows -= part.rows;
    }
    parent
}
