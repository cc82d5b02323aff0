//! What stands in a column that is named like money that was given back: money, answers, or pieces.

use super::field::Field;
use super::normal::normalized;

/// Values of the column, of rows with money.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refunds {
    /// Numbers that are 0.
    zeros: u64,
    /// `1`, and not `1.00`.
    ones: u64,
    /// Other whole numbers below a hundred.
    small: u64,
    /// Other numbers.
    amounts: u64,
    /// What is no number.
    others: u64,
}

impl Refunds {
    /// Notes a value that is so many pennies.
    #[inline]
    pub fn note(&mut self, field: &Field<'_>, pennies: Option<i64>) {
        const HUNDRED: i64 = 100 * 100;
        let place = match pennies {
            _ if *field == Field::Null => return,
            None => &mut self.others,
            Some(0) => &mut self.zeros,
            Some(100) if field.is_whole_number() => &mut self.ones,
            Some(pennies) if pennies.abs() < HUNDRED && field.is_whole_number() => &mut self.small,
            Some(_) => &mut self.amounts,
        };
        *place += 1;
    }

    pub fn append(&mut self, later: Self) {
        self.zeros += later.zeros;
        self.ones += later.ones;
        self.small += later.small;
        self.amounts += later.amounts;
        self.others += later.others;
    }

    /// Whether the values answer yes or no, or are dates: half of them or more are no numbers, or all are 0 and 1.
    pub fn are_answers(&self) -> bool {
        let numbers = self.zeros + self.ones + self.small + self.amounts;
        let are_switches = self.ones > 0 && self.small + self.amounts + self.others == 0;
        are_switches || self.others > 0 && self.others >= numbers
    }

    /// Whether the values may count pieces that came back, where the column is so called: all are small whole numbers.
    pub fn may_be_pieces(&self) -> bool {
        self.small > 0 && self.amounts == 0
    }
}

/// Whether a column of this name may as well count pieces or orders as hold money.
pub(super) fn may_count(name: &str) -> bool {
    const STARTS: [&str; 6] = ["returns", "devoluc", "cancelamentos", "chargeback", "retour", "retouren"];
    let name = normalized(name);
    STARTS.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[(&str, Option<i64>)]) -> Refunds {
        let mut refunds = Refunds::default();
        texts.iter().for_each(|(text, pennies)| refunds.note(&Field::text(text), *pennies));
        refunds
    }

    #[test]
    fn answers_are_told_from_money() {
        assert!(of(&[("S", None), ("Não", None), ("", None)]).are_answers());
        assert!(of(&[("0", Some(0)), ("1", Some(100))]).are_answers());
        assert!(!of(&[("0.00", Some(0)), ("1.00", Some(100))]).are_answers());
        assert!(!of(&[("0", Some(0)), ("1", Some(100)), ("35.90", Some(3590))]).are_answers());
        assert!(!of(&[("", None), ("0", Some(0))]).are_answers());
    }

    #[test]
    fn small_whole_numbers_may_be_pieces() {
        assert!(of(&[("0", Some(0)), ("2", Some(200))]).may_be_pieces() && may_count("Returns"));
        assert!(!of(&[("2", Some(200)), ("35.90", Some(3590))]).may_be_pieces());
        assert!(!may_count("Refunded amount"));
    }
}
