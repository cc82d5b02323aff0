//! Labelings: canonical numbers, centroids, inertia.
//!
//! ```
//! use ndarray::array;
//! use segmentation_lib::engine::labels::{canonical, inertia};
//!
//! let points = array![[9.0], [0.0], [2.0]];
//! // The largest cluster is number 0.
//! assert_eq!(canonical(points.view(), &[0, 1, 1]), [1, 0, 0]);
//! assert_eq!(inertia(points.view(), &[0, 1, 1]), 2.0);
//! ```

use std::cmp::Ordering;
use std::collections::HashMap;

use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;

use super::input::clusters;

/// Renumbers clusters from 0 by size, largest first, ties by centroid in lexicographic order, then by
/// the first row that belongs to them. One partition has one numbering. Labels without rows vanish.
///
/// Cost: O(n d). Panics unless there is one label a row.
pub fn canonical(points: ArrayView2<'_, f64>, labels: &[u32]) -> Vec<u32> {
    assert_eq!(points.nrows(), labels.len(), "one label a row");
    let k = clusters(labels);
    let (sizes, first_rows) = sizes_and_first_rows(labels, k);
    let centroids = centroids(points, labels, k);
    let mut order: Vec<usize> = (0..k).filter(|&c| sizes[c] > 0).collect();
    order.sort_by(|&a, &b| {
        let by_centroid = || lexicographic(centroids.row(a), centroids.row(b));
        let by_first_row = || first_rows[a].cmp(&first_rows[b]);
        sizes[b].cmp(&sizes[a]).then_with(by_centroid).then_with(by_first_row)
    });
    let mut number = vec![0u32; k];
    order.iter().enumerate().for_each(|(new, &old)| number[old] = new as u32);
    labels.iter().map(|&label| number[label as usize]).collect()
}

fn sizes_and_first_rows(labels: &[u32], k: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut sizes, mut first_rows) = (vec![0usize; k], vec![usize::MAX; k]);
    for (row, &label) in labels.iter().enumerate() {
        sizes[label as usize] += 1;
        first_rows[label as usize] = first_rows[label as usize].min(row);
    }
    (sizes, first_rows)
}

fn lexicographic(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> Ordering {
    a.iter().zip(b).map(|(x, y)| x.total_cmp(y)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Mean of the rows of each cluster, k × d; NaN for a label without rows.
///
/// Each mean is taken around the cluster's first row, so that a large common offset costs no digits.
/// Cost: O(n d). Panics unless there is one label under `k` a row.
pub fn centroids(points: ArrayView2<'_, f64>, labels: &[u32], k: usize) -> Array2<f64> {
    assert_eq!(points.nrows(), labels.len(), "one label a row");
    let (sizes, first_rows) = sizes_and_first_rows(labels, k);
    let mut means = Array2::from_elem((k, points.ncols()), 0.0);
    for (row, &label) in points.rows().into_iter().zip(labels) {
        let origin = points.row(first_rows[label as usize]);
        means.row_mut(label as usize).iter_mut().zip(row).zip(origin).for_each(|((m, x), o)| *m += x - o);
    }
    for (c, mut mean) in means.rows_mut().into_iter().enumerate() {
        match first_rows[c] {
            usize::MAX => mean.fill(f64::NAN),
            first => mean.zip_mut_with(&points.row(first), |m, o| *m = *m / sizes[c] as f64 + o),
        }
    }
    means
}

/// Within-cluster sum of squared distances to the cluster's mean.
///
/// Cost: O(n d). Panics unless there is one label a row.
pub fn inertia(points: ArrayView2<'_, f64>, labels: &[u32]) -> f64 {
    let k = clusters(labels);
    let centroids = centroids(points, labels, k);
    let mut within = vec![0.0; k];
    for (row, &label) in points.rows().into_iter().zip(labels) {
        within[label as usize] += squared_distance(row, centroids.row(label as usize));
    }
    within.iter().sum()
}

/// Squared Euclidean distance of two rows.
pub(crate) fn squared_distance(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// Number of distinct rows; 0 and -0 are the same.
///
/// Cost: O(n d log n).
pub fn distinct_rows(points: ArrayView2<'_, f64>) -> usize {
    distinct(points).representatives.len()
}

/// Rows grouped by equality.
pub(crate) struct Distinct {
    /// First row of each group, in lexicographic order of the rows.
    pub representatives: Vec<usize>,
    /// Group of every row.
    pub group: Vec<u32>,
    /// Rows in each group.
    pub sizes: Vec<u32>,
}

/// Groups identical rows; groups are in lexicographic order of their values.
pub(crate) fn distinct(points: ArrayView2<'_, f64>) -> Distinct {
    let mut order: Vec<(u64, u32)> =
        points.column(0).iter().enumerate().map(|(row, &v)| (ascending_bits(v), row as u32)).collect();
    let rest = |row: u32| points.row(row as usize).into_iter().skip(1).map(|&v| ascending_bits(v));
    order.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(rest(b.1))).then_with(|| a.1.cmp(&b.1))
    });
    let same = |a: (u64, u32), b: (u64, u32)| a.0 == b.0 && rest(a.1).eq(rest(b.1));
    let mut grouped =
        Distinct { representatives: Vec::new(), group: vec![0; points.nrows()], sizes: Vec::new() };
    for (position, &(bits, row)) in order.iter().enumerate() {
        if position == 0 || !same(order[position - 1], (bits, row)) {
            grouped.representatives.push(row as usize);
            grouped.sizes.push(0);
        }
        let last = grouped.sizes.len() - 1;
        grouped.sizes[last] += 1;
        grouped.group[row as usize] = last as u32;
    }
    grouped
}

/// Whole numbers in the order of the floats, with 0 and -0 the same.
fn ascending_bits(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Labels from 0 in the order in which their first rows come.
pub(crate) fn numbered_by_first_row(names: &[usize]) -> Vec<u32> {
    let mut number = HashMap::new();
    let numbered = |&name: &usize| {
        let next = number.len() as u32;
        *number.entry(name).or_insert(next)
    };
    names.iter().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn numbers_go_by_size_then_centroid() {
        let points = array![[5.0], [5.0], [1.0], [9.0], [0.0]];
        assert_eq!(canonical(points.view(), &[7, 7, 3, 0, 9]), [0, 0, 2, 3, 1]);
    }

    #[test]
    fn renumbering_gives_one_answer_per_partition() {
        let points = array![[0.0], [0.0], [1.0], [2.0], [2.0]];
        let once = canonical(points.view(), &[4, 4, 1, 0, 0]);
        assert_eq!(once, canonical(points.view(), &[1, 1, 0, 2, 2]));
        assert_eq!(once, canonical(points.view(), &once));
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        let points = array![[1e8 + 0.25], [1e8 + 0.5], [1e8 + 0.75]];
        assert_eq!(centroids(points.view(), &[0, 0, 0], 1)[[0, 0]], 1e8 + 0.5);
        assert_eq!(inertia(points.view(), &[0, 0, 0]), 0.125);
    }

    #[test]
    fn a_label_without_rows_has_no_centroid() {
        let means = centroids(array![[1.0], [3.0]].view(), &[2, 2], 3);
        assert!(means[[0, 0]].is_nan() && means[[1, 0]].is_nan());
        assert_eq!(means[[2, 0]], 2.0);
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(distinct_rows(array![[0.0, 1.0], [-0.0, 1.0], [0.0, 2.0]].view()), 2);
    }
}
