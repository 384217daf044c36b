//! What shoppers were told, and nothing else: the sum of it must be what everybody holds in the end.

use std::collections::{BTreeMap, BTreeSet};
use tillside_core::{Lot, LotReturned, SaleId, Timestamp};

/// A sale that a cashier saw completed.
#[derive(Clone, Debug)]
pub struct Told {
    pub till: usize,
    pub sale: SaleId,
    /// The member's number, and what they were told they earned.
    pub member: Option<(String, i64)>,
    /// Those points as they were recorded: from when and up to when they may be spent.
    pub lots: Vec<Lot>,
    /// When, by the till.
    pub at: Timestamp,
    /// The records of the sale and of its void.
    pub seq: u64,
    pub void_seq: Option<u64>,
    /// How many points paid.
    pub spent: i64,
    /// Goods that came back.
    pub returns: Vec<Back>,
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

/// Goods that came back.
#[derive(Clone, Debug)]
pub struct Back {
    /// The record.
    pub seq: u64,
    /// The points that they had earned.
    pub lots: Vec<LotReturned>,
    /// The points that had paid for them.
    pub points: i64,
}

/// Everything that was told.
#[derive(Default)]
pub struct Oracle {
    pub sales: Vec<Told>,
    /// What members held before anything was sold.
    pub opening: BTreeMap<String, i64>,
}

impl Told {
    /// What of a lot is not back, of what came back up to a record.
    fn left(&self, lot: &Lot, counted: u64) -> i64 {
        let returns = self.returns.iter().filter(|back| back.seq <= counted);
        let back = returns.flat_map(|back| &back.lots);
        let back = back.filter(|back| back.index == lot.index);
        lot.amount.0 - back.map(|back| back.points.0).sum::<i64>()
    }

    /// The points that paid, less those that came back.
    fn spent(&self) -> i64 {
        let back: i64 = self.returns.iter().map(|back| back.points).sum();
        if self.voided { 0 } else { self.spent - back }
    }

    fn lots_of(&self) -> impl Iterator<Item = (&String, &Lot)> {
        let member = self.member.iter().map(|(number, _)| number);
        member.flat_map(|number| self.lots.iter().map(move |lot| (number, lot)))
    }
}

/// A day is over when it is noon of the next in UTC: then it is over everywhere.
fn is_expired(lot: &Lot, at: Timestamp) -> bool {
    let noon = lot.expires_on.and_then(|day| {
        let next = day.tomorrow().ok()?.at(12, 0, 0, 0);
        next.to_zoned(jiff::tz::TimeZone::UTC).ok()
    });
    noon.is_some_and(|noon| noon.timestamp().as_millisecond() <= at.0)
}

impl Oracle {
    pub fn standing(&self) -> impl Iterator<Item = &Told> {
        self.sales.iter().filter(|told| !told.voided)
    }

    /// What every member must hold at a time: active or pending.
    pub fn balances(&self, at: Timestamp) -> BTreeMap<String, i64> {
        let mut balances = self.opening.clone();
        for told in self.standing() {
            if let Some((member, _)) = &told.member {
                *balances.entry(member.clone()).or_default() -= told.spent();
            }
            for (member, lot) in told.lots_of() {
                if !is_expired(lot, at) {
                    let left = told.left(lot, u64::MAX);
                    *balances.entry(member.clone()).or_default() += left;
                }
            }
        }
        balances
    }

    /// What a till must show of a member, that may be spent and later: as of HQ's bundle, which counts the till's
    /// records up to one, and what was told since.
    pub fn shown(&self, number: &str, as_of: Timestamp, counted: u64) -> (i64, i64) {
        let mut all = self.opening[number];
        let mut pending = 0;
        for told in &self.sales {
            let at_hq = told.seq <= counted;
            let void_at_hq = told.void_seq.is_none_or(|void| void <= counted);
            let stood_at_hq = at_hq && !(told.voided && void_at_hq);
            if told
                .member
                .as_ref()
                .is_some_and(|(member, _)| member == number)
            {
                all -= told.spent();
            }
            for (_, lot) in told.lots_of().filter(|(member, _)| *member == number) {
                if stood_at_hq && is_expired(lot, as_of) {
                    all -= told.left(lot, counted);
                }
                if !told.voided {
                    let left = told.left(lot, u64::MAX);
                    all += left;
                    let since = if at_hq { as_of } else { told.at };
                    pending += if lot.pending_until > since { left } else { 0 };
                }
            }
        }
        (all - pending, pending)
    }

    /// What a member had in all, and what paid of it.
    pub fn had_and_spent(&self, number: &str) -> (i64, i64) {
        let mut all = (self.opening[number], 0);
        for told in &self.sales {
            if let Some((_, earned)) = told.member.as_ref().filter(|(member, _)| member == number) {
                all = (all.0 + earned, all.1 + told.spent());
            }
        }
        all
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
