//! In how many of simulated campaigns different intervals hold the lift, and how wide they are.
//! `cargo run --release -p segmentation-lib --example lift -- 1000`

#[path = "../../tests/lift/simulate.rs"]
mod simulate;

use std::error::Error;

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use segmentation_lib::lift::{Observed, effect};

use simulate::{Rule, campaign, spenders, welch};

/// Draws of the bootstrap.
const DRAWS: usize = 499;

type Method = fn(&[Observed], u64) -> (f64, f64);

const METHODS: [(&str, Method); 6] = [
    ("Welch", |customers, _| welch(customers)),
    ("Welch, revenue winsorised at 99 %", |customers, _| welch(&winsorised(customers))),
    ("bootstrap-t", bootstrap_t),
    ("Welch, adjusted by spending before", |customers, _| welch(&adjusted(customers))),
    ("permuted, not adjusted", |customers, seed| permuted(&blind(customers), seed)),
    ("permuted, adjusted (taken)", permuted),
];

fn main() -> Result<(), Box<dyn Error>> {
    let campaigns: u64 = std::env::args().nth(1).map_or(Ok(1000), |text| text.parse())?;
    let spenders = spenders();
    println!("| rule | customers | held out | interval | holds the truth | median width |");
    println!("|---|---:|---:|---|---:|---:|");
    for rule in Rule::ALL {
        for size in [(3000, 0.1), (600, 0.1), (200, 0.3)] {
            let truth = rule.truth(&spenders);
            for (name, method) in METHODS {
                let tried = |seed| method(&campaign(&spenders, rule, size, seed), seed);
                let intervals: Vec<(f64, f64)> = (0..campaigns).into_par_iter().map(tried).collect();
                let held = intervals.iter().filter(|(low, high)| *low <= truth && truth <= *high).count();
                let (n, share) = (size.0, 100.0 * size.1);
                let width = median(intervals.iter().map(|(low, high)| (high - low) / 100.0).collect());
                println!("| {rule:?} | {n} | {share} % | {name} | {held} of {campaigns} | {width:.0} |");
            }
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn permuted(customers: &[Observed], seed: u64) -> (f64, f64) {
    effect(customers, seed).map_or((f64::NAN, f64::NAN), |effect| (effect.low, effect.high))
}

fn blind(customers: &[Observed]) -> Vec<Observed> {
    customers.iter().map(|c| Observed { before: 0.0, ..*c }).collect()
}

fn winsorised(customers: &[Observed]) -> Vec<Observed> {
    let mut sorted: Vec<f64> = customers.iter().map(|c| c.outcome).collect();
    sorted.sort_by(f64::total_cmp);
    let most = sorted[(sorted.len() - 1) * 99 / 100];
    customers.iter().map(|c| Observed { outcome: c.outcome.min(most), ..*c }).collect()
}

fn adjusted(customers: &[Observed]) -> Vec<Observed> {
    let n = customers.len() as f64;
    let mean = |of: fn(&Observed) -> f64| customers.iter().map(of).sum::<f64>() / n;
    let (before, outcome) = (mean(|c| c.before), mean(|c| c.outcome));
    let square: f64 = customers.iter().map(|c| (c.before - before).powi(2)).sum();
    let product: f64 = customers.iter().map(|c| (c.before - before) * (c.outcome - outcome)).sum();
    let slope = product / square;
    customers.iter().map(|c| Observed { outcome: c.outcome - slope * (c.before - before), ..*c }).collect()
}

fn bootstrap_t(customers: &[Observed], seed: u64) -> (f64, f64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed ^ 1);
    let sides = [true, false]
        .map(|treated| customers.iter().filter(|c| c.treated == treated).copied().collect::<Vec<_>>());
    let centre = |(low, high): (f64, f64)| ((low + high) / 2.0, (high - low) / 2.0 / 1.96);
    let (seen, error) = centre(welch(customers));
    let mut draw = || {
        let drawn: Vec<Observed> = sides
            .iter()
            .flat_map(|side| {
                (0..side.len()).map(|_| side[random.gen_range(0..side.len())]).collect::<Vec<_>>()
            })
            .collect();
        let (again, error) = centre(welch(&drawn));
        if error > 0.0 { (again - seen) / error } else { 0.0 }
    };
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    drawn.sort_by(f64::total_cmp);
    (seen - drawn[DRAWS * 39 / 40] * error, seen - drawn[DRAWS / 40] * error)
}
