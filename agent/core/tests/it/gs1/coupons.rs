//! North American coupons on baskets, case by case. Sections are those of the *North American
//! Coupon Application Guideline Using GS1 DataBar Expanded Symbols*, R2.0.

use jiff::civil::{Date, date};
use tillside_core::Gtin;
use tillside_core::gs1::{
    AdditionalRule, Applied, CashierReason, CouponBasket, CouponLine, CouponOutcome, CouponTerms,
    FamilyCode, NorthAmericanCoupon, NotUsable, Nth, SaveValue, UnknownFamily, check_digit,
};

const TODAY: Date = date(2026, 11, 23);
pub(super) const TERMS: CouponTerms<'static> = CouponTerms {
    today: TODAY,
    retailer: &["0012345000003"],
    unknown_family: UnknownFamily::AskCashier,
    times: 1,
};

/// An item of company 0614141: its number within the company, family, price and quantity.
pub(super) fn item(number: u32, family: u16, unit_price: i64, quantity: u32) -> CouponLine {
    of("0614141", number, family, unit_price, quantity)
}

pub(super) fn of(
    company: &str,
    number: u32,
    family: u16,
    unit_price: i64,
    quantity: u32,
) -> CouponLine {
    let body = format!("0{company}{number:05}");
    let gtin = Gtin::new(&format!("{body}{}", check_digit(&body))).unwrap();
    let (gtin, family) = (Some(gtin), Some(FamilyCode::new(family).unwrap()));
    CouponLine {
        gtin,
        family,
        quantity,
        unit_price,
        grams: None,
    }
}

pub(super) fn coupon(digits: &str) -> NorthAmericanCoupon {
    NorthAmericanCoupon::parse(digits).unwrap()
}

pub(super) fn outcome(digits: &str, lines: &[CouponLine]) -> CouponOutcome {
    CouponBasket::new(lines.to_vec()).judge(&coupon(digits), &TERMS)
}

/// Line, units used, cents off.
pub(super) fn shares(outcome: &CouponOutcome) -> Vec<(usize, u32, i64)> {
    match outcome {
        CouponOutcome::Applied(applied) => applied
            .lines
            .iter()
            .map(|s| (s.line, s.units, s.cents))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn applied(digits: &str, lines: &[CouponLine]) -> Applied {
    match outcome(digits, lines) {
        CouponOutcome::Applied(applied) => applied,
        other => panic!("{other:?}"),
    }
}

pub(super) fn refused(outcome: CouponOutcome) -> NotUsable {
    match outcome {
        CouponOutcome::NotUsable(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn section_4_every_field_is_read() {
    // Published: 8110 "0.89 of the first free, with two of 850 or four of 256 of another company".
    let coupon = coupon("106141411234562891101201212085010048000214025610048000310123191000");
    assert_eq!(
        (coupon.issuer.as_str(), coupon.offer.as_str()),
        ("0614141", "123456")
    );
    assert_eq!(coupon.save, SaveValue::ItemFree { up_to: 89 });
    assert_eq!(coupon.rule, Some(AdditionalRule::FirstAndAnother));
    let purchases: Vec<_> = coupon
        .purchases()
        .map(|(nth, p)| {
            (
                nth,
                format!("{:?} {} {}", p.requirement, p.family, p.company),
            )
        })
        .collect();
    let text = |nth, text: &str| (nth, text.to_owned());
    assert_eq!(
        purchases,
        [
            text(Nth::First, "Units(1) 120 0614141"),
            text(Nth::Second, "Units(2) 850 0048000"),
            text(Nth::Third, "Units(4) 256 0048000"),
        ]
    );
    assert_eq!(
        coupon.expires.unwrap().seen_from(TODAY),
        Some(date(2010, 12, 31))
    );
    assert_eq!(coupon.applies_to, Nth::First);
    assert!(coupon.may_be_multiplied && !coupon.is_store_coupon());
}

#[test]
fn section_5_2_save_value_0_takes_cents_off_the_items() {
    // 1.50 off one item of family 120.
    let digits = "106141416543213150110120";
    let lines = [
        item(1, 120, 400, 2),
        item(2, 121, 500, 1),
        item(3, 130, 900, 1),
    ];
    // 120 is a summary code: the dearest of 120 to 129 counts, one unit of it.
    assert_eq!(shares(&outcome(digits, &lines)), [(1, 1, 150)]);
    // Never more than the item costs.
    assert_eq!(
        shares(&outcome(digits, &[item(1, 120, 99, 3)])),
        [(0, 1, 99)]
    );
    assert_eq!(refused(outcome(digits, &lines[2..])), NotUsable::NotBought);
    let other = of("0048000", 1, 120, 400, 1);
    assert_eq!(refused(outcome(digits, &[other])), NotUsable::NotBought);
    assert_eq!(refused(outcome(digits, &[])), NotUsable::NotBought);
    // What costs nothing, or is taken back, was not bought.
    for price in [0, -400] {
        let free = [item(1, 120, price, 1)];
        assert_eq!(refused(outcome(digits, &free)), NotUsable::NotBought);
    }
}

#[test]
fn section_5_2_save_value_1_gives_one_item_free_up_to_a_limit() {
    // Two of 120, one of them free up to 2.00: the cheapest of those that count.
    let limited = "1061414165432132001201209100 0".replace(' ', "");
    let lines = [
        item(1, 120, 300, 1),
        item(2, 120, 250, 1),
        item(3, 120, 500, 1),
    ];
    assert_eq!(shares(&outcome(&limited, &lines)), [(0, 1, 0), (1, 1, 200)]);
    let unlimited = "10614141654321101201209100 0".replace(' ', "");
    assert_eq!(
        shares(&outcome(&unlimited, &lines)),
        [(0, 1, 0), (1, 1, 250)]
    );
    assert_eq!(
        refused(outcome(&unlimited, &lines[..1])),
        NotUsable::NotBought
    );
}

#[test]
fn section_5_2_save_value_2_gives_several_items_free() {
    // Five of 120, two of them free.
    let digits = "106141416543211215012092000";
    let lines = [
        item(1, 120, 300, 3),
        item(2, 120, 100, 1),
        item(3, 120, 200, 9),
    ];
    assert_eq!(shares(&outcome(digits, &lines)), [(1, 1, 100), (2, 4, 200)]);
}

#[test]
fn section_5_2_save_value_5_takes_percent_off() {
    // 33 percent off three of 120: 33 percent of 1000, down to the cent, spread over both lines.
    let digits = "1061414165432123313012095000";
    let lines = [item(1, 120, 333, 2), item(2, 120, 334, 5)];
    assert_eq!(shares(&outcome(digits, &lines)), [(0, 2, 220), (1, 1, 110)]);
    for wrong in [
        "10614141654321310111012095000",
        "1061414165432110 11012095000",
    ] {
        let digits = wrong.replace(' ', "");
        assert_eq!(
            refused(outcome(&digits, &lines)),
            NotUsable::PrintedWrong,
            "{wrong}"
        );
    }
}

#[test]
fn section_5_2_save_value_6_takes_cents_off_the_transaction() {
    // 5.00 off a transaction of 50.00.
    let digits = "106141416543213500450002000 96000".replace(' ', "");
    let lines = [item(1, 120, 4_000, 1), of("4006381", 1, 0, 1_000, 1)];
    let given = applied(&digits, &lines);
    assert_eq!(
        (
            given.lines.len(),
            given.off_transaction,
            given.transaction_used
        ),
        (0, 500, 5_000)
    );
    assert_eq!(refused(outcome(&digits, &lines[..1])), NotUsable::NotBought);
}

#[test]
fn section_5_2_requirement_1_asks_for_items_of_a_value() {
    // 2.00 off when items of 120 worth 10.00 are bought: as few units as make it up.
    let digits = "106141416543213200410001120";
    let lines = [item(1, 120, 300, 9), item(2, 125, 450, 1)];
    assert_eq!(shares(&outcome(digits, &lines)), [(0, 2, 114), (1, 1, 86)]);
    assert_eq!(
        refused(outcome(digits, &[item(1, 120, 300, 3)])),
        NotUsable::NotBought
    );
}

#[test]
fn section_5_2_requirements_3_and_4_ask_for_weight() {
    let weighed = |grams| {
        [CouponLine {
            grams: Some(grams),
            ..item(1, 120, 700, 1)
        }]
    };
    let pounds = "10614141654321315032003120"; // 2.00 lb are 907.18474 g
    assert_eq!(shares(&outcome(pounds, &weighed(908))), [(0, 1, 150)]);
    assert_eq!(
        refused(outcome(pounds, &weighed(907))),
        NotUsable::NotBought
    );
    let kilograms = "106141416543213150415004120"; // 1.500 kg
    assert_eq!(shares(&outcome(kilograms, &weighed(1_500))), [(0, 1, 150)]);
    assert_eq!(
        refused(outcome(kilograms, &weighed(1_499))),
        NotUsable::NotBought
    );
    assert_eq!(
        refused(outcome(kilograms, &[item(1, 120, 700, 9)])),
        NotUsable::NotBought
    );
}

#[test]
fn section_5_2_requirement_9_and_family_992_are_for_a_person() {
    let ask = |digits| outcome(digits, &[item(1, 992, 700, 9)]);
    let asked = CouponOutcome::AskCashier;
    assert_eq!(
        ask("106141416543213150119120"),
        asked(CashierReason::ReadTheCoupon)
    );
    assert_eq!(
        ask("106141416543213150110992"),
        asked(CashierReason::NoFamily)
    );
}

#[test]
fn section_4_2_days_retailer_and_multiplying() {
    let lines = [item(1, 120, 200, 1)];
    let with = |more: &str| outcome(&format!("10614141654321250110120{more}"), &lines);
    assert_eq!(
        shares(&with("32611234261123")),
        [(0, 1, 50)],
        "both days count"
    );
    assert_eq!(
        refused(with("3261122")),
        NotUsable::Expired(date(2026, 11, 22))
    );
    assert_eq!(
        refused(with("4261124")),
        NotUsable::NotYet(date(2026, 11, 24))
    );
    assert_eq!(
        shares(&with("610012345")),
        [(0, 1, 50)],
        "our company prefix"
    );
    assert_eq!(shares(&with("670012345000003")), [(0, 1, 50)], "our GLN");
    assert_eq!(refused(with("670012345000010")), NotUsable::OtherRetailer);
    assert_eq!(
        refused(with("90100")),
        NotUsable::PrintedWrong,
        "off a second purchase it does not have"
    );

    let thrice = |digits: &str| {
        let terms = CouponTerms { times: 3, ..TERMS };
        match CouponBasket::new(lines.to_vec()).judge(&coupon(digits), &terms) {
            CouponOutcome::Applied(applied) => (applied.total(), applied.at_stores_cost),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(thrice("10614141654321250110120"), (150, 100));
    assert_eq!(
        thrice("1061414165432125011012090001"),
        (50, 0),
        "must not be multiplied"
    );
    assert_eq!(
        thrice("10614141654321290110120"),
        (200, 110),
        "never more than the item costs"
    );
}

#[test]
fn section_7_an_unknown_family_is_a_persons_or_the_chains_to_decide() {
    let line = CouponLine {
        family: None,
        ..item(1, 0, 200, 1)
    };
    let basket = CouponBasket::new(vec![line]);
    let coupon = coupon("10614141654321250110120");
    let asked = CouponOutcome::AskCashier(CashierReason::UnknownFamily);
    assert_eq!(basket.judge(&coupon, &TERMS), asked);
    let terms = CouponTerms {
        unknown_family: UnknownFamily::Counts,
        ..TERMS
    };
    assert_eq!(shares(&basket.judge(&coupon, &terms)), [(0, 1, 50)]);
    let any = NorthAmericanCoupon::parse("10614141654321250110000").unwrap();
    assert_eq!(
        shares(&basket.judge(&any, &TERMS)),
        [(0, 1, 50)],
        "000 is every family"
    );
}
