//! AI 8112: a coupon of the Positive Offer File, with a number of its own.
//!
//! Its terms are not in the code: a clearing house knows them and says whether this very number was
//! used already (General Specifications, 3.9; the positive offer file of The Coupon Bureau and
//! the JICC). Asking it needs a line; what holds without one is a policy that is stated up front.

use super::cursor::Cursor;
use super::error::{CouponError, CouponFault, CouponField};
use super::family::CompanyPrefix;
use super::parse::company;
use serde::{Deserialize, Serialize};

/// A coupon behind AI 8112.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PositiveOffer {
    /// Digital or on paper.
    pub format: OfferFormat,
    /// Who pays.
    pub funder: CompanyPrefix,
    /// The funder's number of the offer, six digits.
    pub offer: String,
    /// The number of this very coupon, 6 to 15 digits.
    pub serial: String,
}

/// How a positive offer came to the shopper: the first digit of its code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OfferFormat {
    /// 0.
    Digital,
    /// 1.
    Paper,
}

/// What the clearing house answered about one positive offer.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Adjudication {
    /// It is good for so many cents on this basket, and is now taken.
    Accepted {
        /// Minor units of the basket's currency.
        cents: u32,
    },
    /// It is not good; the clearing house's words.
    Refused {
        /// Why, to be shown.
        why: String,
    },
    /// There is no line, or no answer in time.
    NoAnswer,
}

/// What a chain lets its stores do with positive offers while nobody can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "policy", deny_unknown_fields)]
#[non_exhaustive]
pub enum OfflineOfferPolicy {
    /// None is taken: nobody pays for one that was used elsewhere.
    #[default]
    Refuse,
    /// The cashier reads what is printed and enters it; the chain bears what is refused later.
    TakePrinted {
        /// The most one coupon may be worth, in minor units.
        most_each: u32,
        /// The most a store may take that way until it was online again, in minor units.
        most_until_online: u32,
    },
}

/// What the till does with a positive offer.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OfferVerdict {
    /// So many cents off.
    Take {
        /// Minor units.
        cents: u32,
    },
    /// The cashier may enter what is printed, at most so much; it is asked about later.
    TakePrinted {
        /// Minor units.
        at_most: u32,
    },
    /// Not taken.
    Refuse {
        /// What the cashier reads.
        why: String,
    },
}

impl PositiveOffer {
    /// Reads the digits behind (8112).
    ///
    /// # Errors
    /// At the first field that is wrong, with its place.
    pub fn parse(digits: &str) -> Result<Self, CouponError> {
        let mut cursor = Cursor::new(digits)?;
        let format = match cursor.one(CouponField::Format)? {
            0 => OfferFormat::Digital,
            1 => OfferFormat::Paper,
            _ => return Err(cursor.behind(1, CouponFault::Code(CouponField::Format))),
        };
        let funder = company(&mut cursor, CouponField::Funder)?;
        let offer = cursor.take(6, CouponField::OfferCode)?.to_owned();
        let serial = cursor
            .variable(CouponField::SerialNumber, 0..=9, 6)?
            .to_owned();
        cursor.end()?;
        Ok(Self {
            format,
            funder,
            offer,
            serial,
        })
    }
}

impl OfflineOfferPolicy {
    /// What the till does, given the clearing house's answer, and what this store took unasked
    /// since it was last online (minor units).
    pub fn verdict(self, answer: &Adjudication, taken_unasked: u32) -> OfferVerdict {
        match (answer, self) {
            (Adjudication::Accepted { cents }, _) => OfferVerdict::Take { cents: *cents },
            (Adjudication::Refused { why }, _) => OfferVerdict::Refuse { why: why.clone() },
            (Adjudication::NoAnswer, Self::Refuse) => OfferVerdict::Refuse {
                why: "This coupon can only be checked online, and there is no line. Give it back for another day.".to_owned(),
            },
            (Adjudication::NoAnswer, Self::TakePrinted { most_each, most_until_online }) => {
                match most_until_online.saturating_sub(taken_unasked).min(most_each) {
                    0 => OfferVerdict::Refuse {
                        why: "There is no line, and no more coupons of this kind may be taken without one. Give it back for another day.".to_owned(),
                    },
                    at_most => OfferVerdict::TakePrinted { at_most },
                }
            }
        }
    }
}
