//! When wrong PINs lock a person out, and for how long. Counting them is left to the store.

use tillside_core::Timestamp;

/// Wrong tries before a lock.
pub const TRIES: u32 = 5;
/// The first lock, in milliseconds; it doubles with each further [`TRIES`].
pub const FIRST_LOCK_MS: i64 = 5 * 60 * 1000;
/// The longest lock, in milliseconds.
pub const LONGEST_LOCK_MS: i64 = 60 * 60 * 1000;

/// Until when a person is locked after `tries` wrong tries in a row, the last of them now.
pub fn locked_until(tries: u32, now: Timestamp) -> Option<Timestamp> {
    if tries == 0 || !tries.is_multiple_of(TRIES) {
        return None;
    }
    let doublings = (tries / TRIES - 1).min(16);
    let lock = (FIRST_LOCK_MS << doublings).min(LONGEST_LOCK_MS);
    Some(Timestamp(now.0.saturating_add(lock)))
}

/// Whether a lock still holds. A clock that was far ahead when the lock began cannot lock anybody
/// for longer than [`LONGEST_LOCK_MS`] from now.
pub fn still_locked(until: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let until = until.filter(|until| *until > now)?;
    Some(until.min(Timestamp(now.0.saturating_add(LONGEST_LOCK_MS))))
}

/// How many tries are left before the next lock.
pub fn tries_left(tries: u32) -> u32 {
    TRIES - tries % TRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_tries_lock_and_the_lock_doubles_up_to_an_hour() {
        let now = Timestamp(1_000);
        let minutes = |tries| locked_until(tries, now).map(|until| (until.0 - now.0) / 60_000);
        assert_eq!((minutes(0), minutes(4), minutes(6)), (None, None, None));
        assert_eq!(
            (minutes(5), minutes(10), minutes(15)),
            (Some(5), Some(10), Some(20))
        );
        assert_eq!(
            (minutes(20), minutes(25), minutes(5_000)),
            (Some(40), Some(60), Some(60))
        );
        assert_eq!((tries_left(0), tries_left(4), tries_left(5)), (5, 1, 5));
    }

    #[test]
    fn a_clock_that_was_ahead_locks_nobody_for_days() {
        let now = Timestamp(0);
        assert_eq!(still_locked(Some(Timestamp(0)), now), None);
        assert_eq!(still_locked(Some(Timestamp(5)), now), Some(Timestamp(5)));
        let days = Timestamp(10 * 86_400_000);
        assert_eq!(
            still_locked(Some(days), now),
            Some(Timestamp(LONGEST_LOCK_MS))
        );
    }
}
