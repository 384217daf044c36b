//! Shares of quotas in a till's journal: taken, and used. Pure.

use super::book::Booking;
use super::{Fault, Working};
use tillside_core::authority::{Part, Terms};
use tillside_core::{PlanId, Record, quota_of};

/// A share that the terminal took. If HQ does not know that it gave it, HQ was put back from a backup since:
/// it counts again, so that it is not given twice and its uses stand.
pub(super) fn book_share(working: &mut Working, record: &Record, terms: &Terms) -> Booking {
    if terms.holder != record.terminal || working.leases.contains_key(&terms.id) {
        return Booking::default();
    }
    working.leases.insert(terms.id, terms.subject.clone());
    Booking {
        recovered: Some(terms.clone()),
        ..Booking::default()
    }
}

/// A use out of a share takes up one of it, and HQ leased the share to this terminal for the plan's quota.
pub(super) fn one_use(working: &Working, plan: &PlanId, parts: &[Part]) -> Result<(), Fault> {
    let [
        Part {
            allowance,
            amount: 1,
        },
    ] = parts
    else {
        return Err(Fault::DoesNotAddUp(
            "a coupon out of the till's share is not one use of it",
        ));
    };
    let leased_for = working.leases.get(allowance);
    if leased_for.is_some() && leased_for == quota_of(plan).as_ref() {
        return Ok(());
    }
    let (plan, allowance) = (plan.clone(), *allowance);
    Err(Fault::NotLeased { plan, allowance })
}
