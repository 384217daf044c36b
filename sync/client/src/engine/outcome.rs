//! What an action's outcome changes in the engine.

use super::{
    AnswerError, Engine, Failure, Fork, METADATA_INTERVAL, Moment, Problem, ProblemKind, Report,
    Settled, settled_through,
};
use crate::clock::{agree, spoken};
use crate::retry::spread;
use crate::{LocalView, Place};
use tillside_protocol::TerminalStatus;
use tillside_protocol::tillside_core::Timestamp;

impl Engine {
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
            Report::EpochBegun => self.epoch_begun(moment),
            Report::EpochTooEarly => self.epoch_too_early(moment),
            Report::EpochRefused(failure) => self.epoch_refused(failure, moment),
            Report::Failed(failure) => self.failed(failure, moment),
            Report::LocalFailed(words) => {
                self.concern(ProblemKind::Storage, words, moment);
                self.wait(true, moment);
            }
        }
    }

    fn pushed(&mut self, settled: &Settled, view: &LocalView, moment: &Moment) {
        let epoch = settled.head.epoch;
        let place = |seq| Place::new(epoch, seq);
        let (first, last) = settled.sent;
        if epoch == view.head.epoch && (settled.conflict.is_some() || self.fork != Fork::None) {
            return self.looked(settled, view, moment);
        }
        let began = Some(place(first - 1));
        let stuck = settled.settled.is_empty() && !settled.missing && settled.conflict.is_none()
            || self.resend.is_none() && self.pushed_after == began;
        if settled.missing {
            let back = settled.head.seq;
            // HQ has nothing of a later epoch: it may lack what that goes on from (restored from a backup).
            let all = back == 0 && epoch > 1;
            if self.sent_back || back + 1 >= first && !all {
                return self.failed(AnswerError::NoProgress.into(), moment);
            }
            self.sent_back = true;
            self.resend = Some(if all { Place::FIRST } else { place(back) });
        } else if stuck {
            return self.failed(AnswerError::NoProgress.into(), moment);
        } else {
            let on = self.resend.map(|_| place(last));
            self.resend = on.filter(|at| *at < settled_through(view));
            self.pushed_after = began;
            self.answered = Some(Place::of(&settled.head));
        }
        self.reached(moment);
        self.settled_concern(ProblemKind::Storage);
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
        let (own, at_hq) = (view.head, status.head_of(view.head.epoch));
        match at_hq {
            Some(head) if head == own => {
                self.fork = Fork::None;
                let newest = status.head.map_or(0, |head| head.epoch);
                if newest > own.epoch {
                    self.concern(ProblemKind::HistoryDiffers, OLD_COPY.to_owned(), moment);
                } else {
                    self.settled_concern(ProblemKind::HistoryDiffers);
                }
            }
            Some(head) if head.seq >= own.seq => self.look_for_fork(view, moment),
            head => {
                let earlier = || {
                    let mut all = status.head.iter().chain(&status.earlier);
                    all.find(|head| head.epoch < own.epoch).copied()
                };
                let at = head.or_else(earlier);
                let at = at.map_or(Place::FIRST, |head| Place::of(&head));
                // HQ lost what it had settled (restored from a backup): give it again.
                if at < settled_through(view) && self.answered != Some(at) {
                    self.resend = Some(at);
                }
            }
        }
    }

    /// HQ was reached and answered.
    pub(super) fn reached(&mut self, moment: &Moment) {
        if !self.line.up {
            self.line.up = true;
            self.line.since = moment.wall;
        }
        self.line.problem = None;
        self.line.last_contact = Some(moment.wall);
        self.blocked_until = moment.elapsed;
        self.retry.reset();
    }

    pub(super) fn failed(&mut self, failure: Failure, moment: &Moment) {
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

    pub(super) fn wait(&mut self, retryable: bool, moment: &Moment) {
        self.failed_at = moment.elapsed;
        let wait = if retryable {
            self.retry.next_wait(moment.chance)
        } else {
            self.retry.longest_wait(moment.chance)
        };
        self.blocked_until = moment.elapsed + wait;
    }

    pub(super) fn concern(&mut self, kind: ProblemKind, words: String, moment: &Moment) {
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

fn clocks_differ(wall: Timestamp, hq: Timestamp) -> String {
    format!(
        "This PC's clock says {}, and HQ's says {}: set this PC's date and time.",
        spoken(wall),
        spoken(hq)
    )
}

/// A later epoch of this till's journal came from elsewhere.
const OLD_COPY: &str = "HQ knows a newer journal of this till from another PC: one of the two disks is an old copy. Call HQ before you go on. Nothing is lost.";

pub(super) fn history_differs(case: Option<u64>) -> String {
    let case = case.map_or_else(String::new, |case| format!(" It is HQ's case {case}."));
    format!(
        "HQ has records of this till that this PC does not have: its disk was restored or copied. Go on selling: what was sold here is sent to HQ again. Call HQ.{case}"
    )
}
