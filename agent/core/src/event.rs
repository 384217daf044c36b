//! What happened: the facts that the journal keeps, each complete in itself.

use crate::authority::{HolderFact, Part};
use crate::{
    CardFrozen, CardIdentity, CardIssued, CardUnfrozen, Counted, CouponNumber, Currency, FunderId,
    GoodsReturned, Head, LaneId, Line, Lot, MemberId, Money, PersonId, PlanId, Points, PointsSpent,
    Proof, PurseEnded, PurseGivenUp, PurseIntended, PurseSighted, PurseTx, PurseUnknown, RuleId,
    SaleId, Timestamp, Verdict,
};
use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A sale was paid: its discounts, points, coupon uses and tenders with it (invariant 1).
    SaleCompleted(Box<SaleCompleted>),
    /// A whole sale was taken back on its own day.
    SaleVoided(Box<SaleVoided>),
    /// Goods of a sale came back, on its day or later.
    GoodsReturned(Box<GoodsReturned>),
    /// A coupon was shown and refused.
    CouponRefused(CouponRefused),
    /// A signed bundle was verified and put in force.
    BundleAdopted {
        /// Its version.
        version: u64,
    },
    /// A purse is about to be moved.
    PurseIntended(Box<PurseIntended>),
    /// A purse's movement ended.
    PurseEnded(Box<PurseEnded>),
    /// Nobody knows yet whether a purse was moved.
    PurseUnknown(PurseUnknown),
    /// A manager let a sale go on without knowing.
    PurseGivenUp(PurseGivenUp),
    /// A card showed a transaction that this terminal did not know.
    PurseSighted(Box<PurseSighted>),
    /// A card was made the programme's.
    CardIssued(CardIssued),
    /// A card may not be used here any more.
    CardFrozen(CardFrozen),
    /// A card that was frozen here may be used again.
    CardUnfrozen(CardUnfrozen),
    /// What this terminal may give by itself changed, other than by a sale or its void.
    Allowance {
        /// How.
        fact: HolderFact,
    },
    /// The first record of a later epoch: HQ has another history of the one before, since this disk was
    /// restored or copied. What stands after `from` in the epoch before counts no more; it is told again
    /// in this one.
    EpochBegan {
        /// The newest record that this terminal and HQ have in common.
        from: Head,
        /// Where the epoch before ends here.
        closed: Head,
    },
}

/// The names that `type` takes in JSON.
const TYPES: &[&str] = &[
    "sale_completed",
    "sale_voided",
    "goods_returned",
    "coupon_refused",
    "bundle_adopted",
    "purse_intended",
    "purse_ended",
    "purse_unknown",
    "purse_given_up",
    "purse_sighted",
    "card_issued",
    "card_frozen",
    "card_unfrozen",
    "allowance",
    "epoch_began",
];

/// Reads what the derived reading would, faster: HQ reads every record of a chain, and serde would keep
/// a tagged enum's fields in a tree of their own before it reads them.
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
        }
        #[derive(Deserialize)]
        struct BundleAdopted {
            version: u64,
        }
        #[derive(Deserialize)]
        struct Allowance {
            fact: HolderFact,
        }
        #[derive(Deserialize)]
        struct EpochBegan {
            from: Head,
            closed: Head,
        }
        let text = Box::<RawValue>::deserialize(from)?;
        let tag: Tag<'_> = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        let event = match tag.kind.as_ref() {
            "sale_completed" => serde_json::from_str(text.get()).map(Event::SaleCompleted),
            "sale_voided" => serde_json::from_str(text.get()).map(Event::SaleVoided),
            "goods_returned" => serde_json::from_str(text.get()).map(Event::GoodsReturned),
            "coupon_refused" => serde_json::from_str(text.get()).map(Event::CouponRefused),
            "bundle_adopted" => serde_json::from_str(text.get())
                .map(|BundleAdopted { version }| Event::BundleAdopted { version }),
            "purse_intended" => serde_json::from_str(text.get()).map(Event::PurseIntended),
            "purse_ended" => serde_json::from_str(text.get()).map(Event::PurseEnded),
            "purse_unknown" => serde_json::from_str(text.get()).map(Event::PurseUnknown),
            "purse_given_up" => serde_json::from_str(text.get()).map(Event::PurseGivenUp),
            "purse_sighted" => serde_json::from_str(text.get()).map(Event::PurseSighted),
            "card_issued" => serde_json::from_str(text.get()).map(Event::CardIssued),
            "card_frozen" => serde_json::from_str(text.get()).map(Event::CardFrozen),
            "card_unfrozen" => serde_json::from_str(text.get()).map(Event::CardUnfrozen),
            "allowance" => {
                serde_json::from_str(text.get()).map(|Allowance { fact }| Event::Allowance { fact })
            }
            "epoch_began" => serde_json::from_str(text.get())
                .map(|EpochBegan { from, closed }| Event::EpochBegan { from, closed }),
            other => return Err(D::Error::unknown_variant(other, TYPES)),
        };
        event.map_err(D::Error::custom)
    }
}

/// A paid sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SaleCompleted {
    /// Which sale.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who was signed in.
    pub cashier: PersonId,
    /// When it was paid, as in its record.
    pub at: Timestamp,
    /// The store's business day.
    pub date: Date,
    /// The one currency of every amount here.
    pub currency: Currency,
    /// What was sold.
    pub lines: Vec<Line>,
    /// Who bought, if a card was shown.
    pub customer: Option<Customer>,
    /// What coupons took off.
    pub discounts: Vec<Discount>,
    /// What rules took off, after the coupons. Left out where it is nothing, as in records of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<Promotion>,
    /// Coupons that were used up.
    pub coupons: Vec<CouponRedeemed>,
    /// Points by rule, with the reason.
    pub awards: Vec<Award>,
    /// The awards as lots, one a funder. Empty without a customer.
    pub lots: Vec<Lot>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// What was to pay: `subtotal` less discounts and promotions.
    pub total: Money,
    /// How far the caps of rules were used up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
    /// How it was paid; sums to `total`.
    pub tenders: Vec<Tender>,
    /// The bundle version whose rules decided.
    pub rules: u64,
}

impl SaleCompleted {
    /// What a coupon took off; none if that is no amount, which no decided sale has.
    pub fn taken_off(&self, coupon: &CouponNumber) -> Option<Money> {
        let mut discounts = self.discounts.iter().filter(|off| off.coupon == *coupon);
        let zero = Money::zero(self.currency);
        discounts
            .try_fold(zero, |sum, off| sum.checked_add(off.amount))
            .ok()
    }
}

/// Who bought.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// The card that was shown, if one was.
    pub card: Option<CardIdentity>,
    /// The member it names. None: a card this store does not know; HQ resolves it.
    pub member: Option<MemberId>,
}

/// Something a coupon took off a sale, spread over its lines to the last minor unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discount {
    /// The plan that gave it.
    pub plan: PlanId,
    /// The coupon.
    pub coupon: CouponNumber,
    /// How much, positive.
    pub amount: Money,
    /// `(line index, minor units)`: where it was taken; sums to `amount`.
    pub spread: Vec<(u32, i64)>,
    /// Who pays.
    pub funder: FunderId,
    /// Why, in words.
    pub why: String,
}

/// Something a rule took off a sale, spread over its lines to the last minor unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Promotion {
    /// The rule.
    pub rule: RuleId,
    /// The bundle version the rule came in.
    pub version: u64,
    /// How much, positive.
    pub amount: Money,
    /// `(line index, minor units)`: where it was taken; sums to `amount`.
    pub spread: Vec<(u32, i64)>,
    /// Who pays how many minor units; sums to `amount`.
    pub funders: Vec<(FunderId, i64)>,
    /// Why, in words a cashier and a customer can read.
    pub why: String,
}

/// One coupon used up in a sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CouponRedeemed {
    /// The number.
    pub number: CouponNumber,
    /// Its plan.
    pub plan: PlanId,
    /// The authority used up.
    pub proof: Proof,
}

/// Points that one rule gave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Award {
    /// The rule.
    pub rule: RuleId,
    /// The bundle version the rule came in.
    pub version: u64,
    /// How many.
    pub points: Points,
    /// Who pays; the first of them if there are several.
    pub funder: FunderId,
    /// Who pays how many points, if there are several; then it sums to `points`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funders: Vec<(FunderId, i64)>,
    /// The lines that earned them, by index. Empty: the whole sale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<u32>,
    /// Why, in words a cashier and an auditor can read.
    pub why: String,
}

impl Award {
    /// Who pays how many points.
    pub fn shares(&self) -> Vec<(&FunderId, i64)> {
        match &self.funders[..] {
            [] => vec![(&self.funder, self.points.0)],
            several => several.iter().map(|(who, points)| (who, *points)).collect(),
        }
    }
}

/// The most ways of paying for one sale.
pub const TENDER_LIMIT: usize = 20;

/// A way of paying.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tender {
    /// How.
    pub kind: TenderKind,
    /// How much of the total it pays.
    pub amount: Money,
    /// The movement of the purse that paid it; with [`TenderKind::Purse`], and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purse: Option<PurseTx>,
    /// The points that paid it; with [`TenderKind::Points`], and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointsSpent>,
}

impl Tender {
    /// A payment that is no purse's.
    pub const fn new(kind: TenderKind, amount: Money) -> Self {
        Self {
            kind,
            amount,
            purse: None,
            points: None,
        }
    }

    /// A payment by a movement of a purse.
    pub const fn purse(txid: PurseTx, amount: Money) -> Self {
        Self {
            kind: TenderKind::Purse,
            amount,
            purse: Some(txid),
            points: None,
        }
    }
}

/// The kinds of tender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// A bank card, through the shop's own payment terminal.
    Card,
    /// E-money: the purse on a member's card, or their account at HQ.
    Purse,
    /// A member's points.
    Points,
}

/// A sale taken back whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SaleVoided {
    /// The sale.
    pub sale: SaleId,
    /// Who asked.
    pub cashier: PersonId,
    /// The manager who allowed it.
    pub approved_by: PersonId,
    /// Why, as typed.
    pub reason: String,
    /// The store's business day: the sale's own.
    pub date: Date,
    /// Paid back, by tender.
    pub tenders: Vec<Tender>,
    /// The sale's customer, as it was recorded.
    pub customer: Option<Customer>,
    /// The lots that are taken back, exactly the sale's.
    pub lots: Vec<Lot>,
    /// Coupons that may be used again, exactly the sale's.
    pub coupons: Vec<CouponNumber>,
    /// Of those, the ones that were given out of this terminal's shares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leased: Vec<LeasedBack>,
    /// Of the points that paid, what this terminal may spend again; the others are back at HQ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Part>,
    /// What of the rules' caps is given back, exactly the sale's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<Counted>,
}

/// A coupon of a plan with a quota, whose sale was voided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeasedBack {
    /// Its code.
    pub number: CouponNumber,
    /// What this terminal may give again of it: nothing where the share has ended or was given back, since
    /// HQ may have counted it as used.
    pub released: Vec<Part>,
}

/// A coupon that was refused at the till.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CouponRefused {
    /// The sale it was shown for.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who was signed in.
    pub cashier: PersonId,
    /// The store's business day.
    pub date: Date,
    /// The number as it was shown.
    pub number: CouponNumber,
    /// Why not.
    pub verdict: Verdict,
}
