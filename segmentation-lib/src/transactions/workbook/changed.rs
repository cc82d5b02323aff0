//! Values that a spreadsheet program changed while it opened a text file written in another country.
//!
//! It reads `03/04/2025` month first, and leaves `25/04/2025` as text, or day first, and leaves `04/25/2025`; it reads
//! `12,50` as 1250, and leaves `1.234,56` as text. What it swapped cannot be told from what it did not, but the two kinds
//! of cells together give it away.

use super::super::date::{SWAPPED_DAY_FIRST, SWAPPED_MONTH_FIRST, day_of_month, first_two_numbers};
use super::super::field::{Field, Row};
use super::super::mapping::Role;

/// Cells of either kind from which on they say enough.
const FEWEST_CELLS: u64 = 10;
const FEWEST_TEXTS: u64 = 5;

/// Cells that were understood, and texts that were not.
#[derive(Debug, Default, Clone, Copy)]
struct Kinds {
    cells: u64,
    texts: u64,
    /// Whether a cell or a text speaks against a change.
    against: bool,
}

impl Kinds {
    fn note(&mut self, cell: Option<bool>, text: Option<bool>) {
        self.cells += u64::from(cell.is_some());
        self.texts += u64::from(text.is_some());
        self.against |= cell == Some(false) || text == Some(false);
    }

    fn tell(self) -> bool {
        !self.against && self.cells >= FEWEST_CELLS && self.texts >= FEWEST_TEXTS
    }
}

/// What the rows of a sheet say of it.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Dates that were written day first.
    dates: Kinds,
    /// Dates that were written month first.
    month_first: Kinds,
    numbers: Kinds,
}

impl Changed {
    /// Notes a row.
    pub fn note(&mut self, row: &Row<'_>) {
        match row[Role::Date as usize] {
            Field::Time(moment) => {
                let is_early = Some(day_of_month(moment) <= 12);
                self.dates.note(is_early, None);
                self.month_first.note(is_early, None);
            }
            Field::Text(text) => {
                let (first, second) = first_two_numbers(text).unwrap_or_default();
                self.dates.note(None, Some(first > 12));
                self.month_first.note(None, Some(second > 12 && first <= 12));
            }
            _ => {}
        }
        for role in [Role::Amount, Role::Price] {
            match row[role as usize] {
                Field::Int(_) => self.numbers.note(Some(true), None),
                Field::Float(value) => self.numbers.note(Some(value.fract() == 0.0), None),
                Field::Text(text) => self.numbers.note(None, Some(has_both_marks(text))),
                _ => {}
            }
        }
    }

    /// What was changed, where it is certain; of dates only where nobody said how they are written.
    pub fn what(&self, asks_dates: bool) -> Option<&'static str> {
        if asks_dates && self.dates.tell() {
            return Some(SWAPPED_DAY_FIRST);
        }
        if asks_dates && self.month_first.tell() {
            return Some(SWAPPED_MONTH_FIRST);
        }
        self.numbers.tell().then_some(
            "numbers lost their decimal comma: every amount that stayed text has thousands and a comma, and every other is \
             whole",
        )
    }
}

/// Whether thousands are set apart by points, and a comma follows.
fn has_both_marks(text: &str) -> bool {
    text.find('.').zip(text.rfind(',')).is_some_and(|(point, comma)| point < comma)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(dates: &[Field<'static>], amounts: &[Field<'static>]) -> Option<&'static str> {
        let mut changed = Changed::default();
        let rows = dates.len().max(amounts.len());
        for at in 0..rows {
            let mut row = [Field::Null; super::super::super::header::SLOTS];
            row[Role::Date as usize] = dates.get(at).copied().unwrap_or(Field::Null);
            row[Role::Amount as usize] = amounts.get(at).copied().unwrap_or(Field::Null);
            changed.note(&row);
        }
        changed.what(true)
    }

    /// Cells of January 2025 up to this day.
    fn january(last: i64) -> Vec<Field<'static>> {
        (0..last).map(|day| Field::Time((20_089 + day) * 86_400_000)).collect()
    }

    #[test]
    fn dates_of_which_only_the_early_days_are_cells_were_swapped() {
        let texts = [Field::Text("13/01/2025"), Field::Text("25.02.2025"), Field::Text("31-03-2025")];
        let both = |last| [january(last), texts.to_vec(), texts.to_vec()].concat();
        assert!(said(&both(12), &[]).is_some_and(|what| what.starts_with("dates were read month first")));
        assert_eq!(said(&both(13), &[]), None, "a thirteenth that is a cell");
        assert_eq!(said(&january(12), &[]), None, "no text");
        assert_eq!(said(&[both(12), vec![Field::Text("12/01/2025")]].concat(), &[]), None);
    }

    #[test]
    fn dates_that_were_written_month_first_are_swapped_the_other_way() {
        let texts = [Field::Text("01/13/2025"), Field::Text("02/25/2025 09:37"), Field::Text("3/31/2025")];
        let both = |last| [january(last), texts.to_vec(), texts.to_vec()].concat();
        assert!(said(&both(12), &[]).is_some_and(|what| what.starts_with("dates were read day first")));
        assert_eq!(said(&both(13), &[]), None, "a thirteenth that is a cell");
        assert_eq!(said(&[both(12), vec![Field::Text("01/12/2025")]].concat(), &[]), None);
    }

    #[test]
    fn amounts_of_which_only_those_with_thousands_are_text_lost_their_comma() {
        let cells: Vec<Field<'static>> = (1..=12).map(|n| Field::Float(f64::from(n) * 125.0)).collect();
        let texts = vec![Field::Text("1.234,56"); 5];
        let all = [cells.clone(), texts].concat();
        assert!(said(&[], &all).is_some_and(|what| what.starts_with("numbers lost their decimal comma")));
        assert_eq!(said(&[], &[all.clone(), vec![Field::Float(12.5)]].concat()), None);
        assert_eq!(said(&[], &[all, vec![Field::Text("12,50")]].concat()), None);
        assert_eq!(said(&[], &cells), None);
    }
}
