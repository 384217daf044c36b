//! The oracle: an account as single points, each a little struct, and time as single ticks. Written from
//! the documentation of the module, slow and plain, sharing no code with it but the names of things.

use std::collections::{BTreeMap, BTreeSet};
use tillside_core::lots::{Lot, LotId, LotKind, RecordRef, UsedFor};
use tillside_core::{FunderId, MemberId};

/// What has become of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Left,
    Used,
    Expired,
    Returned,
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub lot: LotId,
    pub fate: Fate,
}

/// One point that a use needs: a point that covers it, or somebody who owes it.
#[derive(Clone, Debug)]
pub struct Need {
    pub id: Option<RecordRef>,
    pub used_for: UsedFor,
    pub cover: Cover,
}

#[derive(Clone, Debug)]
pub enum Cover {
    By(LotId),
    Owed(MemberId, FunderId),
}

#[derive(Clone, Debug)]
pub struct NaiveLot {
    pub lot: Lot,
    pub worth_back: i64,
    pub touched: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Naive {
    pub now: i64,
    pub lots: BTreeMap<LotId, NaiveLot>,
    pub units: Vec<Unit>,
    pub needs: Vec<Need>,
    /// Remembered uses: what for, and when.
    pub uses: BTreeMap<RecordRef, (UsedFor, i64)>,
    /// Lots that nobody asks for by name any more, and their points.
    pub forgotten_lots: BTreeMap<LotId, Lot>,
    pub forgotten_units: Vec<Unit>,
    pub forgotten_needs: Vec<Need>,
}

/// What one funder has in one account, counted point by point.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    pub active: i64,
    pub pending: i64,
    pub spent: i64,
    pub sent: i64,
    pub withdrawn: i64,
    pub expired: i64,
    pub returned: i64,
    pub negative: i64,
    pub earned: i64,
    pub granted: i64,
    pub received: i64,
}

impl Naive {
    /// Lets time pass, tick by tick.
    pub fn pass(&mut self, until: i64) {
        while self.now < until {
            self.now += 1;
            self.settle();
        }
    }

    /// What is due at this tick: points expire, and active ones go where some are owed.
    pub fn settle(&mut self) {
        for i in 0..self.units.len() {
            let over = self.lots[&self.units[i].lot].lot.expires_at;
            if self.units[i].fate == Fate::Left && over.is_some_and(|end| end.0 <= self.now) {
                self.mark(i, Fate::Expired);
            }
        }
        while let (Some(need), Some(unit)) = (self.first_owed(), self.first_active()) {
            self.units[unit].fate = Fate::Used; // Not touched by a command.
            self.needs[need].cover = Cover::By(self.units[unit].lot);
        }
    }

    pub fn mark(&mut self, unit: usize, fate: Fate) {
        self.units[unit].fate = fate;
        let now = self.now;
        let lot = self.units[unit].lot;
        self.lots.get_mut(&lot).unwrap().touched = now;
    }

    pub fn first_owed(&self) -> Option<usize> {
        let owed = (0..self.needs.len()).filter(|i| self.owed_by(*i).is_some());
        owed.min_by_key(|i| (self.needs[*i].id, self.needs[*i].used_for, self.owed_by(*i)))
    }

    pub fn owed_by(&self, need: usize) -> Option<(MemberId, FunderId)> {
        match &self.needs[need].cover {
            Cover::By(_) => None,
            Cover::Owed(member, funder) => Some((*member, funder.clone())),
        }
    }

    /// When a lot's turn is: the earlier it expires the sooner.
    pub fn turn(&self, lot: LotId) -> (i64, LotId) {
        let end = self.lots[&lot].lot.expires_at;
        (end.map_or(i64::MAX, |end| end.0), lot)
    }

    fn is_active(&self, unit: &Unit) -> bool {
        let lot = &self.lots[&unit.lot].lot;
        unit.fate == Fate::Left && lot.pending_until.0 <= self.now
    }

    pub fn first_active(&self) -> Option<usize> {
        let active = (0..self.units.len()).filter(|i| self.is_active(&self.units[*i]));
        active.min_by_key(|i| self.turn(self.units[*i].lot))
    }

    pub fn available(&self) -> i64 {
        let active = self
            .units
            .iter()
            .filter(|unit| self.is_active(unit))
            .count();
        let owed = (0..self.needs.len()).filter(|i| self.owed_by(*i).is_some());
        active as i64 - owed.count() as i64
    }

    pub fn take_in(&mut self, lots: &[Lot]) -> Result<(), &'static str> {
        let mut seen = BTreeSet::new();
        for lot in lots {
            if self.lots.contains_key(&lot.id) || !seen.insert(lot.id) {
                return Err("lots_already_booked");
            }
        }
        for lot in lots {
            for _ in 0..lot.amount.0 {
                let (lot, fate) = (lot.id, Fate::Left);
                self.units.push(Unit { lot, fate });
            }
            let kept = NaiveLot {
                lot: lot.clone(),
                worth_back: 0,
                touched: self.now,
            };
            self.lots.insert(lot.id, kept);
        }
        self.settle();
        Ok(())
    }

    /// Everybody's points, counted.
    pub fn counts(&self) -> BTreeMap<FunderId, Count> {
        let mut counts: BTreeMap<FunderId, Count> = BTreeMap::new();
        let forgotten = self
            .forgotten_units
            .iter()
            .map(|unit| (unit, &self.forgotten_lots));
        for (unit, lots) in forgotten {
            let lot = &lots[&unit.lot];
            self.count_unit(counts.entry(lot.funder.clone()).or_default(), unit, lot);
        }
        for unit in &self.units {
            let lot = &self.lots[&unit.lot].lot;
            self.count_unit(counts.entry(lot.funder.clone()).or_default(), unit, lot);
        }
        for need in self.needs.iter().chain(&self.forgotten_needs) {
            let funder = match &need.cover {
                Cover::Owed(_, funder) => funder,
                Cover::By(lot) => match self.lots.get(lot) {
                    Some(kept) => &kept.lot.funder,
                    None => &self.forgotten_lots[lot].funder,
                },
            };
            let count = counts.entry(funder.clone()).or_default();
            match need.used_for {
                UsedFor::Spent => count.spent += 1,
                UsedFor::Sent => count.sent += 1,
                _ => count.withdrawn += 1,
            }
            count.negative += i64::from(matches!(need.cover, Cover::Owed(..)));
        }
        counts
    }

    fn count_unit(&self, count: &mut Count, unit: &Unit, lot: &Lot) {
        match lot.kind {
            LotKind::Earned => count.earned += 1,
            LotKind::Granted => count.granted += 1,
            _ => count.received += 1,
        }
        match unit.fate {
            Fate::Left if lot.pending_until.0 <= self.now => count.active += 1,
            Fate::Left => count.pending += 1,
            Fate::Expired => count.expired += 1,
            Fate::Returned => count.returned += 1,
            Fate::Used => {} // Counted where it is needed.
        }
    }
}
