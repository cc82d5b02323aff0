//! Lines without an amount whose invoice has one on another line.
//!
//! Exports write an order's total on one of its lines; nothing is lost with the others. Where no line of an invoice has
//! an amount, the money of all of them is lost.

/// The lines of one purchase that stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Hash of the invoice or customer, and the moment.
    purchase: (u64, i64),
    /// Rows that were removed because their amount is empty.
    blank: u64,
    has_amount: bool,
}

impl Run {
    /// Rows with which nothing is lost.
    fn covered(self) -> u64 {
        if self.has_amount { self.blank } else { 0 }
    }
}

/// Counts them; merges in row order, wherever the rows are cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Continued {
    /// Rows of purchases that are complete.
    complete: u64,
    /// The first purchase: its beginning may stand in the rows before.
    first: Option<Run>,
    /// The last one, where there are several: further rows may belong to it.
    last: Option<Run>,
}

impl Continued {
    /// Notes a row of a purchase: whether it has an amount, and whether it was removed because its amount is empty.
    #[inline]
    pub fn note(&mut self, purchase: (u64, i64), has_amount: bool, is_blank: bool) {
        self.join(Run { purchase, blank: u64::from(is_blank), has_amount });
    }

    /// Adds what later rows have shown.
    pub fn append(&mut self, later: Self) {
        later.first.into_iter().for_each(|run| self.join(run));
        later.last.into_iter().for_each(|run| self.begin(run));
        self.complete += later.complete;
    }

    /// Rows without an amount whose purchase has one.
    pub fn rows(&self) -> u64 {
        self.complete + self.first.map_or(0, Run::covered) + self.last.map_or(0, Run::covered)
    }

    #[inline]
    fn join(&mut self, run: Run) {
        match self.last.as_mut().or(self.first.as_mut()) {
            Some(open) if open.purchase == run.purchase => {
                open.blank += run.blank;
                open.has_amount |= run.has_amount;
            }
            _ => self.begin(run),
        }
    }

    fn begin(&mut self, run: Run) {
        if self.first.is_none() {
            self.first = Some(run);
        } else if let Some(complete) = self.last.replace(run) {
            self.complete += complete.covered();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The invoice of each row, and whether it has an amount.
    fn continued(rows: &[(u64, bool)]) -> Continued {
        let mut continued = Continued::default();
        rows.iter().for_each(|(invoice, paid)| continued.note((*invoice, 0), *paid, !*paid));
        continued
    }

    const ROWS: [(u64, bool); 9] = [
        (1, false),
        (1, true),
        (1, false),
        (2, false),
        (2, false),
        (3, true),
        (3, false),
        (1, false),
        (4, true),
    ];

    #[test]
    fn a_total_covers_the_lines_of_its_own_invoice_alone() {
        assert_eq!(continued(&ROWS).rows(), 3);
        assert_eq!(continued(&[(1, false), (1, false)]).rows(), 0);
        assert_eq!(continued(&[]).rows(), 0);
    }

    #[test]
    fn where_the_rows_are_cut_decides_nothing() {
        for one in 0..=ROWS.len() {
            for other in one..=ROWS.len() {
                let mut joined = continued(&ROWS[..one]);
                joined.append(continued(&ROWS[one..other]));
                joined.append(continued(&ROWS[other..]));
                assert_eq!(joined.rows(), 3, "{one} {other}");
            }
        }
    }
}
