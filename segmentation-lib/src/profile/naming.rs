//! Which segment carries which name.

use super::assignment::assign;
use super::vocabulary::{Name, VOCABULARY};
use crate::record::{Localized, Segment};

/// A segment's position: recency, frequency and monetary scores, each from 0 (worst) to 1 (best).
pub type Scores = [f64; 3];

/// Where a name came from: rule or last published run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub key: String,
    pub name: Localized,
    pub action: Localized,
}

/// Names for segments at `scores`; those already taken from the last run are given in `kept`.
///
/// More segments than names: every name comes again with a number, `Champions 2`.
pub(super) fn names(scores: &[Scores], kept: &[Option<Named>]) -> Vec<Named> {
    let taken: Vec<&str> = kept.iter().flatten().map(|n| n.key.as_str()).collect();
    let free: Vec<(&Name, usize)> = rounds(scores.len())
        .flat_map(|round| VOCABULARY.iter().map(move |name| (name, round)))
        .filter(|(name, round)| !taken.contains(&key(name, *round).as_str()))
        .collect();
    let open: Vec<usize> = (0..scores.len()).filter(|&i| kept[i].is_none()).collect();
    let cost: Vec<Vec<f64>> = open
        .iter()
        .map(|&i| free.iter().map(|(name, round)| cost(scores[i], name, *round)).collect())
        .collect();
    let columns = assign(&cost);
    let mut named = kept.to_vec();
    for (&segment, column) in open.iter().zip(columns) {
        let (name, round) = free[column];
        named[segment] = Some(with_number(name, round));
    }
    named.into_iter().flatten().collect()
}

/// The name a segment of the last run carries.
pub(super) fn carried(segment: &Segment) -> Named {
    Named { key: segment.key.clone(), name: segment.name.clone(), action: segment.action.clone() }
}

/// Enough rounds of the vocabulary for every segment, one to spare for names the last run took.
fn rounds(segments: usize) -> std::ops::Range<usize> {
    0..segments.div_ceil(VOCABULARY.len()) + 1
}

/// Squared distance to the ideal; a numbered repetition only when the plain names are used up.
fn cost(scores: Scores, name: &Name, round: usize) -> f64 {
    let distance: f64 = scores.iter().zip(name.ideal).map(|(s, ideal)| (s - ideal).powi(2)).sum();
    distance + 10.0 * round as f64
}

fn key(name: &Name, round: usize) -> String {
    if round == 0 { name.key.to_owned() } else { format!("{}_{}", name.key, round + 1) }
}

fn with_number(name: &Name, round: usize) -> Named {
    let number = if round == 0 { String::new() } else { format!(" {}", round + 1) };
    Named {
        key: key(name, round),
        name: Localized { en: format!("{}{number}", name.en), pt_br: format!("{}{number}", name.pt_br) },
        action: Localized { en: name.action.to_owned(), pt_br: name.action_pt_br.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_rule(scores: &[Scores]) -> Vec<Named> {
        names(scores, &vec![None; scores.len()])
    }

    fn keys(scores: &[Scores]) -> Vec<String> {
        by_rule(scores).into_iter().map(|n| n.key).collect()
    }

    #[test]
    fn the_best_are_champions_and_the_worst_are_lost() {
        assert_eq!(keys(&[[0.1, 0.1, 0.1], [0.9, 0.95, 0.9], [0.5, 0.5, 0.5]])[..2], ["lost", "champions"]);
    }

    #[test]
    fn big_customers_who_stopped_are_not_champions() {
        assert_eq!(keys(&[[0.1, 0.85, 0.9]]), ["cannot_lose"]);
    }

    #[test]
    fn recent_first_buyers_are_new() {
        assert_eq!(keys(&[[0.9, 0.15, 0.2]]), ["new"]);
    }

    #[test]
    fn a_kept_name_is_not_given_twice() {
        let kept = by_rule(&[[0.9, 0.9, 0.9]]).remove(0);
        let named = names(&[[0.9, 0.9, 0.9], [0.88, 0.9, 0.9]], &[None, Some(kept.clone())]);
        assert_eq!(named[1], kept);
        assert_eq!(named[0].key, "loyal");
    }

    #[test]
    fn more_segments_than_names_get_numbers() {
        let scores: Vec<Scores> = (0..30).map(|i| [i as f64 / 30.0; 3]).collect();
        let mut found = keys(&scores);
        assert!(found.iter().any(|k| k.ends_with("_2")), "{found:?}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 30);
    }

    proptest! {
        #[test]
        fn a_better_segment_never_has_the_worse_name(
            scores in prop::collection::vec(prop::array::uniform3(0.0..1.0f64), 2..11)
        ) {
            let named = keys(&scores);
            let ideal = |key: &str| VOCABULARY.iter().find(|n| n.key == key).expect("of the vocabulary").ideal;
            let dominates = |a: [f64; 3], b: [f64; 3]| (0..3).all(|i| a[i] >= b[i]) && a != b;
            for (a, name_a) in scores.iter().zip(&named) {
                for (b, name_b) in scores.iter().zip(&named) {
                    let upside_down = dominates(*a, *b) && dominates(ideal(name_b), ideal(name_a));
                    prop_assert!(!upside_down, "{a:?} is {name_a}, {b:?} is {name_b}");
                }
            }
        }
    }
}
