//! The clock, for the edges: the rest is told the time.

use std::time::{SystemTime, UNIX_EPOCH};
use tillside_core::Timestamp;

/// The present.
pub fn now() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    };
    Timestamp(millis)
}

/// A moment as people read it: `2026-11-22 14:02:07 UTC`.
pub fn in_words(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "time unknown".to_owned(),
    }
}
