//! Coupons and baskets by chance: the sums hold, a naive search agrees, damaged digits do no harm;
//! and positive offers, which are asked about.

use super::coupons::{TERMS, item};
use proptest::prelude::*;
use tillside_core::gs1::{
    Adjudication, CouponBasket, CouponLine, CouponOutcome, NorthAmericanCoupon, OfferVerdict,
    OfflineOfferPolicy, PositiveOffer,
};

fn lines() -> impl Strategy<Value = Vec<CouponLine>> {
    let family = prop::sample::select(vec![120u16, 130, 140, 121]);
    let line = (
        0..50u32,
        family,
        0..900i64,
        0..4u32,
        prop::option::of(0..3000u32),
    );
    let line = line.prop_map(|(number, family, price, quantity, grams)| CouponLine {
        grams,
        ..item(number, family, price, quantity)
    });
    prop::collection::vec(line, 0..6)
}

/// Digits of a coupon of company 0614141, with whatever fields there are.
fn coupon() -> impl Strategy<Value = String> {
    let family = || prop::sample::select(vec!["120", "130", "140", "100", "000", "992"]);
    let code = || prop::sample::select(vec![0u8, 0, 0, 1, 2, 3, 4, 9]);
    let purchase = move || (1..5u32, code(), family());
    let misc = (
        prop::sample::select(vec![0u8, 1, 2, 5, 6]),
        0..3u8,
        0..10u8,
        0..2u8,
    );
    (
        1..999u32,
        purchase(),
        prop::option::of((0..4u8, purchase())),
        prop::option::of(purchase()),
        prop::option::of(misc),
    )
        .prop_map(|(value, first, second, third, misc)| {
            let amount = |n: u32, code: u8| {
                let n = if code == 0 || code == 9 { n } else { n * 300 };
                format!("{}{n}{code}", n.to_string().len())
            };
            let purchase =
                |(n, code, family): (u32, u8, &str)| format!("{}{family}", amount(n, code));
            let mut digits = format!(
                "10614141654321{}{value}{}",
                value.to_string().len(),
                purchase(first)
            );
            if let Some((rule, second)) = second {
                digits.push_str(&format!("1{rule}{}9", purchase(second)));
            }
            if let Some(third) = third {
                digits.push_str(&format!("2{}9", purchase(third)));
            }
            if let Some((save, applies, store, multiply)) = misc {
                digits.push_str(&format!("9{save}{applies}{store}{multiply}"));
            }
            digits
        })
}

/// Whether units can be given out so that each of some counted demands gets enough: tries every
/// way, one unit at a time.
fn naive(demands: &[(u32, u16)], units: &[u16]) -> bool {
    let Some((family, rest)) = units.split_first() else {
        return demands.iter().all(|(want, _)| *want == 0);
    };
    let mut ways = vec![demands.to_vec()];
    for (at, (want, of)) in demands.iter().enumerate() {
        let covers =
            *of == 0 || (of % 100 == 0 && of / 100 == family / 100) || of / 10 == family / 10;
        if *want > 0 && covers {
            let mut less = demands.to_vec();
            less[at].0 -= 1;
            ways.push(less);
        }
    }
    ways.iter().any(|demands| naive(demands, rest))
}

proptest! {
    #[test]
    fn nothing_is_given_that_is_not_there(lines in lines(), coupons in prop::collection::vec(coupon(), 1..5)) {
        let mut basket = CouponBasket::new(lines.clone());
        let total: i64 = lines.iter().map(|line| line.unit_price * i64::from(line.quantity)).sum();
        let (mut off, mut units) = (0, vec![0; lines.len()]);
        for digits in coupons {
            let coupon = NorthAmericanCoupon::parse(&digits).unwrap();
            let outcome = basket.judge(&coupon, &TERMS);
            prop_assert_eq!(&outcome, &basket.judge(&coupon, &TERMS));
            let CouponOutcome::Applied(applied) = outcome else { continue };
            prop_assert!(applied.total() > 0);
            off += applied.total();
            for share in &applied.lines {
                prop_assert!(share.units > 0);
                let most = lines[share.line].unit_price * i64::from(share.units);
                prop_assert!((0..=most).contains(&share.cents));
                units[share.line] += share.units;
                prop_assert!(units[share.line] <= lines[share.line].quantity);
            }
            basket.use_up(&applied);
        }
        prop_assert!(off <= total);
    }

    #[test]
    fn all_of_them_is_met_whenever_it_can_be(
        counts in prop::collection::vec((1u32..3, prop::sample::select(vec![0u16, 100, 120, 130, 210])), 3),
        units in prop::collection::vec(prop::sample::select(vec![120u16, 130, 210, 220]), 0..7),
    ) {
        let [a, b, c] = [counts[0], counts[1], counts[2]];
        let purchase = |(n, family): (u32, u16)| format!("1{n}0{family:03}");
        let digits = format!("1061414165432111{}11{}92{}9", purchase(a), purchase(b), purchase(c));
        let coupon = NorthAmericanCoupon::parse(&digits).unwrap();
        let lines = units.iter().enumerate().map(|(n, family)| item(n as u32, *family, 100 + n as i64, 1));
        let outcome = CouponBasket::new(lines.collect()).judge(&coupon, &TERMS);
        let met = matches!(outcome, CouponOutcome::Applied(_));
        prop_assert_eq!(met, naive(&counts, &units), "{:?}", outcome);
    }

    /// Any digit changed, any cut: read as something else or refused inside the text.
    #[test]
    fn damaged_digits_are_refused_or_judged(digits in coupon(), at in 0usize..70, with in any::<char>(), cut in 0usize..80, lines in lines()) {
        let mut chars: Vec<char> = digits.chars().collect();
        let at = at % chars.len();
        chars[at] = with;
        chars.truncate(cut);
        let text: String = chars.iter().collect();
        match NorthAmericanCoupon::parse(&text) {
            Ok(coupon) => drop(CouponBasket::new(lines).judge(&coupon, &TERMS)),
            Err(error) => prop_assert!(error.at + error.len <= chars.len()),
        }
        if let Err(error) = PositiveOffer::parse(&text) {
            prop_assert!(error.at + error.len <= chars.len());
        }
    }

    #[test]
    fn any_digits_are_harmless(digits in "[0-9]{0,80}", lines in lines()) {
        if let Ok(coupon) = NorthAmericanCoupon::parse(&digits) {
            drop(CouponBasket::new(lines).judge(&coupon, &TERMS));
        }
        drop(PositiveOffer::parse(&digits));
    }
}

#[test]
fn absurd_amounts_do_not_overflow() {
    let lines = vec![
        item(1, 120, i64::MAX, u32::MAX),
        item(2, 120, i64::MIN, u32::MAX),
    ];
    for digits in [
        "10614141654321599999599999012095000",
        "10614141654321599999599999112090000",
        "10614141654321599999110120",
    ] {
        let coupon = NorthAmericanCoupon::parse(digits).unwrap();
        let mut basket = CouponBasket::new(lines.clone());
        for _ in 0..3 {
            if let CouponOutcome::Applied(applied) = basket.judge(&coupon, &TERMS) {
                basket.use_up(&applied);
            }
        }
    }
}

#[test]
fn words_say_where_and_what_to_do() {
    let error = NorthAmericanCoupon::parse("0123456123456111101233200132").unwrap_err();
    insta::assert_snapshot!(error, @"This coupon cannot be read: the last day is no date (character 23 of its code). Scan it again; if it stays so, do not take the coupon.");
}

#[test]
fn a_positive_offer_is_asked_about_and_a_policy_says_what_holds_without_a_line() {
    let offer = PositiveOffer::parse("061234567890121234569123456789012345").unwrap();
    assert_eq!(
        (offer.funder.as_str(), offer.offer.as_str()),
        ("123456789012", "123456")
    );
    assert_eq!(offer.serial, "123456789012345");

    let no = Adjudication::NoAnswer;
    let refuse = |verdict: OfferVerdict| matches!(verdict, OfferVerdict::Refuse { .. });
    let strict = OfflineOfferPolicy::default();
    assert!(refuse(strict.verdict(&no, 0)));
    let capped = OfflineOfferPolicy::TakePrinted {
        most_each: 300,
        most_until_online: 1_000,
    };
    assert_eq!(
        capped.verdict(&no, 0),
        OfferVerdict::TakePrinted { at_most: 300 }
    );
    assert_eq!(
        capped.verdict(&no, 900),
        OfferVerdict::TakePrinted { at_most: 100 }
    );
    assert!(refuse(capped.verdict(&no, 1_000)) && refuse(capped.verdict(&no, u32::MAX)));
    for policy in [strict, capped] {
        let good = Adjudication::Accepted { cents: 500 };
        assert_eq!(
            policy.verdict(&good, 5_000),
            OfferVerdict::Take { cents: 500 }
        );
        let why = "used on Monday".to_owned();
        let bad = Adjudication::Refused { why: why.clone() };
        assert_eq!(policy.verdict(&bad, 0), OfferVerdict::Refuse { why });
    }
    let json = serde_json::to_string(&capped).unwrap();
    assert_eq!(
        json,
        r#"{"policy":"take_printed","most_each":300,"most_until_online":1000}"#
    );
    assert_eq!(
        serde_json::from_str::<OfflineOfferPolicy>(&json).unwrap(),
        capped
    );
}
