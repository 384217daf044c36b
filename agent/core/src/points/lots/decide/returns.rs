//! Goods that go back take back what they earned, pro rata and to the last point.

use crate::lots::{
    Debt, Held, Ledger, LotsRefusal, Movement, Owing, RecordRef, ReturnedGoods, Taken, UsedFor,
    Uses,
};
use crate::{Points, Timestamp};
use std::collections::BTreeSet;

impl Ledger {
    pub(super) fn returned(
        &self,
        goods: &[ReturnedGoods],
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        let mut seen = BTreeSet::new();
        let once = goods.iter().all(|part| seen.insert(part.lot));
        if goods.is_empty() || !once || goods.iter().any(|part| part.worth <= 0) {
            return Err(LotsRefusal::Nothing);
        }
        let taken: Result<Vec<Taken>, LotsRefusal> =
            goods.iter().map(|part| self.taken(*part)).collect();
        Ok(Movement::Returned { taken: taken?, at })
    }

    /// What one return takes of one lot: what is left, then what had expired, then what was used.
    fn taken(&self, goods: ReturnedGoods) -> Result<Taken, LotsRefusal> {
        let ReturnedGoods { lot, worth } = goods;
        let held = self.lots.get(&lot).ok_or(LotsRefusal::UnknownLot { lot })?;
        let open = held.lot.basis - held.returned_worth;
        if worth > open {
            return Err(LotsRefusal::MoreThanBought { lot, open });
        }
        let due = held.due_back(held.returned_worth + worth) - held.returned;
        let left = due.min(held.left);
        let expired = (due - left).min(held.expired);
        let uncovered = self.uncover(held, due - left - expired);
        Ok(Taken {
            lot,
            worth,
            left,
            expired,
            uncovered,
        })
    }

    /// Takes used points of a lot from under their uses: the highest id first, forgotten uses last.
    fn uncover(&self, held: &Held, amount: Points) -> Vec<Owing> {
        let mut remembered = Uses::default();
        let mut under: Vec<(Option<RecordRef>, UsedFor, Points)> = Vec::new();
        for (id, usage) in self.uses.iter().rev() {
            if let Some(points) = usage.parts.get(&held.lot.id) {
                remembered.count(usage.used_for, *points);
                under.push((Some(*id), usage.used_for, *points));
            }
        }
        for purpose in UsedFor::ALL {
            let forgotten = held.used.of(purpose) - remembered.of(purpose);
            under.push((None, purpose, forgotten));
        }
        let mut open = amount;
        let mut uncovered = Vec::new();
        for (id, used_for, there) in under {
            let amount = there.min(open);
            open -= amount;
            if amount.0 > 0 {
                let debt = Debt {
                    id,
                    used_for,
                    member: held.lot.member,
                    funder: held.lot.funder.clone(),
                };
                uncovered.push(Owing { debt, amount });
            }
        }
        uncovered
    }
}
