//! HQ's side: one quota, the leases given out of it, and what is free to give again.
//!
//! [`Lessor`] is a fold of [`LessorFact`]s; HQ keeps a fact durably before it sends what the fact allows.
//! The rule that a quota rests on: a lease counts in full until its holder's own word says less, see
//! [`crate::authority`].

mod error;
mod fact;

pub use error::*;
pub use fact::*;

use super::{AllowanceId, Report, ReportLine, Subject, Terms};
use crate::{TerminalId, Timestamp};
use std::collections::BTreeMap;

/// The most leases of one quota, open and closed.
pub const LEASES_LIMIT: usize = 1_000_000;

/// One quota at HQ: a campaign's uses, a member's points, or a plan's risk cap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lessor {
    subject: Subject,
    total: u64,
    /// What the leases count for together; kept so that asking what is free does not walk them.
    committed: u64,
    leases: BTreeMap<AllowanceId, Lease>,
    epochs: BTreeMap<TerminalId, u32>,
    /// The newest report taken in, by holder and epoch.
    heard: BTreeMap<(TerminalId, u32), u64>,
}

/// One lease as HQ knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// What was allowed.
    pub terms: Terms,
    /// How much was used, as far as was heard, inside its amount.
    pub used: u64,
    /// What was used past what HQ counted with: see [`LessorFact::Beyond`].
    pub beyond: u64,
    /// Whether more may be used.
    pub standing: Standing,
}

/// Whether more of a lease may come to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Standing {
    /// Its holder may have used, and may yet report, all of it.
    Open,
    /// Its holder's word says what was used in the end; the rest is free again.
    Closed,
    /// Its holder began a later epoch, and what the lost history used is not known: all of it counts
    /// forever. Late reports are still taken in.
    Lost,
}

impl Lease {
    /// What it counts for in the quota.
    pub const fn counts(&self) -> u64 {
        let inside = match self.standing {
            Standing::Closed => self.used,
            Standing::Open | Standing::Lost => self.terms.amount,
        };
        inside.saturating_add(self.beyond)
    }
}

/// A quota in figures. Free, in the field, in doubt, lost and used together are the total, unless the
/// total was lowered below them or something was used beyond.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// The quota.
    pub total: u64,
    /// What may be leased now.
    pub free: u64,
    /// Used, as far as was heard.
    pub used: u64,
    /// Leased, not known to be used, and spendable yet.
    pub in_the_field: u64,
    /// Leased, and over by HQ's clock and the clock bound, but its holder has not been heard since: it
    /// may have been used.
    pub in_doubt: u64,
    /// Not known to be used, in leases whose holder lost its history.
    pub lost: u64,
    /// Used past what HQ counted with.
    pub beyond: u64,
}

impl Lessor {
    /// A quota of which nothing is leased.
    pub const fn new(subject: Subject, total: u64) -> Self {
        Self {
            subject,
            total,
            committed: 0,
            leases: BTreeMap::new(),
            epochs: BTreeMap::new(),
            heard: BTreeMap::new(),
        }
    }

    /// What it is a quota of.
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The quota.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// What may be leased now.
    pub const fn free(&self) -> u64 {
        self.total.saturating_sub(self.committed)
    }

    /// A lease.
    pub fn lease(&self, id: AllowanceId) -> Option<&Lease> {
        self.leases.get(&id)
    }

    /// All leases, by id.
    pub fn leases(&self) -> impl Iterator<Item = &Lease> {
        self.leases.values()
    }

    /// The quota in figures.
    pub fn figures(&self, now: Timestamp) -> Figures {
        let mut figures = Figures {
            total: self.total,
            free: self.free(),
            ..Figures::default()
        };
        for lease in self.leases.values() {
            let rest = lease.terms.amount.saturating_sub(lease.used);
            figures.used = figures.used.saturating_add(lease.used);
            figures.beyond = figures.beyond.saturating_add(lease.beyond);
            let pot = match lease.standing {
                Standing::Closed => continue,
                Standing::Lost => &mut figures.lost,
                Standing::Open if now >= lease.terms.surely_over() => &mut figures.in_doubt,
                Standing::Open => &mut figures.in_the_field,
            };
            *pot = pot.saturating_add(rest);
        }
        figures
    }

    /// Leases some of what is free. HQ keeps the fact, then seals and sends the terms, as often as
    /// it likes.
    ///
    /// # Errors
    /// Why not; nothing changes then.
    pub fn grant(&self, terms: Terms, now: Timestamp) -> Result<LessorFact, LeaseError> {
        let newest_epoch = self.epochs.get(&terms.holder).copied().unwrap_or(0);
        if let Some(fault) = terms.fault() {
            Err(LeaseError::Malformed { fault })
        } else if terms.subject != self.subject {
            Err(LeaseError::OtherSubject)
        } else if self.leases.contains_key(&terms.id) {
            Err(LeaseError::SameId { id: terms.id })
        } else if terms.epoch < newest_epoch {
            let (asked, newest) = (terms.epoch, newest_epoch);
            Err(LeaseError::OldEpoch { asked, newest })
        } else if now >= terms.ends() {
            Err(LeaseError::Over)
        } else if terms.amount > self.free() {
            let (asked, free) = (terms.amount, self.free());
            Err(LeaseError::NotFree { asked, free })
        } else if self.leases.len() >= LEASES_LIMIT {
            let limit = LEASES_LIMIT;
            Err(LeaseError::TooMany { limit })
        } else {
            let at = now;
            Ok(LessorFact::Granted { terms, at })
        }
    }

    /// Changes the quota, as when a member earns or a campaign is enlarged. Lowering it below what is
    /// leased takes no lease back: nothing is free until enough came in.
    pub const fn resize(&self, total: u64, now: Timestamp) -> LessorFact {
        LessorFact::Resized { total, at: now }
    }

    /// A holder begins a later epoch, since its disk was restored or replaced. None if it is not later.
    pub fn begin_epoch(
        &self,
        holder: TerminalId,
        epoch: u32,
        now: Timestamp,
    ) -> Option<LessorFact> {
        let at = now;
        let later = self.epochs.get(&holder).is_none_or(|known| *known < epoch);
        later.then_some(LessorFact::EpochBegun { holder, epoch, at })
    }

    /// Takes a holder's report in: empty if nothing in it is new. `now` is HQ's clock.
    pub fn hear(&self, report: &Report, now: Timestamp) -> Vec<LessorFact> {
        let (holder, epoch, number) = (report.terminal, report.epoch, report.number);
        let mut facts = Vec::new();
        facts.extend(self.begin_epoch(holder, epoch, now));
        let newest = self.heard.get(&(holder, epoch));
        if newest.is_some_and(|newest| number < *newest) {
            return facts;
        }
        let lines = report.lines.iter().map(|line| (line.allowance, line));
        let lines: BTreeMap<AllowanceId, &ReportLine> = lines.collect();
        let theirs = |terms: &Terms| terms.holder == holder && terms.epoch == epoch;
        for lease in self.leases.values().filter(|lease| theirs(&lease.terms)) {
            let line = lines.get(&lease.terms.id).copied();
            facts.extend(self.learn(lease, line, report, now));
        }
        if newest.is_none_or(|newest| number > *newest) {
            facts.push(LessorFact::Heard {
                holder,
                epoch,
                number,
                at: now,
            });
        }
        facts
    }

    /// What a holder's journal says of the end of a lease. It comes in the order of the holder's uses, and
    /// again after HQ was put back: a lease of which HQ has forgotten what was used of it is not taken for one
    /// that never arrived. None if it is not open.
    pub fn closed(&self, id: AllowanceId, used: u64, now: Timestamp) -> Option<LessorFact> {
        let lease = self.leases.get(&id)?;
        let open = lease.standing == Standing::Open;
        let used = used.max(lease.used).min(lease.terms.amount);
        let (why, at) = (Ending::Closed, now);
        open.then_some(LessorFact::Ended { id, used, why, at })
    }

    /// A person gives up waiting for the word on a lease that is surely over, as of a till that burnt down: what is
    /// known to be used of it stays used, the rest is free again. None if it is not over, or closed already. Should the
    /// holder come back and have used more, that is [`LessorFact::Beyond`].
    pub fn give_up(&self, id: AllowanceId, used: u64, now: Timestamp) -> Option<LessorFact> {
        let lease = self.leases.get(&id)?;
        let waits = lease.standing != Standing::Closed && now >= lease.terms.surely_over();
        let used = used.max(lease.used).min(lease.terms.amount);
        let (why, at) = (Ending::GivenUp, now);
        waits.then_some(LessorFact::Ended { id, used, why, at })
    }

    /// The leases of a report that are closed here: its holder may forget them.
    pub fn settled(&self, report: &Report) -> Vec<AllowanceId> {
        let lines = report.lines.iter().filter(|line| line.closed);
        let closed = |id: &AllowanceId| {
            self.leases.get(id).is_some_and(|lease| {
                lease.terms.holder == report.terminal && lease.standing == Standing::Closed
            })
        };
        lines.map(|line| line.allowance).filter(closed).collect()
    }

    /// What a report says of one lease that is not known yet.
    fn learn(
        &self,
        lease: &Lease,
        line: Option<&ReportLine>,
        report: &Report,
        now: Timestamp,
    ) -> Vec<LessorFact> {
        let (id, at) = (lease.terms.id, now);
        let reported = line.map_or(0, |line| line.used);
        let known = match lease.standing {
            Standing::Closed => lease.used,
            Standing::Open | Standing::Lost => lease.terms.amount,
        };
        let mut facts = Vec::new();
        let beyond = reported.saturating_sub(known);
        if beyond > lease.beyond {
            facts.push(LessorFact::Beyond { id, beyond, at });
        }
        if lease.standing == Standing::Closed {
            return facts;
        }
        let used = reported.min(lease.terms.amount);
        if line.is_some() && used != lease.used {
            facts.push(LessorFact::Used { id, used, at });
        }
        let never_taken = line.is_none() && lease.terms.serial <= report.newest_serial;
        let answered = report.answers.min(now) >= lease.terms.surely_over();
        let why = if line.is_some_and(|line| line.closed) {
            Ending::Closed
        } else if never_taken {
            Ending::NeverTaken
        } else if answered {
            Ending::AnsweredAfterEnd
        } else {
            return facts;
        };
        if lease.standing == Standing::Open {
            facts.push(LessorFact::Ended { id, used, why, at });
        }
        facts
    }

    /// Takes a fact in. The same facts give the same lessor, forever.
    pub fn apply(&mut self, fact: &LessorFact) {
        match fact {
            LessorFact::Granted { terms, .. } => self.add(terms),
            LessorFact::Resized { total, .. } => self.total = *total,
            LessorFact::Heard {
                holder,
                epoch,
                number,
                ..
            } => {
                let newest = self.heard.entry((*holder, *epoch)).or_default();
                *newest = (*newest).max(*number);
            }
            LessorFact::Used { id, used, .. } => self.change(*id, |lease| lease.used = *used),
            LessorFact::Ended { id, used, .. } => self.change(*id, |lease| {
                lease.used = *used;
                lease.standing = Standing::Closed;
            }),
            LessorFact::Beyond { id, beyond, .. } => {
                self.change(*id, |lease| lease.beyond = *beyond);
            }
            LessorFact::EpochBegun { holder, epoch, .. } => self.lose(*holder, *epoch),
        }
    }

    fn add(&mut self, terms: &Terms) {
        let lease = Lease {
            terms: terms.clone(),
            used: 0,
            beyond: 0,
            standing: Standing::Open,
        };
        let counts = lease.counts();
        if self.leases.insert(terms.id, lease).is_none() {
            self.committed = self.committed.saturating_add(counts);
        }
        let known = self.epochs.get(&terms.holder);
        if known.is_none_or(|known| *known < terms.epoch) {
            self.lose(terms.holder, terms.epoch);
        }
    }

    fn lose(&mut self, holder: TerminalId, epoch: u32) {
        self.epochs.insert(holder, epoch);
        for lease in self.leases.values_mut() {
            let theirs = lease.terms.holder == holder && lease.terms.epoch < epoch;
            if theirs && lease.standing == Standing::Open {
                // It counted in full and goes on to.
                lease.standing = Standing::Lost;
            }
        }
    }

    fn change(&mut self, id: AllowanceId, change: impl FnOnce(&mut Lease)) {
        if let Some(lease) = self.leases.get_mut(&id) {
            let before = lease.counts();
            change(lease);
            let others = self.committed.saturating_sub(before);
            self.committed = others.saturating_add(lease.counts());
        }
    }
}
