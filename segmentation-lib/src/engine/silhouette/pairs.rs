//! Sums of distances between panels of points, vector by vector.
//!
//! A panel's lanes are compared with one point of the other panel at a time, so that every lane adds its
//! distances in the same order on every instruction set. Each pair is computed once: its distance goes
//! into the sums of both ends.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::cells::{Cells, LANES};

/// Octets that are compared with a point at a time.
const TOGETHER: usize = 4;

/// Sums of weighted distances from every lane of a panel to the clusters of all labelings.
pub(super) struct Panel {
    pub octets: Range<usize>,
    /// Octet, column of sums, lane.
    pub sums: Vec<f64>,
}

impl Panel {
    pub fn new(octets: Range<usize>, columns: usize) -> Self {
        Self { sums: vec![0.0; octets.len() * columns * LANES], octets }
    }
}

/// Adds the distances between `a` and `b` to the sums of both.
pub(super) fn between(arch: Arch, cells: &Cells, a: &mut Panel, b: &mut Panel) {
    let mut gathered = vec![0.0; b.octets.len() * LANES * LANES];
    let first = a.octets.start;
    let mut octet = first;
    while octet < a.octets.end {
        let cell = cells.cell_of[octet];
        while octet < a.octets.end && cells.cell_of[octet] == cell {
            let run = run_of_cell(cells, octet, a.octets.end);
            let sums = &mut a.sums[(octet - first) * cells.columns * LANES..];
            let to = b.octets.clone();
            let (run_of, gathered) = (octet..octet + run, Some(&mut gathered[..]));
            arch.dispatch(Distances { cells, run: run_of, others: cells, to, sums, gathered });
            octet += run;
        }
        scatter(cells, cell, b, &mut gathered);
    }
}

/// Adds the distances from `a`, a panel of `cells`, to the points of `to` in `others` to the sums of `a`
/// alone. Both hold points of the same labelings.
pub(super) fn one_way(arch: Arch, cells: &Cells, a: &mut Panel, others: &Cells, to: Range<usize>) {
    let first = a.octets.start;
    let mut octet = first;
    while octet < a.octets.end {
        let run = run_of_cell(cells, octet, a.octets.end);
        let sums = &mut a.sums[(octet - first) * cells.columns * LANES..];
        let (run_of, to) = (octet..octet + run, to.clone());
        arch.dispatch(Distances { cells, run: run_of, others, to, sums, gathered: None });
        octet += run;
    }
}

/// Octets from `octet` that share its cell: `TOGETHER`, or 1 where fewer are left.
fn run_of_cell(cells: &Cells, octet: usize, end: usize) -> usize {
    let last = octet + TOGETHER - 1;
    if last < end && cells.cell_of[last] == cells.cell_of[octet] { TOGETHER } else { 1 }
}

/// Adds what `cell` gave to each point of `b`, and clears it.
fn scatter(cells: &Cells, cell: u32, b: &mut Panel, gathered: &mut [f64]) {
    for (sums, by_lane) in
        b.sums.chunks_exact_mut(cells.columns * LANES).zip(gathered.chunks_exact_mut(LANES * LANES))
    {
        let mut totals = [0.0; LANES];
        for (total, l) in totals.iter_mut().zip(by_lane.chunks_exact(LANES)) {
            *total = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
        }
        for &column in &cells.columns_of[cell as usize] {
            let sums = &mut sums[column as usize * LANES..][..LANES];
            sums.iter_mut().zip(totals).for_each(|(sum, total)| *sum += total);
        }
        by_lane.fill(0.0);
    }
}

/// Distances from the octets of `run` (one cell) to the points of `to` in `others`.
struct Distances<'a> {
    cells: &'a Cells,
    run: Range<usize>,
    others: &'a Cells,
    to: Range<usize>,
    sums: &'a mut [f64],
    /// For each point of `to`, by lane of the run: the weighted distances from the run.
    gathered: Option<&'a mut [f64]>,
}

impl WithSimd for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.cells.dims, self.run.len()) {
            (1, 4) => self.columns::<S, 1, 4>(simd),
            (2, 4) => self.columns::<S, 2, 4>(simd),
            (3, 4) => self.columns::<S, 3, 4>(simd),
            (4, 4) => self.columns::<S, 4, 4>(simd),
            (5, 4) => self.columns::<S, 5, 4>(simd),
            (6, 4) => self.columns::<S, 6, 4>(simd),
            (3, 1) => self.columns::<S, 3, 1>(simd),
            (4, 1) => self.columns::<S, 4, 1>(simd),
            (5, 1) => self.columns::<S, 5, 1>(simd),
            (_, 4) => self.columns::<S, 0, 4>(simd),
            _ => self.columns::<S, 0, 1>(simd),
        }
    }
}

impl Distances<'_> {
    /// `D` columns (0: as many as there are), `G` octets.
    #[inline(always)]
    fn columns<S: Simd, const D: usize, const G: usize>(mut self, simd: S) {
        match self.gathered.take() {
            Some(gathered) => self.parts::<S, D, G, true>(simd, gathered),
            None => self.parts::<S, D, G, false>(simd, &mut []),
        }
    }

    #[inline(always)]
    fn parts<S: Simd, const D: usize, const G: usize, const BOTH: bool>(
        mut self,
        simd: S,
        gathered: &mut [f64],
    ) {
        for part in 0..LANES / S::F64_LANES {
            let mut octet = self.to.start;
            while octet < self.to.end {
                octet = self.segment::<S, D, G, BOTH>(simd, part, octet, gathered);
            }
        }
    }

    /// Distances to the points of one cell, from `octet` on; returns the octet after them.
    #[inline(always)]
    fn segment<S: Simd, const D: usize, const G: usize, const BOTH: bool>(
        &mut self,
        simd: S,
        part: usize,
        octet: usize,
        gathered: &mut [f64],
    ) -> usize {
        let parts = LANES / S::F64_LANES;
        let d = if D == 0 { self.cells.dims } else { D };
        let (x, _) = S::as_simd_f64s(&self.cells.coordinates[self.run.start * d * LANES..][..G * d * LANES]);
        let (w, _) = S::as_simd_f64s(&self.cells.weights[self.run.start * LANES..][..G * LANES]);
        let (gathered, _) = S::as_mut_simd_f64s(gathered);
        let mut local = [[simd.splat_f64s(0.0); D]; G];
        let mut weights = [simd.splat_f64s(0.0); G];
        for g in 0..G {
            weights[g] = w[g * parts + part];
            for dim in 0..D {
                local[g][dim] = x[(g * D + dim) * parts + part];
            }
        }
        let mut sums = [simd.splat_f64s(0.0); G];
        let others = self.others;
        let cell = others.cell_of[octet];
        let mut next = octet;
        while next < self.to.end && others.cell_of[next] == cell {
            let point = &others.coordinates[next * d * LANES..][..d * LANES];
            for lane in 0..others.used[next] as usize {
                let weight = simd.splat_f64s(others.weights[next * LANES + lane]);
                let mut squares = [simd.splat_f64s(0.0); G];
                for dim in 0..d {
                    let y = simd.splat_f64s(point[dim * LANES + lane]);
                    for g in 0..G {
                        let own = if D == 0 { x[(g * d + dim) * parts + part] } else { local[g][dim] };
                        let difference = simd.sub_f64s(own, y);
                        squares[g] = simd.add_f64s(squares[g], simd.mul_f64s(difference, difference));
                    }
                }
                let mut both = simd.splat_f64s(0.0);
                for g in 0..G {
                    let distance = simd.sqrt_f64s(squares[g]);
                    sums[g] = simd.add_f64s(sums[g], simd.mul_f64s(distance, weight));
                    both = simd.add_f64s(both, simd.mul_f64s(distance, weights[g]));
                }
                if BOTH {
                    let slot = &mut gathered[((next - self.to.start) * LANES + lane) * parts + part];
                    *slot = simd.add_f64s(*slot, both);
                }
            }
            next += 1;
        }
        self.add_to_columns::<S, G>(simd, part, cell, sums);
        next
    }

    /// Adds one cell's sums to the column of each labeling.
    #[inline(always)]
    fn add_to_columns<S: Simd, const G: usize>(
        &mut self,
        simd: S,
        part: usize,
        cell: u32,
        sums: [S::f64s; G],
    ) {
        let parts = LANES / S::F64_LANES;
        let (to, _) = S::as_mut_simd_f64s(self.sums);
        for g in 0..G {
            for &column in &self.others.columns_of[cell as usize] {
                let slot = &mut to[(g * self.cells.columns + column as usize) * parts + part];
                *slot = simd.add_f64s(*slot, sums[g]);
            }
        }
    }
}
