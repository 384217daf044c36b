//! The published vectors of AI 8110 and 8112, each with the name and place of its error.

use serde::Deserialize;
use tillside_core::gs1::{
    CouponError, CouponFault, CouponField, NorthAmericanCoupon, Nth, PositiveOffer,
};

#[derive(Deserialize)]
struct Vectors {
    #[serde(rename = "8110")]
    coupons: Vec<Vector>,
    #[serde(rename = "8112")]
    offers: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    value: String,
    ok: bool,
    error: Option<String>,
    pos: Option<String>,
}

fn vectors() -> Vectors {
    let path = "../../tests/vectors/gs1_coupons_8110_8112.json";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Errors about company prefixes that GS1 has not given out. They depend on a registry that the
/// published tests switch on and off for the very same value; a till has none.
fn needs_a_registry(vector: &Vector) -> bool {
    let names = [
        "GS1_LINTER_GCP_DATASOURCE_OFFLINE",
        "GS1_LINTER_INVALID_GCP_PREFIX",
    ];
    vector
        .error
        .as_deref()
        .is_some_and(|name| names.contains(&name))
}

fn ordinal(nth: Nth) -> &'static str {
    match nth {
        Nth::First => "1ST",
        Nth::Second => "2ND",
        Nth::Third => "3RD",
    }
}

/// The field as the published error names call it.
fn field(field: CouponField) -> String {
    let purchase = |nth, what: &str| format!("{}_PURCHASE_{what}", ordinal(nth));
    match field {
        CouponField::Format => "FORMAT_CODE".to_owned(),
        CouponField::Funder => "FUNDER".to_owned(),
        CouponField::CompanyPrefix(Nth::First) => "GCP".to_owned(),
        CouponField::CompanyPrefix(nth) => purchase(nth, "GCP"),
        CouponField::OfferCode => "OFFER_CODE".to_owned(),
        CouponField::SaveValue => "SAVE_VALUE".to_owned(),
        CouponField::Requirement(nth) => purchase(nth, "REQUIREMENT"),
        CouponField::RequirementCode(nth) => purchase(nth, "REQUIREMENT_CODE"),
        CouponField::FamilyCode(nth) => purchase(nth, "FAMILY_CODE"),
        CouponField::AdditionalRule => "ADDITIONAL_PURCHASE_RULES_CODE".to_owned(),
        CouponField::ExpirationDate => "EXPIRATION_DATE".to_owned(),
        CouponField::StartDate => "START_DATE".to_owned(),
        CouponField::SerialNumber => "SERIAL_NUMBER".to_owned(),
        CouponField::Retailer => "RETAILER_GCP_OR_GLN".to_owned(),
        CouponField::SaveValueCode => "SAVE_VALUE_CODE".to_owned(),
        CouponField::AppliesTo => "SAVE_VALUE_APPLIES_TO_ITEM".to_owned(),
        CouponField::StoreFlag => "STORE_COUPON_FLAG".to_owned(),
        CouponField::MultiplyFlag => "DONT_MULTIPLY_FLAG".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn published_name(fault: CouponFault) -> String {
    let is_single = |of| {
        matches!(
            of,
            CouponField::Format
                | CouponField::RequirementCode(_)
                | CouponField::AdditionalRule
                | CouponField::SaveValueCode
                | CouponField::AppliesTo
                | CouponField::StoreFlag
                | CouponField::MultiplyFlag
        )
    };
    let is_date = |of| matches!(of, CouponField::ExpirationDate | CouponField::StartDate);
    let name = match fault {
        CouponFault::NotADigit => return "GS1_LINTER_NON_DIGIT_CHARACTER".to_owned(),
        CouponFault::Missing(of) if is_single(of) => format!("MISSING_{}", field(of)),
        CouponFault::Missing(of) => format!("MISSING_{}_VLI", field(of)),
        CouponFault::Truncated(of) if is_date(of) => format!("TOO_SHORT_FOR_{}", field(of)),
        CouponFault::Truncated(of) => format!("TRUNCATED_{}", field(of)),
        CouponFault::Length(of) => format!("INVALID_{}_LENGTH", field(of)),
        CouponFault::Code(of) => format!("INVALID_{}", field(of)),
        // Spelt so where it was published.
        CouponFault::Date(CouponField::ExpirationDate) => "INVALID_EXIPIRATION_DATE".to_owned(),
        CouponFault::Date(of) => format!("INVALID_{}", field(of)),
        CouponFault::ExpiresBeforeStart => "EXPIRATION_BEFORE_START".to_owned(),
        CouponFault::Excess => "EXCESS_DATA".to_owned(),
        other => panic!("{other:?}"),
    };
    format!("GS1_LINTER_COUPON_{name}")
}

/// The value with the bad part between asterisks.
fn marked(value: &str, error: CouponError) -> String {
    let (before, rest) = value.split_at(error.at);
    let (bad, after) = rest.split_at(error.len);
    format!("{before}*{bad}*{after}")
}

fn check(all: &[Vector], parse: impl Fn(&str) -> Result<(), CouponError>) -> usize {
    let mut checked = 0;
    for vector in all.iter().filter(|vector| !needs_a_registry(vector)) {
        let answer = parse(&vector.value);
        assert_eq!(answer.is_ok(), vector.ok, "{}", vector.value);
        if let Err(error) = answer {
            let name = published_name(error.fault);
            assert_eq!(Some(&name), vector.error.as_ref(), "{}", vector.value);
            let marked = marked(&vector.value, error);
            assert_eq!(Some(&marked), vector.pos.as_ref(), "{}", vector.value);
        }
        checked += 1;
    }
    checked
}

#[test]
fn every_published_coupon_is_read_or_refused_as_published() {
    let vectors = vectors();
    let left_out = vectors
        .coupons
        .iter()
        .filter(|v| needs_a_registry(v))
        .count();
    assert_eq!(
        left_out, 5,
        "only what needs a registry of company prefixes"
    );
    let checked = check(&vectors.coupons, |value| {
        NorthAmericanCoupon::parse(value).map(drop)
    });
    assert_eq!(checked + left_out, vectors.coupons.len());
    let checked = check(&vectors.offers, |value| {
        PositiveOffer::parse(value).map(drop)
    });
    assert_eq!(checked, vectors.offers.len());
}
