//! Whether this till may take one more number of a plan at its own risk.
//!
//! Whether the number is on HQ's list, was used before and fits the basket is left to [`super`].

use crate::authority::{RiskTaken, RiskVerdict};
use crate::{Money, NoShare, PlanId, Proof, State, Verdict};

/// The proof of a use that gives `value`, after those that HQ has not confirmed and those `beside` it in
/// the same sale.
pub(crate) fn at_risk(
    state: &State,
    plan: &PlanId,
    beside: impl IntoIterator<Item = Money>,
    value: Money,
) -> Result<Proof, Verdict> {
    let plan = state.rules.plan(plan).ok_or(Verdict::Unknown)?;
    let cap = plan.risk_cap().ok_or(Verdict::Unknown)?;
    let uses = state.risk.get(&plan.plan).map_or(&[][..], Vec::as_slice);
    let taken = RiskTaken::of(uses, value.currency());
    let taken = (beside.into_iter()).try_fold(taken, |taken, one| Some(taken?.and(one)));
    match taken.flatten().map(|taken| cap.judge(&taken, value)) {
        Some(RiskVerdict::Within(taken)) => Ok(Proof::Risk {
            bundle: state.rules.version(),
            cap: cap.uses,
            taken,
            coupon: None,
        }),
        // Rules that let a manager go on, or ask HQ, are refused before they come here.
        _ => Err(Verdict::NoneLeft {
            why: NoShare::AtRisk,
        }),
    }
}
