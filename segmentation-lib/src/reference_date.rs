//! The date that recency is counted to.
//!
//! ```
//! use segmentation_lib::reference_date::ReferenceDate;
//!
//! let day: ReferenceDate = "2011-12-10".parse()?;
//! let last = chrono::NaiveDate::from_ymd_opt(2011, 12, 9).and_then(|day| day.and_hms_opt(23, 59, 0));
//! assert_eq!(last.map(|last| day.days_since(last)), Some(1));
//! # Ok::<(), segmentation_lib::reference_date::ReferenceDateError>(())
//! ```

use std::fmt;
use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveDateTime};

/// The date that recency is counted to. It also fixes the unit that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ReferenceDate {
    /// Recency is the number of calendar days to this day; the time of day plays no part.
    Day(NaiveDate),
    /// Recency is the number of whole 24-hour periods to this instant.
    Instant(NaiveDateTime),
}

impl ReferenceDate {
    /// The day after `last`: the default, under which a purchase on the last day is one day old.
    pub fn day_after(last: NaiveDateTime) -> Self {
        let day = last.date();
        Self::Day(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// The same date so many days earlier; itself where the calendar ends before.
    pub fn days_before(self, days: u32) -> Self {
        let days = Days::new(u64::from(days));
        match self {
            Self::Day(day) => Self::Day(day.checked_sub_days(days).unwrap_or(day)),
            Self::Instant(instant) => Self::Instant(instant.checked_sub_days(days).unwrap_or(instant)),
        }
    }

    /// The moment it begins: what lies before it has happened on an earlier day, or earlier that day.
    pub fn begins(self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(chrono::NaiveTime::MIN),
            Self::Instant(instant) => instant,
        }
    }

    /// The calendar day it lies on.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Instant(instant) => instant.date(),
        }
    }

    /// Whether something at `moment` lies in this reference date's future.
    pub fn is_before(self, moment: NaiveDateTime) -> bool {
        match self {
            Self::Day(day) => moment.date() > day,
            Self::Instant(instant) => moment > instant,
        }
    }

    /// Days from `moment` to this date: calendar days or whole 24-hour periods, rounded down.
    pub fn days_since(self, moment: NaiveDateTime) -> i64 {
        match self {
            Self::Day(day) => (day - moment.date()).num_days(),
            Self::Instant(instant) => (instant - moment).num_seconds().div_euclid(86_400),
        }
    }
}

/// Text that is no reference date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no reference date; give a day such as 2011-12-10 or an instant such as 2011-12-09T12:50:00"
)]
pub struct ReferenceDateError(pub String);

impl FromStr for ReferenceDate {
    type Err = ReferenceDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self::Day(day));
        }
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(Self::Instant)
            .ok_or_else(|| ReferenceDateError(text.to_owned()))
    }
}

impl fmt::Display for ReferenceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Instant(instant) => write!(f, "{}", instant.format("%Y-%m-%dT%H:%M:%S%.f")),
        }
    }
}

impl From<ReferenceDate> for String {
    fn from(date: ReferenceDate) -> Self {
        date.to_string()
    }
}

impl TryFrom<String> for ReferenceDate {
    type Error = ReferenceDateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a literal")
    }

    #[test]
    fn a_day_counts_calendar_days() {
        let day: ReferenceDate = "2011-12-10".parse().expect("a day");
        assert_eq!(day.days_since(at("2011-12-09T23:59:00")), 1);
        assert!(!day.is_before(at("2011-12-10T23:59:59")));
        assert!(day.is_before(at("2011-12-11T00:00:00")));
    }

    #[test]
    fn an_instant_counts_whole_24_hour_periods() {
        let instant: ReferenceDate = "2011-12-09T12:50:00".parse().expect("an instant");
        assert_eq!(instant.days_since(at("2011-12-08T12:51:00")), 0);
        assert_eq!(instant.days_since(at("2011-12-08T12:50:00")), 1);
        assert!(instant.is_before(at("2011-12-09T12:50:01")));
    }

    #[test]
    fn what_is_printed_reads_back() {
        for text in ["2011-12-10", "2011-12-09T12:50:00"] {
            assert_eq!(text.parse::<ReferenceDate>().expect("valid").to_string(), text);
        }
        assert!("10/12/2011".parse::<ReferenceDate>().is_err());
    }

    #[test]
    fn the_default_is_the_day_after_the_last_purchase() {
        assert_eq!(ReferenceDate::day_after(at("2011-12-31T12:50:00")).to_string(), "2012-01-01");
    }
}
