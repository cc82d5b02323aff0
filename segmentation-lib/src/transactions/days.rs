//! Which dates are plausible: those that are not far from all others.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// Rows of each day, days counted from 1970-01-01.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    rows: HashMap<i64, u64, FixedState>,
    /// The day of the rows noted last, which often stand together.
    last: Option<(i64, u64)>,
}

/// Days without a purchase after which a date is far from the others: a year, so that no season is one.
const FAR: i64 = 365;

/// How many times wider than every other gap the gap before a far date must be.
const TIMES: i64 = 10;

/// Days after which a last day may stand alone.
const WEEK: i64 = 7;

/// Days after which a last day stands alone in a shop that has purchases nearly every day.
const NEARLY_DAILY: i64 = 18;

/// Fewer rows say too little of what is usual.
const FEWEST: u64 = 10;

/// Days without a purchase after which nothing belongs to the others: ten years, which no shop pauses.
const TEN_YEARS: i64 = 3653;

/// What programs write for "no date": 1899-12-30 to 1900-01-02 (spreadsheets), 1970-01-01 (Unix, with a time zone a
/// day earlier), 1980-01-01 (FAT); and for "no end": 2038-01-19 (Unix), 2079-06-06 (small dates of SQL Server),
/// 2099-01-01, 2099-12-31 (with a time zone a day later), 2199-12-31.
const FILLERS: [i64; 13] =
    [-25_569, -25_568, -25_567, -25_566, -1, 0, 3652, 24_855, 39_968, 47_117, 47_481, 47_482, 84_005];

impl Days {
    #[inline]
    pub fn note(&mut self, day: i64) {
        match &mut self.last {
            Some((last, rows)) if *last == day => *rows += 1,
            _ => {
                self.flush();
                self.last = Some((day, 1));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((day, rows)) = self.last.take() {
            self.add(day, rows);
        }
    }

    /// Adds rows of one day.
    pub fn add(&mut self, day: i64, rows: u64) {
        *self.rows.entry(day).or_default() += rows;
    }

    /// Adds the days of other rows.
    pub fn append(&mut self, mut other: Self) {
        other.flush();
        for (day, rows) in other.rows {
            *self.rows.entry(day).or_default() += rows;
        }
    }

    /// The first and the last day.
    pub fn range(&self) -> Option<(i64, i64)> {
        let last = self.last.map(|(day, _)| day);
        let days = || self.rows.keys().copied().chain(last);
        Some((days().min()?, days().max()?))
    }

    /// The first and the last plausible day, where others are not plausible.
    ///
    /// The days are cut wherever a year has no row. The part with most rows is the truth. A program's filler is not, nor
    /// what a gap parts from it that no shop pauses, however many rows that are: they are lost, and how much may be lost the
    /// caller says. What lies apart from it by ten times its widest gap alone is not either, where
    /// that is a hundredth of the rows at most: a year may be mistyped, but a shop may have paused.
    pub fn plausible(&self) -> Option<(i64, i64)> {
        let total: u64 = self.rows.values().sum();
        if total < FEWEST {
            return None;
        }
        let parts = self.parts();
        let dated = (0..parts.len()).filter(|at| !parts[*at].is_filler());
        let at = dated.max_by_key(|at| (parts[*at].rows, parts[*at].first))?;
        let (main, belonging) = (&parts[at], Self::belonging(&parts, at));
        let kept: Vec<&Part> = parts[belonging].iter().filter(|part| !part.is_filler()).collect();
        let is_far =
            |part: &&&Part| part.last < main.first - main.far() || part.first > main.last + main.far();
        let odd: u64 = kept.iter().filter(is_far).map(|part| part.rows).sum();
        let pauses = odd > total.div_ceil(100);
        let inside: Vec<&Part> = kept.iter().filter(|part| pauses || !is_far(part)).copied().collect();
        if inside.len() == parts.len() {
            return None;
        }
        Some((inside.first()?.first, inside.last()?.last))
    }

    /// The parts around the one at `at` that no gap parts from it which is longer than ten years, or longer than the
    /// whole of it where beyond it a day has more rows than any of its own: a filler gathers rows of all days.
    fn belonging(parts: &[Part], at: usize) -> std::ops::RangeInclusive<usize> {
        let main = &parts[at];
        let is_parted = |gap: i64, beyond: &Part| {
            let gathers = gap > main.last - main.first && beyond.busiest > main.busiest;
            gap > main.far() && (gap > TEN_YEARS || gathers)
        };
        let gap = |at: usize| parts[at + 1].first - parts[at].last;
        let (mut first, mut last) = (at, at);
        while first > 0 && !is_parted(gap(first - 1), &parts[first - 1]) {
            first -= 1;
        }
        while last + 1 < parts.len() && !is_parted(gap(last), &parts[last + 1]) {
            last += 1;
        }
        first..=last
    }

    /// The last day and the one before it, where the last stands alone: a week or more after all others and ten times their
    /// widest gap, with a hundredth of the rows at most; where four days in five have purchases, more than twice the widest
    /// gap is enough from 18 days on. It may be true, and every recency counts to it.
    pub fn lonely_last(&self) -> Option<(i64, i64)> {
        let mut days: Vec<i64> = self.rows.keys().copied().collect();
        days.sort_unstable();
        let total: u64 = self.rows.values().sum();
        let (last, others) = days.split_last()?;
        let before = *others.last()?;
        let widest = others.windows(2).map(|pair| pair[1] - pair[0]).max()?;
        let is_daily = others.len() as i64 * 5 >= (before - others.first()? + 1) * 4;
        let far = if is_daily { NEARLY_DAILY.max(2 * widest + 1) } else { i64::MAX };
        let is_alone = last - before >= far.min(WEEK.max(TIMES * widest)) && self.rows[last] * 100 <= total;
        (total >= FEWEST && is_alone).then_some((before, *last))
    }

    /// The last day before and the first day after the widest span without a row, in a shop that has rows on most other days:
    /// two weeks or more, and five times what 99 of 100 gaps do not exceed. It may have been closed, or a month is missing.
    pub fn hole(&self) -> Option<(i64, i64)> {
        let mut days: Vec<i64> = self.rows.keys().copied().collect();
        days.sort_unstable();
        let pairs = || days.windows(2).map(|pair| (pair[1] - pair[0], pair[0], pair[1]));
        let mut gaps: Vec<i64> = pairs().map(|(gap, ..)| gap).collect();
        gaps.sort_unstable();
        let usual = *gaps.get(gaps.len() * 99 / 100)?;
        let (gap, before, after) = pairs().max_by_key(|(gap, ..)| *gap)?;
        let open = days.last()? - days.first()? - gap;
        let is_nearly_daily = days.len() as i64 * 2 >= open;
        (is_nearly_daily && gap >= 2 * WEEK && gap >= 5 * usual).then_some((before, after))
    }

    /// The first and the last day of the stretch of `others` in which none of these days lies, and its rows, where that is
    /// two weeks or more with half as many rows a day as these have, or more.
    pub fn weeks_without(&self, others: &Self) -> Option<(i64, i64, u64)> {
        let (from, to) = self.range()?;
        let own = self.rows.keys().map(|day| (*day, 0));
        let mut days: Vec<(i64, u64)> =
            own.chain(others.rows.iter().map(|(day, rows)| (*day, *rows))).collect();
        days.sort_unstable();
        let mut open: Option<(i64, i64, u64)> = None;
        let mut longest: Option<(i64, i64, i64, u64)> = None;
        for (day, rows) in days {
            open = match open {
                _ if rows == 0 => None,
                None => Some((day, day, rows)),
                Some((first, _, before)) => Some((first, day, before + rows)),
            };
            longest = longest.max(open.map(|(first, last, rows)| (last - first, first, last, rows)));
        }
        let (length, first, last, rows) = longest?;
        let total: u64 = self.rows.values().sum();
        let usual = total as f64 / (to - from + 1) as f64;
        let is_as_usual = rows as f64 >= usual * (length + 1) as f64 / 2.0;
        (length + 1 >= 2 * WEEK && rows >= FEWEST && is_as_usual).then_some((first, last, rows))
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut days: Vec<(i64, u64)> = self.rows.iter().map(|(day, rows)| (*day, *rows)).collect();
        days.sort_unstable();
        for (day, rows) in days {
            let fillers = if FILLERS.contains(&day) { rows } else { 0 };
            match parts.last_mut().filter(|part| day - part.last < FAR) {
                Some(part) => {
                    part.widest = part.widest.max(day - part.last);
                    part.last = day;
                    part.rows += rows;
                    part.busiest = part.busiest.max(rows);
                    part.fillers += fillers;
                }
                None => parts.push(Part { first: day, last: day, rows, busiest: rows, widest: 0, fillers }),
            }
        }
        parts
    }
}

/// Days without a year between them.
#[derive(Debug)]
struct Part {
    first: i64,
    last: i64,
    rows: u64,
    /// Rows of the day that has most.
    busiest: u64,
    /// The widest gap between two days.
    widest: i64,
    /// Rows on days that programs write for "no date".
    fillers: u64,
}

impl Part {
    /// Days from which on another part is far from this one.
    fn far(&self) -> i64 {
        FAR.max(TIMES * self.widest)
    }

    fn is_filler(&self) -> bool {
        self.fillers == self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(rows: impl IntoIterator<Item = i64>) -> Days {
        let mut days = Days::default();
        rows.into_iter().for_each(|day| days.note(day));
        let mut merged = Days::default();
        merged.append(days);
        merged
    }

    const YEAR: std::ops::Range<i64> = 10_000..10_365;

    #[test]
    fn days_that_lie_together_are_plausible() {
        assert_eq!(days(YEAR).plausible(), None);
        assert_eq!(days([]).plausible(), None);
    }

    #[test]
    fn a_mistyped_century_is_not() {
        for wrong in [46_938, 10_365 + 400, 10_000 - 36_525, 10_000 - 380] {
            assert_eq!(days(YEAR.chain([wrong])).plausible(), Some((10_000, 10_364)), "{wrong}");
        }
        assert_eq!(days(YEAR.chain([46_938, -9_000])).plausible(), Some((10_000, 10_364)), "both ends");
    }

    #[test]
    fn a_pause_is_no_mistake() {
        // The shop was closed for more than a year and then sold on.
        assert_eq!(days(YEAR.chain(10_800..10_830)).plausible(), None);
        // Sales are rare, and the last gap is as wide as others were.
        assert_eq!(days((0..30).map(|at| 10_000 + at * 300).chain([21_000])).plausible(), None);
    }

    #[test]
    fn a_programs_zero_is_no_date_however_often() {
        let zeros = std::iter::repeat_n(0, 200);
        assert_eq!(days(YEAR.chain(zeros)).plausible(), Some((10_000, 10_364)));
        let zeros = std::iter::repeat_n(-25_567, 40);
        assert_eq!(days(YEAR.chain(zeros)).plausible(), Some((10_000, 10_364)));
    }

    #[test]
    fn nor_is_a_programs_end_of_all_days() {
        for filler in [24_855, 47_481, 84_005] {
            let fillers = std::iter::repeat_n(filler, 200);
            assert_eq!(days(YEAR.chain(fillers)).plausible(), Some((10_000, 10_364)), "{filler}");
        }
        let most = std::iter::repeat_n(47_481, 600);
        assert_eq!(days(YEAR.chain(most)).plausible(), Some((10_000, 10_364)), "more than all others");
        // The last days of a century are days.
        assert_eq!(days(47_300..47_500).plausible(), None);
    }

    #[test]
    fn what_lies_ten_years_apart_is_another_time() {
        assert_eq!(days(YEAR.chain(15_000..15_030)).plausible(), Some((10_000, 10_364)));
        assert_eq!(days((5_000..5_030).chain(YEAR)).plausible(), Some((10_000, 10_364)));
        // What lies beyond it, too.
        assert_eq!(days(YEAR.chain(15_000..15_030).chain([16_000; 9])).plausible(), Some((10_000, 10_364)));
    }

    #[test]
    fn one_day_that_gathers_rows_after_a_long_gap_is_a_filler() {
        assert_eq!(days(YEAR.chain([10_900; 20])).plausible(), Some((10_000, 10_364)));
        assert_eq!(days(YEAR.chain([10_500; 20])).plausible(), None, "a gap as a pause has it");
    }

    #[test]
    fn few_rows_say_nothing() {
        assert_eq!(days([10_000, 10_001, 46_938]).plausible(), None);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let mut reversed: Vec<i64> = YEAR.chain([46_938]).collect();
        reversed.reverse();
        assert_eq!(days(reversed), days(YEAR.chain([46_938])));
    }

    #[test]
    fn a_last_day_stands_alone_sooner_where_purchases_are_daily() {
        let lonely = |every: usize, gap: i64| {
            let with_a_pause = (10_000..10_200_i64).filter(|day| !(10_100..10_105).contains(day));
            let others: Vec<i64> = with_a_pause.step_by(every).flat_map(|day| [day, day]).collect();
            let last = others.last().copied().unwrap_or_default();
            days(others.into_iter().chain([last + gap])).lonely_last().is_some()
        };
        assert!(lonely(1, 20) && !lonely(1, 12) && !lonely(2, 20));
    }

    #[test]
    fn a_hole_in_daily_purchases_is_found() {
        let without = |out: std::ops::Range<i64>, every: usize| {
            days((10_000..10_400).filter(|day| !out.contains(day)).step_by(every)).hole()
        };
        assert_eq!(without(10_100..10_128, 1), Some((10_099, 10_128)));
        assert_eq!(without(10_100..10_112, 1), None, "Christmas");
        assert_eq!(without(10_100..10_128, 9), None, "not daily");
        let twice =
            (10_000..10_400).filter(|day| !(10_100..10_128).contains(day) && !(10_200..10_231).contains(day));
        assert_eq!(days(twice).hole(), Some((10_199, 10_231)));
    }

    #[test]
    fn weeks_without_money_are_found() {
        let kept = days((10_000..10_100).chain(10_130..10_200));
        let without = |others: std::ops::Range<i64>| kept.weeks_without(&days(others));
        assert_eq!(without(10_100..10_130), Some((10_100, 10_129, 30)));
        assert_eq!(without(10_100..10_108), None, "a week");
        assert_eq!(without(10_020..10_050), None, "among purchases");
        assert_eq!(kept.weeks_without(&days((10_100..10_130).step_by(7))), None, "a few");
    }

    #[test]
    fn a_last_day_may_stand_alone() {
        let lonely = |last: i64, rows: u64| {
            let mut days = Days::default();
            (0..200).for_each(|day| days.add(day, 2));
            days.add(last, rows);
            days.lonely_last()
        };
        assert_eq!(lonely(377, 1), Some((199, 377)));
        assert_eq!(lonely(209, 4), Some((199, 209)));
        assert_eq!((lonely(208, 1), lonely(377, 6)), (None, None));
        assert_eq!(Days::default().lonely_last(), None);
    }
}
