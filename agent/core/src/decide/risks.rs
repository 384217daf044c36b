//! Decisions about what a till takes at its own risk.

use crate::quote::at_risk;
use crate::{Money, PlanId, Proof, Refusal, SaleCompleted, State, Verdict};

/// Counts the coupons of a sale that was fixed earlier once more: other sales may have met the cap since.
/// Only then is it refused; a plan that has no cap any more changes nothing of what was fixed.
pub(super) fn take_again(state: &State, sale: &mut SaleCompleted) -> Result<(), Refusal> {
    let mut beside: Vec<(PlanId, Money)> = Vec::new();
    for index in 0..sale.coupons.len() {
        let coupon = &sale.coupons[index];
        let capped = (state.rules.plan(&coupon.plan)).is_some_and(|plan| plan.risk_cap().is_some());
        if !capped || !matches!(coupon.proof, Proof::Risk { .. }) {
            continue;
        }
        let refused = |verdict| Refusal::Coupon {
            number: coupon.number.clone(),
            verdict,
        };
        let amount = sale.taken_off(&coupon.number);
        let amount = amount.ok_or_else(|| refused(Verdict::Unknown))?;
        let same = beside.iter().filter(|(plan, _)| *plan == coupon.plan);
        let same = same.map(|(_, amount)| *amount);
        let proof = at_risk(state, &coupon.plan, same, amount).map_err(refused)?;
        beside.push((coupon.plan.clone(), amount));
        sale.coupons[index].proof = match coupon.proof.manufacturers() {
            Some(text) => proof.of_manufacturer(text),
            None => proof,
        };
    }
    Ok(())
}
