//! Who buys, and when.

use rand::Rng;
use rand_distr::{Beta, Distribution, Exp, Gamma};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Days in which customers come, and in which they are watched.
const COMING: f64 = 365.0;
const WATCHED: f64 = 730.0;

/// BG/NBD, per day: purchases are a little rarer than CDNOW's, customers stay a little longer.
const RATE: (f64, f64) = (0.6, 30.0);
const LEAVES: (f64, f64) = (0.8, 4.0);

/// Share of a month's purchases that take place, January first: the year ends with a rush.
const SEASON: [f64; 12] = [0.55, 0.5, 0.6, 0.55, 0.65, 0.6, 0.6, 0.6, 0.8, 0.85, 1.0, 0.85];

/// A customer and the tastes drawn for it.
pub struct Customer {
    pub id: u64,
    /// Scale of the customer's invoices: Gamma-Gamma's ν.
    pub scale: f64,
    rate: f64,
    leaves: f64,
    arrival: f64,
}

impl Customer {
    pub fn draw(number: u64, random: &mut Xoshiro256PlusPlus) -> Self {
        let gamma = |(shape, rate): (f64, f64), random: &mut Xoshiro256PlusPlus| {
            Gamma::new(shape, 1.0 / rate).expect("a shape and a scale above 0").sample(random)
        };
        Self {
            id: 10_000_000 + number,
            scale: gamma((3.74, 15.44), random),
            rate: gamma(RATE, random).max(1e-6),
            leaves: Beta::new(LEAVES.0, LEAVES.1).expect("two shapes above 0").sample(random),
            arrival: random.gen_range(0.0..COMING),
        }
    }

    /// Days of the customer's invoices, ascending, from 0; the first is the arrival.
    pub fn invoices(&self, random: &mut Xoshiro256PlusPlus) -> Vec<f64> {
        let wait = Exp::new(self.rate).expect("a rate above 0");
        let mut days = vec![self.arrival];
        let mut now = self.arrival;
        while !random.gen_bool(self.leaves) {
            now += wait.sample(random);
            if now >= WATCHED {
                break;
            }
            if random.gen_bool(SEASON[(now % 365.0 / 30.42) as usize % 12]) {
                days.push(now);
            }
        }
        days
    }
}
