//! What a scanner read, taken apart: symbology prefixes, GS1 data, the GTIN inside.
//!
//! Whether the number is a product, a coupon or a member card is left to the till, which knows them.

use tillside_core::authority::{COUPON_TOKEN_LIMIT, CouponToken};
use tillside_core::gs1::{Carried, GROUP_SEPARATOR, LINK_LIMIT, Partly, is_web_address};
use tillside_core::{Gtin, GtinError, MEMBER_CODE_PREFIX};

/// The longest code a scanner may send, in characters; a GS1 Digital Link may be longer.
pub const CODE_LIMIT: usize = 200;
/// The longest code of a phone, in characters.
const PHONE_CODE_LIMIT: usize = 512;

/// A scanned or typed code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scanned {
    /// The code without the scanner's prefix, blanks around it and control characters.
    pub text: String,
    /// The GTIN it holds, if it looks like one: good, or with the reason why not.
    pub gtin: Option<Result<Gtin, GtinError>>,
    /// The GS1 data it holds, if it is an element string or a Digital Link.
    pub gs1: Option<Partly>,
}

/// Why a code cannot be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// Nothing was left of it.
    #[error("Nothing was scanned. Scan the code again, or type it.")]
    Empty,
    /// It is longer than [`CODE_LIMIT`].
    #[error("This code is too long for a product, coupon or card. Scan the other code on it.")]
    TooLong,
}

impl Scanned {
    /// Reads a code as a scanner sends it or a person types it.
    ///
    /// # Errors
    /// If it is empty or too long.
    pub fn read(raw: &str) -> Result<Self, ScanError> {
        let Carried { body, gs1, .. } = Carried::read(raw.trim());
        let limit = match body.starts_with(MEMBER_CODE_PREFIX) {
            true => PHONE_CODE_LIMIT,
            false if CouponToken::is_meant(body) => COUPON_TOKEN_LIMIT,
            false if gs1.is_some() && is_web_address(body) => LINK_LIMIT,
            false => CODE_LIMIT,
        };
        if body.chars().count() > limit {
            return Err(ScanError::TooLong);
        }
        let body = body.trim_start_matches(GROUP_SEPARATOR);
        let text: String = body.chars().filter(|c| !c.is_control()).collect();
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(ScanError::Empty);
        }
        let gtin = match &gs1 {
            Some(elements) => elements.value("01").map(Gtin::new),
            None if looks_like_gtin(&text) => Some(Gtin::new(&text)),
            None => None,
        };
        Ok(Self { text, gtin, gs1 })
    }
}

fn looks_like_gtin(text: &str) -> bool {
    [8, 12, 13, 14].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const GTIN: &str = "04006381333931";

    fn gtin(raw: &str) -> Option<String> {
        let found = Scanned::read(raw).unwrap().gtin?;
        found.ok().map(|gtin| gtin.as_str().to_owned())
    }

    #[test]
    fn a_product_is_found_behind_every_prefix() {
        for raw in [
            "4006381333931",
            "]E04006381333931",
            " 4006381333931\r\n",
            "]C10104006381333931",
            "]d20104006381333931\u{1d}17261231",
            "]Q317261231010400638133393110A1",
            "]d2\u{1d}10LOT-7\u{1d}0104006381333931",
            "(01)04006381333931",
            "0104006381333931\u{1d}10A1",
            "https://example.com/01/4006381333931/10/A1?17=261231",
        ] {
            assert_eq!(gtin(raw).as_deref(), Some(GTIN), "{raw:?}");
        }
    }

    #[test]
    fn other_codes_keep_their_text() {
        let scanned = Scanned::read("]C0SPRING-0001").unwrap();
        assert_eq!((scanned.text.as_str(), scanned.gtin), ("SPRING-0001", None));
        assert_eq!(Scanned::read("]Q3").unwrap_err(), ScanError::Empty);
        assert_eq!(Scanned::read(" \r\n").unwrap_err(), ScanError::Empty);
        let long = "9".repeat(CODE_LIMIT + 1);
        assert_eq!(Scanned::read(&long).unwrap_err(), ScanError::TooLong);
    }

    #[test]
    fn a_wrong_check_digit_is_kept_as_the_reason() {
        let scanned = Scanned::read("4006381333930").unwrap();
        let Some(Err(GtinError::CheckDigit { expected, .. })) = scanned.gtin else {
            panic!("{scanned:?}");
        };
        assert_eq!(expected, 1);
    }

    #[test]
    fn a_digital_link_may_be_long_and_other_addresses_not() {
        let long = |path: &str| format!("https://example.com/{path}?x={}", "9".repeat(CODE_LIMIT));
        assert_eq!(gtin(&long("01/4006381333931")).as_deref(), Some(GTIN));
        assert_eq!(
            Scanned::read(&long("about")).unwrap_err(),
            ScanError::TooLong
        );
    }

    #[test]
    fn a_damaged_element_string_keeps_its_fault() {
        let scanned = Scanned::read("]C10104006381333930").unwrap();
        assert_eq!(scanned.gtin, None);
        assert_eq!(scanned.gs1.unwrap().fault.unwrap().at, 2);
        assert_eq!(gtin("]C10104006381333931179999").as_deref(), Some(GTIN));
    }

    #[test]
    fn cut_short_and_foreign_texts_are_harmless() {
        for raw in [
            "]",
            "]C",
            "]C1",
            "]d201040063",
            "]Q317",
            "]Q3é1",
            "(01)12",
            "]é1x",
            "ÄÖ",
        ] {
            let _ = Scanned::read(raw);
        }
    }
}
