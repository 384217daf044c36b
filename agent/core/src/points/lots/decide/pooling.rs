//! Joining a master account and leaving it: a member's part of an account, and whether one that comes
//! can be true.

use super::{bookable, countable};
use crate::MemberId;
use crate::lots::{
    Held, LOT_LIMIT, Ledger, LotId, LotsRefusal, PackedUse, Parcel, Part, USE_LIMIT, Uses,
};
use std::collections::{BTreeMap, BTreeSet};

impl Ledger {
    /// Everything of one member in this account.
    pub(super) fn parcel(&self, member: MemberId) -> Parcel {
        let lots = self.lots.values().filter(|held| held.lot.member == member);
        let owed: Vec<_> = self.owed().filter(|o| o.debt.member == member).collect();
        let owing: BTreeSet<_> = owed.iter().filter_map(|owing| owing.debt.id).collect();
        let is_theirs = |lot: &LotId| {
            let held = self.lots.get(lot);
            held.is_some_and(|held| held.lot.member == member)
        };
        let packed = self.uses.iter().map(|(id, usage)| PackedUse {
            id: *id,
            used_for: usage.used_for,
            at: usage.at,
            parts: usage
                .parts
                .iter()
                .filter(|(lot, _)| is_theirs(lot))
                .map(|(lot, amount)| Part {
                    lot: *lot,
                    amount: *amount,
                })
                .collect(),
        });
        Parcel {
            member,
            lots: lots.cloned().collect(),
            uses: packed
                .filter(|packed| !packed.parts.is_empty() || owing.contains(&packed.id))
                .collect(),
            owed,
        }
    }

    /// Whether a parcel adds up, and fits to what is here.
    pub(super) fn check_parcel(&self, parcel: &Parcel) -> Result<(), LotsRefusal> {
        let lots = checked_lots(parcel)?;
        if let Some(known) = lots.keys().find(|lot| self.lots.contains_key(lot)) {
            let id = known.source;
            return Err(LotsRefusal::AlreadyBooked { id });
        }
        sound(self.uses_add_up(parcel, &lots))?;
        sound(owed_adds_up(parcel))?;
        let more = |packed: &&PackedUse| !self.uses.contains_key(&packed.id);
        let uses = self.uses.len() + parcel.uses.iter().filter(more).count();
        if self.lots.len() + lots.len() > LOT_LIMIT || uses > USE_LIMIT {
            return Err(LotsRefusal::Full);
        }
        countable(self.came_in(), lots.values().map(|held| held.lot.amount))?;
        countable(
            self.negative(),
            parcel.owed.iter().map(|owing| owing.amount),
        )
    }

    fn uses_add_up(&self, parcel: &Parcel, lots: &BTreeMap<LotId, &Held>) -> bool {
        let mut paired: BTreeMap<LotId, Uses> = BTreeMap::new();
        for packed in &parcel.uses {
            let known = self.uses.get(&packed.id);
            if known.is_some_and(|here| (here.used_for, here.at) != (packed.used_for, packed.at)) {
                return false;
            }
            for part in &packed.parts {
                if bookable(part.amount).is_err() {
                    return false;
                }
                let sum = paired.entry(part.lot).or_default();
                sum.count(packed.used_for, part.amount);
            }
        }
        let covered = |(lot, sum): (&LotId, &Uses)| {
            lots.get(lot).is_some_and(|held| {
                let used = held.used;
                sum.spent <= used.spent && sum.sent <= used.sent && sum.withdrawn <= used.withdrawn
            })
        };
        let parts_rise = |packed: &PackedUse| packed.parts.is_sorted_by(|a, b| a.lot < b.lot);
        paired.iter().all(covered)
            && parcel.uses.is_sorted_by(|a, b| a.id < b.id)
            && parcel.uses.iter().all(parts_rise)
    }
}

/// The lots of a parcel, if each is the member's, adds up, and comes once.
fn checked_lots(parcel: &Parcel) -> Result<BTreeMap<LotId, &Held>, LotsRefusal> {
    let valid = |held: &Held| {
        held.lot.member == parcel.member && bookable(held.lot.amount).is_ok() && held.adds_up()
    };
    let rising = parcel.lots.is_sorted_by(|a, b| a.lot.id < b.lot.id);
    sound(rising && parcel.lots.iter().all(valid))?;
    Ok(parcel.lots.iter().map(|held| (held.lot.id, held)).collect())
}

fn owed_adds_up(parcel: &Parcel) -> bool {
    let valid = |owing: &crate::lots::Owing| {
        let debt = &owing.debt;
        let packed = |id| parcel.uses.iter().find(|packed| packed.id == id);
        let of_use = match debt.id {
            None => true,
            Some(id) => packed(id).is_some_and(|packed| packed.used_for == debt.used_for),
        };
        debt.member == parcel.member && bookable(owing.amount).is_ok() && of_use
    };
    parcel.owed.is_sorted_by(|a, b| a.debt < b.debt) && parcel.owed.iter().all(valid)
}

fn sound(adds_up: bool) -> Result<(), LotsRefusal> {
    match adds_up {
        true => Ok(()),
        false => Err(LotsRefusal::Damaged),
    }
}
