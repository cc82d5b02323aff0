//! Whether the amount of an invoice stands on each of its lines.
//!
//! An export of order lines often repeats the order's total on every line; added up, an order of three lines would
//! count three times. The column gives itself away: the amount is the same on all lines of nearly every invoice. An invoice
//! is a number, its customer and, where numbers begin again as a till's do each day, the day.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// How the amounts of invoices with several lines are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineMoney {
    /// Each line has its own.
    #[default]
    Own,
    /// The total stands on every line and counts on the first.
    TotalOnEach,
    /// The total stands on every line; quantity times price adds up to it and is each line's own.
    Priced,
}

/// What tells the lines of one order from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Order {
    /// Hash of the invoice's number; of the customer and the moment where there are no invoices.
    pub number: u64,
    /// Hash of the customer; 0 where the number says all.
    pub customer: u64,
    /// Days from 1970-01-01.
    pub day: i64,
}

impl Order {
    /// The number as one customer has it.
    fn pair(self) -> u64 {
        self.number ^ self.customer.rotate_left(32)
    }

    /// What tells an amount of the order from all others. `by_day` says that numbers begin again.
    pub fn amount(self, amount: i64, by_day: bool) -> u64 {
        let day = if by_day { self.day } else { 0 };
        [day as u64, amount as u64]
            .into_iter()
            .fold(self.pair(), |hash, part| (hash.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Lines of one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// The smallest amount, in pennies.
    pub least: i64,
    /// The largest amount.
    pub most: i64,
    /// All amounts together.
    pub sum: i64,
    pub lines: u32,
    /// Sum of quantity times price; none where a line lacks it.
    pub priced: Option<i64>,
}

impl Lines {
    /// One line of `amount`.
    pub fn one(amount: i64, priced: Option<i64>) -> Self {
        Self { least: amount, most: amount, sum: amount, lines: 1, priced }
    }

    fn add(&mut self, more: &Self) {
        self.least = self.least.min(more.least);
        self.most = self.most.max(more.most);
        self.sum = self.sum.saturating_add(more.sum);
        self.lines = self.lines.saturating_add(more.lines);
        self.priced = self.priced.zip(more.priced).and_then(|(a, b)| a.checked_add(b));
    }

    fn are_equal(&self) -> bool {
        self.least == self.most
    }
}

/// Orders that are kept. Beyond so many a random half of the pairs of number and customer is kept, then a quarter.
const MOST: usize = 4096;

/// Orders of several lines without which exceptions among them say nothing.
const FEWEST: usize = 20;

/// Orders of which it is looked whether their amounts return.
const LOOKED_AT: usize = 200;

/// Pairs of several days that show that numbers begin again, and the smallest share of all in hundredths.
const FEWEST_DAYS: usize = 3;
const HUNDREDTHS: usize = 1;

/// What the orders seen so far say, of a random sample where they are many: which it is depends on their hashes alone, and
/// not on the order of rows. Memory: 80 bytes an order, 320 kB at most.
#[derive(Default)]
pub(super) struct Invoices {
    /// Of the pairs of number and customer one in 2^level is kept.
    level: u32,
    orders: HashMap<Order, Lines, FixedState>,
}

/// Lines of one purchase: of an order, or of those of several days that have one number.
struct Purchase {
    lines: Lines,
    other_days: bool,
}

/// The verdict's figures; of many orders about so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeated {
    /// Invoices of several lines.
    pub several: u64,
    /// Those of them whose amount is the same on all lines.
    pub equal: u64,
    /// Whether quantity times price adds up to the totals.
    pub priced: bool,
    /// Whether the lines may as well have their own: those of one invoice are of several days, as the payments of a
    /// subscription are, few amounts return again and again, as prices do, or the amounts of many invoices differ.
    pub doubtful: bool,
}

impl Invoices {
    /// Whether lines of the order are kept.
    #[inline]
    pub fn takes(&self, order: Order) -> bool {
        order.pair() & ((1_u64 << self.level) - 1) == 0
    }

    /// Whether further rows of a table that is read a million rows at a time may change the verdict.
    pub fn is_open(&self) -> bool {
        let several = self.orders.values().filter(|lines| lines.lines > 1);
        let (all, equal) =
            several.fold((0, 0), |(all, equal), lines| (all + 1, equal + usize::from(lines.are_equal())));
        all < MOST / 8 || equal * 10 > all
    }

    /// Notes lines of an order with positive amounts.
    #[inline]
    pub fn note(&mut self, order: Order, more: &Lines) {
        if !self.takes(order) {
            return;
        }
        self.orders.entry(order).and_modify(|lines| lines.add(more)).or_insert(*more);
        while self.orders.len() > MOST && self.level < 32 {
            self.halve(self.level + 1);
        }
    }

    /// Adds what later lines have shown.
    pub fn append(&mut self, later: Self) {
        if later.level > self.level {
            self.halve(later.level);
        }
        later.orders.iter().for_each(|(order, lines)| self.note(*order, lines));
    }

    /// Keeps the pairs of a smaller sample.
    fn halve(&mut self, level: u32) {
        self.level = level;
        let mask = (1_u64 << level) - 1;
        self.orders.retain(|order, _| order.pair() & mask == 0);
    }

    /// Whether numbers begin again: a customer has one on several days, and so have others.
    pub fn begin_again(&self) -> bool {
        let mut days: HashMap<(u64, u64), u32, FixedState> = HashMap::default();
        self.orders.keys().for_each(|order| *days.entry((order.number, order.customer)).or_default() += 1);
        let mut customers: HashMap<u64, u32, FixedState> = HashMap::default();
        days.keys().for_each(|(number, _)| *customers.entry(*number).or_default() += 1);
        let is_shared = |number: u64| customers.get(&number).is_some_and(|customers| *customers > 1);
        let several: Vec<u64> =
            days.iter().filter(|(_, days)| **days > 1).map(|((number, _), _)| *number).collect();
        let shared = several.iter().filter(|number| is_shared(**number)).count();
        several.len() >= FEWEST_DAYS
            && several.len() * 100 >= HUNDREDTHS * days.len()
            && shared * 2 >= several.len()
    }

    /// The purchases of several lines, in an order of their own.
    fn purchases(&self) -> Vec<Purchase> {
        let by_day = self.begin_again();
        let mut all: Vec<(Order, Lines)> =
            self.orders.iter().map(|(order, lines)| (*order, *lines)).collect();
        all.sort_unstable_by_key(|(order, _)| (order.pair(), order.day));
        let mut purchases: Vec<Purchase> = Vec::new();
        let mut before = None;
        for (order, lines) in all {
            let is_same = !by_day && before == Some(order.pair());
            match purchases.last_mut() {
                Some(last) if is_same => {
                    last.lines.add(&lines);
                    last.other_days = true;
                }
                _ => purchases.push(Purchase { lines, other_days: false }),
            }
            before = Some(order.pair());
        }
        purchases.retain(|purchase| purchase.lines.lines > 1);
        purchases
    }

    /// Of the invoices of several lines, how many there are, and how many have the same amount on all.
    pub fn shares(&self) -> (u64, u64) {
        let several = self.purchases();
        let equal = several.iter().filter(|purchase| purchase.lines.are_equal()).count();
        (self.scaled(several.len()), self.scaled(equal))
    }

    /// As many as there are of all where so many are in the sample.
    fn scaled(&self, sampled: usize) -> u64 {
        (sampled as u64) << self.level
    }

    /// The money that counts no more where each amount of an invoice counts once, and all that invoices of several lines
    /// have, in pennies; where the lines are of several days, as payments are, and hardly anything is left.
    pub fn hardly_counted(&self) -> Option<(i128, i128)> {
        let several = self.purchases();
        let equal: Vec<&Purchase> = several.iter().filter(|purchase| purchase.lines.are_equal()).collect();
        let other_days = equal.iter().filter(|purchase| purchase.other_days).count();
        let all: i128 = several.iter().map(|purchase| i128::from(purchase.lines.sum)).sum();
        let lost: i128 = equal.iter().map(|p| i128::from(p.lines.sum) - i128::from(p.lines.least)).sum();
        (all > 0 && lost * 10 >= all * 9 && other_days * 2 >= equal.len()).then_some((lost, all))
    }

    /// Whether totals are repeated. `named` says that the column is called an order's or invoice's total: then
    /// two invoices are enough; otherwise five are needed, of three different amounts, because lines of one price
    /// happen. Where some invoices' lines differ, more are needed, and amounts that vary as totals do.
    pub fn repeated(&self, named: bool) -> Option<Repeated> {
        let several = self.purchases();
        let equal: Vec<&Purchase> = several.iter().filter(|purchase| purchase.lines.are_equal()).collect();
        let (all, same) = (several.len(), equal.len());
        let (fewest, different) = if named { (2, 1) } else { (5, 3) };
        let amounts = distinct(&equal);
        let some_differ = same < all;
        if same < fewest || amounts < different || same * 2 < all || some_differ && all < FEWEST {
            return None;
        }
        let nearly_all = same * 20 >= all * 19;
        let looked_at = &equal[..same.min(LOOKED_AT)];
        let vary = distinct(looked_at) * 2 >= looked_at.len();
        if !nearly_all && !vary {
            return None;
        }
        let priced = equal.iter().filter(|purchase| purchase.lines.add_up()).count() * 10 >= same * 9;
        let on_other_days = equal.iter().filter(|purchase| purchase.other_days).count() * 10 >= same;
        let may_be_prices = !named && amounts * 2 < same || some_differ && !vary;
        let doubtful = !nearly_all || !priced && (on_other_days || may_be_prices);
        Some(Repeated { several: self.scaled(all), equal: self.scaled(same), priced, doubtful })
    }
}

impl Lines {
    /// Whether quantity times price adds up to the amount. Each line is rounded to the penny.
    fn add_up(&self) -> bool {
        self.priced.is_some_and(|priced| (priced - self.least).abs() <= i64::from(self.lines))
    }
}

/// How many different amounts purchases of equal lines have.
fn distinct(equal: &[&Purchase]) -> usize {
    let mut amounts: Vec<i64> = equal.iter().map(|purchase| purchase.lines.least).collect();
    amounts.sort_unstable();
    amounts.dedup();
    amounts.len()
}

/// Whether a normalised name is one of an order's total: shops write it once an order.
pub(super) fn names_a_total(name: &str) -> bool {
    const PARTS: [&str; 14] = [
        "order", "invoice", "total", "pedido", "fatura", "nota", "factura", "compra", "bestell", "rechnung",
        "gesamt", "commande", "basket", "summe",
    ];
    const OF_A_LINE: [&str; 6] = ["line", "item", "linha", "linea", "position", "ligne"];
    PARTS.iter().any(|part| name.contains(part)) && !OF_A_LINE.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests;
