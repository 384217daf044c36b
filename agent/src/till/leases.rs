//! Shares of quotas, and members' points: what sync tells HQ of them and asks for, and what HQ allowed.
//!
//! What may be given out of a share, and when more is wanted, is the core's.

use super::deed::DraftChange;
use super::{Desk, TillError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tillside_core::authority::Allowance;
use tillside_core::{AllowanceChange, Command, MemberId, Now, decide};
use tillside_store::{EVENT_LIMIT, Need};
use tillside_sync::{LEASE_WISH_LIMIT, LeaseRequest, LeaseResponse, LeaseWish};

/// The longest and shortest time after which HQ is asked for the same again.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What was asked last, so that HQ is not asked for the same at each poll.
#[derive(Debug)]
pub(super) struct Asked {
    /// The newest report, by its number.
    number: Option<u64>,
    /// The newest that HQ answered.
    answered: Option<u64>,
    /// The same is not said again before.
    not_before: Instant,
    wait: Duration,
    /// Members who were served since HQ was asked to keep points of theirs aside.
    pub(super) served: BTreeSet<MemberId>,
    /// Of whose points a sale waits for so many.
    pub(super) wanted: BTreeMap<MemberId, u64>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            number: None,
            answered: None,
            not_before: Instant::now(),
            wait: SHORTEST_WAIT,
            served: BTreeSet::new(),
            wanted: BTreeMap::new(),
        }
    }
}

impl Desk {
    /// What to tell HQ now: closes what has ended first, so that HQ learns it. None if there is nothing
    /// to say, or it was said a moment ago.
    pub(crate) fn lease_request(&mut self) -> Result<Option<LeaseRequest>, TillError> {
        let now = self.now()?;
        self.change_shares(AllowanceChange::CloseEnded, now)?;
        self.give_points_back(now)?;
        let (holder, subjects) = self.store.shares()?;
        let wishes = subjects.into_iter().filter_map(|subject| {
            let left = holder.left(&subject, now.at);
            let wanted = left == 0 || holder.wish(&subject, now.at).is_some();
            wanted.then_some(LeaseWish {
                subject,
                left,
                want: None,
            })
        });
        let points = self.points_wishes(&holder, now);
        let wishes: Vec<LeaseWish> = points
            .into_iter()
            .chain(wishes)
            .take(LEASE_WISH_LIMIT)
            .collect();
        let report = holder.report(self.store.lease_call()?);
        let answered = self.asked.answered == Some(report.number);
        if wishes.is_empty() && (answered || report.lines.is_empty()) {
            return Ok(None);
        }
        let known = self.asked.number == Some(report.number);
        let at = Instant::now();
        let waits = known && self.asked.wanted.is_empty();
        if waits && at < self.asked.not_before {
            return Ok(None);
        }
        let wait = match known {
            true => (self.asked.wait * 2).min(LONGEST_WAIT),
            false => SHORTEST_WAIT,
        };
        self.asked.wait = wait;
        self.asked.not_before = at + wait;
        self.asked.number = Some(report.number);
        Ok(Some(LeaseRequest { report, wishes }))
    }

    /// Takes what HQ allowed, and forgets what it has settled. What does not fit, such as an allowance
    /// that was taken before, is left: HQ sends it again, or knows by the next report.
    pub(crate) fn lease_answer(&mut self, answer: LeaseResponse) -> Result<(), TillError> {
        let now = self.now()?;
        let keys = self.store.allowance_keys();
        for sealed in &answer.allowances {
            match Allowance::open(&sealed.0, &keys) {
                Ok(allowance) => {
                    self.change_shares(AllowanceChange::Take(Box::new(allowance)), now)?
                }
                Err(error) => tracing::warn!(%error, "a share of a quota from HQ was not taken"),
            }
        }
        self.change_shares(AllowanceChange::Settle(answer.settled), now)?;
        self.store.set_lease_call(answer.call)?;
        self.asked.served.clear();
        self.asked.wanted.clear();
        self.asked.answered = self.asked.number;
        Ok(())
    }

    pub(super) fn change_shares(
        &mut self,
        change: AllowanceChange,
        now: Now,
    ) -> Result<(), TillError> {
        let state = self.store.load(&Need {
            shares: true,
            ..Need::default()
        })?;
        match decide(&state, Command::ChangeAllowances(change), now) {
            Ok(events) => {
                for events in events.chunks(EVENT_LIMIT) {
                    self.commit(events, &DraftChange::Keep, None, now)?;
                }
            }
            Err(refusal) => tracing::debug!(?refusal, "a share of a quota stays as it is"),
        }
        Ok(())
    }
}
