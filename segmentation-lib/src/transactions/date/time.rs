//! The time of day behind a date.

use super::Cursor;
use super::names::is_zone;

/// What stands between a date and its time, besides spaces, commas and `T`.
const BETWEEN: [&str; 9] = ["às ", "as ", "à ", "a las ", "at ", "um ", "- ", "– ", "| "];

/// What may stand behind a time: `20:41 Uhr`, `20:41 hs.`
const BEHIND: [&str; 6] = ["hs.", "hs", "hrs", "Uhr", "h", "H"];

/// Spaces within a time; some are not broken at the end of a line.
const SPACES: [&str; 3] = [" ", "\u{a0}", "\u{202f}"];

impl Cursor<'_> {
    /// The time of day in milliseconds; `Some(None)` when there is none. `compact` says that the date is written in
    /// digits alone, and so may be the time.
    pub fn time(&mut self, compact: bool) -> Option<Option<i64>> {
        if self.is_after_point() {
            return Some(None);
        }
        if !self.skip(b"Tt ,") || self.at == self.bytes.len() {
            return Some(None);
        }
        if self.skip_any(&BETWEEN) {
            self.skip(b" ");
        }
        let (hour, length) = self.number()?;
        let mut time = match length {
            4 | 6 if compact => of_digits(hour, length),
            1 | 2 => self.of_parts(hour as i64)?,
            _ => return None,
        };
        self.skip_spaces();
        if self.skip_any(&BEHIND) {
            self.skip_spaces();
        }
        if let Some(half) = self.half_of_day() {
            (1..=12).contains(&time.0).then_some(())?;
            time.0 = time.0 % 12 + half;
        }
        self.skip_spaces();
        self.zone()?;
        let (hour, minute, milliseconds) = time;
        (hour < 24 && minute < 60 && milliseconds < 60_000)
            .then_some(Some(hour * 3_600_000 + minute * 60_000 + milliseconds))
    }

    /// A point that ends a date, as in Hungary: `2025.03.02.`
    fn is_after_point(&mut self) -> bool {
        let ends = self.bytes[self.at..] == *b".";
        self.at += usize::from(ends);
        ends
    }

    /// Minutes, seconds and their fraction behind the hour: `14:25:10.5`, `14h25`, `02.25.10`.
    pub fn of_parts(&mut self, hour: i64) -> Option<(i64, i64, i64)> {
        let mark = self.peek().filter(|mark| b":.hH".contains(mark))?;
        self.at += 1;
        if matches!(mark, b'h' | b'H') && !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Some((hour, 0, 0));
        }
        let minute = i64::from(self.small()?);
        let mut milliseconds = 0;
        if self.peek().is_some_and(|next| next == mark || next == b':') {
            self.at += 1;
            milliseconds = i64::from(self.small()?) * 1000;
            if matches!(self.peek(), Some(b'.' | b',')) {
                self.at += 1;
                milliseconds += self.fraction()?;
            }
        }
        Some((hour, minute, milliseconds))
    }

    fn fraction(&mut self) -> Option<i64> {
        let (value, length) = self.number()?;
        let milliseconds = match length {
            0..=3 => value * 10u64.pow(3 - length as u32),
            _ => value / 10u64.checked_pow(length as u32 - 3)?,
        };
        Some(milliseconds as i64)
    }

    /// 0 for AM, 12 for PM: `PM`, `p.m.`, `p. m.`
    fn half_of_day(&mut self) -> Option<i64> {
        let start = self.at;
        let half = match self.peek()? {
            b'a' | b'A' => 0,
            b'p' | b'P' => 12,
            _ => return None,
        };
        self.at += 1;
        self.skip(b".");
        self.skip_spaces();
        if !matches!(self.peek(), Some(b'm' | b'M')) {
            // A zone that begins so.
            self.at = start;
            return None;
        }
        self.at += 1;
        self.skip(b".");
        Some(half)
    }

    /// A zone, which is read over: `Z`, `PDT`, `+01:00`, `GMT-0300 (…)`, `[America/Sao_Paulo]`.
    fn zone(&mut self) -> Option<()> {
        match self.peek() {
            Some(b'Z' | b'z') => self.at += 1,
            Some(b'A'..=b'Y') => is_zone(self.word()).then_some(())?,
            _ => {}
        }
        if matches!(self.peek(), Some(b'+' | b'-')) {
            self.at += 1;
            let (_, length) = self.number()?;
            if self.peek() == Some(b':') {
                self.at += 1;
                self.small()?;
            }
            matches!(length, 2 | 4).then_some(())?;
        }
        self.skip(b" ");
        let rest = &self.bytes[self.at..];
        let bracketed =
            rest.starts_with(b"[") && rest.ends_with(b"]") || rest.starts_with(b"(") && rest.ends_with(b")");
        self.at += if bracketed { rest.len() } else { 0 };
        Some(())
    }

    fn skip_any(&mut self, texts: &[&str]) -> bool {
        let found = texts.iter().find(|text| self.bytes[self.at..].starts_with(text.as_bytes()));
        self.at += found.map_or(0, |text| text.len());
        found.is_some()
    }

    fn skip_spaces(&mut self) {
        while self.skip_any(&SPACES) {}
    }
}

/// `hhmm` or `hhmmss` as hours, minutes and milliseconds.
fn of_digits(number: u64, length: usize) -> (i64, i64, i64) {
    let number = if length == 4 { number * 100 } else { number } as i64;
    (number / 10_000, number / 100 % 100, number % 100 * 1000)
}
