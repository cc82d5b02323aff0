//! Points arranged for one pass over the pairs: cells of equal labels, padded to eight lanes.

use std::collections::HashMap;

use ndarray::ArrayView2;

use crate::engine::input::clusters;
use crate::engine::labels::Distinct;

/// Lanes of one octet; the layout and the order of sums are the same on every instruction set.
pub(super) const LANES: usize = 8;

/// Distinct points grouped by cell. A cell is the set of rows with the same label in every labeling, so
/// that one sum of distances per cell serves all labelings.
pub(super) struct Cells {
    /// Columns of a point.
    pub dims: usize,
    /// Coordinates: octet, column, lane. Padding is 0.
    pub coordinates: Vec<f64>,
    /// Rows that each lane stands for; 0 for padding.
    pub weights: Vec<f64>,
    /// Cell of each octet.
    pub cell_of: Vec<u32>,
    /// Lanes in use of each octet, from the first.
    pub used: Vec<u8>,
    /// For each cell, the column of sums that each labeling adds to.
    pub columns_of: Vec<Vec<u32>>,
    /// Columns of sums in all.
    pub columns: usize,
    /// For each labeling, its first column of sums.
    pub offsets: Vec<usize>,
    /// Lane (octet × 8 + lane) of every row.
    pub lane_of: Vec<u32>,
}

/// Cell of every row, refined labeling by labeling.
#[derive(Clone)]
pub(super) struct Refinement {
    pub cell: Vec<u32>,
    pub count: usize,
}

impl Refinement {
    pub fn whole(rows: usize) -> Self {
        Self { cell: vec![0; rows], count: 1 }
    }

    pub fn by(&self, labels: &[u32]) -> Self {
        let mut number = HashMap::new();
        let refine = |(&cell, &label): (&u32, &u32)| {
            let next = number.len() as u32;
            *number.entry((cell, label)).or_insert(next)
        };
        let cell = self.cell.iter().zip(labels).map(refine).collect();
        Self { cell, count: number.len() }
    }
}

impl Cells {
    pub fn new(
        points: ArrayView2<'_, f64>,
        distinct: &Distinct,
        labelings: &[&[u32]],
        cells: &Refinement,
    ) -> Self {
        let (rank, tuples) = ordered_tuples(labelings, cells);
        let mut rows: Vec<(u32, u32, u32)> = (0..points.nrows())
            .map(|row| (rank[cells.cell[row] as usize], distinct.group[row], row as u32))
            .collect();
        rows.sort_unstable();
        let mut arranged = Self::empty(points, labelings, &tuples);
        let mut previous = None;
        let mut lane = 0;
        for (cell, group, row) in rows {
            if previous != Some((cell, group)) {
                lane = arranged.next_lane(cell, points.row(row as usize));
                previous = Some((cell, group));
            }
            arranged.weights[lane] += 1.0;
            arranged.lane_of[row as usize] = lane as u32;
        }
        arranged
    }

    fn empty(points: ArrayView2<'_, f64>, labelings: &[&[u32]], tuples: &[Vec<u32>]) -> Self {
        let mut columns = 0;
        let offset = |labels: &&[u32]| {
            columns += clusters(labels);
            columns - clusters(labels)
        };
        let offsets: Vec<usize> = labelings.iter().map(offset).collect();
        let column = |tuple: &Vec<u32>| tuple.iter().zip(&offsets).map(|(l, o)| l + *o as u32).collect();
        Self {
            dims: points.ncols(),
            coordinates: Vec::new(),
            weights: Vec::new(),
            cell_of: Vec::new(),
            used: Vec::new(),
            columns_of: tuples.iter().map(column).collect(),
            columns,
            offsets,
            lane_of: vec![0; points.nrows()],
        }
    }

    /// Adds a point to `cell`, which is the last cell or the next.
    fn next_lane(&mut self, cell: u32, point: ndarray::ArrayView1<'_, f64>) -> usize {
        let full = self.used.last().is_none_or(|&used| used as usize == LANES);
        if full || self.cell_of.last() != Some(&cell) {
            self.cell_of.push(cell);
            self.used.push(0);
            self.weights.resize(self.weights.len() + LANES, 0.0);
            self.coordinates.resize(self.coordinates.len() + LANES * self.dims, 0.0);
        }
        let octet = self.used.len() - 1;
        let lane = self.used[octet] as usize;
        self.used[octet] += 1;
        for (column, value) in point.iter().enumerate() {
            self.coordinates[(octet * self.dims + column) * LANES + lane] = *value;
        }
        octet * LANES + lane
    }

    pub fn octets(&self) -> usize {
        self.used.len()
    }
}

/// The label tuple of each cell in lexicographic order, and each cell's rank in it.
fn ordered_tuples(labelings: &[&[u32]], cells: &Refinement) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut first_row = vec![u32::MAX; cells.count];
    for (row, &cell) in cells.cell.iter().enumerate() {
        first_row[cell as usize] = first_row[cell as usize].min(row as u32);
    }
    let tuple = |&row: &u32| labelings.iter().map(|labels| labels[row as usize]).collect::<Vec<u32>>();
    let mut tuples: Vec<(Vec<u32>, u32)> =
        first_row.iter().enumerate().map(|(cell, row)| (tuple(row), cell as u32)).collect();
    tuples.sort_unstable();
    let mut rank = vec![0; cells.count];
    tuples.iter().enumerate().for_each(|(r, (_, cell))| rank[*cell as usize] = r as u32);
    (rank, tuples.into_iter().map(|(tuple, _)| tuple).collect())
}
