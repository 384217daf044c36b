//! What came of a replay, in numbers.

use serde::Serialize;
use std::collections::BTreeMap;
use tillside_core::{Currency, Given, MemberId, SaleCompleted, SaleId, StoreId, TerminalId};

/// The differences that are named one by one; of more, only how many there are.
pub(super) const DIFFERENCE_LIMIT: usize = 100;

/// What came of a replay.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ReplayReport {
    /// Sales that were decided again by the rules of their day.
    pub compared: u64,
    /// Sales whose bundle is from before HQ kept its rules: nothing can be said of them.
    pub not_comparable: u64,
    /// Those of the compared that come out another way than their store recorded.
    pub differing: u64,
    /// The first of those.
    pub differences: Vec<Difference>,
    /// What the sales that stand were given, and what other rules would have given them: by store.
    pub stores: BTreeMap<StoreId, StoreSums>,
    /// Sales that the other rules could not be asked about.
    pub refused: u64,
    /// Members whom the other rules would give more, less, or something else.
    pub members: BTreeMap<MemberId, MemberChange>,
}

/// A sale that its rules decide in another way than its store did.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Which.
    pub sale: SaleId,
    /// Where.
    pub store: StoreId,
    /// By which terminal.
    pub terminal: TerminalId,
    /// The bundle whose rules decided.
    pub bundle: u64,
    /// What its record says.
    pub recorded: Sums,
    /// What comes out now.
    pub again: Sums,
    /// Why nothing came out, if so.
    pub why: Option<String>,
}

/// What sales were given by rules.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Sums {
    /// Points.
    pub points: i64,
    /// Taken off, in minor units by currency.
    pub off: BTreeMap<Currency, i64>,
}

/// A store's sales that stand.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StoreSums {
    /// How many.
    pub sales: i64,
    /// What they were given.
    pub before: Sums,
    /// What other rules would have given.
    pub after: Sums,
}

/// What would change for a member: more than zero is more.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct MemberChange {
    /// How many sales.
    pub sales: i64,
    /// What would change.
    pub change: Sums,
}

impl Sums {
    /// What one sale is given.
    pub fn of(sale: &SaleCompleted, given: &Given) -> Self {
        let mut sums = Self::default();
        sums.add(sale.currency, given, 1);
        sums
    }

    /// Adds (`sign` 1) or takes away (−1) what a sale is given. Saturates, far from any real chain.
    pub(super) fn add(&mut self, currency: Currency, given: &Given, sign: i64) {
        self.points = self.points.saturating_add(sign * given.points().0);
        let off = sign * given.off();
        let sum = self.off.entry(currency).or_default();
        *sum = sum.saturating_add(off);
        if *sum == 0 {
            self.off.remove(&currency);
        }
    }
}

impl ReplayReport {
    /// Whether every sale that could be compared came out as its store recorded it.
    pub fn agrees(&self) -> bool {
        self.differing == 0
    }

    pub(super) fn differs(&mut self, difference: Difference) {
        self.differing += 1;
        if self.differences.len() < DIFFERENCE_LIMIT {
            self.differences.push(difference);
        }
    }

    /// Counts a sale that stands (`sign` 1), or takes it out again because it was voided (−1).
    pub(super) fn stands(
        &mut self,
        store: &StoreId,
        sale: &SaleCompleted,
        after: &Given,
        sign: i64,
    ) {
        let before = Given::recorded(sale);
        let sums = self.stores.entry(store.clone()).or_default();
        sums.sales += sign;
        sums.before.add(sale.currency, &before, sign);
        sums.after.add(sale.currency, after, sign);
        let Some(member) = sale.customer.as_ref().and_then(|customer| customer.member) else {
            return;
        };
        let entry = self.members.entry(member).or_default();
        entry.sales += sign;
        entry.change.add(sale.currency, after, sign);
        entry.change.add(sale.currency, &before, -sign);
        if entry.sales == 0 {
            self.members.remove(&member);
        }
    }
}
