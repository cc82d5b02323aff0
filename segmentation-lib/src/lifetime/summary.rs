//! From purchases to what the models know of a customer.

use chrono::NaiveDate;
use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::{History, Spend, TimeUnit};

/// A purchase, or a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purchase {
    /// Which customer: any number.
    pub customer: u32,
    /// On which day.
    pub day: NaiveDate,
    /// What it brought, in pennies; negative where money went back.
    pub pennies: i64,
    /// Whether goods or money went back: no purchase, but it lowers the value of those made.
    pub returned: bool,
}

/// What "frequency" and "monetary value" count. Both are in use under the same names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Days with a purchase after the first such day, and the mean value of those: what the models take, and
    /// the Python package lifetimes by default.
    #[default]
    Repeat,
    /// All days with a purchase, and the mean value of all: lifetimes with `include_first_transaction`, and
    /// the F of RFM.
    All,
}

/// A customer's purchases up to the end of an observation. Purchases of one day are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Which customer.
    pub customer: u32,
    /// Days with a purchase, the first one too.
    pub purchase_days: u32,
    /// Day of the first purchase.
    pub first: NaiveDate,
    /// Day of the last purchase.
    pub last: NaiveDate,
    /// Last day of the observation.
    pub end: NaiveDate,
    /// What the first day brought, in pennies.
    pub first_pennies: i64,
    /// What later days brought, returned money taken off.
    pub repeat_pennies: i64,
}

impl Summary {
    /// x, t_x and T.
    pub fn history(&self, unit: TimeUnit) -> History {
        History {
            frequency: self.purchase_days - 1,
            recency: unit.of_days((self.last - self.first).num_days()),
            age: unit.of_days((self.end - self.first).num_days()),
        }
    }

    /// Number and mean value of purchases, in pounds (or whatever has a hundred pennies).
    pub fn spend(&self, frequency: Frequency) -> Spend {
        let (purchases, pennies) = match frequency {
            Frequency::Repeat => (self.purchase_days - 1, self.repeat_pennies),
            Frequency::All => (self.purchase_days, self.first_pennies + self.repeat_pennies),
        };
        // Without a purchase there is no mean; 0 is what the packages write there.
        Spend { purchases, mean: pennies as f64 / 100.0 / f64::from(purchases.max(1)) }
    }

    /// Mean days from one purchase to the next; none with a single purchase.
    pub fn mean_gap_days(&self) -> Option<f64> {
        let gaps = self.purchase_days - 1;
        (gaps > 0).then(|| (self.last - self.first).num_days() as f64 / f64::from(gaps))
    }
}

/// One summary per customer with a purchase up to and including `end`, ascending by customer.
///
/// A day counts as a purchase if something was bought on it, also for nothing (0 pennies). A return makes no
/// purchase; its money is taken off what the customer brought. A return before the first purchase belongs to
/// a purchase that nobody saw, and is left out. Cost: O(n log n).
pub fn summarise(purchases: &[Purchase], end: NaiveDate) -> Vec<Summary> {
    let mut sorted: Vec<Purchase> = purchases.iter().copied().filter(|p| p.day <= end).collect();
    sorted.par_sort_unstable();
    sorted.chunk_by(|a, b| a.customer == b.customer).filter_map(|rows| summary(rows, end)).collect()
}

/// The days on which each customer bought something, ascending by customer and day.
pub(super) fn purchase_days(purchases: &[Purchase]) -> Vec<(u32, NaiveDate)> {
    let bought = purchases.iter().filter(|p| !p.returned);
    let mut days: Vec<(u32, NaiveDate)> = bought.map(|p| (p.customer, p.day)).collect();
    days.par_sort_unstable();
    days.dedup();
    days
}

/// Of one customer's rows by day.
fn summary(rows: &[Purchase], end: NaiveDate) -> Option<Summary> {
    let first = rows.iter().find(|p| !p.returned)?.day;
    let mut summary = Summary {
        customer: rows[0].customer,
        purchase_days: 0,
        first,
        last: first,
        end,
        first_pennies: 0,
        repeat_pennies: 0,
    };
    for day in rows.chunk_by(|a, b| a.day == b.day).filter(|day| day[0].day >= first) {
        let pennies: i64 = day.iter().map(|p| p.pennies).sum();
        if day.iter().any(|p| !p.returned) {
            summary.purchase_days += 1;
            summary.last = day[0].day;
        }
        let total =
            if day[0].day == first { &mut summary.first_pennies } else { &mut summary.repeat_pennies };
        *total += pennies;
    }
    Some(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(customer: u32, day: &str, pennies: i64) -> Purchase {
        Purchase { customer, day: day.parse().expect("a date"), pennies, returned: pennies < 0 }
    }

    fn one(rows: &[Purchase]) -> Summary {
        let summaries = summarise(rows, "2024-03-01".parse().expect("a date"));
        assert_eq!(summaries.len(), 1);
        summaries[0]
    }

    #[test]
    fn purchases_of_one_day_are_one() {
        let summary = one(&[on(7, "2024-01-01", 100), on(7, "2024-01-15", 300), on(7, "2024-01-15", 500)]);
        assert_eq!(summary.history(TimeUnit::Weeks), History::new(1, 2.0, 60.0 / 7.0));
        assert_eq!(summary.history(TimeUnit::Days), History::new(1, 14.0, 60.0));
        assert_eq!(summary.spend(Frequency::Repeat), Spend { purchases: 1, mean: 8.0 });
        assert_eq!(summary.spend(Frequency::All), Spend { purchases: 2, mean: 4.5 });
        assert_eq!(summary.mean_gap_days(), Some(14.0));
    }

    #[test]
    fn what_comes_after_the_end_is_not_seen() {
        let summary = one(&[on(7, "2024-03-02", 100), on(7, "2024-03-01", 300), on(8, "2024-03-02", 1)]);
        assert_eq!(summary.history(TimeUnit::Days), History::new(0, 0.0, 0.0));
        assert_eq!(summary.mean_gap_days(), None);
    }

    #[test]
    fn returned_money_is_no_purchase_and_lowers_the_value() {
        let rows = [
            on(7, "2023-12-30", -900),
            on(7, "2024-01-01", 100),
            on(7, "2024-01-05", 700),
            on(7, "2024-01-09", -200),
            on(7, "2024-01-05", -100),
        ];
        let summary = one(&rows);
        assert_eq!(summary.purchase_days, 2);
        assert_eq!(summary.last, rows[2].day);
        assert_eq!((summary.first_pennies, summary.repeat_pennies), (100, 400));
    }

    #[test]
    fn a_purchase_for_nothing_counts() {
        let summary = one(&[on(7, "2024-01-01", 100), on(7, "2024-01-05", 0)]);
        assert_eq!(summary.spend(Frequency::Repeat), Spend { purchases: 1, mean: 0.0 });
    }

    #[test]
    fn a_customer_with_returns_alone_has_no_summary() {
        let worthless = Purchase { returned: true, ..on(7, "2024-01-02", 0) };
        assert!(
            summarise(&[on(7, "2024-01-01", -100), worthless], "2024-03-01".parse().expect("a date"))
                .is_empty()
        );
    }
}
