//! What time does by itself: lots become active and cover what is owed; lots expire.

use crate::lots::{Cover, Held, Ledger, LotId, Movement, Owing, Part};
use crate::{Points, Timestamp};
use std::collections::BTreeMap;

impl Ledger {
    /// What is due until a time, from the account's own time on.
    pub(in crate::points::lots) fn due(&self, at: Timestamp) -> Vec<Movement> {
        let covers = self.covers(at);
        let mut covered: BTreeMap<LotId, Points> = BTreeMap::new();
        for cover in &covers {
            *covered.entry(cover.lot).or_default() += cover.owing.amount;
        }
        let expired = |held: &Held| Part {
            lot: held.lot.id,
            amount: held.left - covered.get(&held.lot.id).copied().unwrap_or_default(),
        };
        let over = self.lots.values().filter(|held| held.lot.is_expired(at));
        let parts: Vec<Part> = over.map(expired).filter(|part| part.amount.0 > 0).collect();
        let mut due = Vec::new();
        if !covers.is_empty() {
            due.push(Movement::Covered { covers, at });
        }
        if !parts.is_empty() {
            due.push(Movement::Expired { parts, at });
        }
        due
    }

    /// Which lots cover what is owed, in the order in which they become active.
    fn covers(&self, at: Timestamp) -> Vec<Cover> {
        if self.owed.is_empty() {
            return Vec::new();
        }
        let mut paying: Vec<(Timestamp, &Held)> = self
            .lots
            .values()
            .filter(|held| held.left.0 > 0)
            .map(|held| (held.lot.pending_until.max(self.at), held))
            .filter(|(from, held)| *from <= at && !held.lot.is_expired(*from))
            .collect();
        paying.sort_by_key(|(from, held)| (*from, held.lot.turn()));
        let mut paying = paying.into_iter().map(|(_, held)| (held.lot.id, held.left));
        let mut payer = paying.next();
        let mut covers = Vec::new();
        for (debt, owed) in &self.owed {
            let mut open = *owed;
            while let Some((lot, left)) = payer.filter(|_| open.0 > 0) {
                let amount = left.min(open);
                let debt = debt.clone();
                let owing = Owing { debt, amount };
                covers.push(Cover { owing, lot });
                open -= amount;
                payer = match left - amount {
                    Points(0) => paying.next(),
                    rest => Some((lot, rest)),
                };
            }
        }
        covers
    }
}
