//! A log-likelihood with its gradient and second derivatives, and sums of them.

use rayon::prelude::*;

/// Rows summed at a time. Fixed, so that the sum does not depend on the number of threads.
const BLOCK: usize = 4096;

/// A function of N parameters at a point: value, gradient, matrix of second derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments<const N: usize> {
    pub value: f64,
    pub gradient: [f64; N],
    pub hessian: [[f64; N]; N],
}

impl<const N: usize> Default for Moments<N> {
    fn default() -> Self {
        Self { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] }
    }
}

impl<const N: usize> Moments<N> {
    /// Adds `weight` times `other`.
    #[inline(always)]
    pub fn add(&mut self, weight: f64, other: &Self) {
        self.value += weight * other.value;
        for i in 0..N {
            self.gradient[i] += weight * other.gradient[i];
            for j in 0..N {
                self.hessian[i][j] += weight * other.hessian[i][j];
            }
        }
    }

    /// The sum of `term` over the indices below `rows`, the same bits whatever the number of threads.
    pub fn sum(rows: usize, term: impl Fn(std::ops::Range<usize>, &mut Self) + Sync) -> Self {
        let of_block = |block: usize| {
            let mut sum = Self::default();
            term(block * BLOCK..rows.min((block + 1) * BLOCK), &mut sum);
            sum
        };
        // Waking the pool takes longer than a single block.
        if rows <= BLOCK {
            return of_block(0);
        }
        let blocks: Vec<Self> = (0..rows.div_ceil(BLOCK)).into_par_iter().map(of_block).collect();
        let mut total = Self::default();
        blocks.iter().for_each(|block| total.add(1.0, block));
        total
    }
}

impl Moments<2> {
    /// The same of four parameters, of which the last two decide nothing.
    pub fn widened(&self) -> Moments<4> {
        let mut wide = Moments { value: self.value, ..Moments::default() };
        wide.gradient[..2].copy_from_slice(&self.gradient);
        for (row, of) in wide.hessian.iter_mut().zip(&self.hessian) {
            row[..2].copy_from_slice(of);
        }
        wide
    }
}

/// ln Σ wᵢ e^{gᵢ}, collected term by term: its derivatives are means under the weights wᵢ e^{gᵢ}.
///
/// Every term is given as its share of a common scale, so nothing overflows.
#[derive(Debug, Clone, Copy)]
pub struct LogSum<const N: usize> {
    total: f64,
    gradient: [f64; N],
    /// Lower triangle alone.
    second: [[f64; N]; N],
}

impl<const N: usize> Default for LogSum<N> {
    fn default() -> Self {
        Self { total: 0.0, gradient: [0.0; N], second: [[0.0; N]; N] }
    }
}

impl<const N: usize> LogSum<N> {
    /// One term: its size in units of the scale, the gradient of its logarithm, and the non-zero second
    /// derivatives of its logarithm as (row, column ≤ row, value). Inlined with the places known, the sums stay
    /// in registers.
    #[inline(always)]
    #[allow(clippy::needless_range_loop, reason = "rows and columns of small matrices")]
    pub fn add<const M: usize>(&mut self, size: f64, gradient: &[f64; N], second: &[(usize, usize, f64); M]) {
        self.total += size;
        for i in 0..N {
            let scaled = size * gradient[i];
            self.gradient[i] += scaled;
            for j in 0..=i {
                self.second[i][j] += scaled * gradient[j];
            }
        }
        for &(i, j, value) in second {
            self.second[i][j] += size * value;
        }
    }

    /// The logarithm of the sum, where `ln_scale` is the logarithm of the common scale.
    #[inline(always)]
    pub fn ln(&self, ln_scale: f64) -> Moments<N> {
        let inverse = 1.0 / self.total;
        let gradient = self.gradient.map(|g| g * inverse);
        let mut hessian = [[0.0; N]; N];
        for i in 0..N {
            for j in 0..=i {
                let value = self.second[i][j] * inverse - gradient[i] * gradient[j];
                hessian[i][j] = value;
                hessian[j][i] = value;
            }
        }
        Moments { value: ln_scale + self.total.ln(), gradient, hessian }
    }
}
