//! What a stretch of rows shows of whole columns, besides the evidence of two readings ([`super::tally`]).
//!
//! Everything here merges, and nothing depends on the order of rows or on threads, but for which value is shown as an
//! example: the earliest.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;

use super::contacts::Contacts;
use super::continued::Continued;
use super::date::{Notations, ShortDates};
use super::days::Days;
use super::header::Flag;
use super::invoices::Invoices;
use super::largest::Largest;
use super::mapping::Role;
use super::memo::{Counts, Met};
use super::minor::Minor;
use super::pieces::{Sizes, Thousands};
use super::refunded::Refunds;
use super::stacked::Stacked;
use super::tally::Sighting;
use super::unit_prices::UnitPrices;

/// Roles whose distinct values are counted.
pub(super) const COUNTED: [Role; 5] =
    [Role::Status, Role::Payment, Role::Type, Role::Cancelled, Role::Currency];

/// What rows have shown.
#[derive(Default)]
pub(super) struct Evidence {
    /// Values by [`COUNTED`], of rows that no earlier rule removed.
    pub values: [Counts; COUNTED.len()],
    /// Values of the flags by the name of their column, of rows that no earlier rule removed.
    pub flags: BTreeMap<String, (Flag, Counts)>,
    /// Money that the column of refunds takes from the amounts.
    pub refunded: Met,
    /// A row names an invoice.
    pub has_invoices: bool,
    /// Rows removed that are called sums of others.
    pub sums: Met,
    /// What that column holds.
    pub refunds: Refunds,
    /// Dates that are a spreadsheet's day numbers.
    pub serials: Serials,
    /// Dates with years of two digits.
    pub short_dates: ShortDates,
    /// How dates are written.
    pub notations: Notations,
    /// Days of the rows kept.
    pub days: Days,
    /// Lines of the invoices kept.
    pub invoices: Invoices,
    /// Whether amounts are prices of one piece.
    pub unit_prices: UnitPrices,
    /// Hashes of the values in the column of contacts beside placeholder ids.
    pub contacts: HashSet<u64, FixedState>,
    /// Hashes of the values in that column beside names for ids.
    pub people: HashSet<u64, FixedState>,
    /// Who is told beside the ids of the rows kept.
    pub told: Contacts,
    /// Amounts that may be hundredths.
    pub hundredths: Hundredths,
    /// Money of columns whose names say hundredths.
    pub minor: Minor,
    /// Quantities that may be pieces written with three digits.
    pub thousands: Thousands,
    /// Quantities that may be grams.
    pub sizes: Sizes,
    /// Hashes of the ids as they are written, where ids are merged.
    pub written_ids: HashSet<u64, FixedState>,
    /// Rows without an amount whose invoice has one on another line.
    pub continued: Continued,
    /// Rows with an amount whose quantity is no number.
    pub no_quantities: u64,
    /// Money below zero of the rows kept, without its sign, in pennies.
    pub taken_off: i128,
    /// The largest amount of the rows kept.
    pub largest: Largest,
    /// The last day of the rows kept, from 1970-01-01.
    pub latest: Largest,
    /// Days of rows that were removed because they have no money.
    pub without_money: Days,
    /// Headers that stand again.
    pub stacked: Stacked,
}

impl Evidence {
    /// Adds what later rows, `offset` rows further on in `place`, have shown.
    pub fn append(&mut self, later: Self, offset: u64, place: &str) {
        for (mine, theirs) in self.values.iter_mut().zip(later.values) {
            mine.add(theirs);
        }
        for (name, (flag, counts)) in later.flags {
            self.add_flag(name, flag, counts);
        }
        self.refunded.rows += later.refunded.rows;
        self.refunded.pennies += later.refunded.pennies;
        self.has_invoices |= later.has_invoices;
        self.sums.rows += later.sums.rows;
        self.sums.pennies += later.sums.pennies;
        self.refunds.append(later.refunds);
        self.serials.append(later.serials, offset, place);
        self.short_dates.append(later.short_dates);
        self.notations.append(later.notations, offset, place);
        self.days.append(later.days);
        self.invoices.append(later.invoices);
        self.unit_prices.append(later.unit_prices);
        self.contacts.extend(later.contacts);
        self.people.extend(later.people);
        self.told.append(later.told);
        self.hundredths.append(later.hundredths);
        self.minor.append(later.minor);
        self.thousands.append(later.thousands);
        self.sizes.append(later.sizes);
        self.written_ids.extend(later.written_ids);
        self.continued.append(later.continued);
        self.no_quantities += later.no_quantities;
        self.taken_off += later.taken_off;
        self.largest.append(later.largest, offset, place);
        self.latest.append(later.latest, offset, place);
        self.without_money.append(later.without_money);
        self.stacked.append(later.stacked, offset, place);
    }

    /// Adds the values of a flag.
    pub fn add_flag(&mut self, name: String, flag: Flag, counts: Counts) {
        self.flags.entry(name).or_insert_with(|| (flag, Counts::default())).1.add(counts);
    }

    /// The values of a role's column.
    pub fn values(&self, role: Role) -> &Counts {
        let at =
            COUNTED.iter().position(|counted| *counted == role).expect("only counted roles are asked for");
        &self.values[at]
    }
}

/// Amounts of the rows kept, of which whole numbers may be hundredths.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hundredths {
    pub rows: u64,
    /// Written without a fraction.
    pub whole: u64,
    /// Whole, and no whole hundreds.
    pub odd: u64,
    /// A thousand or more.
    pub large: u64,
    /// Whole ten thousands: hundredths in millionths.
    pub cents: u64,
    /// A million or more, and no whole millions.
    pub millions: u64,
}

impl Hundredths {
    /// Notes an amount of so many pennies; `whole` says that it is written without a fraction.
    #[inline]
    pub fn note(&mut self, pennies: i64, whole: bool) {
        self.rows += 1;
        self.whole += u64::from(whole);
        self.odd += u64::from(pennies % 10_000 != 0);
        self.large += u64::from(pennies.abs() >= 100_000);
        self.cents += u64::from(pennies % 1_000_000 == 0);
        self.millions += u64::from(pennies.abs() >= 100_000_000 && pennies % 100_000_000 != 0);
    }

    pub fn append(&mut self, later: Self) {
        self.rows += later.rows;
        self.whole += later.whole;
        self.odd += later.odd;
        self.large += later.large;
        self.cents += later.cents;
        self.millions += later.millions;
    }

    /// Whether no amount with a fraction was met: after one, further amounts decide nothing.
    pub fn is_open(&self) -> bool {
        self.whole == self.rows
    }

    /// Whether all amounts are whole numbers as interfaces write hundredths: most of them four digits or more, and no
    /// whole hundreds.
    pub fn may_be(&self) -> bool {
        const FEWEST: u64 = 10;
        self.rows >= FEWEST && self.is_open() && self.odd * 2 > self.rows && self.large * 2 > self.rows
    }

    /// Whether all amounts are whole ten thousands as interfaces write millionths: most of them a million or more, and no
    /// whole millions.
    pub fn may_be_millionths(&self) -> bool {
        const FEWEST: u64 = 10;
        self.rows >= FEWEST && self.is_open() && self.cents == self.rows && self.millions * 2 > self.rows
    }
}

/// Dates given as a spreadsheet's day numbers, and other dates.
#[derive(Debug, Default)]
pub(super) struct Serials {
    pub rows: u64,
    /// Rows with a date in another form.
    pub others: u64,
    /// The earliest and latest day, days from 1970-01-01.
    pub days: Option<(i64, i64)>,
    pub first: Option<Sighting>,
}

impl Serials {
    pub fn note(&mut self, row: u64, day: i64, text: impl FnOnce() -> String) {
        self.rows += 1;
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
        if self.first.is_none() {
            self.first = Some(Sighting { row, text: text(), place: String::new() });
        }
    }

    fn append(&mut self, later: Self, offset: u64, place: &str) {
        self.rows += later.rows;
        self.others += later.others;
        self.days = match (self.days, later.days) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        if self.first.is_none() {
            self.first = later.first.map(|s| Sighting { row: s.row + offset, place: place.to_owned(), ..s });
        }
    }

    /// Whether day numbers are dates here: they are half of the column or more, or lie among the other dates, whose
    /// first and last day are `others`.
    pub fn are_dates(&self, others: Option<(i64, i64)>) -> bool {
        const NEAR: i64 = 31;
        let Some((first, last)) = self.days else { return false };
        let among = others.is_some_and(|(from, to)| first >= from - NEAR && last <= to + NEAR);
        among || self.rows >= self.others
    }
}
