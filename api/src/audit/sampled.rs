//! Which refusals have a line.

use std::time::Instant;

/// Refusals of a kind that have a line at once; after them one a second.
const SAMPLES: f64 = 100.0;

/// Refusals since the last line, and how many more may have one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampled {
    left: f64,
    since: Instant,
    unlisted: u64,
}

impl Sampled {
    pub fn new() -> Self {
        Self { left: SAMPLES, since: Instant::now(), unlisted: 0 }
    }

    /// Counts one; gives for how many its line stands, if it has one.
    pub fn count(&mut self, now: Instant) -> Option<u64> {
        self.unlisted += 1;
        self.left = (self.left + now.saturating_duration_since(self.since).as_secs_f64()).min(SAMPLES);
        self.since = now;
        if self.left < 1.0 {
            return None;
        }
        self.left -= 1.0;
        Some(std::mem::take(&mut self.unlisted))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn refusals_are_sampled_and_each_line_says_for_how_many_it_stands() {
        let (mut sampled, start) = (Sampled::new(), Instant::now());
        let lines: Vec<_> = (0..1000).filter_map(|_| sampled.count(start)).collect();
        assert_eq!(lines, [1; SAMPLES as usize]);
        assert_eq!(sampled.count(start + Duration::from_secs(3)), Some(901));
        let later = start + Duration::from_secs(3);
        assert_eq!(
            [sampled.count(later), sampled.count(later), sampled.count(later)],
            [Some(1), Some(1), None]
        );
    }
}
