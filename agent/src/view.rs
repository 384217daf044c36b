//! What the screen and the POS see: sales, members, lines, as the local API writes them.

use crate::purse::PaymentView;
use serde::Serialize;
use tillside_core::{
    CardIdentity, Category, Clock, CouponNumber, Currency, GoodsReturned, Item, LaneId,
    LineReturned, Member, Money, PersonId, PlanId, Points, ReturnId, RuleId, SaleId, TaxClass,
    Tender, Timestamp, Verdict,
};
use utoipa::ToSchema;

/// What became of a sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaleStage {
    /// Being rung up; nothing is recorded.
    Open,
    /// Paid and recorded.
    Completed,
    /// Paid, recorded, and taken back.
    Voided,
}

/// A sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SaleView {
    /// Its id.
    #[schema(value_type = String)]
    pub sale: SaleId,
    /// What became of it.
    pub state: SaleStage,
    /// A short number for people.
    pub number: String,
    /// The till.
    #[schema(value_type = String)]
    pub lane: LaneId,
    /// Who opened it, or who completed it.
    #[schema(value_type = String)]
    pub cashier: PersonId,
    /// When it was opened.
    #[schema(value_type = i64)]
    pub opened: Timestamp,
    /// When it was paid.
    #[schema(value_type = Option<i64>)]
    pub completed: Option<Timestamp>,
    /// The currency of all its amounts.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// What is bought.
    pub lines: Vec<LineView>,
    /// What came back since, oldest first.
    pub returns: Vec<ReturnView>,
    /// Who buys, if a card was shown.
    pub customer: Option<CustomerView>,
    /// Coupons that were shown and kept.
    pub coupons: Vec<CouponView>,
    /// What was taken off.
    pub discounts: Vec<DiscountView>,
    /// Points by rule.
    pub awards: Vec<AwardView>,
    /// Their sum.
    #[schema(value_type = i64)]
    pub points: Points,
    /// Before discounts.
    #[schema(value_type = schema::Money)]
    pub subtotal: Money,
    /// What was taken off in all.
    #[schema(value_type = schema::Money)]
    pub discount_total: Money,
    /// What is to pay, or was paid.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// How it was paid.
    #[schema(value_type = Vec<schema::Tender>)]
    pub tenders: Vec<Tender>,
    /// Payments by e-money that happened or may have, oldest first.
    pub payments: Vec<PaymentView>,
    /// How points may pay, and do; only of an open sale with a known member, where the rules let points pay.
    pub paying: Option<PointsView>,
    /// What is left to pay: `total` less the points and payments that are done. Zero once it is paid.
    #[schema(value_type = schema::Money)]
    pub due: Money,
    /// Whether a payment by e-money has begun: lines, customer and coupons stay as they are then.
    pub fixed: bool,
    /// The rules' version that decided.
    pub rules: u64,
    /// Whether the clock could be trusted.
    #[schema(value_type = String)]
    pub clock: Clock,
    /// Whether HQ has it.
    pub confirmed: bool,
}

/// One line of a sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct LineView {
    /// Its place, from 0.
    pub index: usize,
    /// What: `gtin:…` or `sku:…`.
    #[schema(value_type = String)]
    pub item: Item,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// How many of them came back since.
    pub returned: u32,
    /// The price of one.
    #[schema(value_type = schema::Money)]
    pub unit_price: Money,
    /// Its product group.
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// Its tax class.
    #[schema(value_type = String)]
    pub tax_class: TaxClass,
    /// Price times quantity.
    #[schema(value_type = schema::Money)]
    pub subtotal: Money,
    /// What discounts took off.
    #[schema(value_type = schema::Money)]
    pub discount: Money,
    /// What is left.
    #[schema(value_type = schema::Money)]
    pub total: Money,
}

/// Goods of a sale that came back together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReturnView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReturnId,
    /// When.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// What came back.
    pub lines: Vec<ReturnLineView>,
    /// What was paid back.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// How.
    #[schema(value_type = Vec<schema::Tender>)]
    pub tenders: Vec<Tender>,
    /// The points that went back.
    pub points: i64,
    /// Why.
    pub reason: String,
    /// Who asked.
    #[schema(value_type = String)]
    pub cashier: PersonId,
    /// The manager who allowed it.
    #[schema(value_type = String)]
    pub approved_by: PersonId,
}

/// Goods of one line that came back, or may.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReturnLineView {
    /// The line's place in the sale, from 0.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// What is paid back for them.
    #[schema(value_type = schema::Money)]
    pub paid: Money,
}

/// What a return would come to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ReturnPrice {
    /// What would come back.
    pub lines: Vec<ReturnLineView>,
    /// What would be paid back.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// The points that would go back.
    pub points: i64,
    /// The points that paid, and would come back.
    pub points_back: i64,
    /// What they paid of `total`; the rest is paid back in money.
    #[schema(value_type = Option<schema::Money>)]
    pub worth_back: Option<Money>,
}

impl From<&LineReturned> for ReturnLineView {
    fn from(line: &LineReturned) -> Self {
        Self {
            line: line.line,
            name: line.name.clone(),
            quantity: line.quantity,
            paid: line.paid,
        }
    }
}

impl From<&GoodsReturned> for ReturnView {
    fn from(goods: &GoodsReturned) -> Self {
        Self {
            id: goods.id,
            at: goods.at,
            lines: goods.lines.iter().map(ReturnLineView::from).collect(),
            total: goods.total,
            tenders: goods.tenders.clone(),
            points: goods.lots.iter().map(|lot| lot.points.0).sum(),
            reason: goods.reason.clone(),
            cashier: goods.cashier.clone(),
            approved_by: goods.approved_by.clone(),
        }
    }
}

/// How points pay for an open sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct PointsView {
    /// How many pay; 0 if none do.
    #[schema(value_type = i64)]
    pub points: Points,
    /// What they pay.
    #[schema(value_type = schema::Money)]
    pub worth: Money,
    /// Why they cannot pay as the sale stands now.
    pub words: Option<String>,
    /// Points pay in steps of so many,
    pub step: i64,
    /// each worth so much,
    #[schema(value_type = schema::Money)]
    pub step_worth: Money,
    /// and not fewer at once.
    #[schema(value_type = i64)]
    pub least: Points,
    /// The most that could pay for this sale, of what the member has as far as the till knows.
    #[schema(value_type = i64)]
    pub most: Points,
    /// The most that this till may take without asking HQ.
    #[schema(value_type = i64)]
    pub here: Points,
}

/// Who buys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CustomerView {
    /// The card that was shown.
    #[schema(value_type = Option<String>)]
    pub card: Option<CardIdentity>,
    /// The member it names; none for a card this store does not know, which earns all the same.
    pub member: Option<MemberView>,
}

/// A member, as the cashier sees them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// The member's id.
    pub member: String,
    /// The name.
    pub display_name: String,
    /// The tier.
    pub tier: String,
    /// What may be spent: HQ's newest figure and what this till added since.
    pub points: i64,
    /// What may be spent later.
    pub pending: i64,
}

impl From<&Member> for MemberView {
    fn from(member: &Member) -> Self {
        Self {
            member: member.member.to_string(),
            display_name: member.display_name.clone(),
            tier: member.tier.to_string(),
            points: member.points.0,
            pending: member.pending.0,
        }
    }
}

/// A coupon of a sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct CouponView {
    /// Its number.
    #[schema(value_type = String)]
    pub number: CouponNumber,
    /// Its plan, if the store knows it.
    #[schema(value_type = Option<String>)]
    pub plan: Option<PlanId>,
    /// The plan's name.
    pub name: Option<String>,
    /// The answer.
    #[schema(value_type = Object)]
    pub verdict: Verdict,
    /// Whether it may be used as the basket stands.
    pub valid: bool,
    /// The answer in words.
    pub words: String,
}

/// Something taken off, by a coupon or by a rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DiscountView {
    /// The plan, if a coupon gave it.
    #[schema(value_type = Option<String>)]
    pub plan: Option<PlanId>,
    /// The coupon that gave it.
    #[schema(value_type = Option<String>)]
    pub coupon: Option<CouponNumber>,
    /// The rule that gave it.
    #[schema(value_type = Option<String>)]
    pub rule: Option<RuleId>,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Why.
    pub why: String,
}

/// Points that one rule gives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AwardView {
    /// The rule.
    #[schema(value_type = String)]
    pub rule: RuleId,
    /// The rules' version.
    pub version: u64,
    /// How many.
    #[schema(value_type = i64)]
    pub points: Points,
    /// Why.
    pub why: String,
}

/// How core types look in JSON, for the OpenAPI document only.
pub mod schema {
    use utoipa::ToSchema;

    /// An amount: `{"minor":199,"currency":"EUR"}` is 1.99 EUR.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub struct Money {
        /// In the currency's smallest unit, at most 2^53 − 1 either way.
        minor: i64,
        /// ISO 4217.
        currency: String,
    }

    /// A way of paying.
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    pub struct Tender {
        /// `cash`, `card`, `purse` or `points`.
        kind: String,
        /// How much.
        amount: Money,
        /// The movement that paid it, of kind `purse`.
        purse: Option<String>,
        /// The points that paid it, of kind `points`: `{"points":500}`.
        points: Option<serde_json::Value>,
    }
}
