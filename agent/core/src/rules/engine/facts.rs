//! All that rules are asked about: the basket and who buys it, where and when. Facts, given by the
//! caller; nothing here is looked up.

use super::CapSpan;
use crate::{
    Brand, CampaignId, Currency, GroupId, LaneId, Line, Money, PromoCode, RuleId, SegmentId,
    StoreId, TenderKind, TierId,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A basket at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context<'a> {
    /// The one currency of all amounts.
    pub currency: Currency,
    /// The lines, in the order they were put, at most [`BASKET_LINE_LIMIT`](crate::BASKET_LINE_LIMIT).
    pub lines: &'a [ContextLine<'a>],
    /// Whether the customer showed a card, known here or not. Nothing is earned without.
    pub customer: bool,
    /// The member, if the customer is known to be one.
    pub member: Option<&'a MemberFacts>,
    /// How the basket is paid, as far as that is known yet.
    pub tenders: &'a [TenderKind],
    /// The part of it that is paid with redeemed points or vouchers; zero or more.
    pub redeemed: Money,
    /// The codes the customer gave.
    pub promo_codes: &'a [PromoCode],
    /// The store.
    pub store: &'a StoreId,
    /// The till.
    pub lane: &'a LaneId,
    /// Where it is bought.
    pub channel: Channel,
    /// The moment, on the store's own clock.
    pub moment: LocalMoment,
    /// What earlier baskets used up of the caps; what is not named is untouched.
    pub counters: &'a Counters,
}

/// A line, and what rules know of it beyond the receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextLine<'a> {
    /// The line as it is sold.
    pub line: &'a Line,
    /// Who makes the product.
    pub brand: Option<&'a Brand>,
    /// What kind of thing it is.
    pub kind: LineKind,
    /// What coupons took off it before any rule: 0 to its subtotal, in minor units.
    pub taken: i64,
    /// How many of its items coupons gave free: 0 to its quantity.
    pub free: u32,
}

/// What kind of thing a line sells.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Something to take home.
    #[default]
    Goods,
    /// Work done for the customer.
    Service,
    /// Money to spend later: a gift card, or a top-up.
    GiftCard,
    /// A bottle's deposit and the like.
    Deposit,
}

/// Where a basket is bought.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// At a cashier's till.
    Till,
    /// At a till without a cashier.
    SelfCheckout,
    /// On a web page.
    Web,
    /// In an app.
    App,
    /// By SMS.
    Sms,
    /// By telephone.
    Phone,
}

/// What is known of a member, before this basket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemberFacts {
    /// Standing.
    pub tier: Option<TierId>,
    /// The groups the member is in.
    pub groups: Vec<GroupId>,
    /// The segments the member is in.
    pub segments: Vec<SegmentId>,
    /// The birthday.
    pub birthday: Option<MonthDay>,
    /// The day of joining.
    pub joined: Option<Date>,
    /// The home store.
    pub home_store: Option<StoreId>,
    /// How many purchases came before this one. None: not known here, and then no condition on it holds.
    pub purchases: Option<u32>,
}

/// A day of some year: a birthday. 29 February is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl MonthDay {
    /// A day that some year has. None if no year has it.
    pub fn new(month: i8, day: i8) -> Option<Self> {
        // A leap year has every day that there is.
        Date::new(2000, month, day)
            .ok()
            .map(|_| Self { month, day })
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> i8 {
        self.month
    }

    /// The day in a year; 28 February for 29 February in a year without. None past the calendar's end.
    pub fn in_year(self, year: i16) -> Option<Date> {
        let day = Date::new(year, self.month, self.day);
        day.or_else(|_| Date::new(year, self.month, 28)).ok()
    }
}

/// A moment on a store's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalMoment {
    /// The day.
    pub date: Date,
    /// The minute since midnight, 0 to 1439.
    pub minute: u16,
}

/// What a cap is on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapSubject {
    /// One rule.
    Rule(RuleId),
    /// All rules of a campaign together.
    Campaign(CampaignId),
}

/// Which counter: the one of this subject over this span, for this basket's member and day.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CounterKey {
    /// Whose.
    pub subject: CapSubject,
    /// Over what; never [`CapSpan::Basket`].
    pub over: CapSpan,
}

/// So much of a cap, all zero or more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Used {
    /// Baskets.
    pub times: u32,
    /// Points.
    pub points: i64,
    /// Discounts and cashback, in minor units of the rule's currency.
    pub amount: i64,
}

/// What was used up before, for this basket's member and day.
pub type Counters = BTreeMap<CounterKey, Used>;
