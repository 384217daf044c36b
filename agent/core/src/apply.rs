//! What a fact changes in the working set.

use crate::{
    CouponNumber, CouponUsed, Customer, Event, Lot, SaleCompleted, SaleId, SaleState, SaleVoided,
    State,
};

/// Applies a fact. Facts are past: nothing is refused here. What the state does not hold (a member
/// or coupon that was not loaded) is passed over, and applying a fact twice changes nothing more.
///
/// A bundle's rules are not in its event, so [`Event::BundleAdopted`] changes nothing here: the edge
/// loads the new [`crate::RuleBook`] with the next state.
pub fn apply(state: &mut State, event: &Event) {
    match event {
        Event::SaleCompleted(sale) => complete(state, sale),
        Event::SaleVoided(void) => take_back(state, void),
        Event::CouponRefused(_) | Event::BundleAdopted { .. } => {}
    }
}

fn complete(state: &mut State, sale: &SaleCompleted) {
    if state.sales.contains_key(&sale.sale) {
        return;
    }
    for coupon in &sale.coupons {
        if let Some(standing) = state.coupons.get_mut(&coupon.number) {
            standing.used = Some(CouponUsed {
                at: sale.at,
                store: state.store.clone(),
                terminal: state.terminal,
                sale: sale.sale,
            });
        }
    }
    add_points(state, sale.customer.as_ref(), earned(&sale.lots));
    let kept = SaleState {
        sale: sale.clone(),
        voided: false,
    };
    state.sales.insert(sale.sale, kept);
}

fn take_back(state: &mut State, void: &SaleVoided) {
    match state.sales.get_mut(&void.sale) {
        Some(known) if !known.voided => known.voided = true,
        _ => return,
    }
    for number in &void.coupons {
        give_back(state, number, void.sale);
    }
    add_points(state, void.customer.as_ref(), -earned(&void.lots));
}

/// A coupon may be used again, if it was this sale that used it.
fn give_back(state: &mut State, number: &CouponNumber, sale: SaleId) {
    if let Some(standing) = state.coupons.get_mut(number) {
        standing.used.take_if(|used| used.sale == sale);
    }
}

fn add_points(state: &mut State, customer: Option<&Customer>, points: i128) {
    let member = customer.and_then(|customer| customer.member);
    if let Some(member) = member.and_then(|member| state.members.get_mut(&member)) {
        let sum = i128::from(member.points.0) + points;
        // Saturates: no chain of real sales comes near, and a fact is never refused.
        member.points.0 = sum.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    }
}

fn earned(lots: &[Lot]) -> i128 {
    lots.iter().map(|lot| i128::from(lot.amount.0)).sum()
}
