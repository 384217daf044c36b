//! What a code is: a product, a coupon or a card that this store knows. Changes nothing.

use super::{Desk, TillError};
use crate::barcode::Scanned;
use tillside_core::authority::CouponToken;
use tillside_core::gs1::{NorthAmericanCoupon, Partly, PositiveOffer, ShownCoupon};
use tillside_core::{
    CardIdentity, CouponNumber, Item, MEMBER_CODE_PREFIX, MemberCode, Product, Sku,
};

/// What a code was found to be.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// A product.
    Product(Product),
    /// A coupon number that HQ issued, here or elsewhere.
    Coupon(CouponNumber),
    /// A coupon that says HQ signed it; not believed yet.
    Token(SignedCoupon),
    /// A manufacturer's coupon: the digits behind AI 8110, which can be read.
    Manufacturers(String),
    /// A card.
    Card(CardIdentity),
    /// A code that a member's phone shows; not believed yet.
    Code(Box<MemberCode>),
    /// Nothing this store knows; the words say what to do.
    Nothing(String),
}

/// A coupon that says HQ signed it, or a manufacturer's.
#[derive(Clone, Debug)]
pub(super) struct SignedCoupon {
    /// What stands for it on the sale.
    pub(super) number: CouponNumber,
    /// As it was scanned, or what is kept of it.
    pub(super) text: String,
}

impl From<&ShownCoupon> for SignedCoupon {
    fn from(shown: &ShownCoupon) -> Self {
        Self {
            number: shown.number(),
            text: shown.text(),
        }
    }
}

impl Desk {
    /// Looks a code up, in the order product, coupon, member card: what is printed on goods must
    /// never be taken for anything else.
    pub(super) fn find(&mut self, scanned: &Scanned) -> Result<Found, TillError> {
        if scanned.text.starts_with(MEMBER_CODE_PREFIX) {
            return Ok(match scanned.text.parse::<MemberCode>() {
                Ok(code) => Found::Code(Box::new(code)),
                Err(error) => Found::Nothing(error.to_string()),
            });
        }
        if CouponToken::is_meant(&scanned.text) {
            let text = scanned.text.clone();
            return Ok(match CouponToken::claimed(&text) {
                Ok(id) => {
                    let number = id.number();
                    Found::Token(SignedCoupon { number, text })
                }
                Err(error) => Found::Nothing(error.to_string()),
            });
        }
        if let Some(product) = self.find_product(scanned)? {
            return Ok(Found::Product(product));
        }
        if let Some(digits) = scanned.gs1.as_ref().and_then(|data| data.value("8110")) {
            return Ok(match NorthAmericanCoupon::parse(digits) {
                Ok(_) => Found::Manufacturers(digits.to_owned()),
                Err(error) => Found::Nothing(error.to_string()),
            });
        }
        if let Ok(number) = CouponNumber::new(&scanned.text)
            && self.knows_coupon(&number)?
        {
            return Ok(Found::Coupon(number));
        }
        if let Some(card) = self.find_card(scanned)? {
            return Ok(Found::Card(card));
        }
        Ok(Found::Nothing(self::nothing(scanned)))
    }

    fn find_product(&mut self, scanned: &Scanned) -> Result<Option<Product>, TillError> {
        if let Some(Ok(gtin)) = &scanned.gtin
            && let Some(product) = self.store.product(&Item::Gtin(gtin.clone()))?
        {
            return Ok(Some(product));
        }
        match Sku::new(&scanned.text) {
            Ok(sku) => Ok(self.store.product(&Item::Sku(sku))?),
            Err(_) => Ok(None),
        }
    }

    /// A card by its full identity, or a printed number that names a member here.
    fn find_card(&mut self, scanned: &Scanned) -> Result<Option<CardIdentity>, TillError> {
        if let Ok(card) = CardIdentity::new(&scanned.text) {
            return Ok(Some(card));
        }
        match CardIdentity::new(&format!("code:{}", scanned.text)) {
            Ok(card) if self.member_of(&card)?.is_some() => Ok(Some(card)),
            _ => Ok(None),
        }
    }
}

fn nothing(scanned: &Scanned) -> String {
    let text = &scanned.text;
    match (&scanned.gtin, &scanned.gs1) {
        (Some(Ok(gtin)), _) => format!(
            "{gtin} is not in the product list. Enter the item by hand with its name and price, or leave it out."
        ),
        (Some(Err(error)), _) => TillError::BadGtin(error.clone()).to_string(),
        (None, Some(data)) => no_product(data),
        (None, None) => format!(
            "{text} is no product, coupon or member card that this store knows. Check the number and try again."
        ),
    }
}

/// GS1 data that names no product: a coupon that a clearing house knows, damaged, or on a pallet.
fn no_product(data: &Partly) -> String {
    if let Some(digits) = data.value("8112") {
        return match PositiveOffer::parse(digits) {
            Ok(offer) => manufacturers(offer.funder.as_str(), &offer.offer),
            Err(error) => error.to_string(),
        };
    }
    match &data.fault {
        Some(error) => error.to_string(),
        None => "This code holds no product number. Scan the other code on the item.".to_owned(),
    }
}

fn manufacturers(company: &str, offer: &str) -> String {
    format!(
        "This is a manufacturer's coupon (offer {offer} of company {company}). The till takes nothing off for it: do with it what the store's rules say."
    )
}
