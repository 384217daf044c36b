//! Work beside the journal: the bundle, the certificate.

use super::Moment;
use crate::retry::Retry;
use std::time::Duration;

/// What is done beside the journal, with waits of its own, so that its trouble delays nothing else.
#[derive(Debug, Default)]
pub(super) struct Chore {
    pub(super) wanted: bool,
    pub(super) not_before: Duration,
    retry: Retry,
}

impl Chore {
    pub(super) fn is_due(&self, elapsed: Duration) -> bool {
        self.wanted && elapsed >= self.not_before
    }

    pub(super) fn done(&mut self) {
        self.wanted = false;
        self.not_before = Duration::ZERO;
        self.retry.reset();
    }

    pub(super) fn failed(&mut self, moment: &Moment) {
        self.not_before = moment.elapsed + self.retry.next_wait(moment.chance);
    }

    pub(super) fn now(&mut self) {
        self.not_before = Duration::ZERO;
        self.retry.reset();
    }
}
