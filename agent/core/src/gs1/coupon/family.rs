//! Whose items a coupon is for, and which of them: company prefixes and family codes.

use crate::Gtin;
use serde::{Deserialize, Serialize};

/// A GS1 Company Prefix of 6 to 12 digits, with the leading 0 of a U.P.C. Company Prefix (the
/// guideline, appendix A).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CompanyPrefix(String);

/// A text that is no company prefix.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is no GS1 Company Prefix: it must have 6 to 12 digits, a U.P.C. one with its leading 0"
)]
pub struct CompanyPrefixError(pub String);

/// A manufacturer's code for a family of its products (the guideline, section 7), 000 to 999.
///
/// It stands on no package: manufacturers send retailers a table of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct FamilyCode(u16);

/// A number that is no family code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} is no family code: it must have at most 3 digits")]
pub struct FamilyCodeError(u16);

impl CompanyPrefix {
    /// Takes digits over; `None` unless there are 6 to 12 of them.
    pub fn new(digits: &str) -> Option<Self> {
        let good = (6..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        good.then(|| Self(digits.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an item's number was given out under this prefix. A GTIN-8 was given out under none.
    pub fn owns(&self, gtin: &Gtin) -> bool {
        let digits = gtin.as_str();
        let gtin_8 = digits.starts_with("000000");
        !gtin_8 && digits[1..].starts_with(&self.0)
    }
}

impl TryFrom<String> for CompanyPrefix {
    type Error = CompanyPrefixError;

    fn try_from(digits: String) -> Result<Self, CompanyPrefixError> {
        Self::new(&digits).ok_or(CompanyPrefixError(digits))
    }
}

impl From<CompanyPrefix> for String {
    fn from(prefix: CompanyPrefix) -> String {
        prefix.0
    }
}

impl FamilyCode {
    /// Every item of the company (section 7).
    pub const ANY: FamilyCode = FamilyCode(0);
    /// The code that no product has: only a person can say whether the purchase was made
    /// (section 7, "The 992 Family Code").
    pub const UNCHECKED: FamilyCode = FamilyCode(992);

    /// Checks that there are at most three digits.
    ///
    /// # Errors
    /// If there are more.
    pub fn new(code: u16) -> Result<Self, FamilyCodeError> {
        match code {
            0..=999 => Ok(Self(code)),
            _ => Err(FamilyCodeError(code)),
        }
    }

    /// Whether an item of family `item` counts: the same code, or this is its summary code (its
    /// tens) or its super summary code (its hundreds).
    pub fn covers(self, item: FamilyCode) -> bool {
        let Self(code) = self;
        match (code % 100, code % 10) {
            _ if code == 0 => true,
            (0, _) => code / 100 == item.0 / 100,
            (_, 0) => code / 10 == item.0 / 10,
            _ => code == item.0,
        }
    }
}

impl TryFrom<u16> for FamilyCode {
    type Error = FamilyCodeError;

    fn try_from(code: u16) -> Result<Self, FamilyCodeError> {
        Self::new(code)
    }
}

impl From<FamilyCode> for u16 {
    fn from(code: FamilyCode) -> u16 {
        code.0
    }
}

impl std::fmt::Display for FamilyCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl std::fmt::Display for CompanyPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn zeros_at_the_end_stand_for_every_digit() {
        let family = |code| FamilyCode::new(code).unwrap();
        for (coupon, item, covered) in [
            (0, 123, true),
            (100, 123, true),
            (100, 223, false),
            (100, 99, false),
            (120, 123, true),
            (120, 133, false),
            (123, 123, true),
            (123, 124, false),
            (10, 12, true),
            (10, 112, false),
        ] {
            assert_eq!(
                family(coupon).covers(family(item)),
                covered,
                "{coupon} {item}"
            );
        }
        assert!(FamilyCode::new(1000).is_err());
    }

    #[test]
    fn a_prefix_owns_what_begins_with_it() {
        let prefix = CompanyPrefix::new("0614141").unwrap();
        let owns = |text: &str| prefix.owns(&Gtin::new(text).unwrap());
        assert!(owns("614141123452"), "a U.P.C. without its leading 0");
        assert!(owns("10614141123459"), "a case");
        assert!(!owns("4006381333931") && !owns("6141411234500"));
        let zeros = CompanyPrefix::new("000009").unwrap();
        assert!(!zeros.owns(&Gtin::new("96385074").unwrap()), "a GTIN-8");
        assert!(CompanyPrefix::new("12345").is_none() && CompanyPrefix::new("12345x").is_none());
    }
}
