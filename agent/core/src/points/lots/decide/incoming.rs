//! Points that come in: earned, given by an adjustment, received from another member.

use super::{bookable, countable, reasoned};
use crate::Timestamp;
use crate::lots::{Adjusted, LOT_LIMIT, Ledger, Lot, LotKind, LotsRefusal, Movement};
use std::collections::BTreeSet;

impl Ledger {
    pub(super) fn earn(&self, lots: Vec<Lot>, at: Timestamp) -> Result<Movement, LotsRefusal> {
        self.fits(&lots, |lot| lot.kind == LotKind::Earned && lot.basis >= 0)?;
        Ok(Movement::Earned { lots, at })
    }

    pub(super) fn receive(&self, lots: Vec<Lot>, at: Timestamp) -> Result<Movement, LotsRefusal> {
        let received = |lot: &Lot| matches!(lot.kind, LotKind::Transferred { .. });
        self.fits(&lots, |lot| received(lot) && lot.basis == 0)?;
        Ok(Movement::Received { lots, at })
    }

    pub(super) fn grant(
        &self,
        lot: Lot,
        adjusted: Adjusted,
        at: Timestamp,
    ) -> Result<Movement, LotsRefusal> {
        reasoned(&adjusted)?;
        self.fits(std::slice::from_ref(&lot), |lot| {
            lot.kind == LotKind::Granted && lot.basis == 0
        })?;
        let Adjusted { by, reason } = adjusted;
        Ok(Movement::Granted {
            lot,
            by,
            reason,
            at,
        })
    }

    fn fits(&self, lots: &[Lot], valid: impl Fn(&Lot) -> bool) -> Result<(), LotsRefusal> {
        if lots.is_empty() {
            return Err(LotsRefusal::Nothing);
        }
        let mut seen = BTreeSet::new();
        for lot in lots {
            bookable(lot.amount)?;
            if !valid(lot) {
                return Err(LotsRefusal::BadLot { lot: lot.id });
            }
            if self.lots.contains_key(&lot.id) || !seen.insert(lot.id) {
                let id = lot.id.source;
                return Err(LotsRefusal::AlreadyBooked { id });
            }
        }
        if self.lots.len().saturating_add(lots.len()) > LOT_LIMIT {
            return Err(LotsRefusal::Full);
        }
        countable(self.came_in(), lots.iter().map(|lot| lot.amount))
    }
}
