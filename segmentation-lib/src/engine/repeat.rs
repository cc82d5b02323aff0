//! Repetitions of random work.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use super::EngineError;
use crate::progress::Progress;

/// Runs `work` once a repetition, each with a stretch of the random stream of its own, in parallel;
/// results in order, so that the number of threads changes nothing.
pub(super) fn repeat<T: Send>(
    stage: &'static str,
    repetitions: usize,
    seed: u64,
    progress: &Progress,
    work: impl Fn(&mut Xoshiro256PlusPlus, &Progress) -> Result<T, EngineError> + Sync,
) -> Result<Vec<T>, EngineError> {
    let (quiet, done) = (progress.quiet(), AtomicU64::new(0));
    progress.report(stage, 0, Some(repetitions as u64));
    let one = |mut random: Xoshiro256PlusPlus| {
        progress.check()?;
        let result = work(&mut random, &quiet)?;
        progress.report(stage, done.fetch_add(1, Ordering::Relaxed) + 1, Some(repetitions as u64));
        Ok(result)
    };
    streams(seed, repetitions).into_par_iter().map(one).collect()
}

/// Stretches of one stream that do not overlap.
fn streams(seed: u64, count: usize) -> Vec<Xoshiro256PlusPlus> {
    let mut stream = Xoshiro256PlusPlus::seed_from_u64(seed);
    let next = |_| {
        let own = stream.clone();
        stream.jump();
        own
    };
    (0..count).map(next).collect()
}

/// Fails unless at least `least` repetitions were asked for.
pub(super) fn check_repetitions(
    name: &'static str,
    given: usize,
    least: usize,
    allowed: &'static str,
) -> Result<(), EngineError> {
    if given >= least { Ok(()) } else { Err(EngineError::Parameter { name, value: given as f64, allowed }) }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn repetitions_are_in_order_and_differ() {
        let drawn = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let draw = |random: &mut Xoshiro256PlusPlus, _: &Progress| Ok(random.r#gen::<u64>());
            pool.install(|| repeat("draw", 50, 7, &Progress::silent(), draw)).unwrap()
        };
        let one = drawn(1);
        assert_eq!(one, drawn(4));
        assert_eq!(one.iter().collect::<std::collections::HashSet<_>>().len(), 50);
    }
}
