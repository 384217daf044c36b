//! What a scanner read, taken apart: symbology prefixes, GS1 element strings, the GTIN inside.
//!
//! Whether the number is a product, a coupon or a member card is left to the till, which knows them.

use tillside_core::{Gtin, GtinError, MEMBER_CODE_PREFIX};

/// The longest code a scanner may send, in characters.
pub const CODE_LIMIT: usize = 200;
/// The longest code of a phone, in characters.
const PHONE_CODE_LIMIT: usize = 512;

/// The separator between GS1 elements of variable length (FNC1 as scanners send it).
const GROUP_SEPARATOR: char = '\u{1d}';

/// A scanned or typed code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scanned {
    /// The code without the scanner's prefix, blanks around it and control characters.
    pub text: String,
    /// The GTIN it holds, if it looks like one: good, or with the reason why not.
    pub gtin: Option<Result<Gtin, GtinError>>,
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
        let (gs1, body) = strip_symbology(raw.trim());
        let limit = match body.starts_with(MEMBER_CODE_PREFIX) {
            true => PHONE_CODE_LIMIT,
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
        let element = body.strip_prefix("(01)").and_then(|rest| rest.get(..14));
        let inside = element.or_else(|| gs1.then(|| trade_item(body)).flatten());
        let gtin = match inside {
            Some(number) => Some(Gtin::new(number)),
            None if looks_like_gtin(&text) => Some(Gtin::new(&text)),
            None => None,
        };
        Ok(Self { text, gtin })
    }
}

/// Drops the AIM symbology identifier (ISO/IEC 15424: `]`, a letter, a modifier) and says whether
/// it promises GS1 elements: GS1-128, GS1 DataBar, GS1 DataMatrix, GS1 QR.
fn strip_symbology(raw: &str) -> (bool, &str) {
    match raw.as_bytes() {
        [b']', letter, modifier, ..] if letter.is_ascii_alphabetic() && modifier.is_ascii() => {
            let gs1 = ["]C1", "]e0", "]d2", "]Q3"].contains(&&raw[..3]);
            (gs1, &raw[3..])
        }
        _ => (false, raw),
    }
}

fn looks_like_gtin(text: &str) -> bool {
    [8, 12, 13, 14].contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The 14 digits of element (01) in a GS1 element string (GS1 General Specifications, 7.8).
fn trade_item(elements: &str) -> Option<&str> {
    let mut rest = elements;
    while let Some(identifier) = rest.get(..2) {
        let value = &rest[2..];
        if identifier == "01" {
            return value.get(..14);
        }
        rest = match predefined_length(identifier) {
            Some(length) => value.get(length..)?,
            None => value.split_once(GROUP_SEPARATOR)?.1,
        };
        rest = rest.trim_start_matches(GROUP_SEPARATOR);
    }
    None
}

/// Elements whose length needs no separator (GS1 General Specifications, figure 7.8.5-2).
fn predefined_length(identifier: &str) -> Option<usize> {
    match identifier {
        "00" => Some(18),
        "02" | "03" => Some(14),
        "04" => Some(16),
        "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => Some(6),
        "20" => Some(2),
        "31" | "32" | "33" | "34" | "35" | "36" => Some(8),
        "41" => Some(14),
        _ => None,
    }
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
