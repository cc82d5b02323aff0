//! Greedy k-means++ (Arthur & Vassilvitskii 2007, appendix of the technical report; scikit-learn's
//! variant): each seed is the best of a few candidates drawn in proportion to the squared distance.
//!
//! All starts visit a block together. The seeds for k are the first k of the seeds for more, since the
//! number of candidates, 2 + ⌊ln(seeds so far + 1)⌋, does not depend on k.

use pulp::Arch;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::blocks::{BLOCK, BLOCKS_PER_CHUNK, Blocks, CHUNK};
use super::kernel::{Potentials, scalar_distance};
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
            let start = Start::new(blocks, stream.clone());
            stream.jump();
            start
        })
        .collect();
    // Zeros cost nothing until each task touches its part; the first step makes them infinite.
    let mut closest = vec![0.0f32; blocks.rows * starts];
    for chosen in 1..k {
        progress.check()?;
        step(blocks, &mut all, &mut closest, chosen);
    }
    Ok(all.into_iter().map(|start| start.seeds).collect())
}

fn step(blocks: &Blocks, all: &mut [Start], closest: &mut [f32], chosen: usize) {
    let arch = Arch::new();
    let trials = 2 + ((chosen + 1) as f64).ln() as usize;
    let starts = all.len();
    if chosen > 1 {
        let closest = &*closest;
        all.par_iter_mut().enumerate().for_each(|(s, start)| start.draw(blocks, closest, s, starts, trials));
    } else {
        all.par_iter_mut().for_each(|start| start.draw_after_first(arch, blocks, trials));
    }
    let size = CHUNK * starts;
    let starts_read = &*all;
    let sums: Vec<Vec<f64>> = closest
        .par_chunks_mut(size)
        .enumerate()
        .map(|(chunk, closest)| {
            if chosen == 1 {
                closest.fill(f32::INFINITY);
            }
            potentials(arch, blocks, starts_read, closest, chunk, trials)
        })
        .collect();
    let sums = sums.concat();
    for (s, start) in all.iter_mut().enumerate() {
        start.choose(blocks, &sums, s, starts, trials);
    }
}

/// Sums for each block of the chunk, start and candidate. `closest` is laid out block, start, place.
fn potentials(
    arch: Arch,
    blocks: &Blocks,
    all: &[Start],
    mut closest: &mut [f32],
    chunk: usize,
    trials: usize,
) -> Vec<f64> {
    let dims = blocks.dims;
    let mut sums = Vec::new();
    let mut b = chunk * BLOCKS_PER_CHUNK;
    while !closest.is_empty() {
        let used = blocks.used(b);
        for start in all {
            let (own, rest) = closest.split_at_mut(used);
            closest = rest;
            let from = sums.len();
            sums.resize(from + trials, 0.0);
            arch.dispatch(Potentials {
                columns: blocks.columns(b),
                dims,
                weights: blocks.weights(b),
                last: &start.seeds[start.seeds.len() - dims..],
                candidates: &start.candidates,
                closest: own,
                sums: &mut sums[from..],
            });
        }
        b += 1;
    }
    sums
}

impl Start {
    fn new(blocks: &Blocks, mut random: Xoshiro256PlusPlus) -> Self {
        let first = uniform(blocks, &mut random);
        Self { seeds: blocks.point(first), random, candidates: Vec::new(), masses: Vec::new() }
    }

    /// Before any distance is known, the masses are of the squared distances to the only seed.
    fn draw_after_first(&mut self, arch: Arch, blocks: &Blocks, trials: usize) {
        let mut closest = [0.0f32; BLOCK];
        let mut squares = |b: usize| -> f64 {
            let mut sum = [0.0];
            closest.fill(f32::INFINITY);
            arch.dispatch(Potentials {
                columns: blocks.columns(b),
                dims: blocks.dims,
                weights: blocks.weights(b),
                last: &self.seeds,
                candidates: &self.seeds,
                closest: &mut closest[..blocks.used(b)],
                sums: &mut sum,
            });
            sum[0]
        };
        self.masses = (0..blocks.count()).map(&mut squares).collect();
        self.draw_with(blocks, trials, |_| f64::INFINITY);
    }

    fn draw(&mut self, blocks: &Blocks, closest: &[f32], s: usize, starts: usize, trials: usize) {
        self.draw_with(blocks, trials, |row| {
            let b = row / BLOCK;
            f64::from(closest[b * BLOCK * starts + s * blocks.used(b) + row % BLOCK])
        });
    }

    /// Draws candidates in proportion to the squared distance to the nearest seed, which is the lesser
    /// of `before` (all seeds but the last) and the distance to the last.
    fn draw_with(&mut self, blocks: &Blocks, trials: usize, before: impl Fn(usize) -> f64) {
        let total: f64 = self.masses.iter().sum();
        self.candidates.clear();
        for _ in 0..trials {
            let target = self.random.r#gen::<f64>() * total;
            let row = self.find(blocks, target, &before);
            self.candidates.extend(blocks.point(row));
        }
    }

    /// The row at which the running sum of squared distances passes `target`.
    fn find(&self, blocks: &Blocks, mut target: f64, before: impl Fn(usize) -> f64) -> usize {
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
            let square = scalar_distance(blocks.columns(b), place, last).min(before(row));
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
        let best = (0..trials).min_by(|&a, &b| totals[a].total_cmp(&totals[b])).expect("two trials or more");
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
