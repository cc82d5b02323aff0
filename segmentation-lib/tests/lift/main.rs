//! Whether the interval of a lift holds the truth as often as it says, with tails as heavy as those of Online Retail.
#![cfg(feature = "analysis")]

mod measured;
mod simulate;

use rayon::prelude::*;
use segmentation_lib::lift::{Observed, effect};

use simulate::{Rule, campaign, spenders, welch};

/// In how many of 1,000 campaigns the interval holds the truth.
fn held(truth: f64, interval: impl Fn(u64) -> (f64, f64) + Sync) -> usize {
    let holds = |seed: &u64| {
        let (low, high) = interval(*seed);
        low <= truth && truth <= high
    };
    (0..1000_u64).into_par_iter().filter(holds).count()
}

fn permuted(customers: &[Observed], seed: u64) -> (f64, f64) {
    effect(customers, seed).map_or((f64::NAN, f64::NAN), |effect| (effect.low, effect.high))
}

#[test]
fn the_interval_holds_the_truth_in_930_to_970_of_1000_campaigns() {
    let spenders = spenders();
    assert!(spenders.len() > 3000, "{}", spenders.len());
    let tried = |rule: Rule, size: (usize, f64)| {
        let drawn = |seed: u64| campaign(&spenders, rule, size, seed);
        let seen = held(rule.truth(&spenders), |seed| permuted(&drawn(seed), seed));
        assert!((930..=970).contains(&seen), "{rule:?} {size:?}: {seen}");
    };
    for rule in Rule::ALL {
        tried(rule, (600, 0.1));
        tried(rule, (200, 0.3));
    }
    tried(Rule::Purchase, (3000, 0.1));
}

#[test]
fn welchs_interval_would_not() {
    let spenders = spenders();
    let drawn = |seed: u64| campaign(&spenders, Rule::Purchase, (3000, 0.1), seed);
    let seen = held(Rule::Purchase.truth(&spenders), |seed| welch(&drawn(seed)));
    assert!(seen < 900, "{seen}");
}

#[test]
fn the_share_of_buyers_is_held_too() {
    let spenders = spenders();
    let bought = |c: Observed| Observed {
        outcome: f64::from(u8::from(c.outcome > 0.0)),
        before: f64::from(u8::from(c.before > 0.0)),
        ..c
    };
    // Nobody buys for being treated: what is drawn is the sides alone.
    let drawn = |seed: u64| campaign(&spenders, Rule::Nothing, (600, 0.1), seed).into_iter().map(bought);
    let seen = held(0.0, |seed| permuted(&drawn(seed).collect::<Vec<_>>(), seed));
    assert!((930..=975).contains(&seen), "{seen}");
}
