//! Recorded uses at a till's own risk, judged again.
//!
//! What a till had taken and HQ had not confirmed at that moment only the till knew: its word is held
//! against the plan's cap and against the sale itself.

use crate::authority::RiskTaken;
use crate::gs1::ShownCoupon;
use crate::{
    CouponEffect, CouponNumber, CouponRedeemed, Money, PlanId, Proof, ProofKind, RuleBook,
    SaleCompleted,
};
use std::collections::{BTreeMap, BTreeSet};

/// Why a use at a till's own risk was not allowed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RiskFault {
    /// The plan had no such cap.
    #[error(
        "coupon {number} was taken at the till's risk up to {cap} uses, which plan {plan} did not allow"
    )]
    OtherCap {
        /// The coupon.
        number: CouponNumber,
        /// Its plan.
        plan: PlanId,
        /// What the till took for the cap.
        cap: u64,
    },
    /// The plan does not take such a coupon, or not for so much.
    #[error("coupon {number} is none that plan {plan} takes, or gave more than one may")]
    NotTaken {
        /// The coupon.
        number: CouponNumber,
        /// Its plan.
        plan: PlanId,
    },
    /// It was past the cap.
    #[error("coupon {number} was taken past the risk cap of plan {plan}")]
    PastCap {
        /// The coupon.
        number: CouponNumber,
        /// Its plan.
        plan: PlanId,
    },
    /// What the till says it had taken does not go with what the sale gave.
    #[error("coupon {number} was not counted to the risk of plan {plan} as its sale gave it")]
    NotCounted {
        /// The coupon.
        number: CouponNumber,
        /// Its plan.
        plan: PlanId,
    },
}

/// The bundles by whose rules a sale's coupons were taken at the till's own risk.
pub fn risk_bundles(sale: &SaleCompleted) -> BTreeSet<u64> {
    let bundle = |proof: &Proof| match proof {
        Proof::Risk { bundle, .. } => Some(*bundle),
        _ => None,
    };
    let coupons = sale.coupons.iter();
    coupons.filter_map(|coupon| bundle(&coupon.proof)).collect()
}

/// Judges those of a sale's coupons that were taken at the till's own risk by these rules.
///
/// # Errors
/// The first that was not allowed.
pub fn check_risks(sale: &SaleCompleted, rules: &RuleBook) -> Result<(), RiskFault> {
    let mut before: BTreeMap<&PlanId, RiskTaken> = BTreeMap::new();
    for coupon in &sale.coupons {
        let Proof::Risk {
            bundle, cap, taken, ..
        } = &coupon.proof
        else {
            continue;
        };
        if *bundle != rules.version() {
            continue;
        }
        let (number, plan) = (coupon.number.clone(), coupon.plan.clone());
        let known = rules.plan(&plan).and_then(|plan| plan.risk_cap());
        let Some(allowed) = known.filter(|known| known.uses == *cap) else {
            let cap = *cap;
            return Err(RiskFault::OtherCap { number, plan, cap });
        };
        let terms = rules.plan(&plan).map(|plan| (&plan.proof, &plan.effect));
        if !terms.is_some_and(|terms| is_of(terms, sale, coupon)) {
            return Err(RiskFault::NotTaken { number, plan });
        }
        if !allowed.covers(taken) {
            return Err(RiskFault::PastCap { number, plan });
        }
        let amount = sale.taken_off(&coupon.number);
        if !amount.is_some_and(|amount| follows(before.get(&coupon.plan), amount, taken)) {
            return Err(RiskFault::NotCounted { number, plan });
        }
        before.insert(&coupon.plan, *taken);
    }
    Ok(())
}

/// Whether a coupon is one that a plan of this proof and effect takes: a number of HQ's list or, of a
/// manufacturer's, one of a company that the plan names, which gave no more than one may.
fn is_of(
    (proof, effect): (&ProofKind, &CouponEffect),
    sale: &SaleCompleted,
    coupon: &CouponRedeemed,
) -> bool {
    let Some(text) = coupon.proof.manufacturers() else {
        return matches!(proof, ProofKind::RiskCap(_));
    };
    let (ProofKind::Manufacturer(terms), CouponEffect::AmountOff { amount }) = (proof, effect)
    else {
        return false;
    };
    let gave = sale.taken_off(&coupon.number);
    let most = gave
        .is_some_and(|gave| gave.currency() == amount.currency() && gave.minor() <= amount.minor());
    let shown = ShownCoupon::read(text);
    most && shown.is_some_and(|shown| {
        shown.stands_for(&coupon.number, sale.sale)
            && terms.companies.contains(&shown.coupon().issuer)
    })
}

/// Whether `taken` is what was taken before in the same sale and this use; without one before it, any
/// count that has room for the use.
fn follows(before: Option<&RiskTaken>, amount: Money, taken: &RiskTaken) -> bool {
    match (before, taken.uses) {
        (Some(before), _) => before.and(amount) == Some(*taken),
        (None, 0) => false,
        (None, 1) => taken.amount == amount,
        (None, _) => {
            taken.amount.currency() == amount.currency() && taken.amount.minor() > amount.minor()
        }
    }
}
