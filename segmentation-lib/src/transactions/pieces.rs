//! What the quantities of a column say of how they are written and measured.

use super::field::Field;
use super::header::Layout;
use super::mapping::Role;
use super::normal::normalized;
use super::number::Decimal;

/// Quantities from which on they say enough.
const FEWEST: u64 = 5;

/// Quantities that were read as whole thousands, `1.000`, and others.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thousands {
    thousands: u64,
    others: u64,
}

impl Thousands {
    /// Notes a quantity as it is written and as it was read.
    #[inline]
    pub fn note(&mut self, field: &Field<'_>, read: Decimal) {
        let is_written = matches!(field, Field::Text(text) if ends_in_three_zeros(text));
        if is_written && read.signum() != 0 && read.rounded() % 1000 == 0 {
            self.thousands += 1;
        } else {
            self.others += 1;
        }
    }

    /// Adds what later rows have shown.
    pub fn append(&mut self, later: Self) {
        self.thousands += later.thousands;
        self.others += later.others;
    }

    /// Whether all are whole thousands with three zeros behind a mark: it stands before a fraction.
    pub fn are_pieces(self) -> bool {
        self.others == 0 && self.thousands >= FEWEST
    }
}

/// One to three digits, a mark, and three zeros: `1.000`, `2,000`.
fn ends_in_three_zeros(text: &str) -> bool {
    let Some(whole) = text.strip_suffix(".000").or_else(|| text.strip_suffix(",000")) else { return false };
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Quantities that may be grams among pieces: large ones beside small ones.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    rows: u64,
    small: u64,
    large: u64,
}

impl Sizes {
    /// Notes a quantity, rounded.
    #[inline]
    pub fn note(&mut self, whole: i64) {
        self.rows += 1;
        self.small += u64::from(whole.abs() < 10);
        self.large += u64::from(whole.abs() >= 100);
    }

    /// Adds what later rows have shown.
    pub fn append(&mut self, later: Self) {
        self.rows += later.rows;
        self.small += later.small;
        self.large += later.large;
    }

    /// Whether one row in ten or more is of hundreds, and as many are of a few.
    pub fn are_of_two_kinds(self) -> bool {
        self.rows >= FEWEST && self.small * 10 >= self.rows && self.large * 10 >= self.rows
    }
}

/// The column without a role that says in what quantities are measured.
pub(super) fn unit_column(layout: &Layout) -> Option<String> {
    const NAMES: [&str; 17] = [
        "unidade",
        "un",
        "und",
        "unid",
        "unidademedida",
        "unidadedemedida",
        "um",
        "unit",
        "units",
        "uom",
        "unitofmeasure",
        "unitofmeasurement",
        "unidad",
        "unidaddemedida",
        "einheit",
        "mengeneinheit",
        "unite",
    ];
    layout.column(Role::Quantity)?;
    layout.unused().into_iter().find(|name| NAMES.contains(&normalized(name).as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::number::{DecimalMark, parse};
    use super::super::tally::Tally;
    use super::*;

    fn thousands(texts: &[&str], mark: DecimalMark) -> bool {
        let mut thousands = Thousands::default();
        for text in texts {
            let read = parse(text, mark, 0, &mut Tally::default()).expect("a number");
            thousands.note(&Field::Text(text), read);
        }
        thousands.are_pieces()
    }

    #[test]
    fn whole_thousands_alone_are_pieces() {
        let points = ["1.000", "2.000", "1.000", "12.000", "-1.000"];
        assert!(thousands(&points, DecimalMark::Comma));
        assert!(!thousands(&points, DecimalMark::Point), "they are read as pieces");
        assert!(thousands(&["1,000", "2,000", "1,000", "3,000", "1,000"], DecimalMark::Point));
        assert!(!thousands(&points[..4], DecimalMark::Comma), "too few");
        for other in ["1.500", "1000", "3", "0,530"] {
            assert!(!thousands(&[&points[..], &[other]].concat(), DecimalMark::Comma), "{other}");
        }
    }

    #[test]
    fn grams_among_pieces_are_of_two_kinds() {
        let sizes = |wholes: &[i64]| {
            let mut sizes = Sizes::default();
            wholes.iter().for_each(|whole| sizes.note(*whole));
            sizes.are_of_two_kinds()
        };
        assert!(sizes(&[1028, 1, 1617, 2, 530]));
        assert!(!sizes(&[1, 2, 3, 1, 12]) && !sizes(&[500, 250, 1000, 480, 120]));
    }
}
