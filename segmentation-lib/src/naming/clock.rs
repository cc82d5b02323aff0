//! The clock of the data: how long its customers usually stay away between purchases.
//!
//! It holds three quantiles of the gaps between one purchase day and the next of the same customer, pooled over
//! all customers, each snapped to the nearest of [`MARKS`] by ratio. Snapped, the clock of one shop is the same
//! from year to year, and its days can be said to people. What is said of them is what was measured: how many of the
//! gaps are within each mark, which after the snapping are not half, 80 and 95 % of them.

pub use crate::record::Clock;
use crate::record::GapsWithin;
use crate::vocabulary::State;

/// The lengths, in days, that people plan with: a clock shows nothing else.
pub const MARKS: [u32; 16] = [7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730, 1095, 1460];

/// Fewer repurchases than this set no clock: the 95 % quantile of fewer than 20 values is about their maximum.
pub const FEWEST_GAPS: u64 = 20;

impl Clock {
    /// The clock of data without enough repeat purchases: those of a usual shop.
    pub const ASSUMED: Self = Self { usual_days: 30, active_days: 90, away_days: 180, gaps: 0, within: None };

    /// The clock of these gaps, given as days and how often they occur, in any order. Gaps are at least a day:
    /// two purchases of one day make none. Cost: n log n in the different gaps.
    pub fn from_gaps(gaps: &[(u32, u64)]) -> Self {
        let mut sorted: Vec<(u32, u64)> = gaps.iter().copied().filter(|&(_, times)| times > 0).collect();
        sorted.sort_unstable();
        let count = sorted.iter().map(|&(_, times)| times).sum();
        if count < FEWEST_GAPS {
            return Self { gaps: count, ..Self::ASSUMED };
        }
        let [usual_days, active_days, away_days] =
            [0.5, 0.8, 0.95].map(|q| snapped(quantile(&sorted, count, q)));
        let [usual, active, away] = [usual_days, active_days, away_days].map(|days| within(&sorted, days));
        let within = Some(GapsWithin { usual, active, away });
        Self { usual_days, active_days, away_days, gaps: count, within }
    }

    /// Whether the days are those of the data and not assumed.
    pub fn is_measured(&self) -> bool {
        self.gaps >= FEWEST_GAPS
    }

    /// The state of customers who have been silent for so many days, as far as the clock alone can tell:
    /// never [`State::Gone`].
    pub fn state(&self, recency: f64) -> State {
        if recency <= f64::from(self.active_days) {
            State::Active
        } else if recency <= f64::from(self.away_days) {
            State::Overdue
        } else {
            State::Away
        }
    }
}

/// The linear-interpolated quantile (Hyndman and Fan's type 7) of `count` values in ascending runs.
fn quantile(runs: &[(u32, u64)], count: u64, q: f64) -> f64 {
    let position = q * (count - 1) as f64;
    let at = |index: u64| {
        let mut end = 0;
        let run = runs.iter().find(|&&(_, times)| {
            end += times;
            index < end
        });
        f64::from(run.map_or(0, |&(days, _)| days))
    };
    let (low, high) = (at(position.floor() as u64), at(position.ceil() as u64));
    low + (high - low) * position.fract()
}

/// How many values of the ascending runs are at most so many days.
fn within(runs: &[(u32, u64)], days: u32) -> u64 {
    runs.iter().take_while(|&&(gap, _)| gap <= days).map(|&(_, times)| times).sum()
}

/// The mark with the least ratio to so many days; the shorter of two that are as near.
fn snapped(days: f64) -> u32 {
    let ratio = |mark: u32| (days.max(1.0) / f64::from(mark)).ln().abs();
    let nearer = |best: u32, mark: u32| if ratio(mark) < ratio(best) { mark } else { best };
    MARKS.into_iter().reduce(nearer).unwrap_or(MARKS[0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One entry a gap, sorted, and numpy's quantile.
    fn by_definition(gaps: &[(u32, u64)]) -> [u32; 3] {
        let mut all: Vec<f64> =
            gaps.iter().flat_map(|&(days, times)| (0..times).map(move |_| f64::from(days))).collect();
        all.sort_by(f64::total_cmp);
        [0.5, 0.8, 0.95].map(|q| snapped(crate::quantile::quantile(&all, q)))
    }

    fn days(clock: Clock) -> [u32; 3] {
        [clock.usual_days, clock.active_days, clock.away_days]
    }

    #[test]
    fn days_snap_to_the_nearest_mark_by_ratio() {
        let marks = [0.0, 1.0, 9.8, 10.0, 34.0, 119.0, 155.0, 282.6, 9999.0].map(snapped);
        assert_eq!(marks, [7, 7, 10, 10, 30, 120, 180, 270, 1460]);
    }

    #[test]
    fn a_state_holds_up_to_its_mark() {
        let clock = Clock { usual_days: 30, active_days: 60, away_days: 180, gaps: 100, within: None };
        let states = [0.0, 60.0, 60.5, 180.0, 181.0].map(|days| clock.state(days));
        assert_eq!(states, [State::Active, State::Active, State::Overdue, State::Overdue, State::Away]);
    }

    #[test]
    fn without_repeat_purchases_the_clock_is_assumed_and_says_so() {
        let clock = Clock::from_gaps(&[(3, FEWEST_GAPS - 1)]);
        assert_eq!(clock, Clock { gaps: FEWEST_GAPS - 1, ..Clock::ASSUMED });
        assert!(!clock.is_measured() && !Clock::from_gaps(&[]).is_measured());
        assert!(Clock::from_gaps(&[(3, FEWEST_GAPS)]).is_measured());
    }

    #[test]
    fn marks_are_rounded_and_the_shares_within_them_are_as_measured() {
        let clock = Clock::from_gaps(&[(10, 50), (40, 26), (70, 10), (100, 14)]);
        assert_eq!((clock.active_days, clock.away_days), (60, 90));
        assert_eq!(clock.shares(), Some([0.5, 0.76, 0.86]));
        assert_eq!(Clock::from_gaps(&[(10, 5)]).shares(), None);
        assert_eq!(Clock { within: None, ..clock }.shares(), None);
    }

    proptest! {
        #[test]
        fn it_is_the_quantiles_of_all_gaps_in_any_order(
            gaps in prop::collection::vec((1u32..500, 1u64..9), 20..60),
            turn in 0usize..60,
        ) {
            let clock = Clock::from_gaps(&gaps);
            prop_assert_eq!(days(clock), by_definition(&gaps));
            let of_all = |days: u32| gaps.iter().filter(|gap| gap.0 <= days).map(|gap| gap.1).sum::<u64>();
            let [usual, active, away] = days(clock).map(of_all);
            prop_assert_eq!(clock.within, Some(GapsWithin { usual, active, away }));
            let mut turned = gaps.clone();
            turned.rotate_left(turn % gaps.len());
            prop_assert_eq!(Clock::from_gaps(&turned), clock);
        }

        #[test]
        fn its_marks_ascend_and_are_among_the_marks(gaps in prop::collection::vec((1u32..4000, 0u64..50), 0..60)) {
            let [usual, active, away] = days(Clock::from_gaps(&gaps));
            prop_assert!(usual <= active && active <= away);
            prop_assert!([usual, active, away].iter().all(|mark| MARKS.contains(mark)));
        }

        #[test]
        fn longer_gaps_never_set_a_faster_clock(
            gaps in prop::collection::vec((1u32..300, 1u64..9), 20..60),
            longer in 0u32..200,
        ) {
            let slower: Vec<(u32, u64)> = gaps.iter().map(|&(d, times)| (d + longer, times)).collect();
            let (fast, slow) = (days(Clock::from_gaps(&gaps)), days(Clock::from_gaps(&slower)));
            prop_assert!(fast.iter().zip(slow).all(|(fast, slow)| *fast <= slow));
        }
    }
}
