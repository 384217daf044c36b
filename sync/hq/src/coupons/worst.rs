//! What each plan may cost at worst, as it would be published now.

use crate::publish::Edition;
use tillside_core::authority::{PlanProof, WorstCase};
use tillside_core::{CouponEffect, CouponPlan, MoneyError, PlanId, ProofKind};

/// A plan and its worst case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanWorst {
    /// The plan's code.
    pub plan: PlanId,
    /// Its name.
    pub name: String,
    /// The worst case. Its cost is known only of plans that take a fixed amount off.
    pub worst: WorstCase,
}

/// The worst case of every plan, in the rules' order.
///
/// # Errors
/// [`MoneyError`] if one costs more than an amount can be.
pub fn worst_cases(edition: &Edition) -> Result<Vec<PlanWorst>, MoneyError> {
    let worst = |plan: &CouponPlan| {
        let value = match plan.effect {
            CouponEffect::AmountOff { amount } => Some(amount),
            CouponEffect::PercentOff { .. } | CouponEffect::ItemFree => None,
        };
        Ok(PlanWorst {
            plan: plan.plan.clone(),
            name: plan.name.clone(),
            worst: WorstCase::of(proof(plan, edition), value)?,
        })
    };
    edition.rules.plans.iter().map(worst).collect()
}

fn proof(plan: &CouponPlan, edition: &Edition) -> PlanProof {
    if matches!(plan.proof, ProofKind::Token { .. } | ProofKind::RiskCap(_)) {
        let issued = edition.issued.get(&plan.plan).copied().unwrap_or(0);
        return PlanProof::of(&plan.proof, issued, edition.tills);
    }
    let coupons = edition
        .stores
        .iter()
        .flat_map(|store| &store.coupons.numbers);
    let numbers = coupons.filter(|coupon| coupon.plan == plan.plan).count();
    PlanProof::of(&plan.proof, numbers as u64, edition.tills)
}
