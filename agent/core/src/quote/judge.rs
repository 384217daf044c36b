//! May this coupon be used, now, here, on what is left of this basket?
//!
//! A number is judged on its own first, in this order: unknown, other store or till, revoked, used,
//! expired or not yet. Only a number that is good in itself is asked whether it fits the basket.

mod printed;
mod risk;
mod token;

use super::discount::Taking;
use super::{CouponAnswer, OpenLines};
use crate::gs1::{Applied, ShownCoupon};
use crate::rules::Selector;
use crate::{
    Assignment, CouponNumber, CouponPlan, Discount, MemberId, Misfit, Money, NoShare, Now, PlanId,
    Proof, ProofKind, State, Verdict, quota_of,
};
pub(crate) use risk::at_risk;

/// The answers to all coupons of a basket, and what those that are valid take off.
pub(super) struct Judged {
    pub(super) answers: Vec<CouponAnswer>,
    /// One for each valid coupon.
    pub(super) discounts: Vec<Discount>,
}

/// A coupon that was found valid in this basket.
struct Accepted<'a> {
    number: &'a CouponNumber,
    plan: &'a CouponPlan,
    /// What it takes off.
    amount: Money,
    /// What it counted, if it is a manufacturer's.
    applied: Option<Applied>,
}

/// What a good coupon comes to in this basket.
struct Good<'a> {
    plan: &'a CouponPlan,
    taking: Taking,
    proof: Proof,
    applied: Option<Applied>,
}

/// Judges the coupons in the order shown, each against what those before it left, and takes off
/// what the valid ones give.
pub(super) fn coupons(
    state: &State,
    shown: &[CouponNumber],
    member: Option<MemberId>,
    open: &mut OpenLines<'_>,
    now: Now,
    trace: &mut Vec<String>,
) -> Judged {
    let mut accepted: Vec<Accepted<'_>> = Vec::new();
    let mut judged = Judged {
        answers: Vec::new(),
        discounts: Vec::new(),
    };
    for number in shown {
        let verdict = match judge(state, number, member, open, &accepted, now) {
            Ok(good) => {
                let Good {
                    plan,
                    taking,
                    proof,
                    applied,
                } = good;
                taking.take(open);
                let amount = open.money(taking.minor());
                accepted.push(Accepted {
                    number,
                    plan,
                    amount,
                    applied,
                });
                judged.discounts.push(discount(number, plan, &taking, open));
                Verdict::Valid { proof }
            }
            Err(verdict) => verdict,
        };
        trace.push(match judged.discounts.last() {
            Some(discount) if verdict.is_valid() => {
                format!("coupon {number}: {verdict}: {}", discount.why)
            }
            _ => format!("coupon {number}: {verdict}"),
        });
        judged.answers.push(CouponAnswer {
            number: number.clone(),
            verdict,
            clock: now.clock,
        });
    }
    judged
}

/// The plan and what it takes off, by which authority; or why the coupon may not be used.
fn judge<'a>(
    state: &'a State,
    number: &CouponNumber,
    member: Option<MemberId>,
    open: &OpenLines<'_>,
    accepted: &[Accepted<'_>],
    now: Now,
) -> Result<Good<'a>, Verdict> {
    let (plan, selector, proof) = match state.tokens.get(number) {
        Some(text) if ShownCoupon::is_meant(text) => {
            return manufacturers(state, number, text, open, accepted, now);
        }
        Some(text) => {
            let token = token::genuine(state, number, text)?;
            let (plan, selector) = in_its_days(state, &token.terms().id.plan, now)?;
            let proof = token::prove(state, &token, text, member, now)?;
            (plan, selector, Some(proof))
        }
        None => {
            let plan = match state.rules.plan_of_code(number) {
                Some(plan) => &plan.plan,
                None => numbered(state, number)?,
            };
            let (plan, selector) = in_its_days(state, plan, now)?;
            (plan, selector, prove(state, plan, now)?)
        }
    };
    let taking = fit(number, plan, selector, open, accepted)
        .map_err(|misfit| Verdict::NotForThis { misfit })?;
    let proof = match proof {
        Some(proof) => proof,
        // How much is at risk is known only now.
        None => risked(state, plan, open.money(taking.minor()), accepted)?,
    };
    Ok(Good {
        plan,
        taking,
        proof,
        applied: None,
    })
}

/// The proof of a use at this till's risk beside those already accepted.
fn risked(
    state: &State,
    plan: &CouponPlan,
    amount: Money,
    accepted: &[Accepted<'_>],
) -> Result<Proof, Verdict> {
    let beside = accepted.iter().filter(|one| one.plan.plan == plan.plan);
    at_risk(state, &plan.plan, beside.map(|one| one.amount), amount)
}

/// As [`judge`], of a manufacturer's coupon.
fn manufacturers<'a>(
    state: &'a State,
    number: &CouponNumber,
    text: &str,
    open: &OpenLines<'_>,
    accepted: &[Accepted<'_>],
    now: Now,
) -> Result<Good<'a>, Verdict> {
    let (plan, terms, shown) = printed::known(state, number, text)?;
    let (plan, selector) = in_its_days(state, &plan.plan, now)?;
    let misfit = |misfit| Verdict::NotForThis { misfit };
    let suits = suits(number, plan, selector, open, accepted).map(|_| ());
    // What the coupon itself asks for says more than that nothing of the plan's is there.
    if let Err(why) = &suits
        && *why != Misfit::NoProduct
    {
        return Err(misfit(why.clone()));
    }
    let given: Vec<&Applied> = (accepted.iter())
        .filter_map(|one| one.applied.as_ref())
        .collect();
    let coupon = shown.coupon();
    let (taking, applied) = printed::fit(coupon, plan, terms, selector, open, &given, now)?;
    suits.map_err(misfit)?;
    let proof = risked(state, plan, open.money(taking.minor()), accepted)?;
    Ok(Good {
        plan,
        taking,
        proof: proof.of_manufacturer(text),
        applied: Some(applied),
    })
}

/// The authority that a use takes up; none where that depends on what it takes off.
fn prove(state: &State, plan: &CouponPlan, now: Now) -> Result<Option<Proof>, Verdict> {
    match &plan.proof {
        ProofKind::StoreBound => Ok(Some(Proof::StoreBound {
            store: state.store.clone(),
            bundle: state.rules.version(),
        })),
        ProofKind::Lease { .. } => one_of_share(state, &plan.plan, now).map(Some),
        // Scanned as what they are, or not at all.
        ProofKind::Token { .. } | ProofKind::Manufacturer(_) => Err(Verdict::Unknown),
        ProofKind::RiskCap(_) => Ok(None),
    }
}

/// One use out of what this terminal may give of a plan by itself.
pub(crate) fn one_of_share(state: &State, plan: &PlanId, now: Now) -> Result<Proof, Verdict> {
    let none = |why| Verdict::NoneLeft { why };
    let subject = quota_of(plan).ok_or(none(NoShare::Out))?;
    let spent = state.holder.spend(&subject, 1, now.at);
    let spent = spent.map_err(|error| none(error.into()))?;
    let parts = spent.spent().to_vec();
    Ok(Proof::Lease { parts })
}

/// The plan of a number that was issued once, if this terminal may burn it and it was not used.
fn numbered<'a>(state: &'a State, number: &CouponNumber) -> Result<&'a PlanId, Verdict> {
    let standing = state.coupons.get(number).ok_or(Verdict::Unknown)?;
    let (plan, open) = match &standing.assignment {
        Assignment::Here { plan } => (plan, false),
        Assignment::Anywhere { plan } => (plan, true),
        Assignment::OtherTill { terminal } => {
            let terminal = *terminal;
            return Err(Verdict::OtherTill { terminal });
        }
        Assignment::OtherStore { store } => {
            let store = store.clone();
            return Err(Verdict::OtherStore { store });
        }
        Assignment::Revoked => return Err(Verdict::Revoked),
        Assignment::NotIssued => return Err(Verdict::Unknown),
    };
    // Before the plan is looked for: a plan may have left the rules since the coupon was used.
    if let Some(used) = &standing.used {
        return Err(Verdict::Used(used.clone()));
    }
    // A plan with one code for everybody, or with signed coupons, has no printed numbers; one that was
    // given to a store is nobody else's risk, and one that was given to none is no store's.
    match (state.rules.plan(plan).map(|plan| &plan.proof), open) {
        (Some(ProofKind::StoreBound), false) | (Some(ProofKind::RiskCap(_)), true) => Ok(plan),
        _ => Err(Verdict::Unknown),
    }
}

/// Whether the plan's coupons may be used today.
fn in_its_days<'a>(
    state: &'a State,
    plan: &PlanId,
    now: Now,
) -> Result<(&'a CouponPlan, &'a Selector), Verdict> {
    let (plan, selector) = state.rules.selective_plan(plan).ok_or(Verdict::Unknown)?;
    if now.date > plan.valid_until {
        let on = plan.valid_until;
        return Err(Verdict::Expired { on });
    }
    if now.date < plan.valid_from {
        let from = plan.valid_from;
        return Err(Verdict::NotYet { from });
    }
    Ok((plan, selector))
}

/// Whether a good coupon fits what is left of the basket beside those already accepted.
fn fit(
    number: &CouponNumber,
    plan: &CouponPlan,
    selector: &Selector,
    open: &OpenLines<'_>,
    accepted: &[Accepted<'_>],
) -> Result<Taking, Misfit> {
    let eligible = suits(number, plan, selector, open, accepted)?;
    Taking::of(&plan.effect, open, &eligible).ok_or(Misfit::NothingLeft)
}

/// The lines that a plan is for, if the basket meets what the plan asks.
fn suits(
    number: &CouponNumber,
    plan: &CouponPlan,
    selector: &Selector,
    open: &OpenLines<'_>,
    accepted: &[Accepted<'_>],
) -> Result<Vec<usize>, Misfit> {
    beside(number, plan, accepted)?;
    if let Some(currency) = plan.currency().filter(|found| *found != open.currency()) {
        return Err(Misfit::OtherCurrency { currency });
    }
    let lines = open.lines().iter().enumerate();
    let eligible: Vec<usize> = lines
        .filter(|(_, open)| selector.covers(open.line))
        .map(|(index, _)| index)
        .collect();
    if eligible.is_empty() {
        return Err(Misfit::NoProduct);
    }
    if let Some(minimum) = plan.minimum_spend {
        let spent: i64 = eligible.iter().map(|i| open.lines()[*i].subtotal).sum();
        if spent < minimum.minor() {
            let missing = Money::new(minimum.minor() - spent, minimum.currency());
            let missing = missing.unwrap_or(minimum);
            return Err(Misfit::MinimumSpend { minimum, missing });
        }
    }
    Ok(eligible)
}

/// Whether the plan allows the coupon beside those already accepted. The very same number shown
/// twice counts as two of a kind.
fn beside(
    number: &CouponNumber,
    plan: &CouponPlan,
    accepted: &[Accepted<'_>],
) -> Result<(), Misfit> {
    for other in accepted {
        let same_plan = plan.one_per_basket && other.plan.plan == plan.plan;
        if other.number == number || same_plan {
            return Err(Misfit::OnePerBasket);
        }
        if plan.stacking_group.is_some() && other.plan.stacking_group == plan.stacking_group {
            let with = other.number.clone();
            return Err(Misfit::Stacking { with });
        }
    }
    Ok(())
}

fn discount(
    number: &CouponNumber,
    plan: &CouponPlan,
    taking: &Taking,
    open: &OpenLines<'_>,
) -> Discount {
    let parts = taking.parts.iter();
    Discount {
        plan: plan.plan.clone(),
        coupon: number.clone(),
        amount: open.money(taking.minor()),
        spread: parts
            .map(|(index, minor)| (*index as u32, *minor))
            .collect(),
        funder: plan.funder.clone(),
        why: format!("{} ({})", plan.name, taking.why),
    }
}
