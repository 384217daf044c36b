//! Values that cannot be wrong: constructors check, and JSON goes through them.

use crate::fixtures::*;
use serde::de::DeserializeOwned;
use tillside_core::*;

fn parse<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn money_stays_in_range() {
    let limit = eur(MONEY_LIMIT);
    let beyond = Err(MoneyError::OutOfRange);
    assert_eq!(Money::new(MONEY_LIMIT + 1, Currency::EUR), beyond);
    assert_eq!(Money::new(-MONEY_LIMIT - 1, Currency::EUR), beyond);
    assert_eq!(Money::new(i64::MIN, Currency::EUR), beyond);
    assert_eq!(limit.checked_add(eur(1)), beyond);
    assert_eq!(eur(-MONEY_LIMIT).checked_sub(eur(1)), beyond);
    assert_eq!(limit.checked_mul(2), beyond);
    assert_eq!(limit.checked_mul(i64::MAX), beyond);
    assert_eq!(limit.share_rounded_down(10_001), beyond);
    assert_eq!(limit.share_rounded_down(u32::MAX), beyond);
    assert_eq!(limit.share_rounded_down(10_000), Ok(limit));
    assert_eq!(eur(-199).share_rounded_down(5_000), Ok(eur(-99)));
    let mixed = MoneyError::MixedCurrencies(Currency::EUR, usd(1).currency());
    assert_eq!(eur(1).checked_add(usd(1)), Err(mixed.clone()));
    assert_eq!(eur(1).checked_sub(usd(1)), Err(mixed));
}

#[test]
fn money_in_json_is_checked() {
    let json = r#"{"minor":1250,"currency":"EUR"}"#;
    assert_eq!(parse::<Money>(json), Ok(eur(1_250)));
    assert_eq!(serde_json::to_string(&eur(1_250)).unwrap(), json);
    let refused = [
        (
            r#"{"minor":9007199254740992,"currency":"EUR"}"#,
            "too large",
        ),
        (
            r#"{"minor":-9007199254740992,"currency":"EUR"}"#,
            "too large",
        ),
        (r#"{"minor":1,"currency":"eur"}"#, "not a currency"),
        (r#"{"minor":1,"currency":"EURO"}"#, "not a currency"),
        (r#"{"minor":1.5,"currency":"EUR"}"#, "floating point"),
    ];
    for (json, why) in refused {
        let error = parse::<Money>(json).unwrap_err();
        assert!(error.contains(why), "{json}: {error}");
    }
}

#[test]
fn money_is_printed_with_its_currencys_decimals() {
    let money = |minor, code: &str| Money::new(minor, Currency::new(code).unwrap()).unwrap();
    assert_eq!(eur(1_250).to_string(), "12.50 EUR");
    assert_eq!(eur(-5).to_string(), "-0.05 EUR");
    assert_eq!(money(1_250, "JPY").to_string(), "1250 JPY");
    assert_eq!(money(1_250, "KWD").to_string(), "1.250 KWD");
    assert_eq!(Points(1).to_string(), "1 point");
    assert_eq!(Points(-2).to_string(), "-2 points");
}

#[test]
fn known_gtins_are_read_in_each_length() {
    // GTIN-8, -12, -13 and -14 as printed on real packages and in barcode manuals.
    let known = [
        ("96385074", "00000096385074", "0000096385074"),
        ("036000291452", "00036000291452", "0036000291452"),
        ("4006381333931", "04006381333931", "4006381333931"),
        ("5901234123457", "05901234123457", "5901234123457"),
        (" 9780201379624 ", "09780201379624", "9780201379624"),
        ("10012345678902", "10012345678902", "10012345678902"),
    ];
    for (text, full, printed) in known {
        let gtin = Gtin::new(text).unwrap();
        assert_eq!((gtin.as_str(), gtin.to_string().as_str()), (full, printed));
    }
}

#[test]
fn a_mistyped_gtin_is_refused_also_in_json() {
    let expected = 1;
    let text = "4006381333932".to_owned();
    let wrong = GtinError::CheckDigit { text, expected };
    assert_eq!(Gtin::new("4006381333932"), Err(wrong));
    for text in ["", "400638133393", "40063813339311111", "40063813339é1"] {
        assert!(Gtin::new(text).is_err(), "{text}");
    }
    let error = parse::<Item>(r#""gtin:4006381333932""#).unwrap_err();
    assert!(error.contains("its last digit should be 1"), "{error}");
    let error = parse::<Gtin>(r#""400638133393""#).unwrap_err();
    assert!(error.contains("its last digit should be"), "{error}");
    assert!(parse::<Item>(r#""upc:036000291452""#).is_err());
}

#[test]
fn every_single_wrong_digit_of_a_gtin_is_caught() {
    let right = b"4006381333931";
    for place in 0..right.len() {
        for digit in b'0'..=b'9' {
            let mut digits = *right;
            digits[place] = digit;
            let text = std::str::from_utf8(&digits).unwrap();
            assert_eq!(Gtin::new(text).is_ok(), digits == *right, "{text}");
        }
    }
}

#[test]
fn codes_are_checked_also_in_json() {
    for wrong in ["", "S 1", "S1/..", "SIEBZEHN-ZEICHEN1", "Ü"] {
        assert!(StoreId::new(wrong).is_err(), "{wrong}");
        assert!(parse::<StoreId>(&format!("{wrong:?}")).is_err(), "{wrong}");
    }
    assert_eq!(parse::<StoreId>(r#""S1""#), Ok(store("S1")));
    let id = "01920000-0000-7000-8000-000000020001";
    assert_eq!(parse::<SaleId>(&format!("{id:?}")), Ok(sale_id(1)));
    assert!(parse::<SaleId>(r#""1""#).is_err());
    let hash = Hash::of(b"tillside");
    assert_eq!(parse::<Hash>(&format!("\"{hash}\"")), Ok(hash));
    let shouted = hash.to_string().to_uppercase();
    assert!(parse::<Hash>(&format!("{shouted:?}")).is_err());
}

#[test]
fn coupon_numbers_and_cards_are_normalised() {
    assert_eq!(number(" ab-cd 12 ").as_str(), "ABCD12");
    for wrong in ["abc", "ab_cd", "ÄÖÜß1", &"A".repeat(33)] {
        assert!(CouponNumber::new(wrong).is_err(), "{wrong}");
    }
    assert_eq!(parse::<CouponNumber>(r#""ab-cd""#), Ok(number("ABCD")));
    let card = |text: &str| CardIdentity::new(text);
    assert_eq!(card("uid:04a1b2c3").unwrap().as_str(), "uid:04A1B2C3");
    assert_eq!(card("code:9000001").unwrap().as_str(), "code:9000001");
    for wrong in [
        "04a1b2c3",
        "uid:04a1b2c",
        "uid:04a1b2cg",
        "code:12",
        "phone:123456",
    ] {
        assert!(card(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_rule_document_with_a_field_nobody_knows_is_refused() {
    let mut json = serde_json::to_value(document(
        &[rule("r", "chain", per_amount(1, 100))],
        &[plan("P", off(100))],
    ))
    .unwrap();
    assert!(serde_json::from_value::<RuleDocument>(json.clone()).is_ok());
    json["plans"][0]["minimum_spent"] = 5.into();
    let error = serde_json::from_value::<RuleDocument>(json).unwrap_err();
    assert!(error.to_string().contains("minimum_spent"), "{error}");
}
