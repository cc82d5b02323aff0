//! Vector kernels over a block: nearest centroids, and bounds on how sure they are.

use pulp::{Arch, Simd, WithSimd};

use super::blocks::BLOCK;
use crate::engine::columns::with_columns;

/// Squared distances of some points to their nearest and second nearest centroid.
pub(super) struct Nearest {
    pub label: Box<[u64; BLOCK]>,
    pub square: Box<[f64; BLOCK]>,
    pub second: Box<[f64; BLOCK]>,
}

impl Nearest {
    pub fn new() -> Self {
        let (square, second) = (Box::new([0.0; BLOCK]), Box::new([0.0; BLOCK]));
        Self { label: Box::new([0; BLOCK]), square, second }
    }

    /// Searches for the first `count` points of `columns`; of equally near centroids the first.
    pub fn search(&mut self, arch: Arch, columns: &[f64], dims: usize, count: usize, centroids: &[f64]) {
        arch.dispatch(Search { columns, dims, count, centroids, found: self });
    }
}

struct Search<'a> {
    columns: &'a [f64],
    dims: usize,
    count: usize,
    centroids: &'a [f64],
    found: &'a mut Nearest,
}

impl WithSimd for Search<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        with_columns!(self.dims, [1 2 3 4 5 6 7 8], self.all::<S>(simd))
    }
}

impl Search<'_> {
    #[inline(always)]
    fn all<S: Simd, const D: usize>(self, simd: S) {
        let d = if D == 0 { self.dims } else { D };
        let (x, _) = S::as_simd_f64s(&self.columns[..d * BLOCK]);
        let (label, _) = S::as_mut_simd_u64s(&mut self.found.label[..]);
        let (square, _) = S::as_mut_simd_f64s(&mut self.found.square[..]);
        let (second, _) = S::as_mut_simd_f64s(&mut self.found.second[..]);
        let stride = BLOCK / S::F64_LANES;
        for v in 0..self.count.div_ceil(S::F64_LANES) {
            let mut own = [simd.splat_f64s(0.0); D];
            for column in 0..D {
                own[column] = x[column * stride + v];
            }
            let (mut best, mut next) = (simd.splat_f64s(f64::INFINITY), simd.splat_f64s(f64::INFINITY));
            let mut best_label = simd.splat_u64s(0);
            for (c, centroid) in self.centroids.chunks_exact(d).enumerate() {
                let mut sum = simd.splat_f64s(0.0);
                for column in 0..d {
                    let value = if D == 0 { x[column * stride + v] } else { own[column] };
                    let difference = simd.sub_f64s(value, simd.splat_f64s(centroid[column]));
                    sum = simd.mul_add_f64s(difference, difference, sum);
                }
                let nearer = simd.less_than_f64s(sum, best);
                next = simd.select_f64s(nearer, best, simd.min_f64s(next, sum));
                best = simd.min_f64s(best, sum);
                best_label = simd.select_u64s(nearer, simd.splat_u64s(c as u64), best_label);
            }
            label[v] = best_label;
            square[v] = best;
            second[v] = next;
        }
    }
}

/// Squared distance of the point at `place` of a block. The vectors fuse multiplication and addition
/// and this does not, so the last bit may differ between the two, but on no machine from another machine.
pub(super) fn scalar_distance(columns: &[f64], place: usize, point: &[f64]) -> f64 {
    let difference = |(column, p): (usize, &f64)| columns[column * BLOCK + place] - p;
    point.iter().enumerate().map(difference).fold(0.0, |sum, v| sum + v * v)
}

/// Lists the places whose bound no longer proves the label; returns how many.
///
/// A bound is how much farther the second nearest centroid was when the label was found, plus what bounds
/// of that label had fallen in all by then; it proves the label while it is above what they have fallen by
/// now. So a bound is written only when its point is searched.
pub(super) struct Open<'a> {
    pub labels: &'a [u16],
    pub bounds: &'a [f32],
    /// How much bounds have fallen in all, by label, rounded up.
    pub fallen: &'a [f32],
    pub open: &'a mut [u16; BLOCK],
}

impl WithSimd for Open<'_> {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let most = simd.splat_f32s(self.fallen.iter().copied().fold(0.0, f32::max));
        let (vectors, rest) = S::as_simd_f32s(self.bounds);
        let mut count = 0;
        for (v, &bounds) in vectors.iter().enumerate() {
            // No bound at all (NaN) leaves the point open too.
            let unsure = simd.not_m32s(simd.greater_than_f32s(bounds, most));
            if simd.first_true_m32s(unsure) < S::F32_LANES {
                let first = v * S::F32_LANES;
                count = Self::look(
                    self.labels,
                    self.bounds,
                    self.fallen,
                    self.open,
                    first..first + S::F32_LANES,
                    count,
                );
            }
        }
        let first = self.bounds.len() - rest.len();
        Self::look(self.labels, self.bounds, self.fallen, self.open, first..self.bounds.len(), count)
    }
}

impl Open<'_> {
    #[inline(always)]
    fn look(
        labels: &[u16],
        bounds: &[f32],
        fallen: &[f32],
        open: &mut [u16; BLOCK],
        places: std::ops::Range<usize>,
        mut count: usize,
    ) -> usize {
        for place in places {
            open[count % BLOCK] = place as u16;
            let proven = bounds[place] > fallen[labels[place] as usize];
            count += usize::from(!proven);
        }
        count
    }
}

/// Bounds from squared distances, rounded down: see [`Open`].
pub(super) struct Bounds<'a> {
    pub found: &'a Nearest,
    pub fallen: &'a [f32],
    pub bounds: &'a mut [f32],
}

impl WithSimd for Bounds<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let found = self.found.square.iter().zip(&self.found.second[..]).zip(&self.found.label[..]);
        for (bound, ((&square, &second), &label)) in self.bounds.iter_mut().zip(found) {
            let (near, far) = ((square as f32).sqrt(), (second as f32).sqrt());
            // Four parts in ten million cover the rounding of both roots to single precision, five that
            // of the sum with what bounds have fallen, which is rounded up itself.
            let slack = (far - near) - 4e-7 * far;
            *bound = (slack + self.fallen[label as usize]) * (1.0 - 5e-7);
        }
    }
}
