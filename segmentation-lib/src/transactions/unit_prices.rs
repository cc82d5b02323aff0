//! Whether the amount of a line is the price of one piece.
//!
//! `Valor` or `Amount` beside a quantity may be either. A price gives itself away: a product has the same one however many
//! pieces are bought, where a line's money tells their number.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::FixedState;
use xxhash_rust::xxh3::xxh3_64;

/// Lines, of one product and amount in other quantities, that are enough.
const FEWEST: u64 = 20;
/// Lines after which a file of true amounts needs no further ones.
const ENOUGH: u64 = 10_000;

/// Lines of one product with one amount.
#[derive(Debug, Clone, Copy)]
struct Lines {
    least: i64,
    most: i64,
    lines: u64,
}

/// What the lines seen so far say. Memory: 40 bytes for each amount of a product; collecting ends early in a file of
/// lines' money.
#[derive(Debug, Default)]
pub(super) struct UnitPrices {
    closed: bool,
    of: HashMap<(u64, i64), Lines, FixedState>,
    lines: u64,
}

impl UnitPrices {
    /// Whether further lines can say anything.
    #[inline]
    pub fn is_open(&self) -> bool {
        !self.closed
    }

    /// Notes a line that was sold; the amount is in pennies.
    #[inline]
    pub fn note(&mut self, product: &str, quantity: i64, amount: i64) {
        self.add(product, amount, (quantity, quantity), 1);
        if self.lines.is_multiple_of(ENOUGH) {
            self.close_where_clear();
        }
    }

    /// Notes lines of one product and amount with their least and largest quantity.
    #[inline]
    pub fn add(&mut self, product: &str, amount: i64, (least, most): (i64, i64), lines: u64) {
        self.join((xxh3_64(product.as_bytes()), amount), Lines { least, most, lines });
    }

    /// Adds what later lines have shown.
    pub fn append(&mut self, later: Self) {
        self.closed |= later.closed;
        if self.closed {
            self.of = HashMap::default();
            return;
        }
        later.of.into_iter().for_each(|(key, lines)| self.join(key, lines));
        if self.lines >= ENOUGH {
            self.close_where_clear();
        }
    }

    fn join(&mut self, key: (u64, i64), more: Lines) {
        self.lines += more.lines;
        match self.of.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(more)),
            Entry::Occupied(mut found) => {
                let known = found.get_mut();
                known.least = known.least.min(more.least);
                known.most = known.most.max(more.most);
                known.lines += more.lines;
            }
        }
    }

    fn close_where_clear(&mut self) {
        let (varied, repeated) = self.told();
        if repeated >= ENOUGH / 10 && varied * 2 < repeated {
            (self.closed, self.of) = (true, HashMap::default());
        }
    }

    /// Lines whose product and amount come in several quantities, and those whose product and amount come again at all.
    fn told(&self) -> (u64, u64) {
        let again = self.of.values().filter(|lines| lines.lines > 1);
        again.fold((0, 0), |(varied, repeated), lines| {
            let varies = if lines.least == lines.most { 0 } else { lines.lines };
            (varied + varies, repeated + lines.lines)
        })
    }

    /// Whether the amounts are prices: four in five of those that come again come in other quantities.
    pub fn tell(&self) -> bool {
        let (varied, repeated) = self.told();
        !self.closed && varied >= FEWEST && varied * 5 >= repeated * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(money: impl Fn(i64, i64) -> i64) -> bool {
        let mut prices = UnitPrices::default();
        let lines = (0..60).map(|n| (n % 5, 1 + n % 7));
        lines.for_each(|(product, quantity)| {
            prices.note(&product.to_string(), quantity, money(product, quantity))
        });
        prices.tell()
    }

    #[test]
    fn an_amount_that_does_not_grow_with_the_quantity_is_a_price() {
        assert!(told(|product, _| 500 + product));
        assert!(!told(|product, quantity| (500 + product) * quantity));
        assert!(!told(|product, quantity| (500 + product) * quantity.min(6)), "six for seven");
    }

    #[test]
    fn pieces_of_a_file_say_what_the_whole_says() {
        let lines: Vec<(u64, i64)> = (0..400).map(|n| (n % 5, 1 + (n as i64) % 7)).collect();
        let mut parts = UnitPrices::default();
        for chunk in lines.chunks(100) {
            let mut part = UnitPrices::default();
            chunk.iter().for_each(|(product, quantity)| part.note(&product.to_string(), *quantity, 300));
            parts.append(part);
        }
        assert!(parts.tell() && parts.is_open());
    }
}
