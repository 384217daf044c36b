//! What may be asked of the oracle's accounts, point by point.

use crate::naive::{Cover, Fate, Naive, NaiveLot, Need, Unit};
use std::collections::BTreeMap;
use tillside_core::lots::{Charge, Lot, LotId, LotKind, RecordRef, UsedFor};
use tillside_core::{MemberId, Points};

/// A member's part of an account.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    lots: BTreeMap<LotId, NaiveLot>,
    units: Vec<Unit>,
    needs: Vec<Need>,
    uses: BTreeMap<RecordRef, (UsedFor, i64)>,
}

impl Naive {
    pub fn use_up(
        &mut self,
        id: RecordRef,
        used_for: UsedFor,
        amount: i64,
        beyond: Option<&Charge>,
    ) -> Result<(), &'static str> {
        if self.uses.contains_key(&id) {
            return Err("lots_already_booked");
        }
        if amount > self.available() && beyond.is_none() {
            return Err("lots_not_enough");
        }
        self.uses.insert(id, (used_for, self.now));
        for _ in 0..amount {
            let cover = match (self.first_active(), beyond) {
                (Some(unit), _) => {
                    self.mark(unit, Fate::Used);
                    Cover::By(self.units[unit].lot)
                }
                (None, charge) => {
                    let charge = charge.unwrap();
                    Cover::Owed(charge.member, charge.funder.clone())
                }
            };
            let id = Some(id);
            self.needs.push(Need {
                id,
                used_for,
                cover,
            });
        }
        Ok(())
    }

    /// Sends points; the lots that arrive, one for each lot they were taken from.
    pub fn send(
        &mut self,
        id: RecordRef,
        to: MemberId,
        amount: i64,
    ) -> Result<Vec<Lot>, &'static str> {
        self.use_up(id, UsedFor::Sent, amount, None)?;
        let mut order: Vec<LotId> = Vec::new();
        for need in self.needs.iter().filter(|need| need.id == Some(id)) {
            if let Cover::By(lot) = need.cover {
                order.push(lot);
            }
        }
        let mut lots: Vec<Lot> = Vec::new();
        for lot in order {
            let kind = LotKind::Transferred { from: lot };
            match lots.last_mut() {
                Some(last) if last.kind == kind => last.amount.0 += 1,
                _ => lots.push(Lot {
                    id: LotId {
                        source: id,
                        index: lots.len() as u32,
                    },
                    member: to,
                    amount: Points(1),
                    basis: 0,
                    kind,
                    ..self.lots[&lot].lot.clone()
                }),
            }
        }
        Ok(lots)
    }

    pub fn release(&mut self, id: RecordRef, amount: i64) -> Result<(), &'static str> {
        let Some((used_for, _)) = self.uses.get(&id) else {
            return Err("lots_unknown_use");
        };
        if *used_for == UsedFor::Sent {
            return Err("lots_not_releasable");
        }
        let of_use = |naive: &Self| {
            let all = (0..naive.needs.len()).filter(|i| naive.needs[*i].id == Some(id));
            all.collect::<Vec<usize>>()
        };
        if of_use(self).len() < amount as usize {
            return Err("lots_more_than_used");
        }
        for _ in 0..amount {
            let needs = of_use(self);
            let owed = needs.iter().filter(|i| self.owed_by(**i).is_some());
            let forgiven = owed.min_by_key(|i| self.owed_by(**i)).copied();
            let last = |i: &&usize| match self.needs[**i].cover {
                Cover::By(lot) => Some(self.turn(lot)),
                Cover::Owed(..) => None,
            };
            let need = forgiven.or_else(|| needs.iter().max_by_key(last).copied());
            if let Cover::By(lot) = self.needs.remove(need.unwrap()).cover {
                self.turn_one(lot, Fate::Used, Fate::Left);
            }
        }
        self.settle();
        Ok(())
    }

    fn turn_one(&mut self, lot: LotId, from: Fate, to: Fate) -> bool {
        let one = |unit: &Unit| unit.lot == lot && unit.fate == from;
        match self.units.iter().position(one) {
            Some(unit) => {
                self.mark(unit, to);
                true
            }
            None => false,
        }
    }

    pub fn bring_back(&mut self, id: LotId, worth: i64) -> Result<(), &'static str> {
        let kept = self.lots.get_mut(&id).ok_or("lots_unknown_lot")?;
        if worth > kept.lot.basis - kept.worth_back {
            return Err("lots_more_than_bought");
        }
        kept.worth_back += worth;
        kept.touched = self.now;
        let (lot, back) = (kept.lot.clone(), kept.worth_back);
        let returned = |unit: &&Unit| unit.lot == id && unit.fate == Fate::Returned;
        // One by one, while one more is not more than its share.
        while (self.units.iter().filter(returned).count() as i64 + 1) * lot.basis
            <= lot.amount.0 * back
        {
            if self.turn_one(id, Fate::Left, Fate::Returned)
                || self.turn_one(id, Fate::Expired, Fate::Returned)
            {
                continue;
            }
            let used = (0..self.needs.len())
                .filter(|i| matches!(self.needs[*i].cover, Cover::By(lot) if lot == id));
            // The highest id; forgotten last, of them spent, then sent, then withdrawn.
            let need = used.max_by_key(|i| {
                let need = &self.needs[*i];
                (need.id, std::cmp::Reverse(need.used_for))
            });
            self.needs[need.unwrap()].cover = Cover::Owed(lot.member, lot.funder.clone());
            assert!(self.turn_one(id, Fate::Used, Fate::Returned));
        }
        self.settle();
        Ok(())
    }

    pub fn hand_over(&mut self, member: MemberId) -> Bundle {
        let mut bundle = Bundle::default();
        let theirs: Vec<LotId> = self
            .lots
            .values()
            .filter(|k| k.lot.member == member)
            .map(|k| k.lot.id)
            .collect();
        for lot in &theirs {
            bundle.lots.insert(*lot, self.lots.remove(lot).unwrap());
        }
        let goes = |need: &Need| match &need.cover {
            Cover::By(lot) => theirs.contains(lot),
            Cover::Owed(by, _) => *by == member,
        };
        (bundle.needs, self.needs) = self.needs.drain(..).partition(goes);
        (bundle.units, self.units) = self.units.drain(..).partition(|u| theirs.contains(&u.lot));
        for need in &bundle.needs {
            if let Some(id) = need.id {
                bundle.uses.insert(id, self.uses[&id]);
            }
        }
        bundle
    }

    pub fn take_over(&mut self, bundle: Bundle) {
        for (id, mut kept) in bundle.lots {
            kept.touched = self.now;
            self.lots.insert(id, kept);
        }
        self.units.extend(bundle.units);
        self.needs.extend(bundle.needs);
        self.uses.extend(bundle.uses);
        self.settle();
    }

    pub fn compact(&mut self, before: i64) {
        self.uses.retain(|_, (_, at)| *at >= before);
        for need in &mut self.needs {
            need.id = need.id.filter(|id| self.uses.contains_key(id));
        }
        let over: Vec<LotId> = self
            .lots
            .values()
            .filter(|kept| kept.touched < before)
            .map(|kept| kept.lot.id)
            .filter(|id| {
                !self
                    .units
                    .iter()
                    .any(|u| u.lot == *id && u.fate == Fate::Left)
            })
            .filter(|id| {
                let pairs = |need: &Need| matches!(need.cover, Cover::By(lot) if lot == *id);
                !self
                    .needs
                    .iter()
                    .any(|need| need.id.is_some() && pairs(need))
            })
            .collect();
        for id in &over {
            let kept = self.lots.remove(id).unwrap();
            self.forgotten_lots.insert(*id, kept.lot);
        }
        let gone = |lot: &LotId| over.contains(lot);
        let (units, kept) = self.units.drain(..).partition(|unit| gone(&unit.lot));
        self.units = kept;
        self.forgotten_units.extend::<Vec<Unit>>(units);
        let of_gone = |need: &Need| matches!(&need.cover, Cover::By(lot) if gone(lot));
        let (needs, kept) = self.needs.drain(..).partition(of_gone);
        self.needs = kept;
        self.forgotten_needs.extend::<Vec<Need>>(needs);
    }
}
