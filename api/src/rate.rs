//! The rate limit, counted in ids.
//!
//! The generic cell rate algorithm: one number, the time at which all that was spent is paid off.
//! A key may spend a minute's worth at once and regains it evenly.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const MINUTE: u64 = 60_000_000_000;

/// What one key has spent.
#[derive(Debug)]
pub struct Rate {
    per_minute: u32,
    start: Instant,
    /// Nanoseconds after `start` at which everything spent is paid off.
    paid_off: AtomicU64,
}

/// Where a key stands: what `RateLimit-*` headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Ids a minute.
    pub limit: u32,
    /// Ids that may be asked for at once, now.
    pub remaining: u64,
    /// Seconds until all of the limit is there again, rounded up.
    pub reset: u64,
}

impl Rate {
    /// A limit of `per_minute` ids; 0 is no limit.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, start: Instant::now(), paid_off: AtomicU64::new(0) }
    }

    /// The limit, 0 for none.
    pub fn per_minute(&self) -> u32 {
        self.per_minute
    }

    /// Spends `ids` at `now`, all or nothing; else the time after which they can be spent, which never
    /// comes for more than the limit.
    pub fn spend(&self, ids: u64, now: Instant) -> Result<(), Duration> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let now = self.nanos(now);
        let paid = |before: u64| before.max(now).saturating_add(self.cost(ids));
        let next = |before| Some(paid(before)).filter(|&paid| paid - now <= MINUTE);
        let spent = self.paid_off.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        spent.map(drop).map_err(|before| Duration::from_nanos(paid(before) - now - MINUTE))
    }

    /// Spends `ids` whatever was spent before, and gives the time to wait before they are used:
    /// a stream is slowed to the limit and not cut.
    pub fn spend_in_time(&self, ids: u64, now: Instant) -> Duration {
        if self.per_minute == 0 {
            return Duration::ZERO;
        }
        let now = self.nanos(now);
        let paid = |before: u64| before.max(now).saturating_add(self.cost(ids));
        let before =
            self.paid_off.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| Some(paid(before)));
        let before = before.unwrap_or_else(|before| before);
        Duration::from_nanos((paid(before) - now).saturating_sub(MINUTE))
    }

    /// Gives back what was spent and not used.
    pub fn give_back(&self, ids: u64) {
        if self.per_minute == 0 {
            return;
        }
        let less = |before: u64| Some(before.saturating_sub(self.cost(ids)));
        // The closure never says no.
        let _ = self.paid_off.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// How many of `ids` to send next, so that a stream comes evenly: what may be spent at once, or a second's
    /// worth of the limit.
    pub fn portion(&self, ids: usize, now: Instant) -> usize {
        let Some(standing) = self.standing(now) else { return ids };
        let second = u64::from(self.per_minute / 60).max(1);
        ids.min(standing.remaining.max(second) as usize)
    }

    /// Where the key stands; `None` without a limit.
    pub fn standing(&self, now: Instant) -> Option<Standing> {
        if self.per_minute == 0 {
            return None;
        }
        let owed = self.paid_off.load(Ordering::Relaxed).saturating_sub(self.nanos(now));
        Some(Standing {
            limit: self.per_minute,
            remaining: MINUTE.saturating_sub(owed) * u64::from(self.per_minute) / MINUTE,
            reset: owed.div_ceil(1_000_000_000),
        })
    }

    fn cost(&self, ids: u64) -> u64 {
        ids.saturating_mul(MINUTE) / u64::from(self.per_minute)
    }

    fn nanos(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.start).as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_can_be_spent_at_once_and_comes_back_evenly() {
        let rate = Rate::new(600);
        let at = |seconds| rate.start + Duration::from_secs(seconds);
        assert_eq!(rate.spend(600, at(0)), Ok(()));
        assert_eq!(rate.spend(1, at(0)), Err(Duration::from_millis(100)));
        assert_eq!(rate.standing(at(0)), Some(Standing { limit: 600, remaining: 0, reset: 60 }));
        assert_eq!(rate.spend(11, at(1)), Err(Duration::from_millis(100)));
        assert_eq!(rate.spend(10, at(1)), Ok(()));
        assert_eq!(rate.standing(at(31)).map(|s| s.remaining), Some(300));
        assert!(rate.spend(601, at(1000)).is_err());
        assert_eq!(rate.spend(600, at(1000)), Ok(()));
    }

    #[test]
    fn a_stream_is_slowed_and_not_cut() {
        let rate = Rate::new(600);
        let at = |seconds| rate.start + Duration::from_secs(seconds);
        assert_eq!(rate.spend_in_time(600, at(0)), Duration::ZERO);
        assert_eq!(rate.spend_in_time(600, at(0)), Duration::from_secs(60));
        assert_eq!(rate.spend_in_time(600, at(60)), Duration::from_secs(60));
    }

    #[test]
    fn what_was_not_used_is_given_back() {
        let rate = Rate::new(60);
        let now = rate.start;
        assert_eq!(rate.spend(60, now), Ok(()));
        rate.give_back(20);
        assert_eq!(rate.standing(now).map(|standing| standing.remaining), Some(20));
    }

    #[test]
    fn a_portion_is_what_is_left_or_a_seconds_worth() {
        let rate = Rate::new(600);
        let now = rate.start;
        assert_eq!([rate.portion(5000, now), rate.portion(5, now)], [600, 5]);
        assert_eq!(rate.spend(600, now), Ok(()));
        assert_eq!(rate.portion(5000, now), 10);
        assert_eq!(Rate::new(1).portion(5000, now), 1);
        assert_eq!(Rate::new(0).portion(5000, now), 5000);
    }

    #[test]
    fn no_limit_never_says_no() {
        let rate = Rate::new(0);
        assert_eq!(rate.spend(u64::MAX, rate.start), Ok(()));
        assert_eq!(rate.spend_in_time(u64::MAX, rate.start), Duration::ZERO);
        assert_eq!(rate.standing(rate.start), None);
    }
}
