//! Why a coupon's digits cannot be read: which field, where, and what is wrong with it.

use std::fmt;

/// Why the digits behind (8110) or (8112) are no coupon.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "This coupon cannot be read: {fault} (character {} of its code). Scan it again; if it stays so, do not take the coupon.",
    .at + 1
)]
pub struct CouponError {
    /// Where the bad digits begin, from 0, behind the application identifier.
    pub at: usize,
    /// How many digits are bad; all of them where the code ends too early.
    pub len: usize,
    /// What is wrong.
    pub fault: CouponFault,
}

/// What is wrong with a coupon's digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CouponFault {
    /// A character that is no digit.
    #[error("there is a character that is no digit")]
    NotADigit,
    /// More than the 70 digits of the application identifier.
    #[error("it is too long")]
    TooLong,
    /// The code ends where a field or its length should begin.
    #[error("it ends before {0}")]
    Missing(CouponField),
    /// The code ends inside a field.
    #[error("{0} is cut short")]
    Truncated(CouponField),
    /// A length that the field may not have (its variable length indicator).
    #[error("the length of {0} is wrong")]
    Length(CouponField),
    /// A code that the guideline does not know.
    #[error("{0} is not a known one")]
    Code(CouponField),
    /// A day that no calendar has.
    #[error("{0} is no date")]
    Date(CouponField),
    /// It expires before it starts.
    #[error("it expires before it starts")]
    ExpiresBeforeStart,
    /// Digits behind the last field, or a field out of order.
    #[error("there are digits behind its last part")]
    Excess,
}

/// One of the purchases that a coupon asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Nth {
    /// The primary one.
    First,
    /// Optional field 1.
    Second,
    /// Optional field 2.
    Third,
}

/// A field of a coupon, in the words of the guideline's section 4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CouponField {
    /// The format of a positive offer (8112).
    Format,
    /// Who pays for a positive offer (8112).
    Funder,
    /// Whose items count: a GS1 Company Prefix.
    CompanyPrefix(Nth),
    /// The issuer's number of the offer.
    OfferCode,
    /// How much is saved.
    SaveValue,
    /// How much must be bought.
    Requirement(Nth),
    /// In which unit it is counted.
    RequirementCode(Nth),
    /// Which of the company's items count.
    FamilyCode(Nth),
    /// How the purchases go together.
    AdditionalRule,
    /// The last day.
    ExpirationDate,
    /// The first day.
    StartDate,
    /// The number of this very coupon.
    SerialNumber,
    /// The only retailer that may take it.
    Retailer,
    /// What the save value means.
    SaveValueCode,
    /// Which purchase it is taken off.
    AppliesTo,
    /// Whether a store, not a manufacturer, pays.
    StoreFlag,
    /// Whether a store may not double it.
    MultiplyFlag,
}

impl fmt::Display for Nth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Nth::First => "first",
            Nth::Second => "second",
            Nth::Third => "third",
        })
    }
}

impl fmt::Display for CouponField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CouponField::Format => f.write_str("the format"),
            CouponField::Funder => f.write_str("the issuer"),
            CouponField::CompanyPrefix(nth) => write!(f, "the company of the {nth} purchase"),
            CouponField::OfferCode => f.write_str("the offer's number"),
            CouponField::SaveValue => f.write_str("the value"),
            CouponField::Requirement(nth) => write!(f, "the amount of the {nth} purchase"),
            CouponField::RequirementCode(nth) => write!(f, "the unit of the {nth} purchase"),
            CouponField::FamilyCode(nth) => write!(f, "the product family of the {nth} purchase"),
            CouponField::AdditionalRule => f.write_str("the rule for several purchases"),
            CouponField::ExpirationDate => f.write_str("the last day"),
            CouponField::StartDate => f.write_str("the first day"),
            CouponField::SerialNumber => f.write_str("the serial number"),
            CouponField::Retailer => f.write_str("the retailer"),
            CouponField::SaveValueCode => f.write_str("the kind of value"),
            CouponField::AppliesTo => f.write_str("the item it is taken off"),
            CouponField::StoreFlag => f.write_str("the store's mark"),
            CouponField::MultiplyFlag => f.write_str("the mark against doubling"),
        }
    }
}
