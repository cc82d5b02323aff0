//! Columns in bins.

use ndarray::{ArrayView1, ArrayView2};
use rayon::prelude::*;

/// Most bins of a column, so that a bin's number is one byte.
pub(super) const MOST_BINS: usize = 255;

/// Each value's bin, column by column. Bins ascend with the values.
pub(in crate::engine::foresight) struct Binned {
    columns: Vec<Vec<u8>>,
    /// Bins of each column.
    counts: Vec<usize>,
}

impl Binned {
    /// One bin a value where a column has at most 255 values, else bins of about equally many rows.
    /// Cost: O(d n log n).
    pub fn new(points: ArrayView2<'_, f64>) -> Self {
        let columns: Vec<usize> = (0..points.ncols()).collect();
        let binned = columns.into_par_iter().map(|c| bins_of(points.column(c)));
        let (columns, counts) = binned.unzip();
        Self { columns, counts }
    }

    pub fn column(&self, column: usize) -> &[u8] {
        &self.columns[column]
    }

    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// Bins of a column.
    pub fn bins(&self, column: usize) -> usize {
        self.counts[column]
    }
}

fn bins_of(column: ArrayView1<'_, f64>) -> (Vec<u8>, usize) {
    let mut sorted = column.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last_values = last_of_each_bin(&sorted);
    let bin = |value: &f64| last_values.partition_point(|last| last < value) as u8;
    (column.iter().map(bin).collect(), last_values.len())
}

/// The largest value of each bin, ascending.
fn last_of_each_bin(sorted: &[f64]) -> Vec<f64> {
    let mut values = sorted.to_vec();
    values.dedup();
    if values.len() <= MOST_BINS {
        return values;
    }
    let at = |bin: usize| sorted[(bin * sorted.len()).div_ceil(MOST_BINS) - 1];
    let mut last_values: Vec<f64> = (1..=MOST_BINS).map(at).collect();
    last_values.dedup();
    last_values
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn few_values_have_a_bin_each() {
        let binned = Binned::new(ndarray::array![[3.0], [-1.0], [3.0], [0.5], [-0.0], [0.0]].view());
        assert_eq!((binned.column(0), binned.bins(0)), ([3, 0, 3, 2, 1, 1].as_slice(), 4));
    }

    #[test]
    fn many_values_share_bins_of_about_equal_size_in_their_order() {
        let points = Array2::from_shape_fn((10_000, 1), |(i, _)| ((i * 7919) % 10_007) as f64);
        let binned = Binned::new(points.view());
        assert_eq!(binned.bins(0), MOST_BINS);
        let mut rows: Vec<usize> = (0..10_000).collect();
        rows.sort_by(|&a, &b| points[[a, 0]].total_cmp(&points[[b, 0]]));
        assert!(rows.is_sorted_by_key(|&row| binned.column(0)[row]));
        let mut sizes = [0; MOST_BINS];
        binned.column(0).iter().for_each(|&bin| sizes[bin as usize] += 1);
        assert!(sizes.iter().all(|size| (39..=40).contains(size)), "{sizes:?}");
    }

    #[test]
    fn a_value_that_most_rows_have_takes_one_bin() {
        let points = Array2::from_shape_fn((2000, 1), |(i, _)| if i < 1000 { 0.0 } else { i as f64 });
        let binned = Binned::new(points.view());
        assert!(binned.column(0)[..1000].iter().all(|&bin| bin == 0));
        assert!(binned.column(0)[1000..].iter().all(|&bin| bin > 0));
        assert!((120..=130).contains(&binned.bins(0)), "{}", binned.bins(0));
    }
}
