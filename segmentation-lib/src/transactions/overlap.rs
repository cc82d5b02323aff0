//! Whether two tables hold the same purchases.
//!
//! Exports overlap, and a list of orders often stands beside a list of their items; read together, money counts twice.
//! Of each table the smallest hashes of its lines and of its orders are kept, which are a random sample of them: the
//! sample of a union, and of what two tables share, is in the samples of both (the bottom-k sketch of Cohen & Kaplan,
//! "Summarizing data using bottom-k sketches", PODC 2007). Memory: 16 kB a table; cost: a hash a line.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64;

use super::values::{Values, order_of_invoice};

/// Hashes that are kept.
const MOST: usize = 1024;
/// Lines, or orders, that must be the same.
const FEWEST: usize = 10;
/// Share of the smaller table's orders that must be in the other one.
const NEARLY_ALL: f64 = 0.8;

/// The smallest hashes of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sketch(BTreeSet<u64>);

impl Sketch {
    #[inline]
    fn insert(&mut self, hash: u64) {
        if self.0.len() < MOST || self.0.last().is_some_and(|last| hash < *last) {
            self.0.insert(hash);
            if self.0.len() > MOST {
                self.0.pop_last();
            }
        }
    }

    /// The largest hash up to which the sample is whole.
    fn whole_up_to(&self) -> u64 {
        if self.0.len() < MOST { u64::MAX } else { self.0.last().copied().unwrap_or(u64::MAX) }
    }

    /// How many of the sampled hashes both have, of how many of the one that has fewer, and the share of all that is sampled.
    fn shared(&self, other: &Self) -> Shared {
        let most = self.whole_up_to().min(other.whole_up_to());
        let of = |sketch: &Self| sketch.0.range(..=most).count();
        Shared {
            both: self.0.range(..=most).filter(|hash| other.0.contains(hash)).count(),
            smaller: of(self).min(of(other)),
            sampled: most as f64 / u64::MAX as f64,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Shared {
    both: usize,
    smaller: usize,
    sampled: f64,
}

/// A line of a table, as it is compared.
pub(super) struct Line<'l> {
    pub customer: &'l str,
    pub invoice: Option<&'l str>,
    pub product: Option<&'l str>,
    /// In milliseconds.
    pub moment: i64,
    /// In pennies.
    pub amount: i64,
}

/// What a table holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    lines: Sketch,
    orders: Sketch,
}

/// What two tables share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overlap {
    /// So many lines; `exact` says whether all were compared.
    Lines { lines: u64, exact: bool },
    /// Nearly all orders of one of them, by other lines.
    Orders { orders: u64 },
}

impl Seen {
    /// Notes a row that is kept.
    #[inline]
    pub fn note(&mut self, values: &Values<'_>) {
        if let (Some(moment), Some(amount), Some(customer)) = (values.date, values.amount, values.customer) {
            let (invoice, product) = (values.invoice, values.product);
            self.note_line(&Line { customer, invoice, product, moment, amount });
        }
    }

    /// Notes a line that is kept.
    #[inline]
    pub fn note_line(&mut self, line: &Line<'_>) {
        let text = |text: Option<&str>| text.map_or(0, |text| xxh3_64(text.as_bytes()));
        let order = line.invoice.map(order_of_invoice);
        let parts = [
            xxh3_64(line.customer.as_bytes()),
            order.unwrap_or(0),
            text(line.product),
            line.moment as u64,
            line.amount as u64,
        ];
        // Each part moves the others: the order of the columns in the file does not.
        let line = parts
            .into_iter()
            .fold(0_u64, |hash, part| (hash.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        self.lines.insert(xxh3_64(&line.to_le_bytes()));
        if let Some(order) = order {
            self.orders.insert(order);
        }
    }

    /// The hashes of lines that are kept.
    pub fn lines(&self) -> &BTreeSet<u64> {
        &self.lines.0
    }

    /// The hashes of orders that are kept.
    pub fn orders(&self) -> &BTreeSet<u64> {
        &self.orders.0
    }

    /// Adds what further lines of the table hold.
    pub fn append(&mut self, later: &Self) {
        later.lines.0.iter().for_each(|hash| self.lines.insert(*hash));
        later.orders.0.iter().for_each(|hash| self.orders.insert(*hash));
    }

    /// What another table holds too. Parts of one export share orders, whose lines may be spread over them; tables of
    /// `other_columns` do not.
    pub fn overlap(&self, other: &Self, other_columns: bool) -> Option<Overlap> {
        let lines = self.lines.shared(&other.lines);
        if lines.both >= FEWEST {
            let all = (lines.both as f64 / lines.sampled).round() as u64;
            return Some(Overlap::Lines { lines: all, exact: lines.sampled == 1.0 });
        }
        let orders = self.orders.shared(&other.orders);
        let same = orders.both >= FEWEST && orders.both as f64 >= NEARLY_ALL * orders.smaller as f64;
        let all = (orders.both as f64 / orders.sampled).round() as u64;
        (other_columns && same).then_some(Overlap::Orders { orders: all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(hashes: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        hashes.into_iter().for_each(|n| sketch.insert(xxh3_64(&n.to_le_bytes())));
        sketch
    }

    #[test]
    fn small_tables_are_compared_whole() {
        let shared = sketch(0..100).shared(&sketch(90..500));
        assert_eq!((shared.both, shared.smaller, shared.sampled), (10, 100, 1.0));
    }

    #[test]
    fn large_tables_are_compared_by_a_sample_that_is_right_to_a_few_in_a_hundred() {
        let shared = sketch(0..100_000).shared(&sketch(50_000..200_000));
        let estimate = shared.both as f64 / shared.sampled;
        assert!((estimate / 50_000.0 - 1.0).abs() < 0.15, "{estimate}");
        let none = sketch(0..100_000).shared(&sketch(200_000..300_000));
        assert_eq!(none.both, 0);
    }

    #[test]
    fn the_order_of_the_lines_and_how_they_are_cut_into_pieces_decide_nothing() {
        let (mut first, second) = (sketch(0..3_000), sketch(3_000..6_000));
        second.0.iter().for_each(|hash| first.insert(*hash));
        assert_eq!(first, sketch((0..6_000).rev()));
    }
}
