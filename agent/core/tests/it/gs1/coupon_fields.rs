//! Coupons written field by field, as the guideline's section 4 lists them, read back the same.

use proptest::prelude::*;
use tillside_core::gs1::{
    AdditionalRule, CompanyPrefix, FamilyCode, NorthAmericanCoupon, Nth, OfferFormat,
    PositiveOffer, Purchase, Requirement, SaveValue, ShortDate,
};

fn sized(digits: &str, less: usize) -> String {
    format!("{}{digits}", digits.len() - less)
}

fn number(value: u32) -> String {
    sized(&value.to_string(), 0)
}

fn requirement(purchase: &Purchase) -> String {
    let (amount, code) = match purchase.requirement {
        Requirement::Units(n) => (n, 0),
        Requirement::ItemsWorth(n) => (n, 1),
        Requirement::TransactionWorth(n) => (n, 2),
        Requirement::Pounds(n) => (n, 3),
        Requirement::Kilograms(n) => (n, 4),
        Requirement::AskCashier(n) => (n, 9),
        other => panic!("{other:?}"),
    };
    format!("{}{code}{}", number(amount), purchase.family)
}

fn another(purchase: &Purchase, issuer: &CompanyPrefix) -> String {
    let company = match purchase.company == *issuer {
        true => "9".to_owned(),
        false => sized(purchase.company.as_str(), 6),
    };
    requirement(purchase) + &company
}

fn written(coupon: &NorthAmericanCoupon) -> String {
    let (value, code) = match coupon.save {
        SaveValue::CentsOff(n) => (n, 0),
        SaveValue::ItemFree { up_to } => (up_to, 1),
        SaveValue::ItemsFree(n) => (n, 2),
        SaveValue::PercentOff(n) => (n, 5),
        SaveValue::CentsOffTransaction(n) => (n, 6),
        other => panic!("{other:?}"),
    };
    let rule = |rule| match rule {
        AdditionalRule::Any => 0,
        AdditionalRule::All => 1,
        AdditionalRule::FirstAndAnother => 2,
        AdditionalRule::Mixed => 3,
        other => panic!("{other:?}"),
    };
    let day = |d: ShortDate| format!("{:02}{:02}{:02}", d.year, d.month, d.day);
    let mut digits = sized(coupon.issuer.as_str(), 6);
    digits += &coupon.offer;
    digits += &number(value);
    digits += &requirement(&coupon.first);
    if let (Some(code), Some(second)) = (coupon.rule, &coupon.second) {
        digits += &format!("1{}{}", rule(code), another(second, &coupon.issuer));
    }
    if let Some(third) = &coupon.third {
        digits += &format!("2{}", another(third, &coupon.issuer));
    }
    digits += &coupon
        .expires
        .map(|d| format!("3{}", day(d)))
        .unwrap_or_default();
    digits += &coupon
        .starts
        .map(|d| format!("4{}", day(d)))
        .unwrap_or_default();
    let sized = |mark: &str, digits: &String| format!("{mark}{}", sized(digits, 6));
    digits += &coupon
        .serial
        .as_ref()
        .map(|d| sized("5", d))
        .unwrap_or_default();
    digits += &coupon
        .retailer
        .as_ref()
        .map(|d| sized("6", d))
        .unwrap_or_default();
    let applies = coupon.applies_to as u8;
    let multiply = u8::from(!coupon.may_be_multiplied);
    digits + &format!("9{code}{applies}{}{multiply}", coupon.store_flag)
}

fn company() -> impl Strategy<Value = CompanyPrefix> {
    "[0-9]{6,12}".prop_map(|digits| CompanyPrefix::new(&digits).unwrap())
}

fn purchase() -> impl Strategy<Value = Purchase> {
    let requirement = (0..100_000u32, 0..6u8).prop_map(|(n, code)| match code {
        0 => Requirement::Units(n),
        1 => Requirement::ItemsWorth(n),
        2 => Requirement::TransactionWorth(n),
        3 => Requirement::Pounds(n),
        4 => Requirement::Kilograms(n),
        _ => Requirement::AskCashier(n),
    });
    (requirement, 0..1000u16, company()).prop_map(|(requirement, family, company)| Purchase {
        requirement,
        family: FamilyCode::new(family).unwrap(),
        company,
    })
}

fn save() -> impl Strategy<Value = SaveValue> {
    (0..100_000u32, 0..5u8).prop_map(|(n, code)| match code {
        0 => SaveValue::CentsOff(n),
        1 => SaveValue::ItemFree { up_to: n },
        2 => SaveValue::ItemsFree(n),
        3 => SaveValue::PercentOff(n),
        _ => SaveValue::CentsOffTransaction(n),
    })
}

fn coupon() -> impl Strategy<Value = NorthAmericanCoupon> {
    use prop::option::of;
    let rule = prop::sample::select(vec![
        AdditionalRule::Any,
        AdditionalRule::All,
        AdditionalRule::FirstAndAnother,
        AdditionalRule::Mixed,
    ]);
    let day = |years: std::ops::Range<u8>| {
        let parts = (years, 1..13u8, 1..29u8);
        of(parts.prop_map(|(year, month, day)| ShortDate { year, month, day }))
    };
    let misc = (0..3usize, 0..10u8, any::<bool>());
    let applies = [Nth::First, Nth::Second, Nth::Third];
    let purchases = (purchase(), of((rule, purchase())), of(purchase()));
    let marks = (of("[0-9]{6,15}"), of("[0-9]{7,13}"));
    (
        "[0-9]{6}",
        save(),
        purchases,
        day(30..50),
        day(20..30),
        marks,
        misc,
    )
        .prop_map(
            move |(offer, save, (first, second, third), expires, starts, marks, misc)| {
                let (rule, second) = second.unzip();
                NorthAmericanCoupon {
                    issuer: first.company.clone(),
                    offer,
                    save,
                    first,
                    rule,
                    second,
                    third,
                    expires,
                    starts,
                    serial: marks.0,
                    retailer: marks.1,
                    applies_to: applies[misc.0],
                    store_flag: misc.1,
                    may_be_multiplied: misc.2,
                }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_field_by_field_is_read(coupon in coupon()) {
        let digits = written(&coupon);
        match digits.len() {
            0..=70 => prop_assert_eq!(NorthAmericanCoupon::parse(&digits), Ok(coupon)),
            _ => prop_assert_eq!(NorthAmericanCoupon::parse(&digits).unwrap_err().at, 70),
        }
    }

    #[test]
    fn offers_too(paper in any::<bool>(), funder in company(), offer in "[0-9]{6}", serial in "[0-9]{6,15}") {
        let digits = format!("{}{}{offer}{}", u8::from(paper), sized(funder.as_str(), 6), sized(&serial, 6));
        let format = if paper { OfferFormat::Paper } else { OfferFormat::Digital };
        prop_assert_eq!(PositiveOffer::parse(&digits), Ok(PositiveOffer { format, funder, offer, serial }));
    }
}
