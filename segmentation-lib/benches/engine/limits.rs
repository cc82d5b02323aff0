//! What this machine can do on all its processors: square roots, arithmetic, reading.

use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Independent vectors in flight: enough to hide every latency.
const FLIGHT: usize = 12;
const ROUNDS: usize = 4_000_000;

/// Prints one JSON line: double-precision roots, additions and multiplications (none fused, as in the
/// silhouette's kernel), and bytes read, each per second, best of five.
pub fn print() {
    let threads = rayon::current_num_threads();
    let roots = best(|| on_all_threads(|| Arch::new().dispatch(Roots)));
    let flops = best(|| on_all_threads(|| Arch::new().dispatch(Flops)));
    let memory = vec![1.0f64; 1 << 27];
    let bytes = best(|| read(&memory));
    println!(
        "{{\"threads\": {threads}, \"roots\": {roots:.4e}, \"flops\": {flops:.4e}, \"bytes\": {bytes:.4e}}}"
    );
}

/// The highest rate of five tries.
fn best(work: impl Fn() -> f64) -> f64 {
    let rate = |_| {
        let start = Instant::now();
        work() / start.elapsed().as_secs_f64()
    };
    (0..5).map(rate).fold(0.0, f64::max)
}

fn on_all_threads(work: impl Fn() -> f64 + Sync) -> f64 {
    rayon::broadcast(|_| work()).into_iter().sum()
}

fn read(memory: &[f64]) -> f64 {
    let arch = Arch::new();
    let sum: f64 = memory.par_chunks(1 << 16).map(|part| arch.dispatch(Sum(part))).sum();
    black_box(sum);
    size_of_val(memory) as f64
}

struct Roots;

impl WithSimd for Roots {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut values = [simd.splat_f64s(black_box(3.0)); FLIGHT];
        for _ in 0..ROUNDS / 4 {
            for value in &mut values {
                *value = simd.sqrt_f64s(*value);
            }
        }
        black_box(values);
        (ROUNDS / 4 * FLIGHT * S::F64_LANES) as f64
    }
}

struct Flops;

impl WithSimd for Flops {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut values = [simd.splat_f64s(black_box(1.0)); FLIGHT];
        let (factor, term) = (simd.splat_f64s(black_box(0.999)), simd.splat_f64s(black_box(0.001)));
        for _ in 0..ROUNDS {
            for value in &mut values {
                *value = simd.add_f64s(simd.mul_f64s(*value, factor), term);
            }
        }
        black_box(values);
        (2 * ROUNDS * FLIGHT * S::F64_LANES) as f64
    }
}

struct Sum<'a>(&'a [f64]);

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (vectors, _) = S::as_simd_f64s(self.0);
        let mut sums = [simd.splat_f64s(0.0); 8];
        for part in vectors.chunks_exact(8) {
            for (sum, &vector) in sums.iter_mut().zip(part) {
                *sum = simd.add_f64s(*sum, vector);
            }
        }
        sums.into_iter().map(|sum| simd.reduce_sum_f64s(sum)).sum()
    }
}
