//! Customers as Pareto/NBD and Gamma-Gamma have them, at the parameters of CDNOW: one year of arrivals, half a
//! year to a year and a half observed, times in weeks.

use rand::{Rng, SeedableRng};
use rand_distr::{Exp1, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmentation_lib::lifetime::{History, Spend};

use crate::Customer;

/// Day a year of arrivals begins before, and ends before, the end of the observation.
const ARRIVALS: (f64, f64) = (547.0, 182.0);
const SEED: u64 = 17;

/// So many customers; on whole days the purchases of one day are one. The same ones each time.
pub fn customers(number: usize, whole_days: bool) -> Vec<Customer> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    (0..number).map(|_| customer(&mut random, whole_days)).collect()
}

fn gamma(random: &mut impl Rng, shape: f64, rate: f64) -> f64 {
    random.sample(Gamma::new(shape, 1.0 / rate).expect("shapes and rates above 0"))
}

fn customer(random: &mut impl Rng, whole_days: bool) -> Customer {
    let on_day = |day: f64| if whole_days { day.ceil() } else { day };
    let age = on_day(random.gen_range(ARRIVALS.1..ARRIVALS.0));
    let rate = gamma(random, 0.55, 10.6) / 7.0;
    let leaves = 7.0 * random.sample::<f64, _>(Exp1) / gamma(random, 0.61, 11.7);
    let (mut frequency, mut recency, mut now) = (0, 0.0, 0.0);
    loop {
        now += random.sample::<f64, _>(Exp1) / rate;
        if now > leaves.min(age) {
            break;
        }
        if on_day(now) > recency {
            (frequency, recency) = (frequency + 1, on_day(now));
        }
    }
    (History::new(frequency, recency / 7.0, age / 7.0), spend(random, frequency, whole_days))
}

/// Mean value, in whole pennies or as drawn.
fn spend(random: &mut impl Rng, purchases: u32, whole_pennies: bool) -> Spend {
    if purchases == 0 {
        return Spend { purchases, mean: 0.0 };
    }
    let rate = gamma(random, 3.74, 15.44);
    let number = f64::from(purchases);
    let mean = gamma(random, 6.25 * number, rate) / number;
    let rounded = (mean * 100.0).round().max(1.0) / 100.0;
    Spend { purchases, mean: if whole_pennies { rounded } else { mean } }
}
