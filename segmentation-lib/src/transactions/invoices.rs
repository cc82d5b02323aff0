//! Whether the amount of an invoice stands on each of its lines.
//!
//! An export of order lines often repeats the order's total on every line; added up, an order of three lines would
//! count three times. The column gives itself away: the amount is the same on all lines of every invoice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

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

/// Lines of one invoice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Of each line, in pennies.
    pub amount: i64,
    pub lines: u32,
    /// Sum of quantity times price; none where a line lacks it.
    pub priced: Option<i64>,
    /// Of its first line met, in days from 1970-01-01.
    pub day: i64,
    /// Whether another line is of another day.
    pub other_days: bool,
}

/// What the invoices seen so far say. Collecting ends at the first invoice whose lines differ: in a file of true
/// lines that is among the first rows. Memory: 40 bytes an invoice.
#[derive(Default)]
pub(super) struct Invoices {
    differ: bool,
    invoices: HashMap<u64, Lines, FixedState>,
}

/// The verdict's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeated {
    /// Invoices of several lines.
    pub invoices: u64,
    /// Money of the lines beyond each invoice's first.
    pub pennies: i128,
    /// Whether quantity times price adds up to the totals.
    pub priced: bool,
    /// Whether the lines may as well have their own: those of one invoice are of several days, as the payments of a
    /// subscription are, or few amounts return again and again, as prices do.
    pub doubtful: bool,
}

impl Invoices {
    /// Whether further lines can say anything.
    #[inline]
    pub fn is_open(&self) -> bool {
        !self.differ
    }

    /// Notes a line with a positive amount; `invoice` is a hash of what tells invoices apart.
    #[inline]
    pub fn note(&mut self, invoice: u64, day: i64, amount: i64, priced: Option<i64>) {
        if self.differ {
            return;
        }
        self.join(invoice, Lines { amount, lines: 1, priced, day, other_days: false });
    }

    /// Adds what later lines have shown.
    pub fn append(&mut self, later: Self) {
        if later.differ {
            self.close();
        }
        for (key, lines) in later.invoices {
            if self.differ {
                return;
            }
            self.join(key, lines);
        }
    }

    /// Adds lines of one invoice.
    pub fn join(&mut self, key: u64, more: Lines) {
        match self.invoices.entry(key) {
            Entry::Vacant(vacant) => drop(vacant.insert(more)),
            Entry::Occupied(found) => {
                let known = found.into_mut();
                if known.amount != more.amount {
                    return self.close();
                }
                known.lines += more.lines;
                known.other_days |= more.other_days || known.day != more.day;
                known.priced = known.priced.zip(more.priced).and_then(|(a, b)| a.checked_add(b));
            }
        }
    }

    /// Lines of one invoice differ: that says all.
    pub fn close(&mut self) {
        self.differ = true;
        self.invoices = HashMap::default();
    }

    /// Whether totals are repeated. `named` says that the column is called an order's or invoice's total: then
    /// two invoices are enough; otherwise five are needed, of three different amounts, because lines of one price
    /// happen.
    pub fn repeated(&self, named: bool) -> Option<Repeated> {
        let several: Vec<&Lines> = self.invoices.values().filter(|lines| lines.lines > 1).collect();
        let mut amounts: Vec<i64> = several.iter().map(|lines| lines.amount).collect();
        amounts.sort_unstable();
        amounts.dedup();
        let (invoices, different) = if named { (2, 1) } else { (5, 3) };
        if self.differ || several.len() < invoices || amounts.len() < different {
            return None;
        }
        let adds_up = |lines: &&&Lines| {
            // Each line is rounded to the penny.
            lines.priced.is_some_and(|priced| (priced - lines.amount).abs() <= i64::from(lines.lines))
        };
        let priced = several.iter().filter(adds_up).count() * 10 >= several.len() * 9;
        let pennies =
            several.iter().map(|lines| i128::from(lines.amount) * i128::from(lines.lines - 1)).sum();
        let on_other_days = several.iter().filter(|lines| lines.other_days).count() * 10 >= several.len();
        let doubtful = !priced && (on_other_days || !named && amounts.len() * 2 < several.len());
        Some(Repeated { invoices: several.len() as u64, pennies, priced, doubtful })
    }
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
mod tests {
    use super::*;

    fn invoices(lines: &[(&str, i64, Option<i64>)]) -> Invoices {
        let key = |invoice: &str| invoice.bytes().fold(0, |key, byte| key * 256 + u64::from(byte));
        let mut invoices = Invoices::default();
        lines.iter().for_each(|(invoice, amount, priced)| invoices.note(key(invoice), 0, *amount, *priced));
        invoices
    }

    #[test]
    fn a_total_on_every_line_is_recognised() {
        let lines = [("a", 100, None), ("a", 100, None), ("b", 70, None), ("c", 30, None), ("b", 70, None)];
        let repeated = invoices(&lines).repeated(true).expect("repeated");
        assert_eq!(repeated, Repeated { invoices: 2, pennies: 170, priced: false, doubtful: false });
        assert_eq!(
            invoices(&lines).repeated(false),
            None,
            "two invoices are too few for an amount of any name"
        );
    }

    #[test]
    fn one_invoice_of_different_lines_says_that_lines_have_their_own() {
        let lines = [("a", 100, None), ("a", 100, None), ("b", 70, None), ("b", 71, None)];
        assert_eq!(invoices(&lines).repeated(true), None);
    }

    #[test]
    fn payments_of_several_days_may_be_no_total() {
        let mut payments = Invoices::default();
        for (invoice, month) in (0..8).flat_map(|invoice| [(invoice, 0), (invoice, 31)]) {
            payments.note(invoice, month, 1_000 + invoice as i64, None);
        }
        assert!(payments.repeated(true).expect("equal on all lines").doubtful);
        // An invoice in ten that is written across midnight is no doubt.
        let mut orders = Invoices::default();
        for (invoice, line) in (0..20).flat_map(|invoice| [(invoice, 0), (invoice, 1)]) {
            orders.note(invoice, i64::from(invoice == 7) * line, 1_000 + invoice as i64, None);
        }
        assert!(!orders.repeated(true).expect("equal on all lines").doubtful);
    }

    #[test]
    fn few_amounts_that_return_may_be_prices() {
        let seats: Vec<(String, i64)> = (0..30).map(|n| (n.to_string(), 1_000 * (1 + n % 3))).collect();
        let lines: Vec<(&str, i64, Option<i64>)> =
            seats.iter().flat_map(|(id, price)| [(id.as_str(), *price, None); 2]).collect();
        assert!(invoices(&lines).repeated(false).expect("equal on all lines").doubtful);
        assert!(!invoices(&lines).repeated(true).expect("called a total").doubtful);
    }

    #[test]
    fn equal_prices_alone_are_no_total() {
        let same: Vec<(&str, i64, Option<i64>)> =
            ["a", "b", "c", "d", "e", "f"].iter().flat_map(|i| [(*i, 999, None), (*i, 999, None)]).collect();
        assert_eq!(invoices(&same).repeated(false), None);
    }

    #[test]
    fn prices_that_add_up_are_the_lines_own_money() {
        let lines = [("a", 100, Some(60)), ("a", 100, Some(40)), ("b", 70, Some(35)), ("b", 70, Some(35))];
        assert!(invoices(&lines).repeated(true).expect("repeated").priced);
    }

    #[test]
    fn parts_in_any_order_say_the_same() {
        let lines = [("a", 5, None), ("b", 7, None), ("a", 5, None), ("b", 7, None)];
        let whole = invoices(&lines).repeated(true);
        let mut parts = invoices(&lines[2..]);
        parts.append(invoices(&lines[..2]));
        assert_eq!(parts.repeated(true), whole);
    }

    #[test]
    fn names_of_totals_are_told_from_names_of_lines() {
        for name in ["ordertotal", "total", "valordopedido", "rechnungsbetrag", "grandtotal", "totalprice"] {
            assert!(names_a_total(name), "{name}");
        }
        for name in ["linetotal", "amount", "sales", "itemtotal", "valor"] {
            assert!(!names_a_total(name), "{name}");
        }
    }
}
