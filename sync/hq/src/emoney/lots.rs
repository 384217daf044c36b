//! Which money paid for what: each top-up is a lot of its funder, and each debit takes from the oldest
//! lots that are left (first in, first out).
//!
//! Computed from a purse's own sequence, so that it is the same in whatever order journals came. A debit
//! whose top-up HQ has not heard of yet is unfunded, until it has.

use super::ledger::Holder;
use std::collections::{BTreeMap, HashMap, HashSet};
use tillside_core::{FunderId, PurseTx};

/// Where debited money went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sink {
    /// To a shop.
    Spent,
    /// To be given back to the holder.
    Owed,
    /// Past its time.
    Expired,
    /// To the card that stands in for a lost one.
    Carried,
}

/// One booked change of a purse, in the purse's own order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A top-up.
    Fund {
        /// Who issued it.
        funder: FunderId,
        /// Minor units.
        minor: i64,
    },
    /// Money taken off.
    Take {
        /// The movement; none where a card's remainder expired.
        txid: Option<PurseTx>,
        /// Minor units.
        minor: i64,
        /// Where it went.
        sink: Sink,
    },
    /// Money of a payment given back.
    Return {
        /// The payment.
        of: PurseTx,
        /// Minor units.
        minor: i64,
    },
    /// Money carried over from a lost card.
    CarryIn {
        /// The movement, which is a [`Change::Take`] of the lost card.
        txid: PurseTx,
        /// The lost card.
        from: Holder,
        /// Minor units.
        minor: i64,
    },
}

/// Money of one funder that is left in a purse.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lot {
    /// Who issued it.
    pub funder: FunderId,
    /// How much came, minor units.
    pub minor: i64,
    /// How much of it is left.
    pub left: i64,
}

/// What one funder's money became, minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shares {
    /// Put on purses.
    pub issued: i64,
    /// Still there.
    pub held: i64,
    /// Spent.
    pub spent: i64,
    /// Owed.
    pub owed: i64,
    /// Expired.
    pub expired: i64,
}

impl Shares {
    /// Whether nothing of it came from nowhere or went nowhere.
    pub fn holds(&self) -> bool {
        self.issued == self.held + self.spent + self.owed + self.expired
    }
}

/// Every purse's pairing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pairing {
    /// What is left, by purse.
    pub lots: BTreeMap<Holder, Vec<Lot>>,
    /// By funder.
    pub funders: BTreeMap<FunderId, Shares>,
    /// Debits that no known top-up covers yet, by where the money went.
    pub unfunded: BTreeMap<Sink, i64>,
    /// What of carried-over money no known top-up covers, by purse: it is held, and nobody issued it.
    pub uncovered: BTreeMap<Holder, i64>,
}

/// Pairs every debit with lots. `purses` has each purse's changes in its own order.
pub fn pair(purses: &BTreeMap<Holder, Vec<Change>>) -> Pairing {
    let mut work = Work {
        purses,
        carried: HashMap::new(),
        begun: HashSet::new(),
        done: Pairing::default(),
    };
    for holder in purses.keys() {
        work.purse(holder);
    }
    work.done
}

/// (funder, minor): none is money whose top-up nobody told of.
type Part = (Option<FunderId>, i64);

struct Work<'a> {
    purses: &'a BTreeMap<Holder, Vec<Change>>,
    /// What each carry-over brought along.
    carried: HashMap<PurseTx, Vec<Part>>,
    begun: HashSet<&'a Holder>,
    done: Pairing,
}

/// One purse while its changes are gone through. A lot's index names it.
#[derive(Default)]
struct Purse {
    lots: Vec<(Option<FunderId>, i64, i64)>,
    /// What each payment took, and from which lots; `usize::MAX` is from none.
    taken: HashMap<PurseTx, (Sink, Vec<(usize, i64)>)>,
}

const NO_LOT: usize = usize::MAX;

impl<'a> Work<'a> {
    fn purse(&mut self, holder: &'a Holder) {
        let Some(changes) = self.purses.get(holder) else {
            return;
        };
        if !self.begun.insert(holder) {
            return;
        }
        let mut purse = Purse::default();
        for change in changes {
            match change {
                Change::Fund { funder, minor } => {
                    self.shares(funder).issued += minor;
                    purse.lots.push((Some(funder.clone()), *minor, *minor));
                }
                Change::Take { txid, minor, sink } => self.take(&mut purse, *txid, *minor, *sink),
                Change::Return { of, minor } => self.give_back(&mut purse, *of, *minor),
                Change::CarryIn { txid, from, minor } => {
                    if let Some((from, _)) = self.purses.get_key_value(from) {
                        self.purse(from);
                    }
                    let parts = self.carried.remove(txid);
                    for (funder, part) in parts.unwrap_or_else(|| vec![(None, *minor)]) {
                        purse.lots.push((funder, part, part));
                    }
                }
            }
        }
        self.keep(holder, purse);
    }

    fn take(&mut self, purse: &mut Purse, txid: Option<PurseTx>, minor: i64, sink: Sink) {
        let mut parts = Vec::new();
        let mut rest = minor;
        for (index, (_, _, left)) in purse.lots.iter_mut().enumerate() {
            let part = rest.min(*left);
            if part > 0 {
                *left -= part;
                rest -= part;
                parts.push((index, part));
            }
        }
        if rest > 0 {
            parts.push((NO_LOT, rest));
        }
        for (index, part) in &parts {
            self.count(purse, *index, *part, sink);
        }
        let Some(txid) = txid else { return };
        if sink == Sink::Carried {
            let funder = |index: usize| purse.lots.get(index).and_then(|lot| lot.0.clone());
            let carried = parts.iter().map(|(index, part)| (funder(*index), *part));
            self.carried.insert(txid, carried.collect());
        } else {
            purse.taken.insert(txid, (sink, parts));
        }
    }

    /// Puts money of a payment back where it came from, the newest lot first.
    fn give_back(&mut self, purse: &mut Purse, of: PurseTx, minor: i64) {
        let (sink, mut parts) = purse.taken.remove(&of).unwrap_or((Sink::Spent, Vec::new()));
        let mut rest = minor;
        for (index, part) in parts.iter_mut().rev() {
            let back = rest.min(*part);
            *part -= back;
            rest -= back;
            // What no lot had covered goes back to none: the purse was overdrawn by it.
            if let Some(lot) = purse.lots.get_mut(*index) {
                lot.2 += back;
            }
            self.count(purse, *index, -back, sink);
        }
        if rest > 0 {
            *self.done.unfunded.entry(sink).or_default() -= rest;
            purse.lots.push((None, rest, rest));
        }
        parts.retain(|(_, part)| *part > 0);
        purse.taken.insert(of, (sink, parts));
    }

    /// Counts money that left a lot.
    fn count(&mut self, purse: &Purse, lot: usize, minor: i64, sink: Sink) {
        let funder = purse.lots.get(lot).and_then(|lot| lot.0.clone());
        match (funder, sink) {
            (_, Sink::Carried) => {}
            (None, sink) => *self.done.unfunded.entry(sink).or_default() += minor,
            (Some(funder), sink) => {
                let shares = self.shares(&funder);
                match sink {
                    Sink::Spent => shares.spent += minor,
                    Sink::Owed => shares.owed += minor,
                    Sink::Expired => shares.expired += minor,
                    Sink::Carried => {}
                }
            }
        }
    }

    fn keep(&mut self, holder: &Holder, purse: Purse) {
        let mut lots = Vec::new();
        for (funder, minor, left) in purse.lots {
            match funder {
                Some(funder) => {
                    self.shares(&funder).held += left;
                    lots.push(Lot {
                        funder,
                        minor,
                        left,
                    });
                }
                None if left != 0 => {
                    *self.done.uncovered.entry(holder.clone()).or_default() += left;
                }
                None => {}
            }
        }
        self.done.lots.insert(holder.clone(), lots);
    }

    fn shares(&mut self, funder: &FunderId) -> &mut Shares {
        if !self.done.funders.contains_key(funder) {
            self.done.funders.insert(funder.clone(), Shares::default());
        }
        self.done.funders.entry(funder.clone()).or_default()
    }
}
