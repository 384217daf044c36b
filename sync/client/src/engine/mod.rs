//! What to do next, decided without I/O.
//!
//! Inputs are moments ([`Moment`]), where the local store stands ([`LocalView`]) and what became of
//! the newest action ([`Report`]); outputs are actions ([`Action`]), one at a time. Facts go up
//! before bundles come down. Nothing is forgotten by a lost answer: a record is sent until HQ says
//! that it has it. Doing the actions is left to [`run`](crate::run) or to a simulation.

mod batch;
mod line;
mod moment;
mod report;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use batch::{Settled, batch, settle};
pub use line::{LineState, Problem, ProblemKind};
pub use moment::Moment;
pub use report::{AnswerError, Failure, Report};

use crate::clock::{agree, spoken};
use crate::retry::{FIRST_WAIT, Retry, spread};
use crate::{LocalView, clock};
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
        /// The position before the first to send.
        after: u64,
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

/// What is done beside the journal, with waits of its own, so that its trouble delays nothing else.
#[derive(Debug, Default)]
struct Chore {
    wanted: bool,
    not_before: Duration,
    retry: Retry,
}

impl Chore {
    fn is_due(&self, elapsed: Duration) -> bool {
        self.wanted && elapsed >= self.not_before
    }

    fn done(&mut self) {
        self.wanted = false;
        self.not_before = Duration::ZERO;
        self.retry.reset();
    }

    fn failed(&mut self, moment: &Moment) {
        self.not_before = moment.elapsed + self.retry.next_wait(moment.chance);
    }

    fn now(&mut self) {
        self.not_before = Duration::ZERO;
        self.retry.reset();
    }
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
    resend: Option<u64>,
    /// Where HQ's copy ended in its newest answer to a batch.
    answered: Option<u64>,
    /// HQ sent us back once since its newest status.
    sent_back: bool,
    /// The newest batch began after this position and was settled.
    pushed_after: Option<u64>,
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
    fn push_after(&self, view: &LocalView) -> Option<u64> {
        let own = settled_through(view);
        let after = self.resend.map_or(own, |resend| resend.min(own));
        (after < view.head.seq).then_some(after)
    }

    /// What became of the newest action.
    pub fn report(&mut self, report: Report, view: &LocalView, moment: &Moment) {
        match report {
            Report::Pushed(settled) => self.pushed(&settled, view, moment),
            Report::Status(status) => self.status(&status, view, moment),
            Report::Pulled => {
                self.reached(moment);
                self.pull.done();
                self.metadata_at = moment.elapsed + METADATA_INTERVAL;
                self.line.concerns.retain(|c| !c.kind.is_of_bundle());
            }
            Report::PullRefused(failure) => {
                self.pull.failed(moment);
                self.line.concerns.retain(|c| !c.kind.is_of_bundle());
                self.concern(failure.kind, failure.words, moment);
            }
            Report::Renewed => {
                self.reached(moment);
                self.renew.done();
                self.settled_concern(ProblemKind::CertificateExpired);
            }
            Report::RenewRefused(failure) => {
                self.renew.failed(moment);
                self.concern(ProblemKind::CertificateExpired, failure.words, moment);
            }
            Report::Failed(failure) => self.failed(failure, moment),
            Report::LocalFailed(words) => {
                self.concern(ProblemKind::Storage, words, moment);
                self.wait(true, moment);
            }
        }
    }

    fn pushed(&mut self, settled: &Settled, view: &LocalView, moment: &Moment) {
        let (first, last) = settled.sent;
        let stuck = settled.settled.is_empty() && !settled.missing
            || self.resend.is_none() && self.pushed_after == Some(first - 1);
        if settled.missing {
            let back = settled.head.seq;
            if self.sent_back || back + 1 >= first {
                return self.failed(AnswerError::NoProgress.into(), moment);
            }
            self.sent_back = true;
            self.resend = Some(back);
        } else if stuck {
            return self.failed(AnswerError::NoProgress.into(), moment);
        } else {
            self.resend = self
                .resend
                .map(|_| last)
                .filter(|at| *at < settled_through(view));
            self.pushed_after = Some(first - 1);
            self.answered = Some(settled.head.seq);
        }
        self.reached(moment);
        self.settled_concern(ProblemKind::Storage);
        if let Some(case) = settled.conflicts.first() {
            self.concern(
                ProblemKind::HistoryDiffers,
                history_differs(Some(*case)),
                moment,
            );
        }
    }

    fn status(&mut self, status: &TerminalStatus, view: &LocalView, moment: &Moment) {
        self.reached(moment);
        self.settled_concern(ProblemKind::Storage);
        self.status_at =
            moment.elapsed + self.poll - self.poll / 8 + spread(self.poll / 4, moment.chance);
        self.sent_back = false;
        self.pushed_after = None;
        self.hq_now = status.now;
        self.compare_clocks(status, moment);
        self.compare_heads(status, view, moment);
        self.pull.wanted =
            status.bundle != view.bundle || view.bundle > 0 && moment.elapsed >= self.metadata_at;
        self.renew.wanted = self.renew_after.is_some_and(|at| status.now >= at);
    }

    fn compare_clocks(&mut self, status: &TerminalStatus, moment: &Moment) {
        if agree(moment.wall, status.now) {
            self.settled_concern(ProblemKind::Clock);
        } else {
            self.concern(
                ProblemKind::Clock,
                clocks_differ(moment.wall, status.now),
                moment,
            );
        }
    }

    fn compare_heads(&mut self, status: &TerminalStatus, view: &LocalView, moment: &Moment) {
        let ahead = |head: &_| {
            let tillside_protocol::tillside_core::Head { epoch, seq, .. } = *head;
            (epoch, seq) > (view.head.epoch, view.head.seq)
        };
        match status.head {
            Some(head) if head == view.head => self.settled_concern(ProblemKind::HistoryDiffers),
            Some(head)
                if ahead(&head) || head.seq == view.head.seq && head.epoch == view.head.epoch =>
            {
                self.concern(ProblemKind::HistoryDiffers, history_differs(None), moment);
            }
            head => {
                let at = head
                    .filter(|h| h.epoch == view.head.epoch)
                    .map_or(0, |h| h.seq);
                // HQ lost what it had settled (restored from a backup): give it again.
                if at < settled_through(view) && self.answered != Some(at) {
                    self.resend = Some(at);
                }
            }
        }
    }

    /// HQ was reached and answered.
    fn reached(&mut self, moment: &Moment) {
        if !self.line.up {
            self.line.up = true;
            self.line.since = moment.wall;
        }
        self.line.problem = None;
        self.line.last_contact = Some(moment.wall);
        self.blocked_until = moment.elapsed;
        self.retry.reset();
    }

    fn failed(&mut self, failure: Failure, moment: &Moment) {
        if self.line.up {
            self.line.up = false;
            self.line.since = moment.wall;
        }
        let since = match &self.line.problem {
            Some(problem) if problem.kind == failure.kind => problem.since,
            _ => moment.wall,
        };
        self.line.problem = Some(Problem {
            kind: failure.kind,
            words: failure.words,
            since,
        });
        self.status_at = moment.elapsed;
        self.sent_back = false;
        self.pushed_after = None;
        self.wait(failure.retryable, moment);
    }

    fn wait(&mut self, retryable: bool, moment: &Moment) {
        self.failed_at = moment.elapsed;
        let wait = if retryable {
            self.retry.next_wait(moment.chance)
        } else {
            self.retry.longest_wait(moment.chance)
        };
        self.blocked_until = moment.elapsed + wait;
    }

    fn concern(&mut self, kind: ProblemKind, words: String, moment: &Moment) {
        let since = moment.wall;
        match self.line.concerns.iter_mut().find(|c| c.kind == kind) {
            Some(known) => known.words = words,
            None => self.line.concerns.push(Problem { kind, words, since }),
        }
    }

    fn settled_concern(&mut self, kind: ProblemKind) {
        self.line.concerns.retain(|concern| concern.kind != kind);
    }
}

/// The newest position that HQ settled, as the store knows it.
fn settled_through(view: &LocalView) -> u64 {
    match view.oldest_unconfirmed {
        Some(oldest) => oldest.saturating_sub(1),
        None => view.head.seq,
    }
}

fn clocks_differ(wall: Timestamp, hq: Timestamp) -> String {
    format!(
        "This PC's clock says {}, and HQ's says {}: set this PC's date and time.",
        spoken(wall),
        clock::spoken(hq)
    )
}

fn history_differs(case: Option<u64>) -> String {
    let kept = case.map_or_else(String::new, |case| {
        format!(" Nothing is lost: it is HQ's case {case}.")
    });
    format!(
        "HQ has records of this terminal that this PC does not have: its disk was restored or copied. Call HQ before you go on.{kept}"
    )
}
