//! Dates whose day and month a program swapped, in the text that was written of them.
//!
//! Of `03/04/2025` a spreadsheet of another country makes a date, of `13/04/2025` it makes none. Written into a text file
//! again, the dates are `2025-03-04` and the texts as they were: two notations whose days split at the twelfth.

use super::super::tally::Sighting;

/// What a program did to dates that were written day first.
pub(in super::super) const SWAPPED_DAY_FIRST: &str = "dates were read month first although they were written day first: no date that was understood has a day after the 12th, \
     and every date that stayed text begins with one";

/// What a program did to dates that were written month first.
pub(in super::super) const SWAPPED_MONTH_FIRST: &str = "dates were read day first although they were written month first: no date that was understood has a day after the 12th, \
     and every date that stayed text has one behind its month";

/// Rows of either notation from which on they say enough.
const FEWEST_DATES: u64 = 10;
const FEWEST_TEXTS: u64 = 5;

/// Months that dates are of, at least, where days were swapped with them.
const FEWEST_MONTHS: u32 = 3;

/// How a date is written, and whether it may be what a swap leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Notation {
    /// Neither of the two, as with a month's name.
    #[default]
    Other,
    /// Year first, with a day up to the twelfth, in this month.
    Early(u32),
    /// Two numbers and a year, of which the first is after the twelfth.
    DayFirst,
    /// The same, of which the second is.
    MonthFirst,
    /// A day that no swap leaves.
    Against,
}

impl Notation {
    /// The notation of a date in digits.
    pub fn of(text: &str) -> Self {
        let numbers = first_two_numbers(text);
        match (numbers, year_first(text)) {
            (Some((13.., ..=12)), _) => Self::DayFirst,
            (Some((..=12, 13..)), _) => Self::MonthFirst,
            (Some(_), _) => Self::Against,
            (None, Some((month, ..=12))) => Self::Early(month),
            (None, Some(_)) => Self::Against,
            (None, None) => Self::Other,
        }
    }
}

/// Rows by the notation of their dates.
#[derive(Debug, Default)]
pub(in super::super) struct Notations {
    early: u64,
    /// Months of the early dates, a bit for each.
    months: u32,
    day_first: u64,
    month_first: u64,
    against: u64,
    /// The first date that stayed text.
    first: Option<Sighting>,
}

impl Notations {
    /// Notes a row's date.
    #[inline]
    pub fn note(&mut self, notation: Notation, row: u64, text: &str) {
        match notation {
            Notation::Other => {}
            Notation::Early(month) => {
                self.early += 1;
                self.months |= 1 << month.min(31);
            }
            Notation::DayFirst => self.day_first += 1,
            Notation::MonthFirst => self.month_first += 1,
            Notation::Against => self.against += 1,
        }
        let stayed = matches!(notation, Notation::DayFirst | Notation::MonthFirst);
        if stayed && self.first.is_none() {
            self.first = Some(Sighting { row, text: text.to_owned(), place: String::new() });
        }
    }

    /// Adds what later rows, `offset` rows further on in `place`, have shown.
    pub fn append(&mut self, later: Self, offset: u64, place: &str) {
        self.early += later.early;
        self.months |= later.months;
        self.day_first += later.day_first;
        self.month_first += later.month_first;
        self.against += later.against;
        if self.first.is_none() {
            self.first = later.first.map(|s| Sighting { row: s.row + offset, place: place.to_owned(), ..s });
        }
    }

    /// What was done to the dates, where it is certain, and the first that shows it.
    pub fn swapped(&self) -> Option<(&Sighting, &'static str)> {
        let enough = self.early >= FEWEST_DATES && self.months.count_ones() >= FEWEST_MONTHS;
        let first = self.first.as_ref().filter(|_| enough && self.against == 0)?;
        match (self.day_first, self.month_first) {
            (FEWEST_TEXTS.., 0) => Some((first, SWAPPED_DAY_FIRST)),
            (0, FEWEST_TEXTS..) => Some((first, SWAPPED_MONTH_FIRST)),
            _ => None,
        }
    }
}

/// The two numbers that a date written in digits begins with, where its year comes last.
pub(in super::super) fn first_two_numbers(text: &str) -> Option<(u32, u32)> {
    let (first, rest) = text.trim().split_once(['/', '.', '-'])?;
    let (second, _) = rest.split_once(['/', '.', '-'])?;
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
    Some((number(first)?, number(second)?))
}

/// The month and the day of a date that begins with a year of four digits: `2025-03-01`.
fn year_first(text: &str) -> Option<(u32, u32)> {
    let (year, rest) = text.split_at_checked(4)?;
    year.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    let rest = rest.strip_prefix(['-', '/', '.'])?;
    let (month, rest) = rest.split_once(['-', '/', '.'])?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some((month.parse().ok()?, rest[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swapped(texts: &[&str]) -> Option<&'static str> {
        let mut notations = Notations::default();
        for (row, text) in texts.iter().enumerate() {
            notations.note(Notation::of(text), row as u64, text);
        }
        notations.swapped().map(|(_, what)| what)
    }

    const EARLY: [&str; 5] = ["2025-03-01", "2025-04-12", "2025-05-01 09:37:00", "2025-01-02", "2025-02-03"];

    #[test]
    fn two_notations_that_split_at_the_twelfth_were_swapped() {
        let day_first = ["13/01/2025", "31.12.2025", "25-03-2025", "14/01/25", "28/02/2025 10:00"];
        let month_first = day_first.map(|_| "01/13/2025");
        assert_eq!(swapped(&[EARLY, EARLY, day_first].concat()), Some(SWAPPED_DAY_FIRST));
        assert_eq!(swapped(&[EARLY, EARLY, month_first].concat()), Some(SWAPPED_MONTH_FIRST));
        assert_eq!(swapped(&[EARLY, day_first].concat()), None, "too few");
        assert_eq!(swapped(&[EARLY, EARLY].concat()), None, "one notation");
    }

    #[test]
    fn a_day_that_no_swap_leaves_speaks_against_it() {
        let texts = ["13/01/2025"; 5];
        for against in ["2025-03-13", "12/01/2025", "13/14/2025"] {
            assert_eq!(swapped(&[&EARLY[..], &EARLY, &texts, &[against]].concat()), None, "{against}");
        }
        let january = ["2025-01-01"; 10];
        assert_eq!(swapped(&[&january[..], &texts].concat()), None, "the first days of one month");
    }
}
