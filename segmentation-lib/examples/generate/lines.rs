//! What is bought: the lines of an invoice, and what is wrong with some of them.

use rand::Rng;
use rand::distributions::WeightedIndex;
use rand_distr::{Distribution, Gamma, Geometric, LogNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::customers::Customer;

const PRODUCTS: usize = 3_700;
const COUNTRIES: [(&str, u32); 5] =
    [("United Kingdom", 900), ("Germany", 30), ("France", 30), ("EIRE", 25), ("Portugal", 15)];

/// One row of the file. Times are seconds since 2010-01-01, money is in pennies.
#[derive(Clone)]
pub struct Line {
    pub invoice: String,
    pub stock_code: String,
    pub quantity: i32,
    pub seconds: i64,
    pub price_pennies: i64,
    pub customer: Option<u64>,
    pub country: &'static str,
}

/// The products with their prices.
pub struct Shop {
    price_pennies: Vec<i64>,
    popularity: WeightedIndex<f64>,
    countries: WeightedIndex<u32>,
    invoices: u64,
}

impl Shop {
    pub fn open(random: &mut Xoshiro256PlusPlus) -> Self {
        let price = LogNormal::new(5.2, 0.9).expect("a spread that is finite");
        let zipf = (1..=PRODUCTS).map(|rank| 1.0 / rank as f64);
        Self {
            price_pennies: (0..PRODUCTS).map(|_| (price.sample(random) as i64).clamp(10, 30_000)).collect(),
            popularity: WeightedIndex::new(zipf).expect("weights above 0"),
            countries: WeightedIndex::new(COUNTRIES.map(|(_, weight)| weight)).expect("weights above 0"),
            invoices: 500_000,
        }
    }

    /// The lines of an invoice, its cancellation with some of them, and what went wrong.
    pub fn lines(&mut self, customer: &Customer, day: f64, random: &mut Xoshiro256PlusPlus) -> Vec<Line> {
        self.invoices += 1;
        let worth = Gamma::new(6.25, 100.0 / customer.scale).expect("above 0").sample(random);
        let count = 1 + Geometric::new(0.12).expect("a share").sample(random).min(60);
        let country = COUNTRIES[self.countries.sample(random)].0;
        // Online Retail's guests: their rows have no customer.
        let known = random.gen_bool(0.75).then_some(customer.id);
        let seconds =
            (day * 86_400.0) as i64 / 86_400 * 86_400 + random.gen_range(8 * 3_600..20 * 3_600) / 60 * 60;
        let mut lines = Vec::new();
        for _ in 0..count {
            let product = self.popularity.sample(random);
            let price_pennies = self.price_pennies[product];
            let quantity = (worth / count as f64 / price_pennies as f64).round().clamp(1.0, 5_000.0) as i32;
            let (invoice, stock_code) = (self.invoices.to_string(), (10_000 + product).to_string());
            lines.push(Line {
                invoice,
                stock_code,
                quantity,
                seconds,
                price_pennies,
                customer: known,
                country,
            });
        }
        self.spoil(&mut lines, random);
        lines
    }

    fn spoil(&mut self, lines: &mut Vec<Line>, random: &mut Xoshiro256PlusPlus) {
        for at in 0..lines.len() {
            if random.gen_bool(0.01) {
                lines.push(lines[at].clone());
            }
            if random.gen_bool(0.004) {
                lines[at].price_pennies = 0;
            }
            if random.gen_bool(0.004) {
                lines[at].stock_code = "POST".to_owned();
            }
        }
        if random.gen_bool(0.08) {
            self.invoices += 1;
            let of_it = lines.iter().take(1 + lines.len() / 4).cloned().collect::<Vec<_>>();
            let invoice = format!("C{}", self.invoices);
            lines.extend(of_it.into_iter().map(|line| Line {
                invoice: invoice.clone(),
                quantity: -line.quantity,
                seconds: line.seconds + 86_400,
                ..line
            }));
        }
    }
}
