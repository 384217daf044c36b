//! What is done once a day while HQ serves: points that expired are booked.

use super::Hq;
use crate::clock::now;
use crate::members::expiry::{Asked, expire, last_ended};
use jiff::civil::Date;
use std::sync::Arc;
use std::time::Duration;
use tillside_core::Timestamp;
use tokio::sync::watch;

const CHECK_EVERY: Duration = Duration::from_secs(300);

/// Books at the start, and then after each day that is over everywhere, until the server stops. A run that is
/// cut off goes on at the next start.
pub(super) async fn keep_expiring(hq: Arc<Hq>, mut stopped: watch::Receiver<bool>) {
    let mut done: Option<Date> = None;
    loop {
        let now = now();
        if let Some(day) = last_ended(now).filter(|day| is_new(*day, done)) {
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                booked = book(&hq, now) => if booked { done = Some(day) },
            }
        }
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
    }
}

/// Whether it is another day than the one that was booked. After a clock that was ahead is put right, the run
/// takes back what it booked too early.
fn is_new(day: Date, done: Option<Date>) -> bool {
    done != Some(day)
}

/// Whether it was done; if not it is tried again.
async fn book(hq: &Hq, now: Timestamp) -> bool {
    match expire(hq.store.as_ref(), Asked::all(now), |_| {}).await {
        Ok(done) => {
            let (points, lots, back) = (done.points, done.lots, done.taken_back);
            tracing::info!(points, lots, back, "points that expired are booked");
            for (member, why) in &done.failures {
                tracing::error!(%member, %why, "a member's points cannot be worked out");
            }
            true
        }
        Err(error) => {
            tracing::error!(%error, "points that expired could not be booked; trying again in minutes");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_day_is_booked_once_and_a_clock_that_was_put_right_is_followed() {
        assert!(is_new(date(2026, 11, 22), None));
        assert!(is_new(date(2026, 11, 23), Some(date(2026, 11, 22))));
        assert!(!is_new(date(2026, 11, 22), Some(date(2026, 11, 22))));
        assert!(is_new(date(2026, 11, 21), Some(date(2026, 11, 22))));
    }
}
