//! What the edges may ask the core to decide.

use crate::{Basket, CouponNumber, Customer, LaneId, MemberId, PersonId, SaleId, Tender, Verdict};

/// The longest reason for a void, in characters.
pub const REASON_LIMIT: usize = 200;

/// A request that ends in facts or in a refusal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Command {
    /// Complete a sale.
    CheckOut(CheckOut),
    /// Take a whole sale back.
    Void(Void),
    /// Keep that a coupon was refused.
    RefuseCoupon(RefuseCoupon),
    /// Keep that a verified bundle is in force from here on.
    AdoptBundle {
        /// Its version.
        version: u64,
    },
}

/// Complete a sale.
#[derive(Clone, Debug)]
pub struct CheckOut {
    /// Its id, made by the caller before this is tried: the same sale is never completed twice.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// What is bought.
    pub basket: Basket,
    /// Who buys.
    pub customer: Option<Customer>,
    /// Coupons, in the order they were shown.
    pub coupons: Vec<CouponNumber>,
    /// How it is paid.
    pub tenders: Vec<Tender>,
}

/// Take a whole sale back, on its own business day.
#[derive(Clone, Debug)]
pub struct Void {
    /// The sale.
    pub sale: SaleId,
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why, 1 to [`REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
}

/// Keep that a coupon was shown and refused.
#[derive(Clone, Debug)]
pub struct RefuseCoupon {
    /// The sale it was shown for.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// The number.
    pub number: CouponNumber,
    /// The verdict the shopper was told.
    pub verdict: Verdict,
}

/// What a basket would come to.
#[derive(Clone, Copy, Debug)]
pub struct QuoteRequest<'a> {
    /// What is in it.
    pub basket: &'a Basket,
    /// Whether anybody earns: a card was shown, known or not.
    pub customer: bool,
    /// The member it names, if the store knows it.
    pub member: Option<MemberId>,
    /// Coupons, in the order they were shown.
    pub coupons: &'a [CouponNumber],
}
