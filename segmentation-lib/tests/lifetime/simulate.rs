//! Customers drawn from the models, as their assumptions say.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use segmentation_lib::lifetime::{Family, History, Spend};

/// Draws customers; the same ones for the same seed.
pub struct Simulator {
    random: Xoshiro256PlusPlus,
}

impl Simulator {
    pub fn new(seed: u64) -> Self {
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.random.r#gen::<f64>()).ln() / rate
    }

    fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential(1.0)).sqrt();
        radius * (std::f64::consts::TAU * self.random.r#gen::<f64>()).cos()
    }

    /// Marsaglia and Tsang 2000.
    fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        if shape < 1.0 {
            let smaller = self.random.r#gen::<f64>().powf(1.0 / shape);
            return smaller * self.gamma(shape + 1.0, rate);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let normal = self.normal();
            let v = (1.0 + normal / (9.0 * d).sqrt()).powi(3);
            let accepted = |u: f64| u.ln() < 0.5 * normal * normal + d - d * v + d * v.ln();
            if v > 0.0 && accepted(self.random.r#gen()) {
                return d * v / rate;
            }
        }
    }

    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        one / (one + other)
    }

    /// One customer observed for `age`.
    pub fn history(&mut self, family: Family, parameters: [f64; 4], age: f64) -> History {
        self.history_and_after(family, parameters, age, 0.0).0
    }

    /// One customer observed for `age`, and the purchases within `horizon` after it: at an exponential pace until
    /// the customer leaves.
    pub fn history_and_after(
        &mut self,
        family: Family,
        [r, alpha, third, fourth]: [f64; 4],
        age: f64,
        horizon: f64,
    ) -> (History, u32) {
        let rate = self.gamma(r, alpha);
        let (end, leave) = match family {
            Family::ParetoNbd => {
                let leaving = self.gamma(third, fourth);
                (self.exponential(leaving).min(age + horizon), 0.0)
            }
            Family::BgNbd | Family::MbgNbd => (age + horizon, self.beta(third, fourth)),
            Family::Nbd => (age + horizon, 0.0),
        };
        let mut alive = family != Family::MbgNbd || self.random.r#gen::<f64>() >= leave;
        let (mut history, mut now, mut after) = (History::new(0, 0.0, age), 0.0, 0);
        while alive {
            now += self.exponential(rate);
            if now > end {
                break;
            }
            if now <= age {
                (history.frequency, history.recency) = (history.frequency + 1, now);
            } else {
                after += 1;
            }
            alive = self.random.r#gen::<f64>() >= leave;
        }
        (history, after)
    }

    /// Mean value of so many purchases of one customer.
    pub fn spend(&mut self, [p, q, gamma]: [f64; 3], purchases: u32) -> Spend {
        self.spend_and_after([p, q, gamma], purchases, 0).0
    }

    /// Mean value of `purchases` of one customer, and the sum of `after` further ones.
    pub fn spend_and_after(&mut self, [p, q, gamma]: [f64; 3], purchases: u32, after: u32) -> (Spend, f64) {
        let rate = self.gamma(q, gamma);
        let mut sum = |n: u32| if n > 0 { self.gamma(p * f64::from(n), rate) } else { 0.0 };
        let (before, after) = (sum(purchases), sum(after));
        (Spend { purchases, mean: before / f64::from(purchases.max(1)) }, after)
    }

    /// Ages over one year of arrivals and half a year after, in weeks.
    pub fn age(&mut self) -> f64 {
        26.0 + 52.0 * self.random.r#gen::<f64>()
    }
}
