//! How long to wait before trying again: exponential, jittered, capped, without end.
//!
//! The one place that names the crate `backoff`. It grows the interval; the jitter is ours, because
//! chance comes in as an argument (so that a simulation replays) and the cap must hold after it.

use backoff::{ExponentialBackoff, backoff::Backoff};
use std::time::Duration;

/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The first interval; also the least time between two attempts after a failure.
pub(crate) const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The waits of one thing that is tried again and again.
#[derive(Debug)]
pub struct Retry {
    intervals: ExponentialBackoff,
}

impl Default for Retry {
    fn default() -> Self {
        Self::new()
    }
}

impl Retry {
    /// Begins with the shortest wait.
    pub fn new() -> Self {
        let mut intervals = ExponentialBackoff {
            initial_interval: FIRST_WAIT,
            max_interval: LONGEST_WAIT,
            multiplier: 2.0,
            randomization_factor: 0.0,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        intervals.reset();
        Self { intervals }
    }

    /// The next wait: half the interval, and up to the other half by `chance`.
    pub fn next_wait(&mut self, chance: u32) -> Duration {
        let interval = self.intervals.next_backoff().unwrap_or(LONGEST_WAIT);
        jittered(interval, chance)
    }

    /// A wait for what trying soon cannot mend: half of [`LONGEST_WAIT`] up to all of it.
    pub fn longest_wait(&mut self, chance: u32) -> Duration {
        jittered(LONGEST_WAIT, chance)
    }

    /// It worked: the next failure waits shortly again.
    pub fn reset(&mut self) {
        self.intervals.reset();
    }
}

/// `interval` less up to a half of it.
fn jittered(interval: Duration, chance: u32) -> Duration {
    let half = interval / 2;
    half + spread(half, chance)
}

/// The part of `span` that `chance` picks, evenly from none of it to all of it.
pub(crate) fn spread(span: Duration, chance: u32) -> Duration {
    let nanos = span.as_nanos() * u128::from(chance) / u128::from(u32::MAX);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_never_end() {
        let mut retry = Retry::new();
        let waits: Vec<u64> = (0..10)
            .map(|_| retry.next_wait(u32::MAX).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        for _ in 0..10_000 {
            assert!(retry.next_wait(u32::MAX) <= LONGEST_WAIT);
        }
        retry.reset();
        assert_eq!(retry.next_wait(u32::MAX).as_secs(), 1);
    }

    #[test]
    fn chance_takes_up_to_half_of_a_wait() {
        let at = |chance| {
            let mut retry = Retry::new();
            for _ in 0..6 {
                retry.next_wait(0);
            }
            retry.next_wait(chance).as_millis()
        };
        assert_eq!(
            [at(0), at(u32::MAX / 2), at(u32::MAX)],
            [30_000, 44_999, 60_000]
        );
    }
}
