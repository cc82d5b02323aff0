//! A model's segments in plain words: conditions in original units, by a small decision tree that imitates it.
//!
//! Segments are cells around centroids in a scaled space; nobody can say them in days and money. A tree of few splits
//! can, nearly: it is grown (CART, Gini impurity: Breiman, Friedman, Olshen & Stone 1984) on four fifths of the customers
//! and tried on the others. Its conditions are worth the share of those whom they place as the model does, and are never
//! shown without it.
//!
//! ```
//! use segmentation_lib::surrogate::imitate;
//!
//! let run = test_support::sample::snapshot(2000, 1);
//! let customers = run.assignments.iter().map(Into::into);
//! let tree = imitate(&run.manifest.features, run.segments.len(), customers).expect("customers enough");
//! for segment in &tree.segments {
//!     println!("{}: {} ways in, {:.0} % of its customers", segment.id, segment.ways.len(), 100.0 * segment.agreement);
//! }
//! # assert!(tree.agreement > 0.5);
//! ```

mod tree;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{Assignment, FeatureScaling, HoldoutParams, Unit};
use tree::{Leaf, Tree};

/// Whom the tree is tried on.
const TRIED: HoldoutParams = HoldoutParams { share: 0.2, seed: 0 };

/// Of more customers the tree is grown and tried on every second, third, … one.
const MOST_CUSTOMERS: usize = 50_000;

/// Fewer customers to try it on say nothing.
const FEWEST_TRIED: usize = 50;

/// Ways into a segment that are told, those of the most customers first.
const MOST_WAYS: usize = 2;

/// A customer as the model places it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place<'a> {
    /// The customer's id.
    pub customer_id: &'a str,
    /// The segment's id, from 1.
    pub segment_id: u16,
    /// Features in original units.
    pub features: &'a [f64],
}

impl<'a> From<&'a Assignment> for Place<'a> {
    fn from(assignment: &'a Assignment) -> Self {
        let Assignment { customer_id, segment_id, features, .. } = assignment;
        Self { customer_id, segment_id: *segment_id, features }
    }
}

/// The segments as a tree tells them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Surrogate {
    /// Share of the customers whom the tree did not know and places as the model does.
    pub agreement: f64,
    /// Those customers.
    pub tried_on: u64,
    /// One a segment, in their order.
    pub segments: Vec<SegmentInWords>,
}

/// A segment as the tree tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentInWords {
    /// The segment's id.
    pub id: u16,
    /// Share of its customers, among those whom the tree did not know, whom the tree places here.
    pub agreement: f64,
    /// Each is enough to be placed here; none where the tree has no place for the segment.
    pub ways: Vec<Way>,
}

/// Conditions that hold together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Customers that the tree was grown on and who meet them.
    pub customers: u64,
    /// At most one a feature, in the features' order.
    pub conditions: Vec<Condition>,
}

/// Bounds of a feature, in original units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// The feature's name.
    pub feature: String,
    /// Its unit.
    pub unit: Unit,
    /// At least this.
    pub from: Option<f64>,
    /// Less than this.
    pub below: Option<f64>,
}

/// Grows the tree on customers in the segments 1 to `segments`, ascending by id. None with fewer than fifty to try it on,
/// and with a single segment. The same customers give the same tree. Cost: n log n a feature and level, for the 50,000
/// customers or fewer that it looks at.
pub fn imitate<'a>(
    features: &[FeatureScaling],
    segments: usize,
    customers: impl ExactSizeIterator<Item = Place<'a>>,
) -> Option<Surrogate> {
    let every = customers.len().div_ceil(MOST_CUSTOMERS).max(1);
    let (tried, known): (Vec<Place<'_>>, Vec<Place<'_>>) =
        customers.step_by(every).partition(|customer| TRIED.holds_out(customer.customer_id));
    if tried.len() < FEWEST_TRIED || segments < 2 {
        return None;
    }
    let tree = Tree::grow(&known, segments);
    let alike = |a: &&Place<'_>| tree.segment(a.features) == a.segment_id;
    let share = |of: &[Place<'_>]| of.iter().filter(alike).count() as f64 / of.len().max(1) as f64;
    let mut ways = ways(features, &tree);
    let segments = (1..=segments as u16).map(|id| {
        let of_segment: Vec<Place<'_>> = tried.iter().filter(|a| a.segment_id == id).copied().collect();
        SegmentInWords { id, agreement: share(&of_segment), ways: ways.remove(&id).unwrap_or_default() }
    });
    let segments = segments.collect();
    Some(Surrogate { agreement: share(&tried), tried_on: tried.len() as u64, segments })
}

fn ways(features: &[FeatureScaling], tree: &Tree) -> BTreeMap<u16, Vec<Way>> {
    let mut ways: BTreeMap<u16, Vec<Way>> = BTreeMap::new();
    for Leaf { segment, customers, bounds } in tree.leaves(features.len()) {
        let bounded = features.iter().zip(bounds);
        let conditions = bounded.filter(|(_, (from, below))| from.is_some() || below.is_some()).map(
            |(scaling, (from, below))| Condition {
                feature: scaling.name.clone(),
                unit: scaling.unit,
                from,
                below,
            },
        );
        ways.entry(segment).or_default().push(Way { customers, conditions: conditions.collect() });
    }
    for ways in ways.values_mut() {
        // Stable: those of equally many stay in the tree's order.
        ways.sort_by_key(|way| std::cmp::Reverse(way.customers));
        ways.truncate(MOST_WAYS);
    }
    ways
}
