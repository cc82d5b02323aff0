//! Lloyd's iterations (Lloyd 1982) for several starts at once, with exact bounds.
//!
//! Each start keeps, for every point, its label and a bound on how much farther the second nearest
//! centroid is (Hamerly 2010, both bounds in one number). A point whose bound survives the centroids'
//! moves keeps its label unseen. All starts visit a block together, so that memory is read once.

use pulp::Arch;
use rayon::prelude::*;

use super::blocks::{BLOCK, BLOCKS_PER_CHUNK, Blocks, CHUNK};
use super::kernel::{Bounds, Nearest, Open, scalar_distance};
use super::sums::Sums;
use crate::engine::EngineError;
use crate::progress::Progress;

/// When a start stops.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub max_iterations: usize,
    /// Sum of squared centroid moves at which it stops, scaled units; negative to go on to the fixed
    /// point.
    pub tolerance: f64,
}

/// One start: its centroids and how far it came.
pub(super) struct Start {
    pub k: usize,
    /// k × d, scaled units.
    pub centroids: Vec<f64>,
    /// How much the bounds have fallen in all, by label.
    fallen: Vec<f64>,
    /// `fallen`, rounded up.
    fallen_up: Vec<f32>,
    /// No label or bound is of these centroids: before the first iteration and after a relocation.
    fresh: bool,
    pub iterations: usize,
    /// Labels are nearest centroids, and centroids the means of their points.
    pub converged: bool,
    /// Sum of squared distances to the clusters' means, scaled units.
    pub inertia: f64,
}

/// What a chunk of points knows of one start.
#[derive(Clone)]
pub(super) struct Local {
    pub labels: Vec<u16>,
    bounds: Vec<f32>,
    /// Weighted coordinate sums of each cluster, k × d.
    sums: Vec<f64>,
    /// Weight of each cluster.
    masses: Vec<f64>,
    changed: usize,
}

/// All starts over all chunks.
pub(super) struct Lloyd<'a> {
    arch: Arch,
    blocks: &'a Blocks,
    pub starts: Vec<Start>,
    /// Chunk, start.
    pub locals: Vec<Vec<Local>>,
}

impl Start {
    fn new(centroids: Vec<f64>, dims: usize) -> Self {
        let k = centroids.len() / dims;
        let (fallen, fallen_up) = (vec![0.0; k], vec![0.0; k]);
        let (inertia, fresh) = (f64::INFINITY, true);
        Self { k, centroids, fallen, fallen_up, fresh, iterations: 0, converged: false, inertia }
    }

    /// Moves the centroids to the means; returns the sum of squared moves.
    fn move_to(&mut self, means: &[f64], dims: usize) -> f64 {
        let squared = |(old, new): (&[f64], &[f64])| -> f64 {
            old.iter().zip(new).map(|(x, y)| (x - y) * (x - y)).sum()
        };
        let squares: Vec<f64> =
            self.centroids.chunks_exact(dims).zip(means.chunks_exact(dims)).map(squared).collect();
        let moves: Vec<f64> = squares.iter().map(|s| s.sqrt()).collect();
        for label in 0..self.k {
            let others = (0..self.k).filter(|&c| c != label).map(|c| moves[c]).fold(0.0, f64::max);
            self.fallen[label] += (moves[label] + others) * (1.0 + 1e-6);
            self.fallen_up[label] = (self.fallen[label] as f32).next_up();
        }
        self.centroids.copy_from_slice(means);
        squares.iter().sum()
    }
}

impl<'a> Lloyd<'a> {
    pub fn new(blocks: &'a Blocks, seeds: Vec<Vec<f64>>) -> Self {
        let starts: Vec<Start> = seeds.into_iter().map(|seeds| Start::new(seeds, blocks.dims)).collect();
        let locals_of = |chunk: usize| {
            let points = (blocks.rows - chunk * CHUNK).min(CHUNK);
            starts.iter().map(|s| Local::new(points, s.k, blocks.dims)).collect()
        };
        let locals = (0..blocks.chunks()).into_par_iter().map(locals_of).collect();
        Self { arch: Arch::new(), blocks, starts, locals }
    }

    /// Iterates every start until it stops.
    pub fn run(&mut self, limits: Limits, progress: &Progress) -> Result<(), EngineError> {
        let mut active: Vec<usize> = (0..self.starts.len()).collect();
        loop {
            active
                .retain(|&s| !self.starts[s].converged && self.starts[s].iterations < limits.max_iterations);
            if active.is_empty() {
                return Ok(());
            }
            progress.check()?;
            self.assign(&active, false);
            active.retain(|&s| self.update(s, limits.tolerance));
        }
    }

    /// Leaves only start `s`.
    pub fn keep(&mut self, s: usize) {
        self.starts = vec![self.starts.swap_remove(s)];
        self.locals.par_iter_mut().for_each(|locals| *locals = vec![locals.swap_remove(s)]);
    }

    /// Assigns every point to its nearest centroid, from scratch or where bounds require it.
    fn assign(&mut self, active: &[usize], from_scratch: bool) {
        let (arch, blocks, starts) = (self.arch, self.blocks, &self.starts);
        self.locals.par_iter_mut().enumerate().for_each_init(
            || Scratch::new(arch, blocks.dims),
            |scratch, (chunk, locals)| {
                let all = |s: usize| from_scratch || starts[s].fresh;
                active.iter().for_each(|&s| locals[s].begin(all(s)));
                for b in blocks.of_chunk(chunk) {
                    active.iter().for_each(|&s| locals[s].visit(blocks, b, &starts[s], all(s), scratch));
                }
            },
        );
        active.iter().for_each(|&s| self.starts[s].fresh = false);
    }

    /// Moves the centroids of start `s` to the means; false when it is to stop.
    fn update(&mut self, s: usize, tolerance: f64) -> bool {
        let (means, masses) = self.means(s);
        let changed: usize = self.locals.iter().map(|locals| locals[s].changed).sum();
        let start = &mut self.starts[s];
        let dims = self.blocks.dims;
        let between: f64 = masses
            .iter()
            .zip(means.chunks_exact(dims))
            .filter(|(mass, _)| **mass > 0.0)
            .map(|(mass, mean)| mass * mean.iter().map(|v| v * v).sum::<f64>())
            .sum();
        start.inertia = self.blocks.spread - between;
        let empty: Vec<usize> = (0..start.k).filter(|&c| masses[c] <= 0.0).collect();
        start.iterations += 1;
        if !empty.is_empty() {
            self.relocate(s, means, &empty);
            return true;
        }
        if changed == 0 {
            start.converged = true;
            return false;
        }
        let moved = start.move_to(&means, dims);
        moved > tolerance
    }

    /// Means and weights of the clusters of start `s`, summed in the order of the chunks.
    fn means(&self, s: usize) -> (Vec<f64>, Vec<f64>) {
        let start = &self.starts[s];
        let (mut sums, mut masses) = (vec![0.0; start.centroids.len()], vec![0.0; start.k]);
        for locals in &self.locals {
            sums.iter_mut().zip(&locals[s].sums).for_each(|(sum, v)| *sum += v);
            masses.iter_mut().zip(&locals[s].masses).for_each(|(mass, v)| *mass += v);
        }
        for (sum, mass) in sums.chunks_exact_mut(self.blocks.dims).zip(&masses) {
            sum.iter_mut().for_each(|v| *v /= mass);
        }
        (sums, masses)
    }

    /// Each empty cluster moves to one of the points farthest from their centroids, as in scikit-learn.
    fn relocate(&mut self, s: usize, mut means: Vec<f64>, empty: &[usize]) {
        let dims = self.blocks.dims;
        let mut farthest: Vec<(f64, usize)> = self
            .labels(s)
            .enumerate()
            .map(|(row, label)| {
                let centroid = &self.starts[s].centroids[label as usize * dims..][..dims];
                (scalar_distance(self.blocks.columns(row / BLOCK), row % BLOCK, centroid), row)
            })
            .collect();
        farthest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut taken: Vec<Vec<f64>> = Vec::new();
        for (_, row) in farthest {
            let point = self.blocks.point(row);
            if taken.len() < empty.len() && !taken.contains(&point) {
                taken.push(point);
            }
        }
        for (&c, point) in empty.iter().zip(&taken) {
            means[c * dims..][..dims].copy_from_slice(point);
        }
        let start = &mut self.starts[s];
        start.centroids.copy_from_slice(&means);
        start.fresh = true;
    }

    /// Labels of start `s` in the order of the rows.
    pub fn labels(&self, s: usize) -> impl Iterator<Item = u16> {
        self.locals.iter().flat_map(move |locals| locals[s].labels.iter().copied())
    }

    /// Assigns all points of the only start from scratch, takes fresh means, and goes on while that
    /// changes a label; sums kept up to date by differences have drifted by some rounding errors.
    pub fn settle(&mut self, limits: Limits, progress: &Progress) -> Result<(), EngineError> {
        while self.starts[0].converged {
            self.assign(&[0], true);
            let (means, _) = self.means(0);
            let same = self.locals.iter().all(|locals| locals[0].changed == 0);
            self.starts[0].move_to(&means, self.blocks.dims);
            if same {
                return Ok(());
            }
            self.starts[0].converged = false;
            self.run(limits, progress)?;
        }
        self.assign(&[0], true);
        Ok(())
    }

    /// Sum of squared distances of the points to the centroids of their labels, scaled units.
    pub fn inertia(&self) -> f64 {
        let (blocks, dims) = (self.blocks, self.blocks.dims);
        let of_chunk = |(chunk, locals): (usize, &Vec<Local>)| -> f64 {
            let square = |(i, &label): (usize, &u16)| {
                let row = chunk * CHUNK + i;
                let centroid = &self.starts[0].centroids[label as usize * dims..][..dims];
                scalar_distance(blocks.columns(row / BLOCK), row % BLOCK, centroid) * blocks.weight(row)
            };
            locals[0].labels.iter().enumerate().map(square).sum()
        };
        let parts: Vec<f64> = self.locals.par_iter().enumerate().map(of_chunk).collect();
        parts.iter().sum()
    }
}

/// A thread's space for one block.
struct Scratch {
    arch: Arch,
    nearest: Nearest,
    /// Columns of the points that are searched, where these are not all.
    gathered: Vec<f64>,
    bounds: [f32; BLOCK],
    open: [u16; BLOCK],
}

impl Scratch {
    fn new(arch: Arch, dims: usize) -> Self {
        let (gathered, bounds) = (vec![0.0; dims * BLOCK], [0.0; BLOCK]);
        Self { arch, nearest: Nearest::new(), gathered, bounds, open: [0; BLOCK] }
    }

    /// Searches the first `count` points of `columns`.
    fn search(&mut self, columns: &[f64], dims: usize, count: usize, start: &Start) {
        self.nearest.search(self.arch, columns, dims, count, &start.centroids);
        let (found, bounds) = (&self.nearest, &mut self.bounds[..count]);
        self.arch.dispatch(Bounds { found, fallen: &start.fallen_up, bounds });
    }

    /// Searches the first `count` open points of a block.
    fn search_open(&mut self, columns: &[f64], dims: usize, count: usize, start: &Start) {
        let mut gathered = std::mem::take(&mut self.gathered);
        for (from, to) in columns.chunks_exact(BLOCK).zip(gathered.chunks_exact_mut(BLOCK)) {
            to.iter_mut()
                .zip(&self.open[..count])
                .for_each(|(to, &place)| *to = from[place as usize % BLOCK]);
        }
        self.search(&gathered, dims, count, start);
        self.gathered = gathered;
    }
}

impl Local {
    fn new(points: usize, k: usize, dims: usize) -> Self {
        let (labels, bounds) = (vec![u16::MAX; points], vec![0.0; points]);
        Self { labels, bounds, sums: vec![0.0; k * dims], masses: vec![0.0; k], changed: 0 }
    }

    fn begin(&mut self, all: bool) {
        self.changed = 0;
        if all {
            self.sums.fill(0.0);
            self.masses.fill(0.0);
        }
    }

    /// Assigns all points of block `b`, or those whose bound does not prove their label.
    fn visit(&mut self, blocks: &Blocks, b: usize, start: &Start, all: bool, s: &mut Scratch) {
        if all {
            return self.visit_all(blocks, b, start, s);
        }
        let places = place_in_chunk(b)..place_in_chunk(b) + blocks.used(b);
        let (labels, bounds) = (&self.labels[places.clone()], &self.bounds[places.clone()]);
        let count = s.arch.dispatch(Open { labels, bounds, fallen: &start.fallen_up, open: &mut s.open });
        if count * 2 > places.len() {
            self.visit_most(blocks, b, start, s);
        } else if count > 0 {
            self.visit_open(blocks, b, start, count, s);
        }
    }

    fn visit_all(&mut self, blocks: &Blocks, b: usize, start: &Start, s: &mut Scratch) {
        let (dims, columns, used) = (blocks.dims, blocks.columns(b), blocks.used(b));
        let places = place_in_chunk(b)..place_in_chunk(b) + used;
        s.search(columns, dims, used, start);
        self.bounds[places.clone()].copy_from_slice(&s.bounds[..used]);
        let labels = &s.nearest.label[..used];
        for (label, &nearest) in self.labels[places].iter_mut().zip(labels) {
            self.changed += usize::from(*label != nearest as u16);
            *label = nearest as u16;
        }
        let (sums, masses) = (&mut self.sums[..], &mut self.masses[..]);
        s.arch.dispatch(Sums { columns, dims, weights: blocks.weights(b), labels, sums, masses });
    }

    /// Searches all points where they lie, which costs less than gathering most of them.
    fn visit_most(&mut self, blocks: &Blocks, b: usize, start: &Start, s: &mut Scratch) {
        let (columns, used) = (blocks.columns(b), blocks.used(b));
        s.search(columns, blocks.dims, used, start);
        self.bounds[place_in_chunk(b)..][..used].copy_from_slice(&s.bounds[..used]);
        for place in 0..used {
            self.relabel(blocks, b, place, s.nearest.label[place] as u16, columns, place);
        }
    }

    fn visit_open(&mut self, blocks: &Blocks, b: usize, start: &Start, count: usize, s: &mut Scratch) {
        s.search_open(blocks.columns(b), blocks.dims, count, start);
        for (i, &place) in s.open[..count].iter().enumerate() {
            self.bounds[place_in_chunk(b) + place as usize] = s.bounds[i];
            self.relabel(blocks, b, place as usize, s.nearest.label[i] as u16, &s.gathered, i);
        }
    }

    /// Gives the point at `place` of block `b`, which is also at `i` of `columns`, its label. Most keep theirs.
    #[inline(always)]
    fn relabel(&mut self, blocks: &Blocks, b: usize, place: usize, label: u16, columns: &[f64], i: usize) {
        let before = std::mem::replace(&mut self.labels[place_in_chunk(b) + place], label);
        if before != label {
            let weight = blocks.weight(b * BLOCK + place);
            self.change(before as usize, label as usize, columns.iter().skip(i).step_by(BLOCK), weight);
        }
    }

    /// Moves a point, given by its coordinates, from one cluster's sums to the other's.
    #[inline(never)]
    fn change<'a>(&mut self, from: usize, to: usize, point: impl Iterator<Item = &'a f64>, weight: f64) {
        self.changed += 1;
        self.masses[from] -= weight;
        self.masses[to] += weight;
        let dims = self.sums.len() / self.masses.len();
        for (column, value) in point.enumerate().take(dims) {
            self.sums[from * dims + column] -= value * weight;
            self.sums[to * dims + column] += value * weight;
        }
    }
}

/// The first place of block `b` in its chunk.
fn place_in_chunk(b: usize) -> usize {
    b % BLOCKS_PER_CHUNK * BLOCK
}
