//! Uses of points, paired to lots, and their release.

use super::{bookable, countable, reasoned};
use crate::lots::{
    Adjusted, Charge, Debt, Held, Ledger, Lot, LotId, LotKind, LotsRefusal, Movement, Owing, Part,
    RecordRef, USE_LIMIT, UsedFor,
};
use crate::{MemberId, Points, Timestamp};
use std::cmp::Reverse;

/// The lots a use is paired with, and what no lot covers.
type Pairing = (Vec<Part>, Vec<Owing>);

impl Ledger {
    pub(super) fn spend(
        &self,
        id: RecordRef,
        amount: Points,
        beyond: Option<Charge>,
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        let (parts, owed) = self.pairing(id, UsedFor::Spent, amount, beyond, at)?;
        Ok(Movement::Spent {
            id,
            parts,
            owed,
            at,
        })
    }

    pub(super) fn withdraw(
        &self,
        id: RecordRef,
        amount: Points,
        beyond: Option<Charge>,
        adjusted: Adjusted,
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        reasoned(&adjusted)?;
        let (parts, owed) = self.pairing(id, UsedFor::Withdrawn, amount, beyond, at)?;
        let Adjusted { by, reason } = adjusted;
        Ok(Movement::Withdrawn {
            id,
            parts,
            owed,
            by,
            reason,
            at,
        })
    }

    pub(super) fn send(
        &self,
        id: RecordRef,
        from: MemberId,
        to: MemberId,
        amount: Points,
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        if from == to {
            return Err(LotsRefusal::SameMember);
        }
        let (parts, _) = self.pairing(id, UsedFor::Sent, amount, None, at)?;
        let sent = |(index, part): (u32, &Part)| {
            let lot = &self.lots.get(&part.lot)?.lot;
            Some(Lot {
                id: LotId { source: id, index },
                member: to,
                amount: part.amount,
                basis: 0,
                kind: LotKind::Transferred { from: part.lot },
                ..lot.clone()
            })
        };
        let lots = (0..).zip(&parts).filter_map(sent).collect();
        Ok(Movement::Sent {
            id,
            from,
            to,
            parts,
            lots,
            at,
        })
    }

    /// Pairs a use with lots. Sees to what is due before.
    fn pairing(
        &self,
        id: RecordRef,
        used_for: UsedFor,
        amount: Points,
        beyond: Option<Charge>,
        at: Timestamp,
    ) -> Result<Pairing, LotsRefusal> {
        bookable(amount)?;
        if self.uses.contains_key(&id) {
            return Err(LotsRefusal::AlreadyBooked { id });
        }
        if self.uses.len() >= USE_LIMIT {
            return Err(LotsRefusal::Full);
        }
        let available = self.balance(at).available();
        let parts = self.next_parts(amount, at);
        let open = amount - parts.iter().map(|part| part.amount).sum();
        let owed = match beyond {
            _ if amount <= available => Vec::new(),
            None => return Err(LotsRefusal::NotEnough { available }),
            Some(charge) => {
                countable(self.negative(), std::iter::once(open))?;
                let debt = Debt {
                    id: Some(id),
                    used_for,
                    member: charge.member,
                    funder: charge.funder,
                };
                vec![Owing { debt, amount: open }]
            }
        };
        Ok((parts, owed))
    }

    /// The first so many active points, in the order of spending; fewer if there are fewer.
    fn next_parts(&self, amount: Points, at: Timestamp) -> Vec<Part> {
        let mut active: Vec<&Held> = self
            .lots
            .values()
            .filter(|held| held.left.0 > 0 && held.lot.is_active(at))
            .collect();
        active.sort_by_key(|held| held.lot.turn());
        let mut open = amount;
        let mut parts = Vec::new();
        for held in active {
            let amount = held.left.min(open);
            if amount.0 == 0 {
                break;
            }
            let lot = held.lot.id;
            parts.push(Part { lot, amount });
            open -= amount;
        }
        parts
    }

    pub(super) fn give_back(
        &self,
        id: RecordRef,
        amount: Points,
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        bookable(amount)?;
        let usage = self.uses.get(&id).ok_or(LotsRefusal::UnknownUse { id })?;
        if usage.used_for == UsedFor::Sent {
            return Err(LotsRefusal::NotReleasable { id });
        }
        let used = self.releasable(id);
        if amount > used {
            return Err(LotsRefusal::MoreThanUsed { used });
        }
        let mut open = amount;
        let mut next = |there: Points| {
            let amount = there.min(open);
            open -= amount;
            amount
        };
        let mut owed: Vec<Owing> = self.owed().filter(|o| o.debt.id == Some(id)).collect();
        owed.iter_mut().for_each(|o| o.amount = next(o.amount));
        owed.retain(|owing| owing.amount.0 > 0);
        let mut parts: Vec<Part> = usage
            .parts
            .iter()
            .map(|(lot, amount)| Part {
                lot: *lot,
                amount: *amount,
            })
            .collect();
        parts.sort_by_key(|part| Reverse(self.lots.get(&part.lot).map(|held| held.lot.turn())));
        parts.iter_mut().for_each(|p| p.amount = next(p.amount));
        parts.retain(|part| part.amount.0 > 0);
        Ok(Movement::Released {
            id,
            parts,
            owed,
            at,
        })
    }
}
