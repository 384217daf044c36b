//! The rows of the store manager's reports, as the API writes them.

use crate::view::ReturnView;
use jiff::civil::Date;
use serde::Serialize;
use tillside_core::{
    Clock, CouponNumber, LaneId, Money, PersonId, PlanId, SaleId, TenderKind, Timestamp,
};
use utoipa::ToSchema;

/// A day's totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayReport {
    /// The day.
    #[schema(value_type = String)]
    pub(super) date: Date,
    /// Sales that stand.
    pub(super) sales: u64,
    /// Sales that were voided.
    pub(super) voided: u64,
    /// Before discounts.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) gross: Money,
    /// What was taken off.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) discounts: Money,
    /// What was paid.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) net: Money,
    /// How often goods came back that day, of sales of any day.
    pub(super) returns: u64,
    /// What was paid back for them; `net` does not count it.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) returned: Money,
    /// Of that, in cash.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) returned_cash: Money,
    /// Points given.
    pub(super) points: i64,
    /// Coupons used.
    pub(super) redeemed: u64,
    /// Coupons refused.
    pub(super) refused: u64,
    /// How the sales that stand were paid, by kind.
    pub(super) tenders: Vec<DayTender>,
    /// E-money of the day, where the chain has it.
    pub(super) emoney: Option<DayEmoney>,
    /// Facts of any day HQ has not confirmed.
    pub(super) unconfirmed: u64,
}

/// What a day's sales were paid with in one way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayTender {
    /// `cash`, `card` or `purse`.
    #[schema(value_type = String)]
    pub(super) kind: TenderKind,
    /// How many payments.
    pub(super) payments: u64,
    /// What they came to.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) amount: Money,
}

/// A day's movements of e-money; what is not settled is of any day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayEmoney {
    /// Payments that went through.
    pub(super) payments: u64,
    /// What they took.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) taken: Money,
    /// Top-ups that went through.
    pub(super) top_ups: u64,
    /// What they put on.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) topped_up: Money,
    /// What voids and refunds gave back.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) given_back: Money,
    /// Balances of lost cards that were put on new ones.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) restored: Money,
    /// Movements of any day that nobody knows the outcome of.
    pub(super) open: u64,
    /// What they would move.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) open_amount: Money,
    /// What is owed to holders of cards.
    #[schema(value_type = crate::view::schema::Money)]
    pub(super) owed: Money,
}

/// One sale of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SaleReportRow {
    /// The sale.
    #[schema(value_type = String)]
    pub(crate) sale: SaleId,
    /// Its short number.
    pub(crate) number: String,
    /// The journal record's number.
    pub(crate) seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub(crate) at: Timestamp,
    /// The till.
    #[schema(value_type = String)]
    pub(crate) lane: LaneId,
    /// Who.
    #[schema(value_type = String)]
    pub(crate) cashier: PersonId,
    /// The member's name, or that the card is not known here.
    pub(crate) customer: Option<String>,
    /// What was paid.
    #[schema(value_type = crate::view::schema::Money)]
    pub(crate) total: Money,
    /// What was taken off.
    #[schema(value_type = crate::view::schema::Money)]
    pub(crate) discount: Money,
    /// Points given.
    pub(crate) points: i64,
    /// Coupons used.
    pub(crate) coupons: u32,
    /// Whether it was taken back.
    pub(crate) voided: bool,
    /// Whether HQ has it.
    pub(crate) confirmed: bool,
}

/// One coupon that was shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RedemptionReportRow {
    /// Its number.
    #[schema(value_type = String)]
    pub(crate) number: CouponNumber,
    /// Its plan, if it was used.
    #[schema(value_type = Option<String>)]
    pub(crate) plan: Option<PlanId>,
    /// The kind of verdict.
    pub(crate) verdict: String,
    /// The verdict in words.
    pub(crate) words: String,
    /// By which authority it was used, in words.
    pub(crate) proof: Option<String>,
    /// The sale.
    #[schema(value_type = String)]
    pub(crate) sale: SaleId,
    /// Its short number.
    pub(crate) sale_number: String,
    /// When.
    #[schema(value_type = i64)]
    pub(crate) at: Timestamp,
    /// Whether the clock could be trusted.
    #[schema(value_type = String)]
    pub(crate) clock: Clock,
    /// Who.
    #[schema(value_type = String)]
    pub(crate) cashier: PersonId,
    /// What it took off.
    #[schema(value_type = Option<crate::view::schema::Money>)]
    pub(crate) amount: Option<Money>,
    /// Whether its sale was taken back.
    pub(crate) voided: bool,
    /// Whether HQ has it.
    pub(crate) confirmed: bool,
}

/// One void.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct VoidReportRow {
    /// The sale.
    #[schema(value_type = String)]
    pub(super) sale: SaleId,
    /// Its short number.
    pub(super) number: String,
    /// The journal record's number.
    pub(super) seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub(super) at: Timestamp,
    /// Who asked.
    #[schema(value_type = String)]
    pub(super) cashier: PersonId,
    /// Who allowed it.
    #[schema(value_type = String)]
    pub(super) approved_by: PersonId,
    /// Why.
    pub(super) reason: String,
    /// What was paid back.
    #[schema(value_type = Option<crate::view::schema::Money>)]
    pub(super) amount: Option<Money>,
    /// Points taken back.
    pub(super) points: i64,
    /// Whether HQ has it.
    pub(super) confirmed: bool,
}

/// One fact HQ has not confirmed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UnconfirmedRow {
    /// The journal record's number.
    pub(super) seq: u64,
    /// When.
    #[schema(value_type = i64)]
    pub(super) at: Timestamp,
    /// The kind of fact, in words.
    pub(super) what: String,
    /// The sale it is about.
    #[schema(value_type = Option<String>)]
    pub(super) sale: Option<SaleId>,
}

/// Goods that came back on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReturnReportRow {
    /// The sale.
    #[schema(value_type = String)]
    pub(crate) sale: SaleId,
    /// Its short number.
    pub(crate) number: String,
    /// The journal record's number.
    pub(crate) seq: u64,
    /// What came back, when, and for how much.
    pub(crate) goods: ReturnView,
    /// Whether HQ has it.
    pub(crate) confirmed: bool,
}
