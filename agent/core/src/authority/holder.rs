//! The terminal's side: the allowances it holds, and what it spent of them.
//!
//! [`Holder`] is a fold of [`HolderFact`]s. Each decision is a function of it that gives the fact, which
//! the caller keeps durably and then [applies](Holder::apply) before anybody is told.

mod error;
mod fact;

pub use error::*;
pub use fact::*;

use super::{
    Allowance, AllowanceError, AllowanceId, AuthorityVersion, Report, ReportLine, Subject, Terms,
    Uncovered,
};
use crate::{TerminalId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most allowances a terminal keeps: held ones, and closed ones that HQ has not settled.
pub const HOLDER_LIMIT: usize = 10_000;

/// What one terminal may spend by itself. Written down, it is a fold that was made so far.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    terminal: TerminalId,
    epoch: u32,
    newest_serial: u64,
    /// The latest moment of any fact: a clock that runs backwards reopens nothing.
    latest: Timestamp,
    /// How many facts this epoch has.
    facts: u64,
    held: BTreeMap<AllowanceId, Held>,
}

/// One allowance at its holder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// What HQ allowed.
    pub terms: Terms,
    /// How much of it was spent.
    pub used: u64,
    /// Why nothing more of it is spent; none while it is held.
    pub closed: Option<Closing>,
}

impl Held {
    /// What is left to spend, its time left aside.
    pub const fn rest(&self) -> u64 {
        match self.closed {
            Some(_) => 0,
            None => self.terms.amount.saturating_sub(self.used),
        }
    }
}

/// A wish for another allowance, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// What can be spent now.
    pub left: u64,
    /// Why more is asked for.
    pub why: WishReason,
}

/// Why a holder asks for more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WishReason {
    /// Nothing is left.
    Out,
    /// Less than the policy's share is left.
    Low,
    /// The last of it ends soon.
    Ending,
}

impl Holder {
    /// A terminal at the start of an epoch, with nothing.
    pub const fn new(terminal: TerminalId, epoch: u32) -> Self {
        Self {
            terminal,
            epoch,
            newest_serial: 0,
            latest: Timestamp(0),
            facts: 0,
            held: BTreeMap::new(),
        }
    }

    /// The same without its allowances: what is to be kept of it beside them.
    pub const fn bare(&self) -> Self {
        Self {
            terminal: self.terminal,
            epoch: self.epoch,
            newest_serial: self.newest_serial,
            latest: self.latest,
            facts: self.facts,
            held: BTreeMap::new(),
        }
    }

    /// The same with allowances that were kept beside it: all that a decision or a fact is about.
    #[must_use]
    pub fn with(mut self, kept: impl IntoIterator<Item = Held>) -> Self {
        let kept = kept.into_iter().map(|held| (held.terms.id, held));
        self.held.extend(kept);
        self
    }

    /// The epoch it is in.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// An allowance that it holds, or has closed and not settled.
    pub fn held(&self, id: AllowanceId) -> Option<&Held> {
        self.held.get(&id)
    }

    /// All that it holds, and what is closed and not settled, by id.
    pub fn all(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    /// What can be spent on a subject now.
    pub fn left(&self, subject: &Subject, now: Timestamp) -> u64 {
        let live = self.live(subject, now);
        live.fold(0, |sum, held| sum.saturating_add(held.rest()))
    }

    /// Takes an allowance. One whose time has not come is taken too, and spent when it comes.
    ///
    /// # Errors
    /// Why it is not taken; nothing changes then.
    pub fn accept(
        &self,
        allowance: &Allowance,
        now: Timestamp,
    ) -> Result<HolderFact, AllowanceError> {
        let terms = allowance.terms();
        let at = self.moment(now);
        if terms.holder != self.terminal {
            let holder = terms.holder;
            return Err(AllowanceError::WrongHolder { holder });
        }
        if terms.epoch != self.epoch {
            let (theirs, ours) = (terms.epoch, self.epoch);
            return Err(AllowanceError::WrongEpoch { theirs, ours });
        }
        if self.held.contains_key(&terms.id) {
            return Err(AllowanceError::AlreadyHeld);
        }
        if terms.serial <= self.newest_serial {
            let (serial, newest) = (terms.serial, self.newest_serial);
            return Err(AllowanceError::Older { serial, newest });
        }
        if at >= terms.ends() {
            let ended = terms.ends();
            return Err(AllowanceError::Expired { ended });
        }
        if self.held.len() >= HOLDER_LIMIT {
            let limit = HOLDER_LIMIT;
            return Err(AllowanceError::Full { limit });
        }
        let terms = terms.clone();
        Ok(HolderFact::Accepted { terms, at })
    }

    /// Spends `amount` of a subject: the fact names each allowance and how much of it was used up, the
    /// one that ends first before the others.
    ///
    /// # Errors
    /// Why not, and what the policy says to do then.
    pub fn spend(
        &self,
        subject: &Subject,
        amount: u64,
        now: Timestamp,
    ) -> Result<HolderFact, SpendError> {
        if amount == 0 {
            return Err(SpendError::Nothing);
        }
        let at = self.moment(now);
        let mut live: Vec<&Held> = self.live(subject, now).collect();
        live.sort_by_key(|held| (held.terms.expires_at, held.terms.serial));
        let mut missing = amount;
        let mut parts = Vec::new();
        for held in live {
            let part = missing.min(held.rest());
            if part > 0 {
                missing -= part;
                let allowance = held.terms.id;
                let amount = part;
                parts.push(Part { allowance, amount });
            }
        }
        match missing {
            0 => Ok(HolderFact::Spent { parts, at }),
            _ => Err(self.shortfall(subject, amount - missing, at)),
        }
    }

    /// Takes a use back, as when a sale is torn or voided on its day. What belonged to an allowance that
    /// is closed or has ended stays used: HQ was told so, or may have counted it by the lease's end. None
    /// if nothing is left to take back.
    pub fn release(&self, parts: &[Part], now: Timestamp) -> Option<HolderFact> {
        let mut back: BTreeMap<AllowanceId, u64> = BTreeMap::new();
        for part in parts {
            let sum = back.entry(part.allowance).or_default();
            *sum = sum.saturating_add(part.amount);
        }
        let at = self.moment(now);
        let open = |(id, amount): (AllowanceId, u64)| {
            let open = |held: &&Held| held.closed.is_none() && at < held.terms.ends();
            let held = self.held.get(&id).filter(open)?;
            let amount = amount.min(held.used);
            let allowance = id;
            (amount > 0).then_some(Part { allowance, amount })
        };
        let parts: Vec<Part> = back.into_iter().filter_map(open).collect();
        (!parts.is_empty()).then_some(HolderFact::Released { parts, at })
    }

    /// Gives the rest of an allowance back to HQ, for good. None if it is not held.
    pub fn give_back(&self, id: AllowanceId, now: Timestamp) -> Option<HolderFact> {
        self.close(id, Closing::GivenBack, now)
    }

    /// Closes each allowance that has ended. To be done before every report, so that HQ learns it.
    pub fn close_ended(&self, now: Timestamp) -> Vec<HolderFact> {
        let at = self.moment(now);
        let ended = self.held.values().filter(|held| at >= held.terms.ends());
        ended
            .filter_map(|held| self.close(held.terms.id, Closing::Ended, now))
            .collect()
    }

    /// Forgets closed allowances that HQ says it has settled; it keeps what is still held.
    pub fn settle(&self, settled: &[AllowanceId], now: Timestamp) -> Option<HolderFact> {
        let closed = |id: &AllowanceId| self.held.get(id).is_some_and(|held| held.closed.is_some());
        let mut allowances: Vec<AllowanceId> = settled.iter().copied().filter(closed).collect();
        allowances.sort_unstable();
        allowances.dedup();
        let at = self.moment(now);
        (!allowances.is_empty()).then_some(HolderFact::Settled { allowances, at })
    }

    /// Begins a later epoch with nothing, as after a restore. None if it is not later.
    pub fn begin_epoch(&self, epoch: u32, now: Timestamp) -> Option<HolderFact> {
        let at = self.moment(now);
        (epoch > self.epoch).then_some(HolderFact::EpochBegun { epoch, at })
    }

    /// Whether more of a subject is to be asked for, by the policy of the newest allowance for it; a
    /// terminal that never had one has no wish of its own.
    pub fn wish(&self, subject: &Subject, now: Timestamp) -> Option<Wish> {
        let policy = self.newest(subject)?.terms.policy;
        let at = self.moment(now);
        let held = || self.unended(subject, at);
        let whole: u128 = held().map(|held| u128::from(held.terms.amount)).sum();
        let rest: u128 = held().map(|held| u128::from(held.rest())).sum();
        let last = held().map(|held| held.terms.ends()).max();
        let soon =
            at.0.saturating_add(i64::from(policy.renew_before_s) * 1_000);
        let why = match last {
            _ if rest == 0 => WishReason::Out,
            _ if rest * 10_000 < whole * u128::from(policy.renew_below_bp) => WishReason::Low,
            Some(last) if last.0 <= soon => WishReason::Ending,
            _ => return None,
        };
        let left = self.left(subject, now);
        Some(Wish { left, why })
    }

    /// All there is to tell HQ, in answer to its call of `answers`.
    pub fn report(&self, answers: Timestamp) -> Report {
        let line = |(id, held): (&AllowanceId, &Held)| ReportLine {
            allowance: *id,
            used: held.used,
            closed: held.closed.is_some(),
        };
        Report {
            v: AuthorityVersion,
            terminal: self.terminal,
            epoch: self.epoch,
            number: self.facts,
            answers,
            newest_serial: self.newest_serial,
            lines: self.held.iter().map(line).collect(),
        }
    }

    /// Takes a fact in. The same facts give the same holder, forever.
    pub fn apply(&mut self, fact: &HolderFact) {
        self.latest = self.latest.max(fact.at());
        self.facts = self.facts.saturating_add(1);
        match fact {
            HolderFact::Accepted { terms, .. } => {
                self.newest_serial = self.newest_serial.max(terms.serial);
                let held = Held {
                    terms: terms.clone(),
                    used: 0,
                    closed: None,
                };
                self.held.entry(terms.id).or_insert(held);
            }
            HolderFact::Spent { parts, .. } => self.each(parts, u64::saturating_add),
            HolderFact::Released { parts, .. } => self.each(parts, u64::saturating_sub),
            HolderFact::Closed { allowance, why, .. } => {
                if let Some(held) = self.held.get_mut(allowance) {
                    held.closed.get_or_insert(*why);
                }
            }
            HolderFact::Settled { allowances, .. } => {
                for id in allowances {
                    self.held.remove(id);
                }
            }
            HolderFact::EpochBegun { epoch, .. } => {
                let latest = self.latest;
                *self = Self::new(self.terminal, *epoch);
                self.latest = latest;
            }
        }
    }

    fn each(&mut self, parts: &[Part], change: impl Fn(u64, u64) -> u64) {
        for part in parts {
            if let Some(held) = self.held.get_mut(&part.allowance) {
                held.used = change(held.used, part.amount);
            }
        }
    }

    fn close(&self, id: AllowanceId, why: Closing, now: Timestamp) -> Option<HolderFact> {
        let held = self.held.get(&id).filter(|held| held.closed.is_none())?;
        Some(HolderFact::Closed {
            allowance: id,
            used: held.used,
            why,
            at: self.moment(now),
        })
    }

    fn moment(&self, now: Timestamp) -> Timestamp {
        now.max(self.latest)
    }

    fn of<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Held> {
        let held = self.held.values();
        held.filter(move |held| held.terms.subject == *subject)
    }

    fn newest(&self, subject: &Subject) -> Option<&Held> {
        let all = self.held.values();
        all.filter(|held| held.terms.subject == *subject)
            .max_by_key(|held| held.terms.serial)
    }

    /// Held and not ended; its time may yet come.
    fn unended<'a>(
        &'a self,
        subject: &'a Subject,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a Held> {
        self.of(subject)
            .filter(move |held| held.closed.is_none() && at < held.terms.ends())
    }

    /// What may be spent now.
    fn live<'a>(&'a self, subject: &'a Subject, now: Timestamp) -> impl Iterator<Item = &'a Held> {
        let at = self.moment(now);
        self.unended(subject, at)
            .filter(move |held| at >= held.terms.not_before)
    }

    fn shortfall(&self, subject: &Subject, left: u64, at: Timestamp) -> SpendError {
        let newest = self.newest(subject);
        let uncovered = newest.map_or(Uncovered::AskHq, |held| held.terms.policy.uncovered);
        let coming = self.unended(subject, at).map(|held| held.terms.not_before);
        let from = coming.filter(|from| at < *from).min();
        let ended = self.of(subject).map(|held| held.terms.ends()).max();
        match (left, from, ended) {
            (0, Some(from), _) => SpendError::NotYet { from, uncovered },
            (0, None, Some(ended)) if ended <= at => SpendError::Expired { ended, uncovered },
            _ => SpendError::NotEnough { left, uncovered },
        }
    }
}
