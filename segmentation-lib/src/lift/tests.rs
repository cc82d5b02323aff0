use proptest::prelude::*;

use super::*;

/// Outcomes with a long tail, every fifth customer held out.
fn customers(lift: f64) -> Vec<Observed> {
    let tail = |i: u32| 1000.0 / (1.0 + f64::from(i * 7919 % 1009));
    let one = |i: u32| {
        let (before, treated) = (tail(i), !i.is_multiple_of(5));
        let outcome = 0.5 * before + tail(i * 31 + 7) + if treated { lift } else { 0.0 };
        Observed { outcome, before, treated }
    };
    (0..500).map(one).collect()
}

#[test]
fn what_is_added_to_everybody_treated_moves_the_interval_by_as_much() {
    let (without, with) =
        (effect(&customers(0.0), 3).expect("both sides"), effect(&customers(40.0), 3).expect("both sides"));
    for (without, with) in [(without.a_head, with.a_head), (without.low, with.low), (without.high, with.high)]
    {
        // The slope takes a little of what is added along.
        assert!((with - without - 40.0).abs() < 1.0, "{without} {with}");
    }
    assert!(with.is_certain());
}

#[test]
fn spending_before_narrows_the_interval() {
    let blind = |c: Observed| Observed { before: 0.0, ..c };
    let width = |e: Effect| e.high - e.low;
    let with = effect(&customers(0.0), 3).expect("both sides");
    let without = effect(&customers(0.0).into_iter().map(blind).collect::<Vec<_>>(), 3).expect("both sides");
    assert!(width(with) < width(without), "{with:?} {without:?}");
}

#[test]
fn too_few_on_a_side_and_outcomes_all_alike_give_nothing() {
    let few: Vec<Observed> = customers(0.0).into_iter().take(49).collect();
    assert_eq!(few.iter().filter(|c| !c.treated).count(), LEAST_OF_A_SIDE);
    assert!(effect(&few, 1).is_some());
    assert_eq!(effect(&few[1..], 1), None);
    assert_eq!(effect(&[], 1), None);
    let alike: Vec<Observed> = customers(0.0).into_iter().map(|c| Observed { outcome: 0.0, ..c }).collect();
    assert_eq!(effect(&alike, 1), None);
}

proptest! {
    #[test]
    fn the_interval_is_finite_and_holds_the_estimate(
        values in prop::collection::vec((0u32..3, -50i32..100_000, 0u32..5), 40..90), seed: u64,
    ) {
        let one = |(i, (buys, pennies, before)): (usize, (u32, i32, u32))| Observed {
            outcome: if buys == 0 { f64::from(pennies) } else { 0.0 },
            before: f64::from(before),
            treated: i % 3 > 0,
        };
        let customers: Vec<Observed> = values.into_iter().enumerate().map(one).collect();
        if let Some(found) = effect(&customers, seed) {
            prop_assert!(found.low <= found.a_head && found.a_head <= found.high);
            prop_assert!([found.low, found.high].iter().all(|bound| bound.is_finite()));
            prop_assert_eq!(effect(&customers, seed), Some(found));
        }
    }
}
