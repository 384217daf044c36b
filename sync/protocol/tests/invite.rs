//! Invite codes: read back whatever a person makes of them, refused where they were mistyped.
#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use proptest::prelude::*;
use tillside_protocol::{InviteCode, InviteCodeError};

// Written by another program (SHA-256 and base 32 in Python).
const GOLDEN: &str = "TS1-000G4-0R40M-30E20-9185G-R38E1-W04K4-PV4HP-VDZT8-J7D26-V5NZS-3S1P9-2DETF-THMFV-0GPNC-ZW8P7-DF6CM";

fn golden() -> InviteCode {
    let secret = std::array::from_fn(|i| i as u8);
    let fingerprint = std::array::from_fn(|i| (i as u8).wrapping_mul(73));
    InviteCode::new(secret, fingerprint)
}

#[test]
fn a_code_is_written_the_same_way_for_ever() {
    assert_eq!(golden().to_string(), GOLDEN);
    assert_eq!(golden().secret_text(), "000G40R40M30E209185GR38E1W");
    assert!(InviteCode::parse(GOLDEN).unwrap() == golden());
}

#[test]
fn the_alphabet_is_crockfords() {
    // Every digit in turn: 5 bits each of 0, 1, 2, ... in 20 bytes.
    let mut bits = (0..32).flat_map(|digit: u8| (0..5).rev().map(move |bit| digit >> bit & 1));
    let mut bytes = [0_u8; 48];
    for byte in bytes.iter_mut().take(20) {
        *byte = (0..8).fold(0, |byte, _| byte << 1 | bits.next().unwrap());
    }
    let (secret, fingerprint) = bytes.split_at(16);
    let code = InviteCode::new(secret.try_into().unwrap(), fingerprint.try_into().unwrap());
    let digits = code.to_string().replace('-', "");
    assert!(
        digits.starts_with("TS10123456789ABCDEFGHJKMNPQRSTVWXYZ"),
        "{digits}"
    );
}

#[test]
fn what_is_no_code_is_told_apart() {
    let parse = |text: &str| InviteCode::parse(text).unwrap_err();
    for text in ["", "TS1", "TS2-0000", "é", "TSé1-", &GOLDEN[4..]] {
        assert_eq!(parse(text), InviteCodeError::Prefix, "{text}");
    }
    let cut = &GOLDEN[..GOLDEN.len() - 3];
    for text in ["TS1-", "TS1-U", cut, &format!("{GOLDEN}0"), "TS1-ÄÖ"] {
        assert_eq!(parse(text), InviteCodeError::Malformed, "{text}");
    }
    assert_eq!(
        parse(&GOLDEN.replacen("0R40M", "0R41M", 1)),
        InviteCodeError::Mistyped
    );
}

#[test]
fn it_never_shows_the_secret_by_accident() {
    assert_eq!(format!("{:?}", golden()), "InviteCode(..)");
}

proptest! {
    #[test]
    fn any_code_is_read_back_however_it_is_typed(secret: [u8; 16], fingerprint: [u8; 32], look: u8) {
        let code = InviteCode::new(secret, fingerprint);
        let mut text = code.to_string();
        if look & 1 == 1 {
            text = text.replace('-', "").replacen("TS1", "TS1-", 1);
        }
        if look & 2 == 2 {
            text = text.to_lowercase();
        }
        if look & 4 == 4 {
            let (prefix, digits) = text.split_at(4);
            text = format!(" {prefix}{}\n", digits.replace('0', "O").replace('1', "l"));
        }
        prop_assert!(InviteCode::parse(&text).unwrap() == code);
    }

    /// Any one wrong digit is noticed before anything is sent, but for 1 in 65,536.
    #[test]
    fn a_mistyped_digit_is_noticed(place in 4..GOLDEN.len(), digit in "[0-9A-HJKMNP-TV-Z]") {
        let mut text = GOLDEN.to_owned();
        text.replace_range(place..=place, &digit);
        let read = InviteCode::parse(&text);
        prop_assert!(read.is_err() || text == GOLDEN);
    }
}
