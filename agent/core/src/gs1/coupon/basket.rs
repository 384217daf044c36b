//! What a basket looks like to a North American coupon, and what earlier coupons left of it.

use super::apply::Applied;
use super::family::FamilyCode;
use super::fields::{NorthAmericanCoupon, Purchase};
use crate::Gtin;
use jiff::civil::Date;

/// One line of a basket. Amounts are minor units of its currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponLine {
    /// What is sold; an item without a GTIN never counts.
    pub gtin: Option<Gtin>,
    /// Its family, from the manufacturer's table; `None` if the store has none for it.
    pub family: Option<FamilyCode>,
    /// How many units; 1 for a weighed item.
    pub quantity: u32,
    /// The price of one unit; a line of 0 or less never counts.
    pub unit_price: i64,
    /// What one unit weighs, in grams, if it was weighed.
    pub grams: Option<u32>,
}

/// A basket and what coupons have used up of it: an item counts for one coupon only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponBasket {
    lines: Vec<CouponLine>,
    used: Vec<u32>,
    transaction_used: i64,
    taken_off: i64,
}

/// What holds at this store now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CouponTerms<'a> {
    /// The store's business day.
    pub today: Date,
    /// The retailer's own GS1 Company Prefix and GLNs.
    pub retailer: &'a [&'a str],
    /// What to do with a company's item of no known family.
    pub unknown_family: UnknownFamily,
    /// How often the store gives a manufacturer's cents-off coupon, at its own cost; 1 is once.
    pub times: u32,
}

/// What to do with an item of the right company whose family the store does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum UnknownFamily {
    /// The cashier reads the coupon and decides.
    #[default]
    AskCashier,
    /// The company is enough.
    Counts,
}

/// An amount taken off a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineShare {
    /// Which line, from 0.
    pub line: usize,
    /// How many of its units the coupon used up.
    pub units: u32,
    /// How much is taken off it.
    pub cents: i64,
}

/// How well a line fits a purchase.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fit {
    /// It does not.
    No,
    /// The company is right, the family is not known.
    Maybe,
    /// It does.
    Yes,
}

impl CouponBasket {
    /// A basket that no coupon was applied to yet.
    pub fn new(lines: Vec<CouponLine>) -> Self {
        let used = vec![0; lines.len()];
        Self {
            lines,
            used,
            transaction_used: 0,
            taken_off: 0,
        }
    }

    /// What the coupon gives on what is left of this basket. Changes nothing.
    pub fn judge(
        &self,
        coupon: &NorthAmericanCoupon,
        terms: &CouponTerms<'_>,
    ) -> super::CouponOutcome {
        super::apply::judge(self, coupon, terms)
    }

    /// Uses up what a coupon was given for, so that no other one counts it again.
    pub fn use_up(&mut self, applied: &Applied) {
        for share in &applied.lines {
            if let Some(used) = self.used.get_mut(share.line) {
                *used = used.saturating_add(share.units);
            }
        }
        self.transaction_used = self
            .transaction_used
            .saturating_add(applied.transaction_used);
        self.taken_off = self.taken_off.saturating_add(applied.total());
    }

    /// The lines, as they were given.
    pub fn lines(&self) -> &[CouponLine] {
        &self.lines
    }

    /// How many units of a line no coupon has used; none of a line without a price.
    pub(super) fn free(&self, line: usize) -> u32 {
        let known = self.lines.get(line).filter(|line| line.unit_price > 0);
        known.map_or(0, |known| known.quantity.saturating_sub(self.used[line]))
    }

    /// The basket's total before any coupon.
    fn total(&self) -> i64 {
        let line = |line: &CouponLine| line.unit_price.max(0).saturating_mul(line.quantity.into());
        self.lines.iter().map(line).fold(0, i64::saturating_add)
    }

    /// What of the total no coupon on a whole transaction has asked for.
    pub(super) fn transaction_free(&self) -> i64 {
        self.total().saturating_sub(self.transaction_used)
    }

    /// What is still to be paid.
    pub(super) fn left_to_pay(&self) -> i64 {
        self.total().saturating_sub(self.taken_off).max(0)
    }

    /// How well a line fits a purchase (the guideline, section 7).
    pub(super) fn fit(&self, line: usize, purchase: &Purchase, unknown: UnknownFamily) -> Fit {
        let line = &self.lines[line];
        let owned = line
            .gtin
            .as_ref()
            .is_some_and(|gtin| purchase.company.owns(gtin));
        match (owned, line.family) {
            (false, _) => Fit::No,
            (true, _) if purchase.family == FamilyCode::ANY => Fit::Yes,
            (true, Some(family)) if purchase.family.covers(family) => Fit::Yes,
            (true, Some(_)) => Fit::No,
            (true, None) if unknown == UnknownFamily::Counts => Fit::Yes,
            (true, None) => Fit::Maybe,
        }
    }
}
