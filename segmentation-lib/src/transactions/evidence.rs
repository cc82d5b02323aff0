//! What a stretch of rows shows of whole columns, besides the evidence of two readings ([`super::tally`]).
//!
//! Everything here merges, and nothing depends on the order of rows or on threads, but for which value is shown as an
//! example: the earliest.

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::days::Days;
use super::invoices::Invoices;
use super::mapping::Role;
use super::memo::{Counts, Met};
use super::tally::Sighting;

/// Roles whose distinct values are counted.
pub(super) const COUNTED: [Role; 5] =
    [Role::Status, Role::Payment, Role::Type, Role::Cancelled, Role::Currency];

/// What rows have shown.
#[derive(Default)]
pub(super) struct Evidence {
    /// Values by [`COUNTED`], of rows that no earlier rule removed.
    pub values: [Counts; COUNTED.len()],
    /// Money that the column of refunds takes from the amounts.
    pub refunded: Met,
    /// Dates that are a spreadsheet's day numbers.
    pub serials: Serials,
    /// Days of the rows kept.
    pub days: Days,
    /// Lines of the invoices kept.
    pub invoices: Invoices,
    /// Hashes of the values in the column of contacts beside placeholder ids.
    pub contacts: HashSet<u64, FixedState>,
    /// Hashes of the ids as they are written, where ids are merged.
    pub written_ids: HashSet<u64, FixedState>,
    /// Rows without an amount that continue the invoice of the row before: its amount stands on its first line.
    pub continued: u64,
}

impl Evidence {
    /// Adds what later rows, `offset` rows further on in `place`, have shown.
    pub fn append(&mut self, later: Self, offset: u64, place: &str) {
        for (mine, theirs) in self.values.iter_mut().zip(later.values) {
            mine.add(theirs);
        }
        self.refunded.rows += later.refunded.rows;
        self.refunded.pennies += later.refunded.pennies;
        self.serials.append(later.serials, offset, place);
        self.days.append(later.days);
        self.invoices.append(later.invoices);
        self.contacts.extend(later.contacts);
        self.written_ids.extend(later.written_ids);
        self.continued += later.continued;
    }

    /// The values of a role's column.
    pub fn values(&self, role: Role) -> &Counts {
        let at =
            COUNTED.iter().position(|counted| *counted == role).expect("only counted roles are asked for");
        &self.values[at]
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
