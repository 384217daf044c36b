//! Points that pay: out of what HQ lets this terminal spend of the member's.

use crate::authority::{HolderFact, Part};
use crate::engine::Redeem;
use crate::{
    Customer, Money, Now, Points, PointsSpent, Refusal, SaleCompleted, State, Tender, TenderKind,
    paid_with_points, points_of,
};

/// What so many points would pay.
pub(super) fn worth(state: &State, points: Points) -> Result<Money, Refusal> {
    taken(state)?.worth_of(points)
}

fn taken(state: &State) -> Result<&Redeem, Refusal> {
    state.rules.rules().redeem().ok_or(Refusal::PointsNotTaken)
}

/// The tender of so many points of the customer's, as completing a sale of that total now would have it.
///
/// # Errors
/// If points are not taken, so many cannot pay, or this terminal may not spend them now.
pub fn points_tender(
    state: &State,
    customer: Option<&Customer>,
    points: Points,
    total: Money,
    now: Now,
) -> Result<Tender, Refusal> {
    let redeem = taken(state)?;
    let worth = redeem.worth_of(points)?;
    if worth.currency() != total.currency() {
        return Err(Refusal::PointsNotTaken);
    }
    if worth.minor() > total.minor() {
        let most = redeem.most(total, points).unwrap_or(Points(0));
        return Err(Refusal::PointsMoreThanDue { most });
    }
    let parts = parts(state, customer, points, now)?;
    Ok(Tender::points(PointsSpent { points, parts }, worth))
}

fn parts(
    state: &State,
    customer: Option<&Customer>,
    points: Points,
    now: Now,
) -> Result<Vec<Part>, Refusal> {
    let member = customer.and_then(|customer| customer.member);
    let subject = points_of(member.ok_or(Refusal::PointsOfNobody)?);
    let amount = u64::try_from(points.0).unwrap_or(0);
    match state.holder.spend(&subject, amount, now.at) {
        Ok(HolderFact::Spent { parts, .. }) => Ok(parts),
        _ => Err(Refusal::PointsNotCovered {
            left: state.holder.left(&subject, now.at),
        }),
    }
}

/// As [`points_tender`], for a sale that was fixed earlier: what it counted on may have ended, or been spent by another
/// sale, since.
pub(super) fn spend_again(
    state: &State,
    sale: &mut SaleCompleted,
    now: Now,
) -> Result<(), Refusal> {
    let customer = sale.customer.clone();
    for tender in &mut sale.tenders {
        if let Some(spent) = &mut tender.points {
            spent.parts = parts(state, customer.as_ref(), spent.points, now)?;
        }
    }
    Ok(())
}

/// Of a sale that is voided, what may be spent again here.
pub(super) fn released(state: &State, sale: &SaleCompleted, now: Now) -> Vec<Part> {
    let parts = paid_with_points(sale).map(|(_, spent)| &spent.parts[..]);
    match state.holder.release(parts.unwrap_or_default(), now.at) {
        Some(HolderFact::Released { parts, .. }) => parts,
        _ => Vec::new(),
    }
}

/// What people say that was paid: no points, which only a decision counts.
pub(super) fn none_named(tenders: &[Tender]) -> Result<(), Refusal> {
    let points = |tender: &Tender| tender.kind == TenderKind::Points || tender.points.is_some();
    match tenders.iter().any(points) {
        true => Err(Refusal::PointsTender),
        false => Ok(()),
    }
}
