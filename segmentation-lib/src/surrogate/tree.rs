//! A classification tree by Gini impurity, small enough to be read.

use super::Place;

/// Splits on the way to a leaf.
const DEPTH: usize = 4;

/// Share of the customers that a leaf has at least.
const LEAST_OF_A_LEAF: f64 = 0.01;

/// Less of the impurity than this is not worth a split.
const LEAST_GAIN: f64 = 0.005;

/// A tree, or a branch of one.
pub(super) enum Tree {
    Leaf { segment: u16, customers: u64 },
    Split { feature: usize, at: f64, below: Box<Tree>, from: Box<Tree> },
}

/// Where the way to a leaf leads: lower and upper bound of each feature.
pub(super) struct Leaf {
    pub segment: u16,
    pub customers: u64,
    pub bounds: Vec<(Option<f64>, Option<f64>)>,
}

/// A split that could be made.
struct Candidate {
    gain: f64,
    feature: usize,
    at: f64,
}

/// What a tree is grown with.
struct Growth {
    segments: usize,
    least: usize,
    /// Of all customers: gains are shares of it.
    impurity: f64,
}

impl Tree {
    /// Grows on these customers, who are in segments 1 to `segments`.
    pub fn grow(customers: &[Place<'_>], segments: usize) -> Self {
        let least = ((customers.len() as f64 * LEAST_OF_A_LEAF).ceil() as usize).max(1);
        let impurity = impurity(&counts(customers, segments));
        Growth { segments, least, impurity }.branch(customers, DEPTH)
    }

    /// The segment that it places features in.
    pub fn segment(&self, features: &[f64]) -> u16 {
        match self {
            Self::Leaf { segment, .. } => *segment,
            Self::Split { feature, at, below, from } => {
                if features[*feature] < *at { below } else { from }.segment(features)
            }
        }
    }

    /// Every leaf with the bounds of so many features, those below a split first.
    pub fn leaves(&self, features: usize) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.walk(&mut vec![(None, None); features], &mut leaves);
        leaves
    }

    fn walk(&self, bounds: &mut Vec<(Option<f64>, Option<f64>)>, leaves: &mut Vec<Leaf>) {
        match self {
            Self::Leaf { segment, customers } => {
                leaves.push(Leaf { segment: *segment, customers: *customers, bounds: bounds.clone() });
            }
            Self::Split { feature, at, below, from } => {
                let before = bounds[*feature];
                bounds[*feature].1 = Some(*at);
                below.walk(bounds, leaves);
                bounds[*feature] = (Some(*at), before.1);
                from.walk(bounds, leaves);
                bounds[*feature] = before;
            }
        }
    }
}

impl Growth {
    fn branch(&self, customers: &[Place<'_>], depth: usize) -> Tree {
        let best = if depth == 0 { None } else { self.best(customers) };
        let Some(Candidate { feature, at, .. }) = best else { return self.leaf(customers) };
        let (below, from): (Vec<Place<'_>>, Vec<Place<'_>>) =
            customers.iter().copied().partition(|a| a.features[feature] < at);
        let [below, from] = [below, from].map(|side| self.branch(&side, depth - 1));
        match (&below, &from) {
            // A split that changes nobody's segment says nothing.
            (Tree::Leaf { segment, customers }, Tree::Leaf { segment: other, customers: more })
                if segment == other =>
            {
                Tree::Leaf { segment: *segment, customers: customers + more }
            }
            _ => Tree::Split { feature, at, below: Box::new(below), from: Box::new(from) },
        }
    }

    fn leaf(&self, customers: &[Place<'_>]) -> Tree {
        let counts = counts(customers, self.segments);
        // The first of equals.
        let most = (0..counts.len()).rev().max_by_key(|&at| counts[at]).unwrap_or(0);
        Tree::Leaf { segment: most as u16 + 1, customers: customers.len() as u64 }
    }

    /// The first of the best splits, where one is worth it.
    fn best(&self, customers: &[Place<'_>]) -> Option<Candidate> {
        let features = customers.first().map_or(0, |a| a.features.len());
        let best = (0..features).filter_map(|feature| self.best_of(customers, feature));
        let best = best.reduce(|best, next| if next.gain > best.gain { next } else { best })?;
        Some(best).filter(|best| best.gain > LEAST_GAIN * self.impurity)
    }

    fn best_of(&self, customers: &[Place<'_>], feature: usize) -> Option<Candidate> {
        let mut sorted: Vec<(f64, u16)> =
            customers.iter().map(|a| (a.features[feature], a.segment_id)).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut above = counts(customers, self.segments);
        let mut below = vec![0; self.segments];
        let whole = impurity(&above);
        let mut best: Option<Candidate> = None;
        for (at, pair) in sorted.windows(2).enumerate() {
            let segment = usize::from(pair[0].1) - 1;
            below[segment] += 1;
            above[segment] -= 1;
            let sides = (at + 1).min(sorted.len() - at - 1);
            if pair[0].0 == pair[1].0 || sides < self.least {
                continue;
            }
            let gain = whole - impurity(&below) - impurity(&above);
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Candidate { gain, feature, at: readable(pair[0].0, pair[1].0) });
            }
        }
        best
    }
}

/// Customers of each segment.
fn counts(customers: &[Place<'_>], segments: usize) -> Vec<u64> {
    let mut counts = vec![0; segments];
    customers.iter().for_each(|a| counts[usize::from(a.segment_id) - 1] += 1);
    counts
}

/// Gini impurity times the customers: how many would be misplaced if each were given a segment by lot.
fn impurity(counts: &[u64]) -> f64 {
    let n: u64 = counts.iter().sum();
    let squares: f64 = counts.iter().map(|&count| (count as f64).powi(2)).sum();
    if n == 0 { 0.0 } else { n as f64 - squares / n as f64 }
}

/// The number with the fewest digits above `low` and up to `high`.
fn readable(low: f64, high: f64) -> f64 {
    let magnitude = low.abs().max(high.abs()).log10().ceil() as i32;
    let rounded = (-magnitude..=15).map(|digits| {
        let unit = 10_f64.powi(digits);
        (high * unit).floor() / unit
    });
    rounded.into_iter().find(|&value| low < value && value <= high).unwrap_or(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Assignment;

    fn customer(features: [f64; 2], segment_id: u16) -> Assignment {
        Assignment { customer_id: "a".to_owned(), segment_id, silhouette: 0.0, features: features.to_vec() }
    }

    /// Segment 1 below 10 of the first feature, of the others 2 below 500 of the second.
    fn customers() -> Vec<Assignment> {
        let place = |i: u32| {
            let (first, second) = (f64::from(i % 20), f64::from(i * 37 % 1000));
            customer(
                [first, second],
                if first < 10.0 {
                    1
                } else if second < 500.0 {
                    2
                } else {
                    3
                },
            )
        };
        (0..400).map(place).collect()
    }

    #[test]
    fn borders_that_run_along_the_features_are_found() {
        let customers = customers();
        let tree = Tree::grow(&customers.iter().map(Into::into).collect::<Vec<_>>(), 3);
        assert!(customers.iter().all(|a| tree.segment(&a.features) == a.segment_id));
        let leaves = tree.leaves(2);
        assert_eq!(leaves.len(), 3);
        assert_eq!((leaves[0].segment, leaves[0].bounds[0]), (1, (None, Some(10.0))));
        assert_eq!((leaves[1].segment, &leaves[1].bounds[0]), (2, &(Some(10.0), None)));
        assert_eq!(leaves[1].bounds[1], (None, Some(500.0)));
        assert_eq!(leaves.iter().map(|leaf| leaf.customers).sum::<u64>(), 400);
    }

    #[test]
    fn a_split_that_changes_nobodys_segment_is_not_told() {
        // Segment 1 in nine of ten below 10, in all from there on.
        let place = |i: u32| {
            customer([f64::from(i % 20), 0.0], if i % 20 < 10 && i.is_multiple_of(9) { 2 } else { 1 })
        };
        let customers: Vec<Assignment> = (0..900).map(place).collect();
        let tree = Tree::grow(&customers.iter().map(Into::into).collect::<Vec<_>>(), 2);
        assert!(matches!(tree, Tree::Leaf { segment: 1, customers: 900 }));
    }

    #[test]
    fn customers_all_alike_are_one_leaf() {
        let alike: Vec<Assignment> = (0..50).map(|i| customer([1.0, 1.0], 1 + i % 2)).collect();
        let tree = Tree::grow(&alike.iter().map(Into::into).collect::<Vec<_>>(), 2);
        assert!(matches!(tree, Tree::Leaf { segment: 1, customers: 50 }));
    }

    #[test]
    fn a_border_has_as_few_digits_as_tell_the_two_apart() {
        assert_eq!(readable(118.0, 123.0), 120.0);
        assert_eq!(readable(0.131, 0.142), 0.14);
        assert_eq!(readable(9.0, 10.0), 10.0);
        assert_eq!(readable(-4.0, -3.0), -3.0);
        assert_eq!(readable(-2.0, 5.0), 0.0);
        assert_eq!(readable(0.0, 0.0_f64.next_up()), 0.0_f64.next_up());
    }
}
