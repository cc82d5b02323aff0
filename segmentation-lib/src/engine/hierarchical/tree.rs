//! A k-d tree over weighted points, for exact nearest neighbours under a changing set of clusters.
//!
//! Leaves hold their points column by column for vector kernels. A merge takes two points out and puts
//! one in without a rebuild: the boxes on its path grow, which keeps every bound valid.

use rayon::prelude::*;

/// Points of a leaf; a multiple of every vector width.
pub(super) const LEAF: usize = 16;

/// No point: padding, or a point that is gone.
pub(super) const NOBODY: u32 = u32::MAX;

/// Points, by id, of which some are in the tree.
pub(super) struct Points {
    pub dims: usize,
    /// Row-major coordinates.
    pub coordinates: Vec<f64>,
    /// Rows that each point stands for.
    pub weights: Vec<f64>,
}

impl Points {
    pub fn of(&self, id: u32) -> &[f64] {
        &self.coordinates[id as usize * self.dims..][..self.dims]
    }
}

/// The tree. Nodes are in preorder: of a node over l leaves, the left child over ⌈l/2⌉ comes next.
pub(super) struct Tree {
    pub dims: usize,
    pub leaves: usize,
    /// Coordinates: leaf, column, place; infinite where nobody is.
    pub coordinates: Vec<f64>,
    /// Weights: leaf, place.
    pub weights: Vec<f64>,
    /// Ids: leaf, place.
    pub ids: Vec<u32>,
    nodes: Nodes,
}

/// Bounds of the nodes: the box, and the least weight.
struct Nodes {
    lower: Vec<f64>,
    upper: Vec<f64>,
    lightest: Vec<f64>,
}

/// A node with the leaves below it.
#[derive(Clone, Copy)]
pub(super) struct Node {
    pub index: usize,
    pub first_leaf: usize,
    pub leaves: usize,
}

impl Node {
    pub fn children(self) -> (Node, Node) {
        let left = self.leaves.div_ceil(2);
        let right = Node {
            index: self.index + 2 * left,
            first_leaf: self.first_leaf + left,
            leaves: self.leaves - left,
        };
        (Node { index: self.index + 1, first_leaf: self.first_leaf, leaves: left }, right)
    }
}

/// Whoever looks for a nearest neighbour in the tree.
///
/// A trait and no closures: a closure that is called in two places is not inlined, and outside the function
/// that has the vector features each vector instruction is a call.
pub(super) trait Seeker {
    /// No point below the node is nearer.
    fn bound(&self, node: Node) -> f64;

    /// Looks through a leaf; the best square so far.
    fn look(&mut self, leaf: usize) -> f64;
}

impl Tree {
    /// Over the points named by `ids`, of which there is one or more. Cost: O(m log m).
    pub fn new(points: &Points, mut ids: Vec<u32>) -> Self {
        let leaves = ids.len().div_ceil(LEAF);
        let dims = points.dims;
        let mut nodes = Nodes {
            lower: vec![0.0; (2 * leaves - 1) * dims],
            upper: vec![0.0; (2 * leaves - 1) * dims],
            lightest: vec![0.0; 2 * leaves - 1],
        };
        let whole =
            NodesMut { lower: &mut nodes.lower, upper: &mut nodes.upper, lightest: &mut nodes.lightest };
        whole.split(points, &mut ids);
        let mut tree = Self {
            dims,
            leaves,
            coordinates: vec![f64::INFINITY; leaves * dims * LEAF],
            weights: vec![1.0; leaves * LEAF],
            ids: vec![NOBODY; leaves * LEAF],
            nodes,
        };
        for (place, &id) in ids.iter().enumerate() {
            tree.put(place, id, points.of(id), points.weights[id as usize]);
        }
        tree
    }

    pub fn root(&self) -> Node {
        Node { index: 0, first_leaf: 0, leaves: self.leaves }
    }

    /// Places of the ids, for a caller that keeps track of them.
    pub fn places(&self) -> impl Iterator<Item = (u32, u32)> {
        self.ids.iter().enumerate().filter(|(_, id)| **id != NOBODY).map(|(place, &id)| (id, place as u32))
    }

    fn put(&mut self, place: usize, id: u32, point: &[f64], weight: f64) {
        let (leaf, lane) = (place / LEAF, place % LEAF);
        self.ids[place] = id;
        self.weights[place] = weight;
        for (column, &value) in point.iter().enumerate() {
            self.coordinates[(leaf * self.dims + column) * LEAF + lane] = value;
        }
    }

    /// Takes the point at `place` out.
    pub fn remove(&mut self, place: u32) {
        let (leaf, lane) = (place as usize / LEAF, place as usize % LEAF);
        self.ids[place as usize] = NOBODY;
        for column in 0..self.dims {
            self.coordinates[(leaf * self.dims + column) * LEAF + lane] = f64::INFINITY;
        }
    }

    /// Puts a point, at least as heavy as the one before it, in `place`.
    pub fn replace(&mut self, place: u32, id: u32, point: &[f64], weight: f64) {
        self.put(place as usize, id, point, weight);
        let leaf = place as usize / LEAF;
        let mut node = self.root();
        loop {
            self.grow(node.index, point);
            if node.leaves == 1 {
                break;
            }
            let (left, right) = node.children();
            node = if leaf < right.first_leaf { left } else { right };
        }
    }

    fn grow(&mut self, node: usize, point: &[f64]) {
        let range = node * self.dims..(node + 1) * self.dims;
        let bounds = self.nodes.lower[range.clone()].iter_mut().zip(&mut self.nodes.upper[range]);
        for ((lower, upper), &value) in bounds.zip(point) {
            *lower = lower.min(value);
            *upper = upper.max(value);
        }
    }

    /// Squared distance from `point` to the node's box: no point in it is nearer.
    #[inline(always)]
    pub fn to_box<const D: usize>(&self, node: usize, point: &[f64]) -> f64 {
        let d = if D == 0 { self.dims } else { D };
        let (lower, upper) = (&self.nodes.lower[node * d..][..d], &self.nodes.upper[node * d..][..d]);
        let point = &point[..d];
        let mut square = 0.0;
        for column in 0..d {
            let (below, above) = (lower[column] - point[column], point[column] - upper[column]);
            let outside = if below > above { below } else { above };
            let outside = if outside > 0.0 { outside } else { 0.0 };
            square += outside * outside;
        }
        square
    }

    /// Visits leaves, `first` and then the nearest first, while their bound is within the best square so far.
    #[inline(always)]
    pub fn search(&self, first: usize, seeker: &mut impl Seeker) {
        let mut best = seeker.look(first);
        let mut stack = [(self.root(), 0.0f64); 64];
        let mut depth = 1;
        while depth > 0 {
            depth -= 1;
            let (node, at_least) = stack[depth];
            if at_least > best {
                continue;
            }
            if node.leaves == 1 {
                if node.first_leaf != first {
                    best = seeker.look(node.first_leaf);
                }
                continue;
            }
            let (left, right) = node.children();
            let (near, far) = ((left, seeker.bound(left)), (right, seeker.bound(right)));
            let (near, far) = if near.1 <= far.1 { (near, far) } else { (far, near) };
            // The nearer child comes off the stack first.
            for child in [far, near] {
                if child.1 <= best {
                    stack[depth] = child;
                    depth += 1;
                }
            }
        }
    }

    /// Least weight of a point below the node.
    #[inline(always)]
    pub fn lightest(&self, node: usize) -> f64 {
        self.nodes.lightest[node]
    }
}

/// The bounds of a subtree while it is built.
struct NodesMut<'a> {
    lower: &'a mut [f64],
    upper: &'a mut [f64],
    lightest: &'a mut [f64],
}

impl NodesMut<'_> {
    /// Orders `ids` so that each leaf's come together, and sets the bounds of all nodes.
    fn split(mut self, points: &Points, ids: &mut [u32]) {
        self.bound(points, ids);
        let leaves = ids.len().div_ceil(LEAF);
        if leaves == 1 {
            return;
        }
        let extent = |column: &usize| self.upper[*column] - self.lower[*column];
        let widest = (0..points.dims).max_by(|a, b| extent(a).total_cmp(&extent(b)));
        let column = widest.expect("a matrix has columns");
        let value = |id: u32| points.coordinates[id as usize * points.dims + column];
        let left_leaves = leaves.div_ceil(2);
        let middle = left_leaves * LEAF;
        ids.select_nth_unstable_by(middle, |&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
        let (left_ids, right_ids) = ids.split_at_mut(middle);
        let (left, right) = self.below(points.dims, 2 * left_leaves - 1);
        if leaves > 256 {
            rayon::join(|| left.split(points, left_ids), || right.split(points, right_ids));
        } else {
            left.split(points, left_ids);
            right.split(points, right_ids);
        }
    }

    fn bound(&mut self, points: &Points, ids: &[u32]) {
        let d = points.dims;
        self.lower[..d].copy_from_slice(points.of(ids[0]));
        self.upper[..d].copy_from_slice(points.of(ids[0]));
        self.lightest[0] = points.weights[ids[0] as usize];
        for &id in &ids[1..] {
            self.lightest[0] = self.lightest[0].min(points.weights[id as usize]);
            for (column, &value) in points.of(id).iter().enumerate() {
                self.lower[column] = self.lower[column].min(value);
                self.upper[column] = self.upper[column].max(value);
            }
        }
    }

    fn below(&mut self, dims: usize, left: usize) -> (NodesMut<'_>, NodesMut<'_>) {
        let (lower_left, lower_right) = self.lower[dims..].split_at_mut(left * dims);
        let (upper_left, upper_right) = self.upper[dims..].split_at_mut(left * dims);
        let (lightest_left, lightest_right) = self.lightest[1..].split_at_mut(left);
        (
            NodesMut { lower: lower_left, upper: upper_left, lightest: lightest_left },
            NodesMut { lower: lower_right, upper: upper_right, lightest: lightest_right },
        )
    }
}

/// The best neighbour so far.
#[derive(Clone, Copy)]
pub(super) struct Best {
    pub square: f64,
    pub id: u32,
}

impl Best {
    /// Takes the nearest of `ids` in its place, if it is nearer to `own`; of equally near ones that with
    /// the smaller pair of ids.
    #[inline(always)]
    pub fn take_nearer(&mut self, squares: &[f64], ids: &[u32], own: u32) {
        for (&square, &id) in squares.iter().zip(ids) {
            if id == NOBODY || id == own || square > self.square {
                continue;
            }
            let pair = |other: u32| (own.min(other), own.max(other));
            if square < self.square || pair(id) < pair(self.id) {
                *self = Self { square, id };
            }
        }
    }
}

/// Runs `find` over `queries` in blocks, in parallel where there are many; results in order.
pub(super) fn in_blocks<T: Send>(queries: &[u32], find: impl Fn(&[u32]) -> Vec<T> + Sync + Send) -> Vec<T> {
    if queries.len() < 256 {
        return find(queries);
    }
    queries.par_chunks(128).flat_map_iter(find).collect()
}
