//! The rule view beside the clusters: scores in recency, frequency and monetary, and a named group.
//!
//! Every customer gets a score from 1 to 5 in each, the fifth of the customers that they belong to, and by
//! the scores one of the groups that marketers know. It needs no statistics to explain; where it and the
//! clusters part, the [`Rfm::cross_table`] shows.
//!
//! The scores are customer quintiles (Hughes 1994, *Strategic Database Marketing*), with one rule more: equal
//! values are never split. A score is 1 plus the number of fifths of the customers who are strictly worse,
//! so that all who are equal get the score of the lowest of them. (The bounds between the scores are the
//! quantiles of the inverse distribution function, type 1 of Hyndman and Fan 1996.) So half of the
//! customers with a single purchase have frequency score 1, all of them, and the next ones 3.
//!
//! ```
//! use segmentation_lib::rfm::scores;
//! use segmentation_lib::vocabulary::Vocabulary;
//!
//! let (recency, frequency) = ([3.0, 90.0, 120.0, 300.0, 400.0], [12.0, 1.0, 1.0, 2.0, 1.0]);
//! let monetary = [80_000.0, 2_000.0, 2_000.0, 5_000.0, 2_000.0];
//! let scores = scores(&recency, &frequency, &monetary);
//! assert_eq!(scores[1].frequency, scores[2].frequency);
//! let groups = Vocabulary::bundled().groups;
//! let best = groups.group(scores[0]);
//! assert_eq!(groups.groups()[best].name.en, "Champions");
//! ```

use crate::record::{HIGHEST_SCORE, Rfm, RfmGroup, RfmPlace, RfmScores};
use crate::vocabulary::{Groups, Wording};

/// The rule view of customers with these scores, in their order. Cost: linear.
pub fn view(scores: &[RfmScores], groups: &Groups) -> Rfm {
    let group = |wording: &Wording| RfmGroup {
        key: wording.key.clone(),
        name: wording.name.clone(),
        description: wording.description.clone(),
        action: wording.action.clone(),
        customers: 0,
    };
    let place = |&scores: &RfmScores| RfmPlace { scores, group: groups.group(scores) as u8 };
    Rfm::of(groups.groups().iter().map(group).collect(), scores.iter().map(place).collect())
}

/// The scores of customers by their days since the last purchase, their purchases and their revenue, all in
/// one order and finite. Cost: n log n.
pub fn scores(recency: &[f64], frequency: &[f64], monetary: &[f64]) -> Vec<RfmScores> {
    let recent: Vec<f64> = recency.iter().map(|days| -days).collect();
    let (recent, frequent, valuable) = (quintiles(&recent), quintiles(frequency), quintiles(monetary));
    let score = |i: usize| RfmScores { recency: recent[i], frequency: frequent[i], monetary: valuable[i] };
    (0..recency.len()).map(score).collect()
}

/// 1 plus the number of whole fifths of the values that are strictly below. Cost: n log n.
fn quintiles(values: &[f64]) -> Vec<u8> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let fifth = |below: usize| (below * usize::from(HIGHEST_SCORE) / values.len()) as u8;
    values.iter().map(|v| 1 + fifth(sorted.partition_point(|s| s < v))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vocabulary::Vocabulary;

    /// The definition, one customer against all others.
    fn by_definition(values: &[f64]) -> Vec<u8> {
        let n = values.len();
        let score = |v: &f64| {
            let worse = values.iter().filter(|other| *other < v).count();
            1 + (1..5).filter(|fifth| 5 * worse >= fifth * n).count() as u8
        };
        values.iter().map(score).collect()
    }

    fn every_score() -> impl Iterator<Item = RfmScores> {
        let all = || 1..=HIGHEST_SCORE;
        all().flat_map(move |recency| {
            all().flat_map(move |frequency| {
                all().map(move |monetary| RfmScores { recency, frequency, monetary })
            })
        })
    }

    #[test]
    fn different_values_fall_into_five_equal_parts() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let expected: Vec<u8> = (0..20).map(|i| 1 + i / 4).collect();
        assert_eq!(quintiles(&values), expected);
    }

    #[test]
    fn equal_customers_all_get_the_score_of_the_lowest() {
        assert_eq!(
            quintiles(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 9.0]),
            [1, 1, 1, 1, 1, 3, 3, 4, 5, 5]
        );
        assert_eq!(quintiles(&[7.0; 9]), [1; 9]);
        assert!(quintiles(&[]).is_empty());
    }

    #[test]
    fn fewer_days_are_the_better_score() {
        let seen = scores(&[5.0, 400.0], &[1.0, 1.0], &[1.0, 1.0]);
        assert!(seen[0].recency > seen[1].recency);
    }

    #[test]
    fn every_cell_of_scores_has_a_group_and_every_group_a_cell() {
        let groups = Vocabulary::bundled().groups;
        let mut seen: Vec<usize> = every_score().map(|scores| groups.group(scores)).collect();
        assert_eq!(seen.len(), 125);
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.into_iter().eq(0..groups.groups().len()));
    }

    #[test]
    fn a_better_score_never_leads_to_a_worse_group() {
        let groups = Vocabulary::bundled().groups;
        for a in every_score() {
            for b in every_score() {
                let at_least =
                    a.recency >= b.recency && a.frequency >= b.frequency && a.monetary >= b.monetary;
                assert!(!at_least || groups.group(a) <= groups.group(b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_mean_of_two_scores_is_rounded_up() {
        let groups = Vocabulary::bundled().groups;
        let key = |r, f, m| {
            groups.groups()[groups.group(RfmScores { recency: r, frequency: f, monetary: m })].key.as_str()
        };
        assert_eq!((key(5, 1, 1), key(5, 1, 2), key(5, 5, 4)), ("new", "potential_loyalists", "champions"));
        assert_eq!((key(1, 5, 5), key(1, 1, 1), key(3, 3, 3)), ("cannot_lose", "lost", "need_attention"));
    }

    #[test]
    fn the_view_has_every_group_and_the_place_of_every_customer() {
        let groups = Vocabulary::bundled().groups;
        let found = view(&scores(&[3.0, 400.0], &[9.0, 1.0], &[900.0, 10.0]), &groups);
        assert_eq!(found.groups.len(), groups.groups().len());
        assert_eq!(found.groups.iter().map(|g| g.customers).sum::<u64>(), 2);
        assert_eq!(found.groups[usize::from(found.places[1].group)].key, "lost");
    }

    proptest! {
        #[test]
        fn scores_are_those_of_the_definition(values in prop::collection::vec(-30i32..30, 0..120)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            prop_assert_eq!(quintiles(&values), by_definition(&values));
        }

        #[test]
        fn equals_score_alike_and_more_never_scores_less(values in prop::collection::vec(-30i32..30, 1..120)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let scores = quintiles(&values);
            prop_assert!(scores.iter().all(|s| (1..=HIGHEST_SCORE).contains(s)));
            for (a, score_a) in values.iter().zip(&scores) {
                for (b, score_b) in values.iter().zip(&scores) {
                    prop_assert!(a != b || score_a == score_b);
                    prop_assert!(a <= b || score_a >= score_b);
                }
            }
        }

        #[test]
        fn the_order_of_customers_changes_no_score(
            customers in prop::collection::vec((0u32..400, 1u32..20, -50i32..900), 1..80), turn in 0usize..80,
        ) {
            let all = |customers: &[(u32, u32, i32)]| {
                let column = |of: fn(&(u32, u32, i32)) -> f64| customers.iter().map(of).collect::<Vec<_>>();
                scores(&column(|c| f64::from(c.0)), &column(|c| f64::from(c.1)), &column(|c| f64::from(c.2)))
            };
            let mut turned = customers.clone();
            turned.rotate_left(turn % customers.len());
            let mut seen = all(&customers);
            seen.rotate_left(turn % customers.len());
            prop_assert_eq!(all(&turned), seen);
        }
    }
}
