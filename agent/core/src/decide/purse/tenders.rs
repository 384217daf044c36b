//! What purses pay for a sale, and what they got back.

use super::{given_back, known};
use crate::{
    Money, PurseAction, PurseStage, PurseState, PurseTx, Refusal, SaleId, State, Tender, TenderKind,
};

/// Whether the purse tenders of a sale are exactly the payments its purses made.
///
/// Nothing may be unknown (invariant 5), nothing that was taken may be left out, and nothing that was
/// given back may be counted.
pub(in crate::decide) fn check_tenders(
    state: &State,
    sale: SaleId,
    tenders: &[Tender],
) -> Result<(), Refusal> {
    let mut named: Vec<PurseTx> = Vec::new();
    for tender in tenders {
        match (tender.kind, tender.purse) {
            (TenderKind::Purse, Some(txid)) if !named.contains(&txid) => {
                let purse = known(state, txid)?;
                let paid = purse.stage == PurseStage::Done
                    && purse.intended.action == (PurseAction::Pay { sale })
                    && purse.intended.amount == tender.amount
                    && given_back(state, txid)?.minor() == 0;
                if !paid {
                    return Err(Refusal::PurseTender);
                }
                named.push(txid);
            }
            (TenderKind::Purse, _) | (_, Some(_)) => return Err(Refusal::PurseTender),
            _ => {}
        }
    }
    for (txid, purse) in &state.purses {
        if purse.intended.action.sale() != Some(sale) {
            continue;
        }
        if matches!(purse.stage, PurseStage::Open | PurseStage::Unknown) {
            return Err(Refusal::PurseUnresolved { txid: *txid });
        }
        let paid = purse.intended.action.takes() && purse.stage == PurseStage::Done;
        if paid && !named.contains(txid) {
            let amount = purse
                .intended
                .amount
                .checked_sub(given_back(state, *txid)?)?;
            if amount.minor() > 0 {
                return Err(Refusal::PursePaymentForgotten { amount });
            }
        }
    }
    Ok(())
}

/// Whether everything that purses paid for a sale was given back: its void may then be recorded.
pub(in crate::decide) fn check_given_back(
    state: &State,
    tenders: &[Tender],
) -> Result<(), Refusal> {
    for txid in tenders.iter().filter_map(|tender| tender.purse) {
        let purse = known(state, txid)?;
        let done = |purse: &&PurseState| {
            purse.stage == PurseStage::Done
                && matches!(purse.intended.action,
                    PurseAction::Void { of, .. } | PurseAction::Refund { of } if of == txid)
        };
        let mut given = Money::zero(purse.intended.amount.currency());
        for part in state.purses.values().filter(done) {
            given = given.checked_add(part.intended.amount)?;
        }
        if given != purse.intended.amount {
            let amount = purse.intended.amount;
            return Err(Refusal::PurseNotReturned { amount });
        }
    }
    Ok(())
}
