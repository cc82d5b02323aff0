//! The merge tree, and what is read off it.

use super::Pair;
use crate::engine::labels::numbered_by_first_row;

/// One merge, as a row of scipy's linkage matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merge {
    /// The smaller node number: a row under n, or n + i for the cluster of merge i.
    pub left: usize,
    /// The larger node number.
    pub right: usize,
    /// Distance at which they merge, in matrix units.
    pub height: f64,
    /// Rows in the merged cluster.
    pub size: usize,
}

/// A merge tree over n rows: n − 1 merges, heights ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Dendrogram {
    rows: usize,
    merges: Vec<Merge>,
}

/// The top of a dendrogram, for plots.
#[derive(Debug, Clone, PartialEq)]
pub struct Truncated {
    /// Rows below each leaf.
    pub leaf_sizes: Vec<usize>,
    /// Merges over the leaves: nodes under the number of leaves are leaves, the rest are merges.
    pub merges: Vec<Merge>,
}

impl Dendrogram {
    /// Orders merges by height (stable, ties by the rows named) and numbers the nodes as scipy does.
    pub(crate) fn from_pairs(rows: usize, mut pairs: Vec<Pair>) -> Self {
        pairs.sort_by(|x, y| x.height.total_cmp(&y.height));
        let mut forest = Forest::new(rows);
        let merges = pairs.iter().map(|pair| forest.merge(*pair)).collect();
        Self { rows, merges }
    }

    /// The merges, heights ascending.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// Rows at the bottom.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Heights of the merges, ascending.
    pub fn heights(&self) -> Vec<f64> {
        self.merges.iter().map(|m| m.height).collect()
    }

    /// Labels of exactly `k` clusters, numbered by their first row. Cost: O(n).
    ///
    /// # Panics
    /// Unless 1 ≤ k ≤ n.
    pub fn cut(&self, k: usize) -> Vec<u32> {
        assert!(
            (1..=self.rows).contains(&k),
            "k is {k}; a dendrogram of {} rows cuts into 1 to that many",
            self.rows
        );
        let merged = self.rows - k;
        let mut parent: Vec<usize> = (0..self.rows + merged).collect();
        for (i, merge) in self.merges[..merged].iter().enumerate() {
            parent[merge.left] = self.rows + i;
            parent[merge.right] = self.rows + i;
        }
        // A node's number is below its parent's: one pass from the top resolves all roots.
        for node in (0..parent.len()).rev() {
            parent[node] = parent[parent[node]];
        }
        numbered_by_first_row(&parent[..self.rows])
    }

    /// The last p − 1 merges over p leaves, as scipy's `dendrogram` with `truncate_mode='lastp'`; all of
    /// it when `p` exceeds the rows.
    pub fn truncated(&self, p: usize) -> Truncated {
        let leaves = p.clamp(1, self.rows);
        let first = self.rows - leaves;
        let top = &self.merges[first..];
        let is_leaf = |node: usize| node < self.rows + first;
        let mut leaf_nodes: Vec<usize> =
            top.iter().flat_map(|m| [m.left, m.right]).filter(|&node| is_leaf(node)).collect();
        leaf_nodes.sort_unstable();
        if leaf_nodes.is_empty() {
            leaf_nodes.push(self.rows + first - 1);
        }
        let renumber = |node: usize| match leaf_nodes.binary_search(&node) {
            Ok(leaf) => leaf,
            Err(_) => node - self.rows - first + leaves,
        };
        let merges = top.iter().map(|m| {
            let (left, right) = (renumber(m.left), renumber(m.right));
            Merge { left: left.min(right), right: left.max(right), ..*m }
        });
        let size = |&node: &usize| node.checked_sub(self.rows).map_or(1, |i| self.merges[i].size);
        Truncated { merges: merges.collect(), leaf_sizes: leaf_nodes.iter().map(size).collect() }
    }
}

/// Union-find that numbers merged clusters n, n + 1, …
struct Forest {
    parent: Vec<usize>,
    node: Vec<usize>,
    size: Vec<usize>,
    next: usize,
}

impl Forest {
    fn new(rows: usize) -> Self {
        Self { parent: (0..rows).collect(), node: (0..rows).collect(), size: vec![1; rows], next: rows }
    }

    fn root(&mut self, mut row: usize) -> usize {
        while self.parent[row] != row {
            self.parent[row] = self.parent[self.parent[row]];
            row = self.parent[row];
        }
        row
    }

    fn merge(&mut self, pair: Pair) -> Merge {
        let (a, b) = (self.root(pair.a as usize), self.root(pair.b as usize));
        debug_assert_ne!(a, b, "a pair joins two clusters");
        let (large, small) = if self.size[a] >= self.size[b] { (a, b) } else { (b, a) };
        let (x, y) = (self.node[a], self.node[b]);
        self.parent[small] = large;
        self.size[large] += self.size[small];
        self.node[large] = self.next;
        self.next += 1;
        Merge { left: x.min(y), right: x.max(y), height: pair.height, size: self.size[large] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Dendrogram {
        let pair = |a, b, height| Pair { a, b, height };
        Dendrogram::from_pairs(4, vec![pair(3, 1, 4.0), pair(0, 1, 1.0), pair(2, 0, 2.0)])
    }

    #[test]
    fn nodes_are_numbered_as_scipy_does() {
        let merge = |left, right, height, size| Merge { left, right, height, size };
        assert_eq!(chain().merges(), [merge(0, 1, 1.0, 2), merge(2, 4, 2.0, 3), merge(3, 5, 4.0, 4)]);
    }

    #[test]
    fn cuts_are_nested() {
        assert_eq!(chain().cut(1), [0, 0, 0, 0]);
        assert_eq!(chain().cut(2), [0, 0, 0, 1]);
        assert_eq!(chain().cut(3), [0, 0, 1, 2]);
        assert_eq!(chain().cut(4), [0, 1, 2, 3]);
    }

    #[test]
    fn truncation_keeps_the_top() {
        let top = chain().truncated(2);
        assert_eq!(top.leaf_sizes, [1, 3]);
        assert_eq!(top.merges, [Merge { left: 0, right: 1, height: 4.0, size: 4 }]);
        assert_eq!(chain().truncated(1), Truncated { leaf_sizes: vec![4], merges: vec![] });
        assert_eq!(chain().truncated(99).merges, chain().merges());
    }

    #[test]
    fn one_row_is_a_leaf_alone() {
        let one = Dendrogram::from_pairs(1, vec![]);
        assert_eq!(one.cut(1), [0]);
        assert_eq!(one.truncated(3).leaf_sizes, [1]);
    }
}
