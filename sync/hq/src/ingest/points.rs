//! Points that paid, booked: out of the member's account, and off what HQ keeps aside for the till. Pure.

use super::{Fault, Working};
use crate::ledger::{Account, LedgerError, Movement, MovementKind};
use tillside_core::authority::{AllowanceId, Part};
use tillside_core::{
    GoodsReturned, MemberId, PointsSpent, PricedReturn, SaleCompleted, Tender, points_of,
};

/// Points out of an allowance that are in the ledger now, or below zero, are so no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookedPoints {
    /// Which allowance.
    pub allowance: AllowanceId,
    /// How many.
    pub points: i64,
}

/// Whose points paid a sale, and how many; at most one tender of a sale is points.
fn spent(sale: &SaleCompleted) -> Result<Option<(MemberId, &PointsSpent)>, Fault> {
    let mut tenders = sale.tenders.iter().filter_map(|paid| paid.points.as_ref());
    let Some(spent) = tenders.next() else {
        return Ok(None);
    };
    let member = sale.customer.as_ref().and_then(|customer| customer.member);
    let parts = spent.parts.iter().map(|part| i128::from(part.amount));
    let whole = parts.sum::<i128>() == i128::from(spent.points.0);
    match member {
        Some(member) if whole && spent.points.0 > 0 && tenders.next().is_none() => {
            Ok(Some((member, spent)))
        }
        _ => Err(Fault::DoesNotAddUp(
            "the points that paid are not what its till spent for one member",
        )),
    }
}

/// The movement by which points paid a sale, and what of the till's allowances it used.
pub(super) fn spend(
    working: &Working,
    sale: &SaleCompleted,
) -> Result<(Option<Movement>, Vec<BookedPoints>), Fault> {
    let Some((member, spent)) = spent(sale)? else {
        return Ok((None, Vec::new()));
    };
    for part in &spent.parts {
        if working.leases.get(&part.allowance) != Some(&points_of(member)) {
            let allowance = part.allowance;
            return Err(Fault::PointsNotLeased { member, allowance });
        }
    }
    let from = Account::Member(member);
    let movement = Movement::new(MovementKind::Spend, from, Account::Spent, spent.points.0);
    Ok((
        Some(movement.map_err(Fault::Ledger)?),
        booked(&spent.parts, 1),
    ))
}

/// The movement by which points come back: so many of a sale's, to whom they were taken from.
pub(super) fn give_back(
    member: Option<MemberId>,
    points: i64,
) -> Result<Option<Movement>, LedgerError> {
    let Some(member) = member.filter(|_| points > 0) else {
        return Ok(None);
    };
    let to = Account::Member(member);
    Movement::new(MovementKind::Unspend, Account::Spent, to, points).map(Some)
}

/// What a void lets its till spend again.
pub(super) fn booked(parts: &[Part], sign: i64) -> Vec<BookedPoints> {
    let parts = parts.iter().map(|part| BookedPoints {
        allowance: part.allowance,
        points: sign.saturating_mul(i64::try_from(part.amount).unwrap_or(i64::MAX)),
    });
    parts.collect()
}

/// Whether a return gave back as points what points had paid of it, as far as two tills can know: each may have
/// taken other goods of the sale back while it was cut off, so that only the whole is exact.
pub(super) fn fits(sale: &SaleCompleted, goods: &GoodsReturned) -> bool {
    let paid = |tenders: &[Tender]| -> (i128, i128) {
        let points = tenders
            .iter()
            .filter_map(|paid| Some((paid.points.as_ref()?, paid.amount)));
        points.fold((0, 0), |(points, worth), (spent, amount)| {
            (
                points + i128::from(spent.points.0),
                worth + i128::from(amount.minor()),
            )
        })
    };
    let ((back, worth_back), (all, worth)) = (paid(&goods.tenders), paid(&sale.tenders));
    (0..=all).contains(&back) && (0..=worth).contains(&worth_back)
}

/// The points that a return gives back, priced again by HQ.
pub(super) fn of_return(priced: &PricedReturn) -> i64 {
    priced.points.map_or(0, |(points, _)| points.0)
}
