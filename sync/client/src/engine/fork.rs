//! HQ has another history of this journal, since this disk was restored or copied: finding the newest
//! record that both have, and asking for an epoch to go on in.

use super::{AnswerError, Engine, Failure, Moment, ProblemKind, Settled, history_differs};
use crate::{LocalView, Place};
use tillside_protocol::BATCH_RECORD_LIMIT;

/// How far that is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Fork {
    /// Both histories are one, as far as is known.
    #[default]
    None,
    /// Records are sent again until HQ knows one and not the next.
    Looking {
        /// The newest position that HQ was found to have as it is here.
        known: Option<u64>,
    },
    /// The newest position in common: HQ is asked for a new epoch.
    Found(u64),
}

impl Engine {
    /// HQ's copy of the present epoch goes further than the journal, or ends with another record.
    pub(super) fn look_for_fork(&mut self, view: &LocalView, moment: &Moment) {
        self.concern(ProblemKind::HistoryDiffers, history_differs(None), moment);
        match view.head.seq {
            0 => self.fork = Fork::Found(0),
            newest => {
                self.fork = Fork::Looking { known: None };
                self.send_again(view, newest - 1);
            }
        }
    }

    /// What an answer to records of the present epoch says about where the two part.
    pub(super) fn looked(&mut self, settled: &Settled, view: &LocalView, moment: &Moment) {
        let (first, last) = settled.sent;
        let known = match self.fork {
            Fork::Looking { known } => known,
            _ => None,
        };
        if let Some(at) = settled.conflict {
            let case = settled.conflicts.first().copied();
            self.concern(ProblemKind::HistoryDiffers, history_differs(case), moment);
            let before = at - 1;
            if before == 0 || known == Some(before) || settled.settled.contains(&before) {
                self.fork = Fork::Found(before);
                self.resend = None;
            } else {
                self.fork = Fork::Looking { known: None };
                self.send_again(view, before.saturating_sub(BATCH_RECORD_LIMIT as u64));
            }
        } else if settled.missing {
            let back = settled.head.seq;
            if back + 1 >= first {
                return self.failed(AnswerError::NoProgress.into(), moment);
            }
            self.send_again(view, back);
        } else if last < view.head.seq {
            self.fork = Fork::Looking { known: Some(last) };
            self.send_again(view, last);
        } else {
            self.resend = None;
            self.fork = match settled.head.seq > last {
                true => Fork::Found(last),
                false => Fork::None,
            };
        }
        self.reached(moment);
    }

    /// The journal goes on in the epoch that HQ gave.
    pub(super) fn epoch_begun(&mut self, moment: &Moment) {
        self.reached(moment);
        self.fork = Fork::None;
        self.resend = None;
        self.answered = None;
        self.pushed_after = None;
        self.status_at = moment.elapsed;
    }

    /// HQ gets all that it may lack before it is asked again.
    pub(super) fn epoch_too_early(&mut self, moment: &Moment) {
        self.reached(moment);
        self.fork = Fork::None;
        self.resend = Some(Place::FIRST);
    }

    /// HQ gives no epoch from there: what it says at the next status is looked at anew.
    pub(super) fn epoch_refused(&mut self, failure: Failure, moment: &Moment) {
        self.reached(moment);
        self.fork = Fork::None;
        self.resend = None;
        self.concern(ProblemKind::HistoryDiffers, failure.words, moment);
        self.wait(false, moment);
        self.status_at = moment.elapsed;
    }

    fn send_again(&mut self, view: &LocalView, after: u64) {
        self.resend = Some(Place::new(view.head.epoch, after));
    }
}
