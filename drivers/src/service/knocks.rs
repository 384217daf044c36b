//! How often a port is tried that does not open.
//!
//! Each try costs a kilobyte that libnfc's binding never gives back, so a port with something else
//! plugged in is tried less and less. A port that was pulled and plugged in begins anew.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Pause after the first failure; it doubles.
const FIRST: Duration = Duration::from_millis(500);
/// Longest pause: at most 1.5 megabytes a day.
const LONGEST: Duration = Duration::from_secs(60);

/// Ports that did not open, with the pause since.
#[derive(Debug, Default)]
pub(super) struct Knocks(BTreeMap<String, (Instant, Duration)>);

impl Knocks {
    /// Whether the port may be tried now.
    pub(super) fn may_try(&self, port: &str, now: Instant) -> bool {
        self.0.get(port).is_none_or(|(until, _)| now >= *until)
    }

    /// The port did not open.
    pub(super) fn failed(&mut self, port: &str, now: Instant) {
        let pause = match self.0.get(port) {
            Some((_, before)) => (*before * 2).min(LONGEST),
            None => FIRST,
        };
        self.0.insert(port.to_owned(), (now + pause, pause));
    }

    /// The port opened, or nothing is plugged in there any more.
    pub(super) fn forget(&mut self, port: &str) {
        self.0.remove(port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_never_opens_is_tried_once_a_minute_in_the_end() {
        let mut knocks = Knocks::default();
        let mut now = Instant::now();
        let mut tries = 0;
        let day = now + Duration::from_secs(24 * 60 * 60);
        while now < day {
            if knocks.may_try("port", now) {
                tries += 1;
                knocks.failed("port", now);
            }
            now += Duration::from_millis(500);
        }
        assert!((1440..1460).contains(&tries), "{tries}");
        assert!(knocks.may_try("another", now));
        knocks.failed("port", now);
        assert!(!knocks.may_try("port", now));
        knocks.forget("port");
        assert!(knocks.may_try("port", now));
    }
}
