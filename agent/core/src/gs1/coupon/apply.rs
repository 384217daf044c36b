//! What a North American coupon takes off a basket: a pure function of both and the day.
//!
//! Sections are those of the guideline (see [`crate::gs1`]). Where it leaves a choice, the choice
//! is said here: cents off take the dearest items that meet the coupon, so that its value is not
//! cut; a free or reduced item is the cheapest of them; nothing ever makes a line cost less than 0.

use super::basket::{CouponBasket, CouponTerms, Fit, LineShare};
use super::claim::{Claims, Demand, Prefer, claim};
use super::family::FamilyCode;
use super::fields::{AdditionalRule, NorthAmericanCoupon, Requirement, SaveValue};
use super::value::value;
use jiff::civil::Date;

/// What comes of showing a coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CouponOutcome {
    /// It takes so much off.
    Applied(Applied),
    /// It cannot be used on this basket, here, today.
    NotUsable(NotUsable),
    /// Only a person can say whether what it asks for was bought.
    AskCashier(CashierReason),
}

/// What a coupon takes off, and what it used up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The lines it counted, with what it takes off each (0 for one that only had to be bought).
    pub lines: Vec<LineShare>,
    /// What it takes off the whole transaction, minor units.
    pub off_transaction: i64,
    /// How much of the basket's total it asked for, minor units.
    pub transaction_used: i64,
    /// What of it the issuer does not pay, because the store gave it more than once.
    pub at_stores_cost: i64,
}

/// Why a coupon cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotUsable {
    /// Its last day is over.
    #[error("This coupon was good until {0}.")]
    Expired(Date),
    /// Its first day is to come.
    #[error("This coupon is good from {0} on.")]
    NotYet(Date),
    /// It names another retailer.
    #[error("This coupon is for another store.")]
    OtherRetailer,
    /// What it asks for is not in the basket, or another coupon was given for it.
    #[error("What this coupon asks for is not in the basket, or another coupon was used on it.")]
    NotBought,
    /// There is nothing left to take it off.
    #[error("There is nothing left in the basket that this coupon could be taken off.")]
    NothingLeft,
    /// It gives more than everything, or names a purchase that it does not describe.
    #[error("This coupon is printed wrong. Do not take it.")]
    PrintedWrong,
}

/// Why a person has to read a coupon.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CashierReason {
    /// Requirement code 9.
    #[error("Read on the coupon what must be bought, and look whether it was.")]
    ReadTheCoupon,
    /// Family code 992.
    #[error(
        "This coupon does not say which items it is for. Read it, and look whether they were bought."
    )]
    NoFamily,
    /// The store has no family for an item of the company.
    #[error(
        "The company's items were bought, but not known which of them count. Read the coupon, and look whether they are the right ones."
    )]
    UnknownFamily,
    /// A third purchase without a rule how it counts.
    #[error(
        "This coupon does not say how its purchases go together. Read it, and look whether they were made."
    )]
    NoRule,
}

impl Applied {
    /// All that is taken off, minor units.
    pub fn total(&self) -> i64 {
        let lines = self.lines.iter().map(|share| share.cents);
        lines.fold(self.off_transaction, i64::saturating_add)
    }
}

/// The coupon's outcome on what is left of a basket.
pub(super) fn judge(
    basket: &CouponBasket,
    coupon: &NorthAmericanCoupon,
    terms: &CouponTerms<'_>,
) -> CouponOutcome {
    if let Err(why) = good_here_and_now(coupon, terms) {
        return CouponOutcome::NotUsable(why);
    }
    if coupon.third.is_some() && coupon.rule.is_none() {
        return CouponOutcome::AskCashier(CashierReason::NoRule);
    }
    let mut ask = None;
    for demands in alternatives(coupon) {
        match meet(basket, coupon, &demands, terms) {
            Met::By(claims) => return value(basket, coupon, &demands, &claims, terms),
            Met::Ask(why) => ask = ask.or(Some(why)),
            Met::Not => {}
        }
    }
    match ask {
        Some(why) => CouponOutcome::AskCashier(why),
        None => CouponOutcome::NotUsable(NotUsable::NotBought),
    }
}

/// Dates and retailer (section 4.2), and values that cannot be meant.
fn good_here_and_now(
    coupon: &NorthAmericanCoupon,
    terms: &CouponTerms<'_>,
) -> Result<(), NotUsable> {
    let day = |short: super::ShortDate| short.seen_from(terms.today).ok_or(NotUsable::PrintedWrong);
    if let Some(last) = coupon
        .expires
        .map(day)
        .transpose()?
        .filter(|last| *last < terms.today)
    {
        return Err(NotUsable::Expired(last));
    }
    if let Some(first) = coupon
        .starts
        .map(day)
        .transpose()?
        .filter(|first| *first > terms.today)
    {
        return Err(NotUsable::NotYet(first));
    }
    if let Some(retailer) = &coupon.retailer
        && !terms
            .retailer
            .iter()
            .any(|own| own.starts_with(retailer.as_str()))
    {
        return Err(NotUsable::OtherRetailer);
    }
    let described = coupon.purchases().any(|(nth, _)| nth == coupon.applies_to);
    match coupon.save {
        SaveValue::PercentOff(0 | 101..) => Err(NotUsable::PrintedWrong),
        _ if described => Ok(()),
        _ => Err(NotUsable::PrintedWrong),
    }
}

/// The sets of demands of which any one must be met (section 5.3), the purchase that the value is
/// taken off first.
fn alternatives(coupon: &NorthAmericanCoupon) -> Vec<Vec<Demand<'_>>> {
    let demands: Vec<Demand<'_>> = coupon
        .purchases()
        .map(|(nth, of)| Demand {
            nth,
            requirement: of.requirement,
            of: vec![of],
        })
        .collect();
    let Some((first, others)) = demands.split_first() else {
        return Vec::new();
    };
    let mut sets = match coupon.rule {
        Some(AdditionalRule::Any) => demands.iter().map(|one| vec![one.clone()]).collect(),
        Some(AdditionalRule::FirstAndAnother) => others
            .iter()
            .map(|other| vec![first.clone(), other.clone()])
            .collect(),
        Some(AdditionalRule::Mixed) => {
            let of = coupon.purchases().map(|(_, purchase)| purchase).collect();
            // Whatever the value is said to apply to, it is one of the mixed items.
            vec![vec![Demand {
                nth: coupon.applies_to,
                of,
                ..first.clone()
            }]]
        }
        Some(AdditionalRule::All) | None => vec![demands.clone()],
    };
    let is_target = |demand: &Demand<'_>| demand.nth == coupon.applies_to;
    sets.sort_by_key(|set| !set.iter().any(is_target));
    sets
}

enum Met {
    By(Claims),
    Ask(CashierReason),
    Not,
}

fn meet(
    basket: &CouponBasket,
    coupon: &NorthAmericanCoupon,
    demands: &[Demand<'_>],
    terms: &CouponTerms<'_>,
) -> Met {
    let reads = |demand: &Demand<'_>| matches!(demand.requirement, Requirement::AskCashier(_));
    if demands.iter().any(reads) {
        return Met::Ask(CashierReason::ReadTheCoupon);
    }
    let unchecked =
        |demand: &Demand<'_>| demand.of.iter().any(|p| p.family == FamilyCode::UNCHECKED);
    if demands.iter().any(unchecked) {
        return Met::Ask(CashierReason::NoFamily);
    }
    let prefer = match coupon.save {
        SaveValue::CentsOff(_) | SaveValue::CentsOffTransaction(_) => Prefer::Dearest,
        _ => Prefer::Cheapest,
    };
    let try_with = |fit| claim(basket, demands, fit, terms.unknown_family, prefer);
    match try_with(Fit::Yes) {
        Some(claims) => Met::By(claims),
        None if try_with(Fit::Maybe).is_some() => Met::Ask(CashierReason::UnknownFamily),
        None => Met::Not,
    }
}
