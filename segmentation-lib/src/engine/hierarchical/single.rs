//! Single linkage: the merges are the edges of a minimum spanning tree (Gower & Ross 1969).
//!
//! Borůvka's algorithm on a k-d tree (Bentley & Friedman 1978): in each round every component takes its
//! shortest edge outwards. A point remembers the neighbour it found; where that has come into its own
//! component, the distance is still a lower bound, and below the shortest edge known of its component
//! there is nothing to search. Equally short edges are taken as they are found: a circle of shortest edges
//! has edges of one length alone, of which the last is left out.

use ndarray::ArrayView2;
use pulp::{Arch, Simd, WithSimd};

use super::Pair;
use super::tree::{Best, LEAF, NOBODY, Node, Points, Seeker, Tree, in_blocks};
use super::ward::{centred, identical_rows};
use crate::engine::EngineError;
use crate::engine::columns::with_columns;
use crate::engine::labels::distinct;
use crate::progress::Progress;

/// A node whose points are of several components.
const MIXED: u32 = u32::MAX;

/// Typically O(n log² n) time in few columns, O(n² d log n) at worst; O(n d) memory.
pub(super) fn merges(points: ArrayView2<'_, f64>, progress: &Progress) -> Result<Vec<Pair>, EngineError> {
    let distinct = distinct(points);
    let mut pairs = identical_rows(&distinct);
    let mut forest = Forest::new(centred(points, &distinct));
    let total = points.nrows() as u64 - 1;
    while forest.components > 1 {
        progress.check()?;
        let row = |id: u32| distinct.representatives[id as usize] as u32;
        let edges = forest.round();
        pairs.extend(edges.into_iter().map(|(a, best)| Pair {
            a: row(a),
            b: row(best.id),
            height: best.square.sqrt(),
        }));
        progress.report("single", pairs.len() as u64, Some(total));
    }
    progress.check()?;
    Ok(pairs)
}

/// Components that grow together.
struct Forest {
    arch: Arch,
    points: Points,
    tree: Tree,
    place: Vec<u32>,
    /// By point: the smallest point of its component.
    component: Vec<u32>,
    components: usize,
    /// By point: its nearest neighbour outside its component when it was searched; nobody where there
    /// was none nearer than `square`. No other is nearer now.
    nearest: Vec<Best>,
    /// By node of the tree: the component of all its points, or `MIXED`.
    of_node: Vec<u32>,
}

impl Forest {
    fn new(points: Points) -> Self {
        let n = points.weights.len();
        let all: Vec<u32> = (0..n as u32).collect();
        let tree = Tree::new(&points, all.clone());
        let mut place = vec![0; n];
        tree.places().for_each(|(id, at)| place[id as usize] = at);
        let of_node = vec![MIXED; 2 * tree.leaves - 1];
        let nearest = vec![Best { square: 0.0, id: NOBODY }; n];
        Self { arch: Arch::new(), points, tree, place, component: all, components: n, nearest, of_node }
    }

    /// One edge from each component, as (point, its neighbour); an edge that two components share once.
    fn round(&mut self) -> Vec<(u32, Best)> {
        self.mark(self.tree.root());
        let mut shortest = vec![(NOBODY, Best { square: f64::INFINITY, id: NOBODY }); self.component.len()];
        let points = 0..self.component.len() as u32;
        points.clone().for_each(|id| self.offer(&mut shortest, id));
        let limit = |id: u32| shortest[self.component[id as usize] as usize].1.square;
        let mut stale: Vec<u32> = points
            .filter(|&id| !self.is_valid(id) && self.nearest[id as usize].square <= limit(id))
            .collect();
        // In the order of the tree, neighbours search the same leaves.
        stale.sort_unstable_by_key(|&id| self.place[id as usize]);
        let found = in_blocks(&stale, |ids| {
            let limits = ids.iter().map(|&id| limit(id)).collect();
            self.arch.dispatch(Search { forest: self, ids, limits })
        });
        for (&id, best) in stale.iter().zip(found) {
            self.nearest[id as usize] = best;
            self.offer(&mut shortest, id);
        }
        self.join(shortest)
    }

    fn is_valid(&self, id: u32) -> bool {
        let neighbour = self.nearest[id as usize].id;
        neighbour != NOBODY && self.component[neighbour as usize] != self.component[id as usize]
    }

    /// Makes the edge from `id` the shortest of its component, if it is.
    fn offer(&self, shortest: &mut [(u32, Best)], id: u32) {
        if !self.is_valid(id) {
            return;
        }
        let key = |(a, best): (u32, Best)| (best.square, a.min(best.id), a.max(best.id));
        let slot = &mut shortest[self.component[id as usize] as usize];
        let edge = (id, self.nearest[id as usize]);
        if slot.0 == NOBODY || key(edge) < key(*slot) {
            *slot = edge;
        }
    }

    /// Joins components along their shortest edges.
    fn join(&mut self, shortest: Vec<(u32, Best)>) -> Vec<(u32, Best)> {
        let mut taken = Vec::new();
        for edge in shortest.into_iter().filter(|edge| edge.0 != NOBODY) {
            let (a, b) = (self.root(edge.0), self.root(edge.1.id));
            if a != b {
                self.component[a.max(b) as usize] = a.min(b);
                taken.push(edge);
            }
        }
        // A component's number is its smallest point: one pass upwards resolves all.
        for id in 0..self.component.len() {
            self.component[id] = self.component[self.component[id] as usize];
        }
        self.components -= taken.len();
        taken
    }

    fn root(&self, id: u32) -> u32 {
        let mut root = self.component[id as usize];
        while self.component[root as usize] != root {
            root = self.component[root as usize];
        }
        root
    }

    /// Sets the component of a node and of all below it.
    fn mark(&mut self, node: Node) -> u32 {
        let common = if node.leaves == 1 {
            let ids = &self.tree.ids[node.first_leaf * LEAF..][..LEAF];
            let mut of = ids.iter().filter(|id| **id != NOBODY).map(|&id| self.component[id as usize]);
            let first = of.next().expect("a leaf has points");
            if of.all(|other| other == first) { first } else { MIXED }
        } else {
            let (left, right) = node.children();
            let (left, right) = (self.mark(left), self.mark(right));
            if left == right { left } else { MIXED }
        };
        self.of_node[node.index] = common;
        common
    }
}

/// Nearest neighbours in other components, nearer than the limits.
struct Search<'a> {
    forest: &'a Forest,
    ids: &'a [u32],
    limits: Vec<f64>,
}

impl WithSimd for Search<'_> {
    type Output = Vec<Best>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        with_columns!(self.forest.tree.dims, [2 3 4 5 6], self.all::<S>(simd))
    }
}

impl Search<'_> {
    #[inline(always)]
    fn all<S: Simd, const D: usize>(&self, simd: S) -> Vec<Best> {
        let mut found = Vec::with_capacity(self.ids.len());
        for (&id, &limit) in self.ids.iter().zip(&self.limits) {
            found.push(self.nearest::<S, D>(simd, id, limit));
        }
        found
    }

    #[inline(always)]
    fn nearest<S: Simd, const D: usize>(&self, simd: S, id: u32, limit: f64) -> Best {
        let forest = self.forest;
        let (point, own) = (forest.points.of(id), forest.component[id as usize]);
        let mut query = Query::<S, D> { simd, forest, point, own, best: Best { square: limit, id: NOBODY } };
        forest.tree.search(forest.place[id as usize] as usize / LEAF, &mut query);
        query.best
    }
}

/// The search for the nearest point in another component than one point's own.
struct Query<'a, S, const D: usize> {
    simd: S,
    forest: &'a Forest,
    point: &'a [f64],
    own: u32,
    best: Best,
}

impl<S: Simd, const D: usize> Seeker for Query<'_, S, D> {
    #[inline(always)]
    fn bound(&self, node: Node) -> f64 {
        if self.forest.of_node[node.index] == self.own {
            f64::INFINITY
        } else {
            // Equally near is not near enough.
            self.forest.tree.to_box::<D>(node.index, self.point).next_up()
        }
    }

    #[inline(always)]
    fn look(&mut self, leaf: usize) -> f64 {
        let (simd, tree) = (self.simd, &self.forest.tree);
        let d = if D == 0 { tree.dims } else { D };
        let point = &self.point[..d];
        let (x, _) = S::as_simd_f64s(&tree.coordinates[leaf * d * LEAF..][..d * LEAF]);
        let parts = LEAF / S::F64_LANES;
        let mut squares = [0.0; LEAF];
        let mut any = false;
        for part in 0..parts {
            let mut square = simd.splat_f64s(0.0);
            for column in 0..d {
                let difference = simd.sub_f64s(x[column * parts + part], simd.splat_f64s(point[column]));
                square = simd.add_f64s(square, simd.mul_f64s(difference, difference));
            }
            let near = simd.less_than_f64s(square, simd.splat_f64s(self.best.square));
            any |= simd.first_true_m64s(near) < S::F64_LANES;
            S::as_mut_simd_f64s(&mut squares).0[part] = square;
        }
        if any {
            self.take_outside(&squares, leaf);
        }
        self.best.square
    }
}

impl<S: Simd, const D: usize> Query<'_, S, D> {
    /// The nearest place of the leaf in another component.
    #[inline(always)]
    fn take_outside(&mut self, squares: &[f64; LEAF], leaf: usize) {
        let component = &self.forest.component;
        for (&square, &other) in squares.iter().zip(&self.forest.tree.ids[leaf * LEAF..][..LEAF]) {
            if square < self.best.square && other != NOBODY && component[other as usize] != self.own {
                self.best = Best { square, id: other };
            }
        }
    }
}
