//! How the line to HQ stands right now, in words, for whoever asks.

use crate::events::{Happening, Hub, LineStateView};
use crate::receipt::local_minute;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tillside_core::Timestamp;
use tillside_store::LineState;

const NO_LINE: &str = "This till is not set up yet, so it has no line to HQ.";

/// The line, shared between sync, the till and whoever asks.
#[derive(Clone, Debug)]
pub struct LineBoard {
    known: Arc<Mutex<Known>>,
    hub: Hub,
}

/// What is known of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// Whether this terminal is enrolled at all.
    pub enrolled: bool,
    /// Whether HQ is reached.
    pub up: bool,
    /// Since when it is so.
    pub since: Timestamp,
    /// When HQ last answered.
    pub last_contact: Option<Timestamp>,
    /// Why it is down, in words.
    pub problem: Option<String>,
    /// Facts HQ has not confirmed.
    pub unconfirmed: u64,
    /// The store's time zone.
    pub zone: String,
}

impl LineBoard {
    /// The line as it was last known.
    pub fn new(known: Known, hub: Hub) -> Self {
        let known = Arc::new(Mutex::new(known));
        Self { known, hub }
    }

    /// As it is now, and the number of facts HQ has not confirmed.
    pub fn view(&self) -> (LineStateView, u64) {
        let known = self.lock();
        (known.view(), known.unconfirmed)
    }

    /// The same as an event.
    pub fn happening(&self) -> Happening {
        let (line, unconfirmed) = self.view();
        Happening::Line { line, unconfirmed }
    }

    /// Changes what is known; tells it if anything but the last contact is another.
    pub fn change(&self, change: impl FnOnce(&mut Known)) {
        let changed = {
            let mut known = self.lock();
            let before = known.clone();
            change(&mut known);
            let before = Known {
                last_contact: known.last_contact,
                ..before
            };
            before != *known
        };
        if changed {
            self.hub.tell(self.happening());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// As the screens see it.
    pub fn view(&self) -> LineStateView {
        LineStateView {
            up: self.up,
            since: self.since.0,
            last_contact: self.last_contact.map(|at| at.0),
            words: self.words(),
        }
    }

    /// Whether, since when, why not, and what waits.
    fn words(&self) -> String {
        let facts = match self.unconfirmed {
            1 => "1 fact waits to be sent".to_owned(),
            many => format!("{many} facts wait to be sent"),
        };
        match (self.enrolled, self.up, self.unconfirmed) {
            (false, ..) => NO_LINE.to_owned(),
            (_, true, 0) => "HQ is connected and has everything.".to_owned(),
            (_, true, _) => format!("HQ is connected; {facts}."),
            (_, false, _) => {
                let since = local_minute(self.since, &self.zone);
                let why = self.problem.as_deref();
                let why = why.map(|why| format!(" {why}")).unwrap_or_default();
                format!("No line to HQ since {since}. Sales go on; {facts}.{why}")
            }
        }
    }
}

/// The line in words, as a store that nobody runs on has kept it.
pub fn line_words(
    enrolled: bool,
    line: Option<&LineState>,
    unconfirmed: u64,
    zone: &str,
) -> String {
    let Some(line) = line.filter(|_| enrolled) else {
        return match enrolled {
            true => "HQ was not reached yet.".to_owned(),
            false => NO_LINE.to_owned(),
        };
    };
    let known = Known {
        enrolled,
        up: line.up,
        since: line.since,
        last_contact: line.last_contact,
        problem: line.problem.clone(),
        unconfirmed,
        zone: zone.to_owned(),
    };
    known.words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_said_in_plain_words() {
        let mut known = Known {
            enrolled: true,
            up: false,
            since: Timestamp(1_795_352_520_000),
            last_contact: None,
            problem: Some("HQ does not answer.".to_owned()),
            unconfirmed: 12,
            zone: "Europe/Berlin".to_owned(),
        };
        assert_eq!(
            known.words(),
            "No line to HQ since 2026-11-22 14:02. Sales go on; 12 facts wait to be sent. HQ does not answer."
        );
        known.up = true;
        assert_eq!(known.words(), "HQ is connected; 12 facts wait to be sent.");
        known.unconfirmed = 0;
        assert_eq!(known.words(), "HQ is connected and has everything.");
    }
}
