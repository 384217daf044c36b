//! An account: the fold of its movements, and what can be read from it.

use crate::lots::{Balance, Debt, Held, LotId, Movement, Owing, RecordRef, Usage};
use crate::{FunderId, Points, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The most lots that one account remembers.
pub const LOT_LIMIT: usize = 4_096;
/// The most uses of points that one account remembers.
pub const USE_LIMIT: usize = 4_096;

/// The points of one account: a member's, or a master account's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    pub(super) at: Timestamp,
    pub(super) lots: BTreeMap<LotId, Held>,
    pub(super) uses: BTreeMap<RecordRef, Usage>,
    pub(super) owed: BTreeMap<Debt, Points>,
    pub(super) forgotten: BTreeMap<FunderId, Balance>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            at: Timestamp(i64::MIN),
            lots: BTreeMap::new(),
            uses: BTreeMap::new(),
            owed: BTreeMap::new(),
            forgotten: BTreeMap::new(),
        }
    }
}

impl Ledger {
    /// An account of movements, in the order in which they were decided.
    pub fn of<'a>(movements: impl IntoIterator<Item = &'a Movement>) -> Self {
        let mut ledger = Self::default();
        for movement in movements {
            ledger.apply(movement);
        }
        ledger
    }

    /// The time of the newest movement.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What the account has at a time, or at the time of its newest movement if that is later, with
    /// all that is due until then.
    pub fn balance(&self, at: Timestamp) -> Balance {
        self.seen(at, |_| true)
    }

    /// The part of one funder in [`Ledger::balance`].
    pub fn balance_of(&self, funder: &FunderId, at: Timestamp) -> Balance {
        self.seen(at, |other| other == funder)
    }

    /// Everybody who funds, or funded, a point here, or is owed one, as of the newest movement.
    pub fn funders(&self) -> BTreeSet<&FunderId> {
        let lots = self.lots.values().map(|held| &held.lot.funder);
        let owed = self.owed.keys().map(|debt| &debt.funder);
        lots.chain(owed).chain(self.forgotten.keys()).collect()
    }

    /// A lot, if it is here and remembered.
    pub fn lot(&self, lot: LotId) -> Option<&Held> {
        self.lots.get(&lot)
    }

    /// The lots that are remembered, by id.
    pub fn lots(&self) -> impl Iterator<Item = &Held> {
        self.lots.values()
    }

    /// A use, if it is here and remembered.
    pub fn usage(&self, id: RecordRef) -> Option<&Usage> {
        self.uses.get(&id)
    }

    /// The uses that are remembered, by id.
    pub fn usages(&self) -> impl Iterator<Item = (RecordRef, &Usage)> {
        self.uses.iter().map(|(id, usage)| (*id, usage))
    }

    /// What is owed as of the newest movement, in the order of covering.
    pub fn owed(&self) -> impl Iterator<Item = Owing> {
        self.owed.iter().map(|(debt, amount)| Owing {
            debt: debt.clone(),
            amount: *amount,
        })
    }

    /// How many points of a use can be released here: what lots cover, and what is owed.
    pub fn releasable(&self, id: RecordRef) -> Points {
        let parts = self
            .uses
            .get(&id)
            .into_iter()
            .flat_map(|u| u.parts.values());
        let owed = self.owed.iter().filter(|(debt, _)| debt.id == Some(id));
        parts.chain(owed.map(|(_, amount)| amount)).copied().sum()
    }

    fn seen(&self, at: Timestamp, counts: impl Fn(&FunderId) -> bool) -> Balance {
        let at = at.max(self.at);
        if !self.owed.is_empty() {
            // Who covers what depends on the order of moments: let it happen on a copy.
            let mut then = self.clone();
            for movement in self.due(at) {
                then.apply(&movement);
            }
            return then.counted(at, counts);
        }
        self.counted(at, counts)
    }

    fn counted(&self, at: Timestamp, counts: impl Fn(&FunderId) -> bool) -> Balance {
        let mut balance = Balance::default();
        for (_, past) in self.forgotten.iter().filter(|(funder, _)| counts(funder)) {
            balance.count_all(past);
        }
        for held in self.lots.values().filter(|held| counts(&held.lot.funder)) {
            balance.count_past(held);
            let place = if held.lot.is_expired(at) {
                &mut balance.expired
            } else if held.lot.is_active(at) {
                &mut balance.active
            } else {
                &mut balance.pending
            };
            *place += held.left;
        }
        for (debt, amount) in self.owed.iter().filter(|(debt, _)| counts(&debt.funder)) {
            balance.count_owed(debt.used_for, *amount);
        }
        balance
    }

    /// All that came in, over all lots, remembered or not.
    pub(super) fn came_in(&self) -> Points {
        let past = self.forgotten.values().map(Balance::came_in);
        past.chain(self.lots.values().map(|held| held.lot.amount))
            .sum()
    }

    /// All that is owed as of the newest movement.
    pub(super) fn negative(&self) -> Points {
        self.owed.values().copied().sum()
    }
}
