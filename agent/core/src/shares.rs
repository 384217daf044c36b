//! What facts say about the shares of quotas that a terminal gives uses out of.
//!
//! A sale carries its own spending and a void its own release, so that each stays complete in itself;
//! everything else about allowances is an [`Event::Allowance`]. Who keeps the fold is left to the edges.

use crate::authority::{HolderFact, Part};
use crate::{CouponRedeemed, Event, Proof, SaleCompleted, SaleVoided, Timestamp};

/// What an event changes in [`crate::State::holder`], in order.
///
/// A void has no time of its own here: it is released at the time the holder already has.
pub fn holder_facts(event: &Event) -> Vec<HolderFact> {
    match event {
        Event::SaleCompleted(sale) => spent_by(sale),
        Event::SaleVoided(void) => released_by(void),
        Event::Allowance { fact } => vec![fact.clone()],
        _ => Vec::new(),
    }
}

/// What a sale spends of shares: at most one fact.
pub(crate) fn spent_by(sale: &SaleCompleted) -> Vec<HolderFact> {
    let coupons = leased(sale).flat_map(|(_, parts)| parts);
    let points = sale.tenders.iter().filter_map(|paid| paid.points.as_ref());
    let parts = coupons.chain(points.flat_map(|spent| &spent.parts));
    let parts: Vec<Part> = parts.copied().collect();
    match parts.is_empty() {
        true => Vec::new(),
        false => vec![HolderFact::Spent { parts, at: sale.at }],
    }
}

/// What a void gives back to shares: at most one fact.
pub(crate) fn released_by(void: &SaleVoided) -> Vec<HolderFact> {
    let coupons = void.leased.iter().flat_map(|back| &back.released);
    let parts: Vec<Part> = coupons.chain(&void.points).copied().collect();
    let at = Timestamp(0);
    match parts.is_empty() {
        true => Vec::new(),
        false => vec![HolderFact::Released { parts, at }],
    }
}

/// A sale's coupons that were given out of this terminal's shares, and what of these was spent.
pub(crate) fn leased(sale: &SaleCompleted) -> impl Iterator<Item = (&CouponRedeemed, &[Part])> {
    sale.coupons
        .iter()
        .filter_map(|coupon| match &coupon.proof {
            Proof::Lease { parts } => Some((coupon, &parts[..])),
            Proof::StoreBound { .. } | Proof::Token { .. } | Proof::Risk { .. } => None,
        })
}
