//! The wall clock at the edge, and how far it may be from HQ's.
//!
//! Nothing here decides anything: the engine and the core take the time as an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tillside_protocol::tillside_core::Timestamp;

/// How far this PC's clock may be from HQ's before a person is told to set it.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What this PC's clock says now.
pub fn wall_clock() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp(millis)
}

/// Whether two clocks agree within [`CLOCK_TOLERANCE`].
pub(crate) fn agree(one: Timestamp, other: Timestamp) -> bool {
    u128::from(one.0.abs_diff(other.0)) <= CLOCK_TOLERANCE.as_millis()
}

/// A moment as a person reads it: `2026-11-22 20:08 UTC`.
pub fn spoken(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_| "an impossible date".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spoken_in_utc() {
        assert_eq!(spoken(Timestamp(0)), "1970-01-01 00:00 UTC");
        assert_eq!(spoken(Timestamp(i64::MAX)), "an impossible date");
    }

    #[test]
    fn clocks_agree_within_the_tolerance_only() {
        let limit = 5 * 60 * 1000;
        assert!(agree(Timestamp(0), Timestamp(limit)));
        assert!(!agree(Timestamp(limit + 1), Timestamp(0)));
    }
}
