//! Campaigns whose lift is known, among customers who spend as those of Online Retail do.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmentation_lib::lifetime::Purchases;
use segmentation_lib::lift::Observed;
use segmentation_lib::progress::Progress;
use segmentation_lib::transactions::{ReadOptions, read};

/// Days that are measured, and as many before.
const DAYS: u64 = 90;

/// One customer, in pennies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spender {
    pub before: f64,
    pub after: f64,
    /// Mean of a purchase up to the day that parts them.
    pub basket: f64,
}

/// What being treated does.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Nothing.
    Nothing,
    /// One in ten makes a purchase more, as large as the customer's others.
    Purchase,
    /// A fifth is spent more.
    Fifth,
}

impl Rule {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Purchase, Self::Fifth];

    fn lift(self, spender: &Spender, random: &mut impl Rng) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Purchase => f64::from(u8::from(random.gen_bool(0.1))) * spender.basket,
            Self::Fifth => 0.2 * spender.after,
        }
    }

    /// What it brings a head of these spenders.
    pub fn truth(self, spenders: &[Spender]) -> f64 {
        let mean = |of: fn(&Spender) -> f64| spenders.iter().map(of).sum::<f64>() / spenders.len() as f64;
        match self {
            Self::Nothing => 0.0,
            Self::Purchase => 0.1 * mean(|s| s.basket),
            Self::Fifth => 0.2 * mean(|s| s.after),
        }
    }
}

/// The customers of Online Retail who were known 90 days before its end.
pub fn spenders() -> Vec<Spender> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data");
    let files = segmentation_lib::catalogue::locate("online-retail", &data).expect("bundled");
    let read = read(&files, &ReadOptions::default(), &Progress::silent()).expect("readable");
    let cut_off = read.last().date() - Days::new(DAYS - 1);
    of_purchases(&Purchases::of(&read).expect("summed"), cut_off)
}

fn of_purchases(purchases: &Purchases, cut_off: NaiveDate) -> Vec<Spender> {
    let mut spenders: BTreeMap<u32, (Spender, f64, f64)> = BTreeMap::new();
    for row in &purchases.rows {
        let (spender, baskets, spent) = spenders.entry(row.customer).or_default();
        let pennies = row.pennies as f64;
        if row.day >= cut_off {
            spender.after += pennies;
            continue;
        }
        if row.day >= cut_off - Days::new(DAYS) {
            spender.before += pennies;
        }
        if !row.returned {
            (*baskets, *spent) = (*baskets + 1.0, *spent + pennies);
        }
    }
    let known = spenders.into_values().filter(|(_, baskets, _)| *baskets > 0.0);
    known.map(|(spender, baskets, spent)| Spender { basket: spent / baskets, ..spender }).collect()
}

/// So many customers drawn from the spenders, of whom about `held_out` are held out.
pub fn campaign(spenders: &[Spender], rule: Rule, (n, held_out): (usize, f64), seed: u64) -> Vec<Observed> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut customer = || {
        let spender = spenders[random.gen_range(0..spenders.len())];
        let treated = !random.gen_bool(held_out);
        let lift = rule.lift(&spender, &mut random);
        let outcome = spender.after + if treated { lift } else { 0.0 };
        Observed { outcome, before: spender.before, treated }
    };
    (0..n).map(|_| customer()).collect()
}

/// Welch's interval, normal quantiles: what [`segmentation_lib::lift`] is held against.
pub fn welch(customers: &[Observed]) -> (f64, f64) {
    let side = |treated: bool| {
        let values: Vec<f64> = customers.iter().filter(|c| c.treated == treated).map(|c| c.outcome).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
    };
    let ((treated, of_treated), (held_out, of_held_out)) = (side(true), side(false));
    let half = 1.96 * (of_treated + of_held_out).sqrt();
    (treated - held_out - half, treated - held_out + half)
}
