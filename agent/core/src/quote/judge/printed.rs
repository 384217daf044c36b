//! Manufacturers' coupons (AI 8110): whether the chain takes one, and what it takes off this basket.
//!
//! What it asks for is held against regular prices, and so is its value; what is taken off is never more
//! than its lines still cost after the coupons before it. An item counts for one such coupon only.
//! Whether it was used before, beside others and at whose risk is left to [`super`].

use super::super::OpenLines;
use super::super::discount::Taking;
use crate::gs1::{
    Applied, CashierReason, CouponBasket, CouponLine, CouponOutcome, CouponTerms,
    NorthAmericanCoupon, NotUsable, Purchase, Requirement, ShownCoupon, UnknownFamily,
};
use crate::rules::Selector;
use crate::{
    CouponEffect, CouponNumber, CouponPlan, Item, ManufacturerCoupons, Misfit, NotTaken, Now,
    ProofKind, State, Verdict,
};

/// The plan that takes a coupon, and the coupon, if it was not used here before.
pub(super) fn known<'a>(
    state: &'a State,
    number: &CouponNumber,
    text: &str,
) -> Result<(&'a CouponPlan, &'a ManufacturerCoupons, ShownCoupon), Verdict> {
    let shown = ShownCoupon::read(text).filter(|shown| shown.number() == *number);
    let shown = shown.ok_or(Verdict::Unknown)?;
    let used = state.coupons.get(number).and_then(|one| one.used.clone());
    if let Some(used) = used {
        return Err(Verdict::Used(used));
    }
    let not_taken = |why| Err(Verdict::NotTaken { why });
    let coupon = shown.coupon();
    if coupon.is_store_coupon() {
        return not_taken(NotTaken::StoreCoupon);
    }
    let plan = state.rules.plan_of_company(&coupon.issuer);
    match plan.map(|plan| (plan, &plan.proof)) {
        Some((plan, ProofKind::Manufacturer(terms))) => Ok((plan, terms, shown)),
        _ => not_taken(NotTaken::Company),
    }
}

/// What it takes off this basket today, after those that were `given` before it.
pub(super) fn fit(
    coupon: &NorthAmericanCoupon,
    plan: &CouponPlan,
    terms: &ManufacturerCoupons,
    selector: &Selector,
    open: &OpenLines<'_>,
    given: &[&Applied],
    now: Now,
) -> Result<(Taking, Applied), Verdict> {
    let mut basket = basket(open, selector);
    given.iter().for_each(|applied| basket.use_up(applied));
    let retailer: Vec<&str> = terms.retailer.iter().map(String::as_str).collect();
    let here = CouponTerms {
        today: now.date,
        retailer: &retailer,
        unknown_family: match terms.any_family {
            true => UnknownFamily::Counts,
            false => UnknownFamily::AskCashier,
        },
        times: 1,
    };
    let misfit = |misfit| Verdict::NotForThis { misfit };
    let not_taken = |why| Verdict::NotTaken { why };
    let applied = match basket.judge(coupon, &here) {
        CouponOutcome::Applied(applied) => applied,
        CouponOutcome::NotUsable(why) => {
            return Err(match why {
                NotUsable::Expired(on) => Verdict::Expired { on },
                NotUsable::NotYet(from) => Verdict::NotYet { from },
                NotUsable::OtherRetailer => not_taken(NotTaken::OtherRetailer),
                NotUsable::NotBought => misfit(Misfit::NotBought { asks: asks(coupon) }),
                NotUsable::NothingLeft => misfit(Misfit::NothingLeft),
                NotUsable::PrintedWrong => not_taken(NotTaken::PrintedWrong),
            });
        }
        CouponOutcome::AskCashier(why) => {
            return Err(not_taken(match why {
                CashierReason::UnknownFamily => NotTaken::Family,
                _ => NotTaken::MustBeRead,
            }));
        }
    };
    let worth = applied.total();
    if let CouponEffect::AmountOff { amount } = plan.effect
        && worth > amount.minor()
    {
        return Err(not_taken(NotTaken::TooMuch { most: amount }));
    }
    let lines: Vec<usize> = match applied.off_transaction {
        0 => {
            let taken = applied.lines.iter().filter(|share| share.cents > 0);
            taken.map(|share| share.line).collect()
        }
        _ => (0..open.lines().len()).collect(),
    };
    let how = format!("offer {} of company {}", coupon.offer, coupon.issuer);
    let taking = Taking::shared(open, &lines, worth, how);
    Ok((taking.ok_or(misfit(Misfit::NothingLeft))?, applied))
}

/// The basket at regular prices. A line that the plan is not for is nobody's product.
fn basket(open: &OpenLines<'_>, selector: &Selector) -> CouponBasket {
    let lines = open.lines().iter().map(|open| CouponLine {
        gtin: match &open.line.item {
            Item::Gtin(gtin) if selector.covers(open.line) => Some(gtin.clone()),
            _ => None,
        },
        // Tills have no table of families.
        family: None,
        quantity: open.line.quantity,
        unit_price: open.line.unit_price.minor(),
        grams: None,
    });
    CouponBasket::new(lines.collect())
}

/// What a coupon asks for, in words: `2 items of company 0614141`.
fn asks(coupon: &NorthAmericanCoupon) -> String {
    let purchases = coupon.purchases();
    let words: Vec<String> = purchases
        .map(|(_, purchase)| purchase_words(purchase))
        .collect();
    words.join("; ")
}

fn purchase_words(purchase: &Purchase) -> String {
    let dollars = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
    let company = &purchase.company;
    match purchase.requirement {
        Requirement::Units(1) => format!("1 item of company {company}"),
        Requirement::Units(units) => format!("{units} items of company {company}"),
        Requirement::ItemsWorth(cents) => {
            format!("items of company {company} for {}", dollars(cents))
        }
        Requirement::TransactionWorth(cents) => format!("a purchase of {}", dollars(cents)),
        Requirement::Pounds(hundredths) => {
            format!("{} lb of company {company}", dollars(hundredths))
        }
        Requirement::Kilograms(grams) => format!("{grams} g of company {company}"),
        Requirement::AskCashier(_) => "what is printed on it".to_owned(),
    }
}
