//! Deciding on purses: what may begin, what evidence settles, what may pay for a sale.

mod begin;
mod end;
mod tenders;

pub(super) use begin::begin;
pub(super) use end::{end, give_up, leave_unknown};
pub(super) use tenders::{check_given_back, check_tenders};

use crate::{Money, PurseAction, PurseStage, PurseState, PurseTx, Refusal, State};

/// A movement that this terminal knows.
fn known(state: &State, txid: PurseTx) -> Result<&PurseState, Refusal> {
    (state.purses.get(&txid)).ok_or(Refusal::PursePaymentUnknown { txid })
}

/// What was given back of a payment, or may have been.
fn given_back(state: &State, of: PurseTx) -> Result<Money, Refusal> {
    let gives_back = |purse: &&PurseState| match purse.intended.action {
        PurseAction::Void { of: other, .. } | PurseAction::Refund { of: other } => {
            other == of && purse.stage != PurseStage::NotDone
        }
        _ => false,
    };
    let currency = state.purses.get(&of).map(|p| p.intended.amount.currency());
    let zero = Money::zero(currency.unwrap_or(crate::Currency::EUR));
    let parts = state.purses.values().filter(gives_back);
    let mut sum = zero;
    for part in parts {
        sum = sum.checked_add(part.intended.amount)?;
    }
    Ok(sum)
}
