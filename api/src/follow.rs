//! Follows a bucket: the run it points to comes into the store, from where the watcher serves it.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use clap::Args;
use prometheus::proto::MetricFamily;
use prometheus::{Gauge, IntCounter, IntGauge, Registry};
use ring::rand::{SecureRandom, SystemRandom};
use segmentation_lib::progress::Progress;
use segmentation_lib::store::bucket::{Bucket, BucketError, Seen};
use segmentation_lib::store::{PublishOptions, RunId, Store};
use tracing::{info, warn};

use crate::published::Watcher;

/// Runs kept in the store: the one served and the one before it.
const KEEP: usize = 2;
/// Longest pause after looks that failed, unless the pause between looks is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause before a run that could not be pulled is pulled again: each time costs a download. Another
/// run that the bucket points to meanwhile is pulled at once.
const LONGEST_PUT_OFF: Duration = Duration::from_secs(600);

/// Which bucket, how often.
#[derive(Debug, Clone, Args)]
pub struct FollowSettings {
    /// Bucket to follow (see `segment push --help` for addresses and credentials): what it points to is
    /// pulled into the store, verified and served.
    #[arg(long, env = "SEGMENT_FOLLOW", value_name = "URL")]
    pub follow: Option<String>,
    /// Time between two looks at the bucket, such as 10s, 500ms or 2m.
    #[arg(long, env = "SEGMENT_FOLLOW_EVERY", value_name = "TIME", default_value = "10s", value_parser = time)]
    pub follow_every: Duration,
}

/// A number with its unit.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("a time is a number with ms, s, m or h, such as 10s".to_owned()),
    };
    let millis = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
    let millis = millis.filter(|millis| (50..=86_400_000).contains(millis));
    millis.map(Duration::from_millis).ok_or_else(|| "allowed are 50ms to 24h".to_owned())
}

/// How the following goes, for `/metrics`.
#[derive(Debug)]
pub struct FollowMetrics {
    registry: Registry,
    /// When the bucket was last read and its run was in the store. Before the first time: the start.
    success: ArcSwap<Instant>,
    age: Gauge,
    failures: IntCounter,
    in_a_row: IntGauge,
    pulls: IntCounter,
}

impl Default for FollowMetrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Registry::new(),
            success: ArcSwap::from_pointee(Instant::now()),
            age: Gauge::new(
                "segmentation_follow_last_success_age_seconds",
                "Since the bucket was last followed; since the start while it never was.",
            )
            .expect(VALID),
            failures: IntCounter::new("segmentation_follow_failures_total", "Looks that failed.")
                .expect(VALID),
            in_a_row: IntGauge::new(
                "segmentation_follow_failures_in_a_row",
                "Failed looks since the last good one.",
            )
            .expect(VALID),
            pulls: IntCounter::new("segmentation_follow_pulls_total", "Changes of the bucket taken over.")
                .expect(VALID),
        };
        let all: [Box<dyn prometheus::core::Collector>; 4] = [
            Box::new(metrics.age.clone()),
            Box::new(metrics.failures.clone()),
            Box::new(metrics.in_a_row.clone()),
            Box::new(metrics.pulls.clone()),
        ];
        for collector in all {
            metrics.registry.register(collector).expect(VALID);
        }
        metrics
    }
}

/// Names are literals above, tested with the whole set.
const VALID: &str = "the metrics' names are valid and unique";

impl FollowMetrics {
    /// The figures now.
    pub fn gather(&self) -> Vec<MetricFamily> {
        // A clock that nobody sets: a wrong wall clock is one of the reasons why following fails.
        self.age.set(self.success.load().elapsed().as_secs_f64());
        self.registry.gather()
    }
}

/// The thread that follows. Dropping it asks the thread to stop and does not wait, because a request to the
/// bucket may take long. What the thread leaves unfinished is in the staging directory.
#[derive(Debug)]
pub struct Follower {
    metrics: Arc<FollowMetrics>,
    wake: Sender<()>,
    progress: Progress,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.progress.cancel();
    }
}

impl Follower {
    /// Starts to look at the bucket every `every`, later after failures; `watcher` serves what is pulled.
    pub fn start(
        bucket: Bucket,
        store: Store,
        every: Duration,
        watcher: Arc<Watcher>,
    ) -> std::io::Result<Self> {
        let metrics = Arc::<FollowMetrics>::default();
        let progress = Progress::silent();
        let (wake, woken) = mpsc::channel();
        let mut work = Work {
            bucket,
            store,
            every,
            watcher,
            metrics: metrics.clone(),
            progress: progress.clone(),
            taken: None,
            put_off: None,
            trouble: None,
        };
        let follow = move || {
            loop {
                let pause = work.look();
                match woken.recv_timeout(pause) {
                    Ok(()) => work.put_off = None,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        std::thread::Builder::new().name("follow".to_owned()).spawn(follow)?;
        Ok(Self { metrics, wake, progress })
    }

    /// The figures.
    pub fn metrics(&self) -> Arc<FollowMetrics> {
        self.metrics.clone()
    }

    /// Looks now.
    pub fn look(&self) {
        // Fails only when the thread has ended, which happens on drop alone.
        let _ = self.wake.send(());
    }
}

/// What could not be pulled, how often in a row, and until when it is left alone.
struct PutOff {
    seen: Seen,
    failures: i64,
    until: Instant,
}

struct Work {
    bucket: Bucket,
    store: Store,
    every: Duration,
    watcher: Arc<Watcher>,
    metrics: Arc<FollowMetrics>,
    progress: Progress,
    /// What the bucket said when the store last took it over, and the run that has been current since.
    taken: Option<(Seen, RunId)>,
    /// What could not be pulled.
    put_off: Option<PutOff>,
    /// Why the last look failed.
    trouble: Option<String>,
}

impl Work {
    /// Looks once; gives the pause until the next time.
    fn look(&mut self) -> Duration {
        let seen = match self.bucket.look() {
            Ok(seen) => seen,
            Err(error) => {
                let pause = pause(self.every, self.metrics.in_a_row.get() + 1, LONGEST_PAUSE, chance());
                self.failed(&error, pause);
                return pause;
            }
        };
        let put_off = self.put_off.as_ref().filter(|put_off| put_off.seen == seen);
        let left = put_off.map_or(Duration::ZERO, |it| it.until.saturating_duration_since(Instant::now()));
        if !left.is_zero() {
            return left.min(self.every);
        }
        let failures = put_off.map_or(0, |put_off| put_off.failures) + 1;
        match self.take(&seen) {
            Ok(()) => {
                self.succeeded();
                self.every
            }
            Err(error) => {
                let pause = pause(self.every, failures, LONGEST_PUT_OFF, chance());
                self.failed(&error, pause);
                self.put_off = Some(PutOff { seen, failures, until: Instant::now() + pause });
                pause.min(self.every)
            }
        }
    }

    fn succeeded(&mut self) {
        self.metrics.success.store(Arc::new(Instant::now()));
        self.metrics.in_a_row.set(0);
        self.put_off = None;
        if self.trouble.take().is_some() {
            info!(bucket = self.bucket.url(), "the bucket is followed again");
        }
    }

    /// Brings the store to what the bucket says, unless it is there.
    fn take(&mut self, seen: &Seen) -> Result<(), BucketError> {
        let here = self.store.current().ok().flatten();
        if self.taken.as_ref().is_some_and(|(last, run_id)| last == seen && here.as_ref() == Some(run_id)) {
            return Ok(());
        }
        let start = Instant::now();
        let run_id = self.bucket.pull(
            seen,
            &self.store,
            &PublishOptions { keep: KEEP, ..PublishOptions::default() },
            &self.progress,
        )?;
        info!(
            bucket = self.bucket.url(),
            run_id = run_id.as_str(),
            pulled = seen.run_id().as_str(),
            seconds = start.elapsed().as_secs_f64(),
            "pulled"
        );
        self.metrics.pulls.inc();
        self.taken = Some((seen.clone(), run_id));
        self.watcher.reload();
        Ok(())
    }

    /// Counts a failure, and logs it once for each reason.
    fn failed(&mut self, error: &BucketError, pause: Duration) {
        self.metrics.failures.inc();
        self.metrics.in_a_row.inc();
        let reason = error.to_string();
        if self.trouble.as_ref() != Some(&reason) {
            warn!(
                bucket = self.bucket.url(),
                reason,
                retry_seconds = pause.as_secs_f64(),
                "the bucket cannot be followed; what is in the store is served on"
            );
            self.trouble = Some(reason);
        }
    }
}

/// The pause after so many failures in a row: twice as long each time. `chance`, from 0 to 1, picks a point
/// in its upper half, so that many servers do not come back at the same instant.
fn pause(every: Duration, failures: i64, longest: Duration, chance: f64) -> Duration {
    let doublings = failures.clamp(1, 16) - 1;
    let pause = every.saturating_mul(1 << doublings).min(every.max(longest));
    pause.mul_f64(0.5 + chance / 2.0)
}

/// A random number from 0 to 1, or the middle if the system gives none.
fn chance() -> f64 {
    let mut byte = [127];
    // On failure the byte keeps the middle.
    let _ = SystemRandom::new().fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_and_a_range() {
        for (text, millis) in [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("24h", 86_400_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "1.5s", "-1s", "49ms", "25h", "1d", "99999999999999999999s"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_minute_and_differ() {
        let every = Duration::from_secs(10);
        let seconds = |failures, chance| pause(every, failures, LONGEST_PAUSE, chance).as_secs_f64();
        assert_eq!([1, 2, 3, 4, 9000].map(|n| seconds(n, 1.0)), [10.0, 20.0, 40.0, 60.0, 60.0]);
        assert_eq!(seconds(2, 0.0), 10.0);
        let hour = Duration::from_secs(3600);
        assert_eq!(pause(hour, 5, LONGEST_PAUSE, 1.0), hour);
        assert_eq!(pause(every, 9000, LONGEST_PUT_OFF, 1.0), LONGEST_PUT_OFF);
    }

    #[test]
    fn all_names_are_valid_and_unique() {
        assert_eq!(FollowMetrics::default().gather().len(), 4);
    }
}
