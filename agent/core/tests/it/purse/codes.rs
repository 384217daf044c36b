//! The codes of phones: accepted at their till, in their time, once; and nothing else is.

use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const HQ: [u8; 32] = [7; 32];
const PHONE: [u8; 32] = [9; 32];

fn sheet() -> MemberCodeSheet {
    MemberCodeSheet {
        code_keys: vec![CodeKey::of_secret(&[1; 32]), CodeKey::of_secret(&HQ)],
        ..MemberCodeSheet::default()
    }
}

fn till(text: &str) -> TillSticker {
    text.parse().unwrap()
}

fn here() -> TillSticker {
    let sticker = TillSticker::new(store("S1"), LaneId::new("1").unwrap(), terminal(1));
    assert_eq!(till(&sticker.to_string()), sticker);
    sticker
}

fn certificate() -> DeviceCertificate {
    let device = CodeKey::of_secret(&PHONE);
    DeviceCertificate::issue(&HQ, member_id(1), device, date(2027, 1, 31)).unwrap()
}

/// A code made so many seconds before now.
fn code(age: i64) -> MemberCode {
    let issued = Timestamp(now().at.0 - age * 1_000);
    MemberCode::issue(&PHONE, certificate(), &here(), issued, *b"nonce  1").unwrap()
}

fn checked(code: &MemberCode) -> Result<MemberId, MemberCodeError> {
    code.check(&sheet(), &here(), now(), false)
}

#[test]
fn a_fresh_code_names_its_member_through_its_text() {
    let text = code(5).to_string();
    assert!(
        text.starts_with("TSM1") && text.len() == 337,
        "{}",
        text.len()
    );
    // The characters of a QR code's alphanumeric mode.
    assert!(
        text.bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    );
    let read: MemberCode = text.parse().unwrap();
    assert_eq!(read, code(5));
    assert_eq!(checked(&read), Ok(member_id(1)));
    let certificate = certificate();
    assert_eq!(certificate.to_string().parse(), Ok(certificate));
}

#[test]
fn a_code_lives_so_long_and_no_longer() {
    let (life, skew) = (MEMBER_CODE_LIFE_S, MEMBER_CODE_SKEW_S);
    for (age, expected) in [
        (-skew - 1, Err(MemberCodeError::TooEarly)),
        (-skew, Ok(member_id(1))),
        (0, Ok(member_id(1))),
        (life + skew, Ok(member_id(1))),
        (life + skew + 1, Err(MemberCodeError::TooOld)),
        (1_000_000_000, Err(MemberCodeError::TooOld)),
    ] {
        assert_eq!(checked(&code(age)), expected, "{age}");
    }
}

#[test]
fn a_code_counts_at_its_own_till_only_and_once() {
    let code = code(0);
    let mark = here().terminal;
    for other in [
        format!("S2/1/{mark}"),
        format!("S1/2/{mark}"),
        "S1/1/00000000".to_owned(),
    ] {
        let found = code.check(&sheet(), &till(&other), now(), false);
        assert_eq!(found, Err(MemberCodeError::OtherTill), "{other}");
    }
    let again = code.check(&sheet(), &here(), now(), true);
    assert_eq!(again, Err(MemberCodeError::Used));
}

#[test]
fn each_code_is_known_again_by_itself() {
    let issued = now().at;
    let made = |phone, nonce| {
        let device = CodeKey::of_secret(phone);
        let certificate = DeviceCertificate::issue(&HQ, member_id(1), device, TODAY).unwrap();
        MemberCode::issue(phone, certificate, &here(), issued, nonce)
            .unwrap()
            .nonce()
    };
    let first = made(&PHONE, [1; 8]);
    assert_eq!(first, made(&PHONE, [1; 8]));
    assert_ne!(first, made(&PHONE, [2; 8]));
    assert_ne!(first, made(&[8; 32], [1; 8]));
}

#[test]
fn a_phone_counts_while_hq_says_so() {
    let code = code(0);
    let with = |keys: Vec<CodeKey>| {
        let sheet = MemberCodeSheet {
            code_keys: keys,
            ..sheet()
        };
        code.check(&sheet, &here(), now(), false)
    };
    assert_eq!(with(Vec::new()), Err(MemberCodeError::NotTaken));
    assert_eq!(
        with(vec![CodeKey::of_secret(&[1; 32])]),
        Err(MemberCodeError::UnknownPhone)
    );
    assert_eq!(
        with(vec![CodeKey::new([0; 32])]),
        Err(MemberCodeError::UnknownPhone)
    );
    let last = date(2027, 1, 31);
    let on_day = |day| {
        let now = on(day);
        certificate().check(&sheet(), now.date)
    };
    assert_eq!(on_day(last), Ok(member_id(1)));
    assert_eq!(
        on_day(date(2027, 2, 1)),
        Err(MemberCodeError::PhoneExpired { on: last })
    );
}

/// A phone that certifies itself, or signs with a key that was not certified.
#[test]
fn nobody_makes_codes_but_the_certified_phone() {
    let device = CodeKey::of_secret(&PHONE);
    let own = DeviceCertificate::issue(&PHONE, member_id(1), device, TODAY).unwrap();
    let code = MemberCode::issue(&PHONE, own, &here(), now().at, [0; 8]).unwrap();
    assert_eq!(checked(&code), Err(MemberCodeError::UnknownPhone));
    let other = MemberCode::issue(&[8; 32], certificate(), &here(), now().at, [0; 8]);
    assert_eq!(other, Err(MemberCodeError::CannotIssue));
    let early = MemberCode::issue(&PHONE, certificate(), &here(), Timestamp(-1), [0; 8]);
    assert_eq!(early, Err(MemberCodeError::CannotIssue));
    let device = CodeKey::of_secret(&PHONE);
    let old = DeviceCertificate::issue(&HQ, member_id(1), device, date(1969, 12, 31));
    assert_eq!(old, Err(MemberCodeError::CannotIssue));
}

/// Every byte of a code is under a signature: whichever is changed, it is no code any more.
#[test]
fn a_code_with_one_bit_turned_is_refused() {
    let text = code(0).to_string();
    let digits = &text.as_bytes()[4..];
    let bytes = data_encoding::BASE32HEX_NOPAD.decode(digits).unwrap();
    let mut found = std::collections::BTreeMap::new();
    for at in 0..bytes.len() {
        let mut turned = bytes.clone();
        turned[at] ^= 1 << (at % 8);
        let text = format!("TSM1{}", data_encoding::BASE32HEX_NOPAD.encode(&turned));
        let refused = checked(&text.parse().unwrap()).unwrap_err();
        *found.entry(refused.code()).or_insert(0) += 1;
    }
    // The certificate, and the rest.
    assert_eq!(found["code_unknown_phone"], 116);
    assert_eq!(found["code_forged"], 92);
}

/// 208 bytes are 1,664 bits in 333 digits of five: the one bit over is always 0.
#[test]
fn only_the_one_text_of_a_code_is_read() {
    let text = code(0).to_string();
    let head = &text[..text.len() - 1];
    let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV".chars();
    let read = digits.filter(|digit| format!("{head}{digit}").parse::<MemberCode>().is_ok());
    assert_eq!(read.collect::<String>(), "02468ACEGIKMOQSU");
    for wrong in [
        String::new(),
        "TSM1".to_owned(),
        text.to_lowercase(),
        format!("{text}0"),
        format!("{text}="),
        format!(" {text}"),
        head.to_owned(),
        text.replacen("TSM1", "TSM2", 1),
        text.replacen("TSM1", "TSD1", 1),
        certificate().to_string(),
        "9".repeat(text.len()),
        format!("TSM1{}", "Ä".repeat(167)),
    ] {
        assert_eq!(
            wrong.parse::<MemberCode>(),
            Err(MemberCodeError::Unreadable),
            "{wrong}"
        );
    }
}

#[test]
fn stickers_are_read_strictly() {
    for text in [
        "",
        "S1",
        "S1/1",
        "S1/1/",
        "S1/1/0A1B2C3",
        "S1/1/0A1B2C3D/",
        "/1/0A1B2C3D",
        "S1//0A1B2C3D",
    ] {
        assert!(text.parse::<TillSticker>().is_err(), "{text}");
    }
}

#[test]
fn each_refusal_says_what_to_do() {
    let all = [
        MemberCodeError::Unreadable,
        MemberCodeError::NotTaken,
        MemberCodeError::UnknownPhone,
        MemberCodeError::PhoneExpired { on: TODAY },
        MemberCodeError::Forged,
        MemberCodeError::OtherTill,
        MemberCodeError::TooOld,
        MemberCodeError::TooEarly,
        MemberCodeError::Used,
        MemberCodeError::CannotIssue,
    ];
    for refused in all {
        let words = refused.to_string();
        let says = words.contains("Ask") || words.contains("Register");
        assert!(says, "{words}");
    }
    let fresh = all.into_iter().filter(|refused| refused.is_retryable());
    let fresh: Vec<&str> = fresh.map(MemberCodeError::code).collect();
    let expected = [
        "code_unreadable",
        "code_other_till",
        "code_too_old",
        "code_used",
    ];
    assert_eq!(fresh, expected);
    let codes: std::collections::BTreeSet<&str> = all.iter().map(|e| e.code()).collect();
    assert_eq!(codes.len(), all.len());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(TSM1|TSD1)?[0-9A-V]{0,340}", any in ".{0,60}") {
        let _ = text.parse::<MemberCode>();
        let _ = text.parse::<DeviceCertificate>();
        let _ = any.parse::<MemberCode>();
        let _ = any.parse::<TillSticker>();
    }
}
