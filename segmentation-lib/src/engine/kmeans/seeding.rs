//! Greedy k-means++ (Arthur & Vassilvitskii 2007, appendix of the technical report; scikit-learn's
//! variant): each seed is the best of a few candidates drawn in proportion to the squared distance.
//!
//! All starts visit a block together. The seeds for k are the first k of the seeds for more, since the
//! number of candidates, 2 + ⌊ln(seeds so far + 1)⌋, does not depend on k.

use pulp::Arch;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::blocks::{BLOCK, Blocks, CHUNK};
use super::kernel::scalar_distance;
use super::potentials::Potentials;
use crate::engine::EngineError;
use crate::progress::Progress;

/// One start on its way to k seeds.
struct Start {
    random: Xoshiro256PlusPlus,
    /// Seeds, row-major, scaled units.
    seeds: Vec<f64>,
    /// Candidates of the current step, row-major.
    candidates: Vec<f64>,
    /// Sum of squared distances in each block after the last seed.
    masses: Vec<f64>,
}

/// Seeds of `starts` starts, k × d each, in scaled units.
pub(super) fn seeds(
    blocks: &Blocks,
    k: usize,
    starts: usize,
    seed: u64,
    progress: &Progress,
) -> Result<Vec<Vec<f64>>, EngineError> {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut all: Vec<Start> = (0..starts)
        .map(|_| {
            let random = stream.clone();
            stream.jump();
            Start { random, seeds: Vec::new(), candidates: Vec::new(), masses: Vec::new() }
        })
        .collect();
    // Zeros cost nothing until each task touches its part; the first step makes them infinite.
    let mut closest = vec![0.0f32; blocks.count() * BLOCK * starts];
    for chosen in 0..k {
        progress.check()?;
        step(blocks, &mut all, &mut closest, chosen);
    }
    Ok(all.into_iter().map(|start| start.seeds).collect())
}

/// Adds a seed to each start. `closest` is laid out block, start, place, and knows all seeds but the last.
fn step(blocks: &Blocks, all: &mut [Start], closest: &mut [f32], chosen: usize) {
    // The first seed is drawn evenly, and has no rivals.
    let trials = if chosen == 0 { 1 } else { 2 + ((chosen + 1) as f64).ln() as usize };
    let starts = all.len();
    let known = &*closest;
    all.par_iter_mut().enumerate().for_each(|(s, start)| match chosen {
        0 => start.candidates = blocks.point(uniform(blocks, &mut start.random)),
        _ => start.draw(blocks, trials, |row| known[(row / BLOCK * starts + s) * BLOCK + row % BLOCK]),
    });
    let drawn = &*all;
    let of_chunk = |(chunk, closest): (usize, &mut [f32])| potentials(blocks, drawn, closest, chunk, trials);
    let sums: Vec<Vec<f64>> = closest.par_chunks_mut(CHUNK * starts).enumerate().map(of_chunk).collect();
    let sums = sums.concat();
    all.iter_mut().enumerate().for_each(|(s, start)| start.choose(blocks, &sums, s, starts, trials));
}

/// Sums for each block of the chunk, start and candidate.
fn potentials(blocks: &Blocks, all: &[Start], closest: &mut [f32], chunk: usize, trials: usize) -> Vec<f64> {
    let (arch, dims) = (Arch::new(), blocks.dims);
    let mut sums = vec![0.0; closest.len() / BLOCK * trials];
    let mut of_start = closest.chunks_exact_mut(BLOCK).zip(sums.chunks_exact_mut(trials));
    let mut columns = vec![0.0f32; dims * BLOCK];
    for b in blocks.of_chunk(chunk) {
        columns.iter_mut().zip(blocks.columns(b)).for_each(|(to, &from)| *to = from as f32);
        for (start, (closest, sums)) in all.iter().zip(&mut of_start) {
            if start.seeds.is_empty() {
                closest[..blocks.used(b)].fill(f32::INFINITY);
            }
            let last = &start.seeds[start.seeds.len().saturating_sub(dims)..];
            let (weights, candidates) = (blocks.weights(b), &start.candidates[..]);
            arch.dispatch(Potentials { columns: &columns, dims, weights, last, candidates, closest, sums });
        }
    }
    sums
}

impl Start {
    /// Draws candidates in proportion to the squared distance to the nearest seed, which is the lesser
    /// of `before` (all seeds but the last) and the distance to the last.
    fn draw(&mut self, blocks: &Blocks, trials: usize, before: impl Fn(usize) -> f32) {
        let total: f64 = self.masses.iter().sum();
        self.candidates.clear();
        for _ in 0..trials {
            let target = self.random.r#gen::<f64>() * total;
            let row = self.find(blocks, target, &before);
            self.candidates.extend(blocks.point(row));
        }
    }

    /// The row at which the running sum of squared distances passes `target`.
    fn find(&self, blocks: &Blocks, mut target: f64, before: impl Fn(usize) -> f32) -> usize {
        let last = &self.seeds[self.seeds.len() - blocks.dims..];
        let mut b = self.masses.iter().rposition(|&mass| mass > 0.0).unwrap_or(0);
        for (i, &mass) in self.masses[..b].iter().enumerate() {
            if target < mass {
                b = i;
                break;
            }
            target -= mass;
        }
        let mut found = b * BLOCK;
        for place in 0..blocks.used(b) {
            let row = b * BLOCK + place;
            let square = scalar_distance(blocks.columns(b), place, last).min(f64::from(before(row)));
            let mass = square * blocks.weight(row);
            if mass > 0.0 {
                found = row;
                if target < mass {
                    break;
                }
            }
            target -= mass;
        }
        found
    }

    /// Keeps the candidate that leaves the least sum; the first of equal ones.
    fn choose(&mut self, blocks: &Blocks, sums: &[f64], s: usize, starts: usize, trials: usize) {
        let sum_of = |b: usize, t: usize| sums[(b * starts + s) * trials + t];
        let total = |t: usize| (0..blocks.count()).map(|b| sum_of(b, t)).sum::<f64>();
        let totals: Vec<f64> = (0..trials).map(total).collect();
        let best = (0..trials).min_by(|&a, &b| totals[a].total_cmp(&totals[b])).expect("a trial or more");
        self.masses = (0..blocks.count()).map(|b| sum_of(b, best)).collect();
        self.seeds.extend_from_slice(&self.candidates[best * blocks.dims..][..blocks.dims]);
    }
}

/// A row drawn in proportion to its weight.
fn uniform(blocks: &Blocks, random: &mut impl Rng) -> usize {
    let mut target = random.r#gen::<f64>() * blocks.mass;
    if blocks.weights(0).is_none() {
        return (target as usize).min(blocks.rows - 1);
    }
    for row in 0..blocks.rows {
        target -= blocks.weight(row);
        if target < 0.0 {
            return row;
        }
    }
    blocks.rows - 1
}
