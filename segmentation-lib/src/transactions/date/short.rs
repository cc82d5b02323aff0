//! Dates whose year has two digits: `25-03-02` may begin with the year.

use super::{Cursor, milliseconds};

/// Reads `25-03-02` as the year, the month and the day, with an optional time of day.
pub(in super::super) fn parse_year_first(text: &str) -> Option<i64> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let year = cursor.short_year()?;
    cursor.separator()?;
    let month = cursor.small()?;
    cursor.separator()?;
    let day = cursor.small()?;
    let time = cursor.time(false)?.unwrap_or(0);
    (cursor.at == text.len()).then_some(())?;
    milliseconds(year, month, day, time)
}

/// The first and the last of three numbers of two digits, one of which is the year.
fn ends_of_short_date(text: &str) -> Option<(u32, u32)> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let two = |cursor: &mut Cursor<'_>| cursor.number().filter(|(_, length)| *length == 2);
    let (first, _) = two(&mut cursor)?;
    cursor.separator()?;
    cursor.small()?;
    cursor.separator()?;
    let (last, _) = two(&mut cursor)?;
    Some((first as u32, last as u32))
}

/// 1969 to 2068.
pub(super) fn of_short_year(year: u64) -> i32 {
    if year <= 68 { 2000 + year as i32 } else { 1900 + year as i32 }
}

impl Cursor<'_> {
    fn short_year(&mut self) -> Option<i32> {
        self.number().filter(|(_, length)| *length == 2).map(|(year, _)| of_short_year(year))
    }
}

/// The first and the last of three numbers of two digits in a column of dates.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct ShortDates {
    /// Numbers that came first, a bit for each.
    firsts: u128,
    lasts: u128,
}

impl ShortDates {
    pub fn note(&mut self, text: &str) {
        if let Some((first, last)) = ends_of_short_date(text) {
            self.firsts |= 1 << first;
            self.lasts |= 1 << last;
        }
    }

    pub fn append(&mut self, later: Self) {
        self.firsts |= later.firsts;
        self.lasts |= later.lasts;
    }

    /// Whether the first numbers are the years: they are two or three that follow one another, and the last ones are days
    /// all over the month.
    pub fn begin_with_years(&self) -> bool {
        const DAYS: u128 = 0xffff_fffe;
        const APART: u32 = 15;
        let span = |bits: u128| 127u32.saturating_sub(bits.leading_zeros() + bits.trailing_zeros());
        let are_days = self.lasts & !DAYS == 0 && span(self.lasts) >= APART;
        self.firsts != 0 && span(self.firsts) <= 2 && are_days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin_with_years(texts: &[&str]) -> bool {
        let mut dates = ShortDates::default();
        texts.iter().for_each(|text| dates.note(text));
        dates.begin_with_years()
    }

    #[test]
    fn a_year_of_two_digits_may_come_first() {
        assert_eq!(parse_year_first("25-03-02"), milliseconds(2025, 3, 2, 0));
        assert_eq!(parse_year_first("25/03/02 14:25"), milliseconds(2025, 3, 2, 51_900_000));
        for text in ["2025-03-02", "5-3-2", "25-13-02", "25-03-02x"] {
            assert_eq!(parse_year_first(text), None, "{text}");
        }
    }

    #[test]
    fn years_are_few_and_follow_one_another() {
        assert!(begin_with_years(&["25-03-02", "25-12-31", "26-01-15 10:00"]));
        assert!(!begin_with_years(&["02-03-25", "31-12-25", "15-01-26"]));
        assert!(
            !begin_with_years(&["31-12-18", "31-12-19", "31-12-20", "31-12-21"]),
            "gifts at the end of years"
        );
        assert!(!begin_with_years(&["2025-03-02", "2025-12-31"]));
    }
}
