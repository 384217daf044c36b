//! What shoppers were told, and nothing else: the sum of it must be what everybody holds in the end.

use std::collections::{BTreeMap, BTreeSet};
use tillside_core::SaleId;

/// A sale that a cashier saw completed.
#[derive(Clone, Debug)]
pub struct Told {
    pub till: usize,
    pub sale: SaleId,
    /// The member's number, and what they were told they earned.
    pub member: Option<(String, i64)>,
    /// The printed coupon that it used.
    pub coupon: Option<String>,
    /// Whether it used the campaign's code.
    pub shared: bool,
    pub voided: bool,
    /// The step at which it was sold or taken back.
    pub touched: u64,
    /// A disk that was put back lost what it knew of it: what HQ has of it counts.
    pub doubted: bool,
    /// Another disk has it too: nobody takes it back any more.
    pub copied: bool,
}

/// Everything that was told.
#[derive(Default)]
pub struct Oracle {
    pub sales: Vec<Told>,
    /// What members held before anything was sold.
    pub opening: BTreeMap<String, i64>,
}

impl Oracle {
    pub fn standing(&self) -> impl Iterator<Item = &Told> {
        self.sales.iter().filter(|told| !told.voided)
    }

    /// What every member must hold.
    pub fn balances(&self) -> BTreeMap<String, i64> {
        let mut balances = self.opening.clone();
        for (member, points) in self.standing().filter_map(|told| told.member.as_ref()) {
            *balances.entry(member.clone()).or_default() += points;
        }
        balances
    }

    /// The coupons that are used up.
    pub fn used(&self) -> BTreeSet<String> {
        self.standing()
            .filter_map(|told| told.coupon.clone())
            .collect()
    }

    /// What HQ has counts for whatever a disk that was put back has lost.
    pub fn learn(&mut self, at_hq: &BTreeMap<SaleId, bool>) {
        self.sales
            .retain(|told| !told.doubted || at_hq.contains_key(&told.sale));
        for told in self.sales.iter_mut().filter(|told| told.doubted) {
            told.voided = at_hq[&told.sale];
        }
    }

    /// How many uses of the campaign's code stand.
    pub fn shared_uses(&self) -> usize {
        self.standing().filter(|told| told.shared).count()
    }

    /// How many sales were voided.
    pub fn voided(&self) -> usize {
        self.sales.len() - self.standing().count()
    }
}
