//! What a basket comes to: coupons judged, discounts spread, points awarded, each with its reason.
//!
//! A quote changes nothing and is what a checkout is decided from, so the screen and the receipt
//! cannot disagree. Burning coupons and writing the sale down is left to [`crate::decide`].

mod discount;
mod judge;
mod open_lines;
pub(crate) mod rules;

use crate::{
    Award, BASKET_COUPON_LIMIT, Clock, Counted, CouponNumber, Discount, Money, Now, Points,
    Promotion, QuoteRequest, Refusal, State, Verdict,
};
pub(crate) use judge::{at_risk, one_of_share};
pub(crate) use open_lines::OpenLines;

/// What a basket comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The basket's lines, in its order.
    pub lines: Vec<QuotedLine>,
    /// Sum of the lines before discounts.
    pub subtotal: Money,
    /// What coupons take off, in the order they were shown; none is zero.
    pub discounts: Vec<Discount>,
    /// What rules take off after them, in rule order; none is zero.
    pub promotions: Vec<Promotion>,
    /// What is to pay: `subtotal` less discounts and promotions.
    pub total: Money,
    /// The answer to each coupon, in the order they were shown.
    pub coupons: Vec<CouponAnswer>,
    /// Points by rule, in rule order; none is zero. Empty without a customer.
    pub awards: Vec<Award>,
    /// Sum of the awards.
    pub points: Points,
    /// How far the caps of rules would be used up.
    pub counted: Vec<Counted>,
    /// The bundle version whose rules decided.
    pub rules: u64,
    /// Every step in words, in order: each coupon, and each rule whose condition held, also if it gave
    /// nothing, or failed.
    pub trace: Vec<String>,
}

/// One line of a quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotedLine {
    /// Price times quantity.
    pub subtotal: Money,
    /// What discounts took off it.
    pub discount: Money,
    /// What is left to pay.
    pub total: Money,
}

/// The answer to one coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponAnswer {
    /// The coupon.
    pub number: CouponNumber,
    /// The answer.
    pub verdict: Verdict,
    /// Whether the clock that judged its dates could be trusted (invariant 9).
    pub clock: Clock,
}

/// Says what a basket would come to now, and judges its coupons.
///
/// Each coupon is judged against what those before it left. A coupon that may not be used takes
/// nothing off and does not fail the quote; [`crate::decide`] refuses to complete a sale with one.
/// An empty basket quotes as nothing, so that a coupon can be looked at first. Refuses a basket
/// past its limits, of mixed currencies, or of amounts out of range.
pub fn quote(state: &State, request: QuoteRequest<'_>, now: Now) -> Result<Quote, Refusal> {
    let coupons = request.coupons.len();
    if coupons > BASKET_COUPON_LIMIT {
        return Err(Refusal::TooManyCoupons { coupons });
    }
    let mut open = OpenLines::new(request.basket)?;
    let mut trace = Vec::new();
    let judged = judge::coupons(
        state,
        request.coupons,
        request.member,
        &mut open,
        now,
        &mut trace,
    );
    let ruled = rules::ask(state, &request, &mut open, now, &mut trace)?;
    Ok(Quote {
        subtotal: open.subtotal(),
        total: open.total(),
        lines: open.quoted(),
        discounts: judged.discounts,
        coupons: judged.answers,
        points: rules::sum(&ruled.awards),
        promotions: ruled.promotions,
        awards: ruled.awards,
        counted: ruled.counted,
        rules: state.rules.version(),
        trace,
    })
}
