//! What to do next, decided without I/O.
//!
//! Inputs are moments ([`Moment`]), where the local store stands ([`LocalView`]) and what became of
//! the newest action ([`Report`]); outputs are actions ([`Action`]), one at a time. Facts go up
//! before bundles come down. Nothing is forgotten by a lost answer: a record is sent until HQ says
//! that it has it. Doing the actions is left to [`run`](crate::run) or to a simulation.

mod batch;
mod chore;
mod fork;
mod line;
mod moment;
mod outcome;
mod report;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use batch::{Settled, acknowledgement, batch, head_of, settle};
pub use line::{LineState, Problem, ProblemKind};
pub use moment::Moment;
pub use report::{AnswerError, Failure, Report};

use crate::retry::{FIRST_WAIT, Retry};
use crate::{LocalView, Place};
use chore::Chore;
use fork::Fork;
use outcome::history_differs;
use std::time::Duration;
use tillside_protocol::TerminalStatus;
use tillside_protocol::tillside_core::Timestamp;

/// How often the signed metadata is read even if HQ names no newer bundle.
const METADATA_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// What the caller does next; then it reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Send a batch of the journal's records after this position.
    Push {
        /// The place before the first to send.
        after: Place,
    },
    /// HQ has another history: ask it for an epoch, and go on in that.
    BeginEpoch {
        /// The newest position of the present epoch that both have.
        from: u64,
    },
    /// Ask HQ for the terminal's status.
    Status,
    /// Fetch, verify and adopt the newest bundle.
    Pull {
        /// What HQ's clock said when the status was asked.
        hq_now: Timestamp,
    },
    /// Ask for a new certificate.
    Renew,
    /// Nothing to do before this point of [`Moment::elapsed`], unless somebody rings.
    Wait {
        /// Until when.
        until: Duration,
    },
}

/// Why somebody rings while the engine waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// A fact was recorded.
    NewFact,
    /// A person asked to try now.
    TryNow,
}

/// The state machine of one terminal's sync.
#[derive(Debug)]
pub struct Engine {
    poll: Duration,
    line: LineState,
    retry: Retry,
    /// No call before this point: the wait after a failure.
    blocked_until: Duration,
    failed_at: Duration,
    status_at: Duration,
    /// HQ lacks what comes after this position, although it was settled once.
    resend: Option<Place>,
    /// Where HQ's copy ended in its newest answer to a batch.
    answered: Option<Place>,
    /// HQ sent us back once since its newest status.
    sent_back: bool,
    /// The newest batch began after this position and was settled.
    pushed_after: Option<Place>,
    fork: Fork,
    hq_now: Timestamp,
    pull: Chore,
    metadata_at: Duration,
    renew: Chore,
    renew_after: Option<Timestamp>,
}

impl Engine {
    /// Begins with the line as it was last known. `poll` is how often HQ is asked while all is well.
    pub fn new(poll: Duration, line: LineState) -> Self {
        Self {
            poll,
            line,
            retry: Retry::new(),
            blocked_until: Duration::ZERO,
            failed_at: Duration::ZERO,
            status_at: Duration::ZERO,
            resend: None,
            answered: None,
            sent_back: false,
            pushed_after: None,
            fork: Fork::None,
            hq_now: Timestamp(0),
            pull: Chore::default(),
            metadata_at: Duration::ZERO,
            renew: Chore::default(),
            renew_after: None,
        }
    }

    /// When HQ's clock passes this, the certificate is to be renewed ([`Identity::renew_after`](crate::Identity::renew_after)).
    pub fn renew_after(&mut self, at: Timestamp) {
        self.renew_after = Some(at);
    }

    /// What a screen may say.
    pub fn line(&self) -> &LineState {
        &self.line
    }

    /// What to do now.
    pub fn next(&mut self, view: &LocalView, moment: &Moment) -> Action {
        let elapsed = moment.elapsed;
        if elapsed < self.blocked_until {
            let until = self.blocked_until;
            return Action::Wait { until };
        }
        if let Fork::Found(from) = self.fork {
            return Action::BeginEpoch { from };
        }
        if let Some(after) = self.push_after(view) {
            return Action::Push { after };
        }
        if elapsed >= self.status_at {
            return Action::Status;
        }
        if self.pull.is_due(elapsed) {
            return Action::Pull {
                hq_now: self.hq_now,
            };
        }
        if self.renew.is_due(elapsed) {
            return Action::Renew;
        }
        let until = [&self.pull, &self.renew]
            .into_iter()
            .filter(|chore| chore.wanted)
            .map(|chore| chore.not_before)
            .fold(self.status_at, Duration::min);
        Action::Wait { until }
    }

    /// Somebody rang: stop waiting. A new fact leaves at least a second between failed attempts.
    pub fn wake(&mut self, wake: Wake, moment: &Moment) {
        match wake {
            Wake::NewFact => {
                self.blocked_until = self.blocked_until.min(self.failed_at + FIRST_WAIT);
            }
            Wake::TryNow => {
                self.retry.reset();
                self.blocked_until = moment.elapsed;
                self.status_at = moment.elapsed;
                self.metadata_at = moment.elapsed;
                self.pull.now();
                self.renew.now();
            }
        }
    }

    /// The store could not even say where it stands, with words for a person.
    pub fn local_failed(&mut self, words: String, moment: &Moment) -> Action {
        if moment.elapsed >= self.blocked_until {
            self.concern(ProblemKind::Storage, words, moment);
            self.wait(true, moment);
        }
        Action::Wait {
            until: self.blocked_until,
        }
    }

    /// Where the next batch begins, if there is something to send.
    fn push_after(&self, view: &LocalView) -> Option<Place> {
        let own = settled_through(view);
        let after = self.resend.map_or(own, |resend| resend.min(own));
        (after < Place::of(&view.head)).then_some(after)
    }
}

/// Whether HQ has all that it once settled, and nothing that this journal lacks. Otherwise it was put back
/// from a backup, or this disk was: the facts come first, and nothing is said that rests on them.
pub fn in_step(view: &LocalView, status: &TerminalStatus) -> bool {
    let (epoch, at_hq) = (view.head.epoch, status.head_of(view.head.epoch));
    let known = at_hq.is_some() || epoch == Place::FIRST.epoch;
    let at = at_hq.map_or(Place::new(epoch, 0), |head| Place::of(&head));
    known && settled_through(view) <= at && at <= Place::of(&view.head)
}

/// The newest place that HQ settled, as the store knows it.
fn settled_through(view: &LocalView) -> Place {
    let seq = match view.oldest_unconfirmed {
        Some(oldest) => oldest.saturating_sub(1),
        None => view.head.seq,
    };
    Place::new(view.head.epoch, seq)
}
