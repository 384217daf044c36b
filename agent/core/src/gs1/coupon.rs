//! AI 8110: the North American coupon, as its issuer printed it.
//!
//! After the *North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols*
//! (JICC, R2.0, 2015; below "the guideline"): section 4 names the fields, 5.2 their codes, 7 the
//! family codes. What it takes off a basket is in [`CouponBasket`]; whether the store takes it at
//! all, and against which forgeries, is left to the store.

mod apply;
mod basket;
mod claim;
mod cursor;
mod error;
mod family;
mod fields;
mod offer;
mod parse;
mod shown;
mod value;

pub use apply::{Applied, CashierReason, CouponOutcome, NotUsable};
pub use basket::{CouponBasket, CouponLine, CouponTerms, LineShare, UnknownFamily};
pub use error::{CouponError, CouponFault, CouponField, Nth};
pub use family::{CompanyPrefix, CompanyPrefixError, FamilyCode, FamilyCodeError};
pub use fields::{
    AdditionalRule, NorthAmericanCoupon, Purchase, Requirement, SaveValue, ShortDate,
};
pub use offer::{Adjudication, OfferFormat, OfferVerdict, OfflineOfferPolicy, PositiveOffer};
pub use shown::ShownCoupon;
