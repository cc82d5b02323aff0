//! The cheapest one-to-one assignment.

/// Assigns each row of a cost matrix (`rows <= columns`, rectangular, finite) its own column so that
/// the total cost is least; returns the column of each row.
///
/// The Hungarian method with potentials (Kuhn 1955; Munkres 1957), in the shortest-augmenting-path
/// form of Jonker and Volgenant (1987): O(rows² · columns). Equal totals resolve to the lowest column
/// found first, so the answer is deterministic.
pub(super) fn assign(cost: &[Vec<f64>]) -> Vec<usize> {
    let rows = cost.len();
    let columns = cost.first().map_or(0, Vec::len);
    assert!(rows <= columns, "{rows} rows need at least as many columns, not {columns}");
    // Index 0 is a sentinel column/row; real ones count from 1.
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; columns + 1];
    let mut row_of = vec![0usize; columns + 1];
    for row in 1..=rows {
        augment(cost, row, &mut row_potential, &mut column_potential, &mut row_of);
    }
    let mut column_of = vec![0; rows];
    for (column, &row) in row_of.iter().enumerate().skip(1).filter(|(_, row)| **row > 0) {
        column_of[row - 1] = column - 1;
    }
    column_of
}

/// Adds `row` to the assignment along the shortest alternating path.
fn augment(cost: &[Vec<f64>], row: usize, u: &mut [f64], v: &mut [f64], row_of: &mut [usize]) {
    let columns = v.len() - 1;
    let mut slack = vec![f64::INFINITY; columns + 1];
    let mut before = vec![0usize; columns + 1];
    let mut visited = vec![false; columns + 1];
    row_of[0] = row;
    let mut at = 0;
    while row_of[at] != 0 {
        visited[at] = true;
        let i = row_of[at];
        let (mut least, mut next) = (f64::INFINITY, 0);
        for j in (1..=columns).filter(|&j| !visited[j]) {
            let reduced = cost[i - 1][j - 1] - u[i] - v[j];
            if reduced < slack[j] {
                (slack[j], before[j]) = (reduced, at);
            }
            if slack[j] < least {
                (least, next) = (slack[j], j);
            }
        }
        for j in 0..=columns {
            if visited[j] {
                u[row_of[j]] += least;
                v[j] -= least;
            } else {
                slack[j] -= least;
            }
        }
        at = next;
    }
    while at != 0 {
        row_of[at] = row_of[before[at]];
        at = before[at];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn total(cost: &[Vec<f64>], columns: &[usize]) -> f64 {
        columns.iter().enumerate().map(|(row, &column)| cost[row][column]).sum()
    }

    /// Every way to give the rows from `row` on their own columns.
    fn cheapest(cost: &[Vec<f64>], row: usize, used: &mut Vec<usize>) -> f64 {
        if row == cost.len() {
            return total(cost, used);
        }
        let mut best = f64::INFINITY;
        for column in 0..cost[0].len() {
            if !used.contains(&column) {
                used.push(column);
                best = best.min(cheapest(cost, row + 1, used));
                used.pop();
            }
        }
        best
    }

    proptest! {
        #[test]
        fn it_is_the_cheapest_of_all(
            cost in (1usize..5, 0usize..3).prop_flat_map(|(rows, more)| {
                prop::collection::vec(prop::collection::vec(0.0..9.0f64, rows + more), rows)
            })
        ) {
            let columns = assign(&cost);
            let mut distinct = columns.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), cost.len());
            prop_assert!((total(&cost, &columns) - cheapest(&cost, 0, &mut vec![])).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_to_assign_is_nothing() {
        assert!(assign(&[]).is_empty());
    }
}
