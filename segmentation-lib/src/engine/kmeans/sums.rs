//! Coordinate sums of a block's clusters, cluster by cluster in vectors: eight lanes whatever the width.

use pulp::{Simd, WithSimd};

use super::blocks::BLOCK;

/// Lanes of every sum.
const LANES: usize = 8;

/// With more clusters, going through the points once is faster than a pass for each cluster.
const MOST_IN_VECTORS: usize = 24;

/// Adds the points of a block to the sums and masses of their clusters.
pub(super) struct Sums<'a> {
    pub columns: &'a [f64],
    pub dims: usize,
    pub weights: Option<&'a [f64]>,
    /// Cluster of each point of the block.
    pub labels: &'a [u64],
    /// Weighted coordinate sums, k × d.
    pub sums: &'a mut [f64],
    /// Weights.
    pub masses: &'a mut [f64],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.masses.len() <= MOST_IN_VECTORS, self.dims) {
            (true, 1) => self.by_cluster::<S, 1>(simd),
            (true, 2) => self.by_cluster::<S, 2>(simd),
            (true, 3) => self.by_cluster::<S, 3>(simd),
            (true, 4) => self.by_cluster::<S, 4>(simd),
            (true, 5) => self.by_cluster::<S, 5>(simd),
            (true, 6) => self.by_cluster::<S, 6>(simd),
            (true, 7) => self.by_cluster::<S, 7>(simd),
            (true, 8) => self.by_cluster::<S, 8>(simd),
            _ => self.by_point(0),
        }
    }
}

impl Sums<'_> {
    #[inline(always)]
    fn by_cluster<S: Simd, const D: usize>(self, simd: S) {
        let whole = self.labels.len() / LANES * LANES;
        for c in 0..self.masses.len() {
            let lanes = self.lanes::<S, D>(simd, c as u64, whole);
            self.masses[c] += lanes[0].iter().sum::<f64>();
            for column in 0..D {
                self.sums[c * D + column] += lanes[1 + column].iter().sum::<f64>();
            }
        }
        self.by_point(whole);
    }

    /// Lane by lane, the mass of cluster `c` and its sum in each column; `D` is at most eight.
    #[inline(always)]
    fn lanes<S: Simd, const D: usize>(&self, simd: S, c: u64, whole: usize) -> [[f64; LANES]; 9] {
        let parts = LANES / S::F64_LANES;
        let stride = BLOCK / S::F64_LANES;
        let (labels, _) = S::as_simd_u64s(&self.labels[..whole]);
        let (x, _) = S::as_simd_f64s(&self.columns[..D * BLOCK]);
        let (weights, _) = S::as_simd_f64s(self.weights.map_or(&[][..], |w| &w[..whole]));
        let (own, none, one) = (simd.splat_u64s(c), simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let mut lanes = [[0.0; LANES]; 9];
        for part in 0..parts {
            let mut mass = none;
            let mut sums = [none; D];
            for v in (part..labels.len()).step_by(parts) {
                let inside = simd.equal_u64s(labels[v], own);
                let weight = if weights.is_empty() { one } else { weights[v] };
                let weight = simd.select_f64s(inside, weight, none);
                mass = simd.add_f64s(mass, weight);
                for column in 0..D {
                    let product = simd.mul_f64s(x[column * stride + v], weight);
                    sums[column] = simd.add_f64s(sums[column], product);
                }
            }
            S::as_mut_simd_f64s(&mut lanes[0]).0[part] = mass;
            for column in 0..D {
                S::as_mut_simd_f64s(&mut lanes[1 + column]).0[part] = sums[column];
            }
        }
        lanes
    }

    /// The points from place `first` on, one by one.
    #[inline(always)]
    fn by_point(self, first: usize) {
        let dims = self.dims;
        for (place, &label) in self.labels.iter().enumerate().skip(first) {
            let weight = self.weights.map_or(1.0, |w| w[place]);
            self.masses[label as usize] += weight;
            let sums = &mut self.sums[label as usize * dims..][..dims];
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += self.columns[column * BLOCK + place] * weight;
            }
        }
    }
}
