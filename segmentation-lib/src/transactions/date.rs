//! Dates and times as people write them.

mod names;
mod short;
mod swapped;
mod time;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use self::names::{is_weekday, month_of};
use self::short::of_short_year;
pub(super) use self::short::{ShortDates, parse_year_first};
pub(super) use self::swapped::{
    Notation, Notations, SWAPPED_DAY_FIRST, SWAPPED_MONTH_FIRST, first_two_numbers,
};
use super::tally::{Tally, Witness};

/// Milliseconds in a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// Which of the first two numbers of `01-02-2011` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateOrder {
    /// `31-12-2011`.
    #[default]
    DayFirst,
    /// `12/31/2011`.
    MonthFirst,
}

impl std::fmt::Display for DateOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        })
    }
}

/// Milliseconds from 1970-01-01 for a day and a time of day; `None` outside 1900 to 2199, where real
/// purchases are not: placeholders such as 0001-01-01 and 9999-12-31 are no dates.
pub(super) fn milliseconds(year: i32, month: u32, day: u32, time_ms: i64) -> Option<i64> {
    if !(1900..2200).contains(&year) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.to_epoch_days()) * DAY_MS + time_ms)
}

/// A day counted from 1970-01-01 as text: 2011-12-09.
pub(super) fn day_text(day: i64) -> String {
    let date = chrono::DateTime::from_timestamp_millis(day * DAY_MS).unwrap_or_default();
    date.format("%Y-%m-%d").to_string()
}

/// The day of the month of a moment in milliseconds, from 1.
pub(super) fn day_of_month(moment: i64) -> u32 {
    chrono::DateTime::from_timestamp_millis(moment).unwrap_or_default().day()
}

/// The days of moments as text. Rows of one day stand together: its text is written once.
#[derive(Default)]
pub(super) struct DayTexts {
    last: Option<(i64, String)>,
}

impl DayTexts {
    /// The day of a moment, in milliseconds from 1970-01-01.
    #[inline]
    pub fn of(&mut self, moment: i64) -> &str {
        let day = moment.div_euclid(DAY_MS);
        if self.last.as_ref().is_none_or(|(last, _)| *last != day) {
            self.last = None;
        }
        &self.last.get_or_insert_with(|| (day, day_text(day))).1
    }
}

/// Whether a moment lies in the years that [`milliseconds`] allows.
pub(super) fn is_plausible(ms: i64) -> bool {
    // 1900-01-01 and 2200-01-01.
    (-25_567 * DAY_MS..84_006 * DAY_MS).contains(&ms)
}

/// Moments that seconds since 1970 may name: 2001-09-09, where they have ten digits, to 2032-06-04.
/// Read as `yyyymmddhh`, ten digits of this range are years before 1970: the two are never confused.
const UNIX_SECONDS: std::ops::Range<i64> = 1_000_000_000..1_970_000_000;

/// Reads seconds (ten digits), milliseconds (13), microseconds (16) or nanoseconds (19) since 1970-01-01 in UTC.
fn from_unix_time(number: i64) -> Option<i64> {
    match number {
        seconds if UNIX_SECONDS.contains(&seconds) => Some(seconds * 1000),
        ms if UNIX_SECONDS.contains(&(ms / 1000)) => Some(ms),
        us if UNIX_SECONDS.contains(&(us / 1_000_000)) => Some(us / 1000),
        ns if UNIX_SECONDS.contains(&(ns / 1_000_000_000)) => Some(ns / 1_000_000),
        _ => None,
    }
}

/// Reads `yyyymmdd` or Unix time given as a number.
pub(super) fn from_digits(number: i64) -> Option<i64> {
    if let Some(ms) = from_unix_time(number) {
        return Some(ms);
    }
    let number = u32::try_from(number).ok()?;
    milliseconds((number / 10_000) as i32, number / 100 % 100, number % 100, 0)
}

/// Day numbers of spreadsheets that are dates rather than small or large numbers: 1954-10-04 to 2119-12-31.
const SERIALS: std::ops::Range<f64> = 20_000.0..80_355.0;

/// Reads a spreadsheet's day number, days since 1899-12-30 with the time of day as fraction: `46202`, `46202.5`.
/// Only a whole column of them is a column of dates: a single number may be anything.
pub(super) fn from_serial(number: f64) -> Option<i64> {
    // 1899-12-30 is 25,569 days before 1970-01-01; a spreadsheet's time is good to the second.
    SERIALS.contains(&number).then(|| ((number - 25_569.0) * 86_400.0).round() as i64 * 1000)
}

/// [`from_serial`] of a text: five digits, with a fraction after a point or comma.
pub(super) fn from_serial_text(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (whole.len() == 5 && digits(whole) && digits(fraction)).then_some(())?;
    from_serial(format!("{whole}.{fraction}").parse().ok()?)
}

/// Reads a date with an optional time of day, in milliseconds from 1970-01-01.
///
/// Accepted: year first (`2011-02-13`, `2011/2/13`, `20110213`, `20110213142500`, `20110213T142500`), two numbers and a
/// year in the given `order` (`13-02-2011`, `2/13/11`, `13.02.2011`), names of months in English, Portuguese, Spanish,
/// German or French, whole or abbreviated (`13-Feb-11`, `13FEB2011`, `13 de fevereiro de 2011`, `Feb 13, 2011`), a weekday before
/// them; then `14:25`, `14:25:10.5`, `14h25`, `2:25 PM`, `2:25 p. m.`, with `T`, a space, `às` or a dash between. Years of
/// two digits are 1969 to 2068. A time zone is read over: the time is the one on the shop's clock. Unix time, from seconds
/// to nanoseconds, is read as UTC.
pub(super) fn parse(text: &str, order: DateOrder, row: u64, tally: &mut Tally) -> Option<i64> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let day = cursor.date(order)?;
    let time = cursor.time(day.compact)?;
    if cursor.at < cursor.bytes.len() {
        return None;
    }
    let ms = milliseconds(day.year, day.month, day.day, time.unwrap_or(day.time_ms))?;
    if let Some(witness) = day.witness {
        tally.note(witness, row, text);
    }
    let contradicts = matches!(
        (day.witness, order),
        (Some(Witness::First), DateOrder::MonthFirst) | (Some(Witness::Second), DateOrder::DayFirst)
    );
    (!contradicts).then_some(ms)
}

struct Day {
    year: i32,
    month: u32,
    day: u32,
    time_ms: i64,
    /// Written in digits alone.
    compact: bool,
    witness: Option<Witness>,
}

impl Day {
    fn new(year: i32, month: u32, day: u32) -> Self {
        Self { year, month, day, time_ms: 0, compact: false, witness: None }
    }

    /// The day and time of a moment in milliseconds from 1970-01-01.
    fn at(ms: i64) -> Option<Self> {
        let date = NaiveDate::from_epoch_days(ms.div_euclid(DAY_MS).try_into().ok()?)?;
        Some(Self { time_ms: ms.rem_euclid(DAY_MS), ..Self::new(date.year(), date.month(), date.day()) })
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip(&mut self, accepted: &[u8]) -> bool {
        let start = self.at;
        while self.peek().is_some_and(|b| accepted.contains(&b)) {
            self.at += 1;
        }
        self.at > start
    }

    /// A run of digits: its value and length.
    #[inline]
    fn number(&mut self) -> Option<(u64, usize)> {
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            self.at += 1;
        }
        (self.at > start).then_some((value, self.at - start))
    }

    fn small(&mut self) -> Option<u32> {
        self.number().filter(|(_, length)| *length <= 2).map(|(value, _)| value as u32)
    }

    fn word(&mut self) -> &[u8] {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphabetic() || b >= 0x80) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn month_name(&mut self) -> Option<u32> {
        month_of(self.word())
    }

    fn date(&mut self, order: DateOrder) -> Option<Day> {
        match self.peek()? {
            b'0'..=b'9' => self.date_from_number(order),
            b'/' => self.date_of_dot_net(),
            _ => self.date_from_word(order),
        }
    }

    /// `/Date(1297607130250)/`.
    fn date_of_dot_net(&mut self) -> Option<Day> {
        let number = self.bytes.strip_prefix(b"/Date(")?.strip_suffix(b")/")?;
        let number: i64 = std::str::from_utf8(number).ok()?.parse().ok()?;
        self.at = self.bytes.len();
        Day::at(from_unix_time(number)?)
    }

    fn date_from_number(&mut self, order: DateOrder) -> Option<Day> {
        let (first, length) = self.number()?;
        match length {
            8 => Some(Day {
                compact: true,
                ..Day::new((first / 10_000) as i32, (first / 100 % 100) as u32, (first % 100) as u32)
            }),
            10 | 13 | 16 | 19 => self.unix_time(first),
            12 => compact_timestamp(first * 100),
            14 => compact_timestamp(first),
            4 => self.year_first(first as i32),
            1 | 2 => self.day_or_month_first(first as u32, order),
            _ => None,
        }
    }

    /// Seconds may have a fraction.
    fn unix_time(&mut self, number: u64) -> Option<Day> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.number()?;
        }
        Day::at(from_unix_time(i64::try_from(number).ok()?)?)
    }

    fn year_first(&mut self, year: i32) -> Option<Day> {
        self.separator()?;
        let month = if self.peek()?.is_ascii_digit() { self.small()? } else { self.month_name()? };
        self.separator()?;
        let day = self.small()?;
        self.skip_text("日");
        Some(Day::new(year, month, day))
    }

    fn day_or_month_first(&mut self, first: u32, order: DateOrder) -> Option<Day> {
        self.ordinal();
        if self.separator().is_none() {
            // As SAS writes dates: 03JAN2025.
            let month = self.month_name()?;
            return Some(Day::new(self.year()?, month, first));
        }
        if !self.peek()?.is_ascii_digit() {
            self.skip_of();
            let month = self.month_name()?;
            self.separator()?;
            self.skip_of();
            return Some(Day::new(self.year()?, month, first));
        }
        let second = self.small()?;
        self.separator()?;
        let year = self.year()?;
        let witness = witness(first, second);
        // A value that only one order allows is read in that order, so that it bears witness.
        let day_first = match witness {
            Some(Witness::First) => true,
            Some(Witness::Second) => false,
            _ => order == DateOrder::DayFirst,
        };
        let (day, month) = if day_first { (first, second) } else { (second, first) };
        Some(Day { witness, ..Day::new(year, month, day) })
    }

    fn date_from_word(&mut self, order: DateOrder) -> Option<Day> {
        let start = self.at;
        let mut month = self.month_name();
        let names_a_day = is_weekday(&self.bytes[start..self.at]);
        // Spanish and French Tuesdays are abbreviated as March is: "mar, 13/03/2025".
        if names_a_day && (month.is_none() || self.peek() == Some(b',')) {
            self.skip_text("-feira");
            self.skip(b",. ");
            if self.peek()?.is_ascii_digit() {
                return self.date_from_number(order);
            }
            month = self.month_name();
        }
        let month = month?;
        self.skip(b" -/.").then_some(())?;
        let day = self.small()?;
        self.ordinal();
        self.skip(b" -/,.").then_some(())?;
        self.year_or_time(month, day)
    }

    /// C writes the time before the year: `Sun Feb 13 14:25:30 2011`.
    fn year_or_time(&mut self, month: u32, day: u32) -> Option<Day> {
        let rest = &self.bytes[self.at..];
        if rest.get(2) != Some(&b':') {
            return Some(Day::new(self.year()?, month, day));
        }
        let (clock, year) = rest.split_at_checked(8)?;
        let mut clock = Cursor { bytes: clock, at: 0 };
        let (hour, _) = clock.number()?;
        let (hour, minute, milliseconds) = clock.of_parts(hour as i64)?;
        let mut year = Cursor { bytes: year, at: 0 };
        year.skip(b" ").then_some(())?;
        let time_ms = (hour * 60 + minute) * 60_000 + milliseconds;
        let read = Day { time_ms, ..Day::new(year.year()?, month, day) };
        self.at += 8 + year.at;
        (hour < 24 && minute < 60 && milliseconds < 60_000).then_some(read)
    }

    /// The ending of `2nd`.
    fn ordinal(&mut self) {
        let _ = ["st", "nd", "rd", "th", "º", "er"].iter().any(|ending| self.skip_text(ending));
    }

    fn skip_text(&mut self, text: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(text.as_bytes());
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn separator(&mut self) -> Option<()> {
        let marked = ["年", "月"].iter().any(|mark| self.skip_text(mark));
        (self.skip(b"-/. ") || marked).then_some(())
    }

    /// The `de` of `13 de fevereiro de 2011`.
    fn skip_of(&mut self) {
        if self.bytes[self.at..].starts_with(b"de ") {
            self.at += 3;
        }
    }

    fn year(&mut self) -> Option<i32> {
        match self.number()? {
            (year, 4) => Some(year as i32),
            (year, 2) => Some(of_short_year(year)),
            _ => None,
        }
    }
}

fn compact_timestamp(digits: u64) -> Option<Day> {
    let (date, time) = (digits / 1_000_000, (digits % 1_000_000) as i64);
    let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
    (hour < 24 && minute < 60 && second < 60).then_some(())?;
    let day = Day::new((date / 10_000) as i32, (date / 100 % 100) as u32, (date % 100) as u32);
    Some(Day { time_ms: (hour * 3600 + minute * 60 + second) * 1000, ..day })
}

/// What `first-second-year` says about the order; nothing when the two are equal or neither is a month.
fn witness(first: u32, second: u32) -> Option<Witness> {
    match (first <= 12, second <= 12) {
        (false, true) if first <= 31 => Some(Witness::First),
        (true, false) if second <= 31 => Some(Witness::Second),
        (true, true) if first != second => Some(Witness::Ambiguous),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
