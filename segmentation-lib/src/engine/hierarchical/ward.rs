//! Ward's linkage on centroids and sizes, without a distance matrix.
//!
//! All reciprocal nearest neighbours merge in rounds (de Rham 1980, Murtagh 1983): Ward's distance is
//! reducible, so that merging some pairs never parts another reciprocal pair, and a cluster whose
//! nearest neighbour did not merge keeps it. Nearest neighbours come from a k-d tree: among clusters of
//! weight w and more in a box at squared distance s, none is nearer than 2 w w₀ / (w + w₀) · s.

use ndarray::ArrayView2;
use pulp::{Arch, Simd, WithSimd};

use super::Pair;
use super::tree::{Best, LEAF, NOBODY, Node, Points, Seeker, Tree, in_blocks};
use crate::engine::EngineError;
use crate::engine::columns::with_columns;
use crate::engine::labels::{Distinct, distinct};
use crate::progress::Progress;

/// Searches per point after which clusters that nobody points to wait.
const SEARCHES_BEFORE_WAITING: usize = 12;

/// Typically O(n log n) time in few columns, O(n² d) at worst in practice; O(n d) memory.
pub(super) fn merges(points: ArrayView2<'_, f64>, progress: &Progress) -> Result<Vec<Pair>, EngineError> {
    let distinct = distinct(points);
    let mut pairs = identical_rows(&distinct);
    let mut ward = Ward::new(points, &distinct);
    let total = points.nrows() as u64 - 1;
    while ward.alive > 1 {
        progress.check()?;
        let merged = ward.round();
        let row = |id: u32| distinct.representatives[id as usize] as u32;
        pairs.extend(merged.into_iter().map(|p| Pair { a: row(p.a), b: row(p.b), ..p }));
        progress.report("ward", pairs.len() as u64, Some(total));
    }
    Ok(pairs)
}

/// Identical rows merge at height 0 with the first of them.
pub(super) fn identical_rows(distinct: &Distinct) -> Vec<Pair> {
    let first = |row: usize| distinct.representatives[distinct.group[row] as usize];
    let pair = |row: usize| Pair { a: first(row) as u32, b: row as u32, height: 0.0 };
    (0..distinct.group.len()).filter(|&row| first(row) != row).map(pair).collect()
}

/// Distinct rows around their mean, which keeps the digits of a column with a large offset.
pub(super) fn centred(points: ArrayView2<'_, f64>, distinct: &Distinct) -> Points {
    let mean = points.mean_axis(ndarray::Axis(0)).expect("a matrix has rows");
    let rows = distinct.representatives.iter();
    let coordinates =
        rows.flat_map(|&row| points.row(row).into_iter().zip(&mean).map(|(v, m)| v - m)).collect();
    let weights = distinct.sizes.iter().map(|&size| f64::from(size)).collect();
    Points { dims: points.ncols(), coordinates, weights }
}

/// Clusters by id: the smallest id of the points in them.
struct Ward {
    arch: Arch,
    clusters: Points,
    tree: Tree,
    place: Vec<u32>,
    nearest: Vec<u32>,
    square: Vec<f64>,
    /// Clusters whose nearest neighbour this is, as a list through `next_follower`.
    first_follower: Vec<u32>,
    next_follower: Vec<u32>,
    /// Clusters without a valid nearest neighbour that are searched in the next round.
    stale: Vec<u32>,
    /// Whether a cluster without a valid nearest neighbour waits until somebody points to it.
    waiting: Vec<bool>,
    alive: usize,
    built: usize,
    searches_left: usize,
}

impl Ward {
    fn new(points: ArrayView2<'_, f64>, distinct: &Distinct) -> Self {
        let n = distinct.representatives.len();
        let clusters = centred(points, distinct);
        let all: Vec<u32> = (0..n as u32).collect();
        let tree = Tree::new(&clusters, all.clone());
        let mut ward = Self {
            arch: Arch::new(),
            clusters,
            tree,
            place: vec![0; n],
            nearest: vec![NOBODY; n],
            square: vec![0.0; n],
            first_follower: vec![NOBODY; n],
            next_follower: vec![NOBODY; n],
            stale: all,
            waiting: vec![false; n],
            alive: n,
            built: n,
            searches_left: n * SEARCHES_BEFORE_WAITING,
        };
        ward.note_places();
        ward
    }

    fn note_places(&mut self) {
        for (id, place) in self.tree.places() {
            self.place[id as usize] = place;
        }
    }

    /// Searches the stale clusters and merges every reciprocal pair among them.
    fn round(&mut self) -> Vec<Pair> {
        if self.alive * 2 < self.built {
            self.rebuild();
        }
        let mut searched = std::mem::take(&mut self.stale);
        // In the order of the tree, neighbours search the same leaves.
        searched.sort_unstable_by_key(|&id| self.place[id as usize]);
        let found = in_blocks(&searched, |ids| {
            self.arch.dispatch(Search { tree: &self.tree, clusters: &self.clusters, place: &self.place, ids })
        });
        self.searches_left = self.searches_left.saturating_sub(searched.len());
        for (&id, (square, nearest)) in searched.iter().zip(found) {
            self.nearest[id as usize] = nearest;
            self.square[id as usize] = square;
            self.next_follower[id as usize] = self.first_follower[nearest as usize];
            self.first_follower[nearest as usize] = id;
        }
        self.wake(&searched);
        let merged = self.reciprocal(&searched).into_iter().map(|(a, b)| self.merge(a, b)).collect();
        if self.stale.is_empty() && self.alive > 1 {
            self.search_more();
        }
        merged
    }

    /// Clusters that wait, and that one of `searched` points to, are searched next.
    fn wake(&mut self, searched: &[u32]) {
        for &id in searched {
            let nearest = self.nearest[id as usize];
            if std::mem::take(&mut self.waiting[nearest as usize]) {
                self.stale.push(nearest);
            }
        }
    }

    /// Reciprocal pairs with one of `searched` in them, in the order of ids.
    fn reciprocal(&self, searched: &[u32]) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> = searched
            .iter()
            .map(|&id| (id, self.nearest[id as usize]))
            .filter(|&(id, other)| self.nearest[other as usize] == id)
            .map(|(id, other)| (id.min(other), id.max(other)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    fn rebuild(&mut self) {
        let alive = self.tree.places().map(|(id, _)| id).collect();
        self.tree = Tree::new(&self.clusters, alive);
        self.built = self.alive;
        self.note_places();
    }

    fn merge(&mut self, a: u32, b: u32) -> Pair {
        let height = self.square[a as usize].sqrt();
        self.make_stale(a, b);
        let (wa, wb) = (self.clusters.weights[a as usize], self.clusters.weights[b as usize]);
        let weight = wa + wb;
        for column in 0..self.clusters.dims {
            let dims = self.clusters.dims;
            let (x, y) = (a as usize * dims + column, b as usize * dims + column);
            let sum = wa * self.clusters.coordinates[x] + wb * self.clusters.coordinates[y];
            self.clusters.coordinates[x] = sum / weight;
        }
        self.clusters.weights[a as usize] = weight;
        self.tree.remove(self.place[b as usize]);
        self.tree.replace(self.place[a as usize], a, self.clusters.of(a), weight);
        self.alive -= 1;
        Pair { a, b, height }
    }

    /// The merged cluster `a`, and all whose nearest neighbour was `a` or `b`, must search anew.
    fn make_stale(&mut self, a: u32, b: u32) {
        self.nearest[a as usize] = NOBODY;
        self.nearest[b as usize] = NOBODY;
        self.stale.push(a);
        for gone in [a, b] {
            let mut follower = std::mem::replace(&mut self.first_follower[gone as usize], NOBODY);
            while follower != NOBODY {
                if follower != a && follower != b {
                    self.lose_neighbour(follower);
                }
                follower = self.next_follower[follower as usize];
            }
        }
    }

    /// Late in a hard case (a hub that everybody points to), it waits until somebody points to it.
    fn lose_neighbour(&mut self, id: u32) {
        self.nearest[id as usize] = NOBODY;
        if self.searches_left > 0 {
            self.stale.push(id);
        } else {
            self.waiting[id as usize] = true;
        }
    }

    /// Nothing merged and nobody is left to search: those who wait, or, where equal distances left a
    /// circle of neighbours, all. After a search of all, the least pair is reciprocal.
    fn search_more(&mut self) {
        let alive = || self.tree.places().map(|(id, _)| id);
        self.stale = alive().filter(|&id| self.waiting[id as usize]).collect();
        if self.stale.is_empty() {
            self.stale = alive().collect();
            self.first_follower.fill(NOBODY);
            self.nearest.fill(NOBODY);
        }
        self.waiting.fill(false);
    }
}

/// Nearest neighbours of clusters; of equally near ones that with the smaller pair of ids.
struct Search<'a> {
    tree: &'a Tree,
    clusters: &'a Points,
    place: &'a [u32],
    ids: &'a [u32],
}

impl WithSimd for Search<'_> {
    type Output = Vec<(f64, u32)>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        with_columns!(self.tree.dims, [2 3 4 5 6], self.all::<S>(simd))
    }
}

impl Search<'_> {
    #[inline(always)]
    fn all<S: Simd, const D: usize>(&self, simd: S) -> Vec<(f64, u32)> {
        let mut found = Vec::with_capacity(self.ids.len());
        for &id in self.ids {
            let best = self.nearest::<S, D>(simd, id);
            found.push((best.square, best.id));
        }
        found
    }

    #[inline(always)]
    fn nearest<S: Simd, const D: usize>(&self, simd: S, id: u32) -> Best {
        let (point, weight) = (self.clusters.of(id), self.clusters.weights[id as usize]);
        let best = Best { square: f64::INFINITY, id: NOBODY };
        let mut query = Query::<S, D> { simd, tree: self.tree, id, point, weight, best };
        self.tree.search(self.place[id as usize] as usize / LEAF, &mut query);
        query.best
    }
}

/// The search for the nearest neighbour of one cluster.
struct Query<'a, S, const D: usize> {
    simd: S,
    tree: &'a Tree,
    id: u32,
    point: &'a [f64],
    weight: f64,
    best: Best,
}

impl<S: Simd, const D: usize> Seeker for Query<'_, S, D> {
    /// A little less than the bound, for the rounding of the weights' quotient.
    #[inline(always)]
    fn bound(&self, node: Node) -> f64 {
        let lightest = self.tree.lightest(node.index);
        let factor = 2.0 * (self.weight * lightest) / (self.weight + lightest);
        factor * self.tree.to_box::<D>(node.index, self.point) * (1.0 - 1e-12)
    }

    #[inline(always)]
    fn look(&mut self, leaf: usize) -> f64 {
        let (simd, d) = (self.simd, if D == 0 { self.tree.dims } else { D });
        let point = &self.point[..d];
        let weight = simd.splat_f64s(self.weight);
        let (x, _) = S::as_simd_f64s(&self.tree.coordinates[leaf * d * LEAF..][..d * LEAF]);
        let (w, _) = S::as_simd_f64s(&self.tree.weights[leaf * LEAF..][..LEAF]);
        let parts = LEAF / S::F64_LANES;
        for part in 0..parts {
            let mut square = simd.splat_f64s(0.0);
            for column in 0..d {
                let difference = simd.sub_f64s(x[column * parts + part], simd.splat_f64s(point[column]));
                square = simd.add_f64s(square, simd.mul_f64s(difference, difference));
            }
            let (product, sum) = (simd.mul_f64s(weight, w[part]), simd.add_f64s(weight, w[part]));
            let factor = simd.div_f64s(simd.mul_f64s(simd.splat_f64s(2.0), product), sum);
            let square = simd.mul_f64s(factor, square);
            let near = simd.less_than_or_equal_f64s(square, simd.splat_f64s(self.best.square));
            if simd.first_true_m64s(near) < S::F64_LANES {
                let mut squares = [0.0; LEAF];
                S::as_mut_simd_f64s(&mut squares).0[0] = square;
                let ids = &self.tree.ids[leaf * LEAF + part * S::F64_LANES..][..S::F64_LANES];
                self.best.take_nearer(&squares[..S::F64_LANES], ids, self.id);
            }
        }
        self.best.square
    }
}
