//! Taking a movement in. It cannot fail, and decides nothing: a movement that names a lot or a use that
//! is not here changes nothing there.

use crate::lots::{
    Cover, Debt, Held, Ledger, Lot, LotId, Movement, Owing, Parcel, Part, RecordRef, Taken, Usage,
    UsedFor,
};
use crate::{Points, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

impl Ledger {
    /// Takes a movement in.
    pub fn apply(&mut self, movement: &Movement) {
        self.at = self.at.max(movement.at());
        match movement {
            Movement::Earned { lots, .. } | Movement::Received { lots, .. } => self.take_in(lots),
            Movement::Granted { lot, .. } => self.take_in(std::slice::from_ref(lot)),
            Movement::Spent { .. } | Movement::Withdrawn { .. } | Movement::Sent { .. } => {
                if let Some((id, used_for, parts, owed)) = movement.usage() {
                    self.pair(id, used_for, parts, owed);
                }
            }
            Movement::Covered { covers, .. } => covers.iter().for_each(|c| self.cover(c)),
            Movement::Expired { parts, .. } => parts.iter().for_each(|part| self.expire(*part)),
            Movement::Released {
                id, parts, owed, ..
            } => self.release(*id, parts, owed),
            Movement::Returned { taken, .. } => taken.iter().for_each(|t| self.take_back(t)),
            Movement::HandedOver { parcel, .. } => self.hand_over(parcel),
            Movement::TakenOver { parcel, .. } => self.take_over(parcel),
            Movement::Compacted { before, .. } => self.forget(*before),
        }
    }

    fn take_in(&mut self, lots: &[Lot]) {
        for lot in lots {
            self.lots.insert(lot.id, Held::new(lot.clone(), self.at));
        }
    }

    fn pair(&mut self, id: RecordRef, used_for: UsedFor, parts: &[Part], owed: &[Owing]) {
        let usage = Usage {
            used_for,
            at: self.at,
            parts: BTreeMap::new(),
        };
        self.uses.insert(id, usage);
        for part in parts {
            self.change(part.lot, |held| held.left -= part.amount);
            self.put_under(Some(id), used_for, *part);
        }
        owed.iter().for_each(|owing| self.owe(owing));
    }

    /// Pairs points that are out of a lot's `left` with a use.
    fn put_under(&mut self, id: Option<RecordRef>, used_for: UsedFor, part: Part) {
        if let Some(held) = self.lots.get_mut(&part.lot) {
            held.used.count(used_for, part.amount);
        }
        if let Some(usage) = id.and_then(|id| self.uses.get_mut(&id)) {
            *usage.parts.entry(part.lot).or_default() += part.amount;
        }
    }

    /// Parts points from a use, to wherever the caller puts them.
    fn take_from_under(&mut self, id: Option<RecordRef>, used_for: UsedFor, part: Part) {
        let back = Points(0) - part.amount;
        self.change(part.lot, |held| held.used.count(used_for, back));
        if let Some(usage) = id.and_then(|id| self.uses.get_mut(&id)) {
            *usage.parts.entry(part.lot).or_default() -= part.amount;
            usage.parts.retain(|_, amount| amount.0 > 0);
        }
    }

    fn cover(&mut self, cover: &Cover) {
        let Cover { owing, lot } = cover;
        let (lot, amount) = (*lot, owing.amount);
        if let Some(held) = self.lots.get_mut(&lot) {
            held.left -= amount;
        }
        self.put_under(owing.debt.id, owing.debt.used_for, Part { lot, amount });
        self.owe_less(owing);
    }

    fn expire(&mut self, part: Part) {
        if let Some(held) = self.lots.get_mut(&part.lot) {
            held.left -= part.amount;
            held.expired += part.amount;
            // When it did, and not when somebody looked.
            held.touched = held.touched.max(held.lot.expires_at.unwrap_or(self.at));
        }
    }

    fn release(&mut self, id: RecordRef, parts: &[Part], owed: &[Owing]) {
        let Some(used_for) = self.uses.get(&id).map(|usage| usage.used_for) else {
            return;
        };
        for part in parts {
            self.take_from_under(Some(id), used_for, *part);
            self.change(part.lot, |held| held.left += part.amount);
        }
        owed.iter().for_each(|owing| self.owe_less(owing));
    }

    fn take_back(&mut self, taken: &Taken) {
        for owing in &taken.uncovered {
            let (lot, amount) = (taken.lot, owing.amount);
            self.take_from_under(owing.debt.id, owing.debt.used_for, Part { lot, amount });
            self.owe(owing);
        }
        let uncovered: Points = taken.uncovered.iter().map(|owing| owing.amount).sum();
        self.change(taken.lot, |held| {
            held.left -= taken.left;
            held.expired -= taken.expired;
            held.returned += taken.left + taken.expired + uncovered;
            held.returned_worth = held.returned_worth.saturating_add(taken.worth);
        });
    }

    fn hand_over(&mut self, parcel: &Parcel) {
        for held in &parcel.lots {
            self.lots.remove(&held.lot.id);
        }
        for packed in &parcel.uses {
            if let Some(usage) = self.uses.get_mut(&packed.id) {
                for part in &packed.parts {
                    usage.parts.remove(&part.lot);
                }
            }
        }
        parcel.owed.iter().for_each(|owing| self.owe_less(owing));
    }

    fn take_over(&mut self, parcel: &Parcel) {
        for held in &parcel.lots {
            let touched = self.at;
            let held = held.clone();
            self.lots.insert(held.lot.id, Held { touched, ..held });
        }
        for packed in &parcel.uses {
            let usage = self.uses.entry(packed.id).or_insert_with(|| Usage {
                used_for: packed.used_for,
                at: packed.at,
                parts: BTreeMap::new(),
            });
            for part in &packed.parts {
                *usage.parts.entry(part.lot).or_default() += part.amount;
            }
        }
        parcel.owed.iter().for_each(|owing| self.owe(owing));
    }

    fn forget(&mut self, before: Timestamp) {
        for (mut debt, amount) in std::mem::take(&mut self.owed) {
            let usage = debt.id.and_then(|id| self.uses.get(&id));
            if usage.is_none_or(|usage| usage.at < before) {
                debt.id = None;
            }
            self.owe(&Owing { debt, amount });
        }
        self.uses.retain(|_, usage| usage.at >= before);
        let paired: BTreeSet<LotId> = self
            .uses
            .values()
            .flat_map(|u| u.parts.keys().copied())
            .collect();
        let over = |held: &Held| {
            held.left.0 == 0 && held.touched < before && !paired.contains(&held.lot.id)
        };
        let (gone, kept) = std::mem::take(&mut self.lots)
            .into_iter()
            .partition(|(_, held)| over(held));
        self.lots = kept;
        let gone: BTreeMap<LotId, Held> = gone;
        for held in gone.into_values() {
            let past = self.forgotten.entry(held.lot.funder.clone()).or_default();
            past.count_past(&held);
        }
    }

    fn owe(&mut self, owing: &Owing) {
        *self.owed.entry(owing.debt.clone()).or_default() += owing.amount;
    }

    fn owe_less(&mut self, owing: &Owing) {
        let debt: &Debt = &owing.debt;
        if let Some(amount) = self.owed.get_mut(debt) {
            *amount -= owing.amount;
            if amount.0 <= 0 {
                self.owed.remove(debt);
            }
        }
    }

    fn change(&mut self, lot: LotId, change: impl FnOnce(&mut Held)) {
        if let Some(held) = self.lots.get_mut(&lot) {
            change(held);
            held.touched = self.at;
        }
    }
}
