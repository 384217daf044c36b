//! Every refusal of a checkout, by planting what it guards against into a sale that is good.

use crate::fixtures::*;
use std::collections::BTreeSet;
use tillside_core::*;

fn bread() -> Vec<Line> {
    vec![line("bread", 2, 300), line("wine", 1, 900)]
}

fn refused(change: impl FnOnce(&mut CheckOut)) -> Refusal {
    let state = state_with(plan("P", off(100)), &["AAAA", "BBBB"]);
    let mut command = check_out(1, &bread(), &["AAAA"], 1_400);
    assert!(decide(&state, Command::CheckOut(command.clone()), now()).is_ok());
    change(&mut command);
    let refusal = decide(&state, Command::CheckOut(command), now()).unwrap_err();
    let again = refusal.to_string();
    assert!(again.ends_with('.') && again.len() > 20, "{again}");
    refusal
}

#[test]
fn baskets_past_their_limits() {
    let empty = refused(|sale| sale.basket.lines.clear());
    assert_eq!(empty, Refusal::EmptyBasket);
    let lines = BASKET_LINE_LIMIT + 1;
    let many = refused(|sale| sale.basket.lines = vec![line("bread", 1, 1); lines]);
    assert_eq!(many, Refusal::TooManyLines { lines });
    let coupons = BASKET_COUPON_LIMIT + 1;
    let many = refused(|sale| sale.coupons = vec![number("AAAA"); coupons]);
    assert_eq!(many, Refusal::TooManyCoupons { coupons });
}

#[test]
fn lines_that_cannot_be_sold() {
    let line = 2;
    let none = refused(|sale| sale.basket.lines[1].quantity = 0);
    assert_eq!(none, Refusal::QuantityZero { line });
    let quantity = LINE_QUANTITY_LIMIT + 1;
    let many = refused(|sale| sale.basket.lines[1].quantity = quantity);
    assert_eq!(many, Refusal::QuantityTooLarge { line, quantity });
    let negative = refused(|sale| sale.basket.lines[1].unit_price = eur(-1));
    assert_eq!(negative, Refusal::NegativePrice { line });
    for name in [String::new(), "x".repeat(LINE_NAME_LIMIT + 1)] {
        let named = refused(|sale| sale.basket.lines[1].name = name);
        assert_eq!(named, Refusal::LineName { line });
    }
}

#[test]
fn currencies_that_do_not_mix() {
    let mixed = Refusal::MixedCurrency {
        expected: Currency::EUR,
        found: usd(0).currency(),
    };
    let price = refused(|sale| sale.basket.lines[1].unit_price = usd(900));
    assert_eq!(price, mixed);
    let mut alone = line("wine", 1, 900);
    alone.unit_price = usd(900);
    assert_eq!(alone.check(1, Currency::EUR), Err(mixed.clone()));
    let tender = refused(|sale| sale.tenders[0].amount = usd(1_400));
    assert_eq!(tender, mixed);
}

#[test]
fn sums_out_of_range() {
    let limit = eur(MONEY_LIMIT);
    let line = refused(|sale| sale.basket.lines[0].unit_price = limit);
    assert_eq!(line, Refusal::AmountTooLarge, "a line");
    let sum = refused(|sale| sale.basket.lines[1].unit_price = limit);
    assert_eq!(sum, Refusal::AmountTooLarge, "their sum");
    let tendered = refused(|sale| {
        let amount = limit;
        let kind = TenderKind::Card;
        sale.tenders.push(Tender::new(kind, amount));
    });
    assert_eq!(tendered, Refusal::AmountTooLarge, "the tenders");
}

#[test]
fn points_out_of_range() {
    let generous = rule("r", "chain", per_amount(u32::MAX, 1));
    let twice = [
        generous.clone(),
        rule("s", "chain", per_amount(1_100_000, 1)),
    ];
    let price = (POINTS_LIMIT / i64::from(u32::MAX)) - 1;
    for (rules, price, fits) in [
        (&[generous][..], price + 2, false),
        (&twice[..1], price, true),
        (&twice[..], price, false),
    ] {
        let command = check_out(1, &[line("a", 1, price)], &[], price);
        let decided = decide(&state(rules, &[]), Command::CheckOut(command), now());
        assert_eq!(
            decided.as_ref().err(),
            (!fits).then_some(&Refusal::PointsTooMany)
        );
    }
}

#[test]
fn payments_that_do_not_fit() {
    let total = eur(1_400);
    for paid in [1_399, 1_401] {
        let tendered = eur(paid);
        let wrong = refused(|sale| sale.tenders = cash(paid));
        assert_eq!(wrong, Refusal::TenderMismatch { total, tendered });
    }
    let tendered = eur(0);
    let none = refused(|sale| sale.tenders.clear());
    assert_eq!(none, Refusal::TenderMismatch { total, tendered });
    for amount in [eur(0), eur(-100)] {
        let odd = refused(|sale| sale.tenders.extend(cash(amount.minor())));
        assert_eq!(odd, Refusal::TenderNotPositive { amount });
    }
    let tenders = TENDER_LIMIT + 1;
    let many = refused(|sale| sale.tenders = vec![cash(1)[0].clone(); tenders]);
    assert_eq!(many, Refusal::TooManyTenders { tenders });
}

#[test]
fn a_sale_of_nothing_needs_no_tender() {
    let mut state = state(&[], &[]);
    let sale = sell(&mut state, check_out(1, &[line("leaflet", 1, 0)], &[], 0));
    assert_eq!((sale.total, sale.tenders), (eur(0), Vec::new()));
}

#[test]
fn tenders_may_be_several() {
    let mut state = state(&[], &[]);
    let mut command = check_out(1, &bread(), &[], 1_000);
    command
        .tenders
        .push(Tender::new(TenderKind::Card, eur(500)));
    assert_eq!(sell(&mut state, command).tenders.len(), 2);
}

#[test]
fn a_coupon_that_may_not_be_used() {
    let unknown = refused(|sale| sale.coupons.push(number("ZZZZ")));
    let expected = Refusal::Coupon {
        number: number("ZZZZ"),
        verdict: Verdict::Unknown,
    };
    assert_eq!(unknown, expected);
    assert_eq!(
        unknown.to_string(),
        "Coupon ZZZZ cannot be used: unknown. Take it off and go on."
    );
}

#[test]
fn a_sale_is_completed_once_even_after_a_void() {
    let mut state = state_with(plan("P", off(100)), &["AAAA"]);
    let command = check_out(1, &bread(), &["AAAA"], 1_400);
    sell(&mut state, command.clone());
    let sale = sale_id(1);
    let again = decide(&state, Command::CheckOut(command.clone()), now());
    assert_eq!(again, Err(Refusal::AlreadyCompleted { sale }));
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    let again = decide(&state, Command::CheckOut(command), now());
    assert_eq!(again, Err(Refusal::AlreadyCompleted { sale }));
}

#[test]
fn a_sale_longer_than_a_record_is_split() {
    let mut long = line("bread", 1, 1);
    // Each of these is six bytes in JSON.
    long.name = "\u{1}".repeat(LINE_NAME_LIMIT);
    let named = |n: usize| Rule {
        name: "\u{1}".repeat(RULE_NAME_LIMIT),
        ..rule(&format!("r{n}"), "chain", per_amount(1, 1))
    };
    let rules: Vec<Rule> = (0..RULE_LIMIT).map(named).collect();
    let lines = vec![long; BASKET_LINE_LIMIT];
    let command = check_out(1, &lines, &[], BASKET_LINE_LIMIT as i64);
    let all = decide(
        &state(&rules, &[]),
        Command::CheckOut(command.clone()),
        now(),
    );
    assert_eq!(all, Err(Refusal::SaleTooLong));
    let few = decide(
        &state(&rules[..100], &[]),
        Command::CheckOut(command),
        now(),
    )
    .unwrap();
    let record = Record {
        v: RECORD_VERSION,
        terminal: terminal(1),
        epoch: u32::MAX,
        seq: u64::MAX,
        prev: Hash::of(b""),
        at: Timestamp(i64::MIN),
        clock: Clock::Suspect,
        event: few[0].clone(),
    };
    let envelope = record.seal().unwrap().body.len() - serde_json::to_vec(&few[0]).unwrap().len();
    assert!(envelope < 1_024, "{envelope}");
}

#[test]
fn a_refused_coupon_is_kept_and_a_valid_one_is_not() {
    let mut state = state_with(plan("P", off(100)), &["AAAA"]);
    let refuse = |verdict| {
        Command::RefuseCoupon(RefuseCoupon {
            sale: sale_id(1),
            lane: LaneId::new("1").unwrap(),
            cashier: person("anna"),
            number: number("AAAA"),
            verdict,
        })
    };
    let before = state.coupons.clone();
    let kept = carry_out(&mut state, refuse(Verdict::Revoked), now()).unwrap();
    assert!(matches!(kept, Event::CouponRefused(kept) if kept.verdict == Verdict::Revoked));
    assert_eq!(state.coupons, before);
    let number = number("AAAA");
    let refusal = decide(&state, refuse(valid_here()), now());
    assert_eq!(refusal, Err(Refusal::CouponValid { number }));
}

#[test]
fn an_older_bundle_is_never_adopted() {
    let state = state(&[], &[]);
    let adopt = |version| decide(&state, Command::AdoptBundle { version }, now());
    let older = Refusal::OlderBundle {
        offered: 16,
        in_force: 17,
    };
    assert_eq!(adopt(16), Err(older));
    for version in [17, 18] {
        assert_eq!(adopt(version), Ok(vec![Event::BundleAdopted { version }]));
    }
}

#[test]
fn refusals_have_stable_codes() {
    let sale = sale_id(1);
    let all = [
        refused(|sale| sale.basket.lines.clear()),
        refused(|sale| sale.tenders.clear()),
        Refusal::SaleUnknown { sale },
        Refusal::AlreadyVoided { sale },
        Refusal::NotSameDay { sold: TODAY },
        Refusal::AlreadyCompleted { sale },
        Refusal::ReasonMissing,
    ];
    let codes: Vec<_> = all.iter().map(Refusal::code).collect();
    let expected = [
        "empty_basket",
        "tender_mismatch",
        "sale_unknown",
        "already_voided",
        "not_same_day",
        "already_completed",
        "reason_missing",
    ];
    assert_eq!(codes, expected);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}
