//! Decisions about shares of quotas: taking them, giving them back, and what sales spend of them.

use crate::authority::{HolderFact, Part};
use crate::quote::one_of_share;
use crate::shares::leased;
use crate::{AllowanceChange, Event, LeasedBack, Now, Proof, Refusal, SaleCompleted, State};

pub(super) fn change(
    state: &State,
    change: &AllowanceChange,
    now: Now,
) -> Result<Vec<Event>, Refusal> {
    let (holder, at) = (&state.holder, now.at);
    let facts: Vec<HolderFact> = match change {
        AllowanceChange::Take(allowance) => vec![holder.accept(allowance, at)?],
        AllowanceChange::GiveBack(id) => holder.give_back(*id, at).into_iter().collect(),
        AllowanceChange::CloseEnded => holder.close_ended(at),
        AllowanceChange::Settle(ids) => holder.settle(ids, at).into_iter().collect(),
    };
    let events = facts.into_iter().map(|fact| Event::Allowance { fact });
    Ok(events.collect())
}

/// Proves the coupons of a sale that was fixed earlier once more: what it counted on may have ended, or
/// been spent by another sale, since. Only then is it refused.
pub(super) fn spend_again(
    state: &State,
    sale: &mut SaleCompleted,
    now: Now,
) -> Result<(), Refusal> {
    for coupon in &mut sale.coupons {
        if matches!(coupon.proof, Proof::Lease { .. }) {
            coupon.proof = one_of_share(state, &coupon.plan, now).map_err(|verdict| {
                let number = coupon.number.clone();
                Refusal::Coupon { number, verdict }
            })?;
        }
    }
    Ok(())
}

/// A voided sale's uses out of shares, each with what may be given again.
pub(super) fn leased_back(state: &State, sale: &SaleCompleted, now: Now) -> Vec<LeasedBack> {
    let back = leased(sale).map(|(coupon, parts)| {
        let released: Vec<Part> = match state.holder.release(parts, now.at) {
            Some(HolderFact::Released { parts, .. }) => parts,
            _ => Vec::new(),
        };
        let number = coupon.number.clone();
        LeasedBack { number, released }
    });
    back.collect()
}
