//! Coupon verdicts, one by one and in their order of precedence.

use crate::fixtures::*;
use jiff::civil::date;
use tillside_core::*;

fn bread() -> Vec<Line> {
    vec![line("bread", 2, 300)]
}

fn used_elsewhere() -> CouponUsed {
    CouponUsed {
        at: Timestamp(1_795_000_000_000),
        store: store("S1"),
        terminal: terminal(1),
        sale: sale_id(99),
    }
}

#[test]
fn a_coupon_of_this_store_is_valid_and_names_its_proof() {
    let state = state_with(plan("P", off(100)), &["AAAA"]);
    assert_eq!(verdicts(&state, &bread(), &["AAAA"]), [valid_here()]);
}

#[test]
fn a_number_that_is_not_known_or_not_issued_or_of_no_plan_is_unknown() {
    let mut state = state_with(plan("P", off(100)), &["AAAA"]);
    assign(&mut state, "BBBB", Assignment::NotIssued);
    hold(&mut state, "CCCC", "GONE");
    let verdicts = verdicts(&state, &bread(), &["ZZZZ", "BBBB", "CCCC"]);
    assert_eq!(verdicts, [const { Verdict::Unknown }; 3]);
}

#[test]
fn a_number_that_belongs_elsewhere_or_was_taken_back_says_so_even_if_used() {
    let mut state = state_with(plan("P", off(100)), &[]);
    let there = store("S2");
    let assignments = [
        Assignment::OtherStore {
            store: there.clone(),
        },
        Assignment::OtherTill {
            terminal: terminal(2),
        },
        Assignment::Revoked,
    ];
    for (text, assignment) in ["OTHERSTORE", "OTHERTILL", "REVOKED"]
        .into_iter()
        .zip(assignments)
    {
        assign(&mut state, text, assignment);
        let standing = state.coupons.get_mut(&number(text)).unwrap();
        standing.used = Some(used_elsewhere());
    }
    let verdicts = verdicts(&state, &bread(), &["OTHERSTORE", "OTHERTILL", "REVOKED"]);
    let terminal = terminal(2);
    let expected = [
        Verdict::OtherStore { store: there },
        Verdict::OtherTill { terminal },
        Verdict::Revoked,
    ];
    assert_eq!(verdicts, expected);
}

#[test]
fn a_used_coupon_says_so_before_its_dates_and_even_when_its_plan_is_gone() {
    let mut ended = plan("ENDED", off(100));
    ended.valid_until = date(2026, 11, 2);
    let mut state = state_with(ended, &["AAAA"]);
    hold(&mut state, "BBBB", "GONE");
    for text in ["AAAA", "BBBB"] {
        state.coupons.get_mut(&number(text)).unwrap().used = Some(used_elsewhere());
    }
    let verdicts = verdicts(&state, &bread(), &["AAAA", "BBBB"]);
    let used = Verdict::Used(used_elsewhere());
    assert_eq!(verdicts, [used.clone(), used]);
}

#[test]
fn the_first_and_the_last_day_count() {
    let state = state_with(plan("P", off(100)), &["AAAA"]);
    let judge = |day| {
        let request = QuoteRequest {
            basket: &basket(&bread()),
            customer: false,
            member: None,
            coupons: &numbers(&["AAAA"]),
            redeemed: None,
        };
        let mut coupons = quote(&state, request, on(day)).unwrap().coupons;
        coupons.remove(0).verdict
    };
    let (from, until) = (date(2026, 11, 1), date(2026, 11, 30));
    assert_eq!(judge(date(2026, 10, 31)), Verdict::NotYet { from });
    assert_eq!(judge(from), valid_here());
    assert_eq!(judge(until), valid_here());
    let on = until;
    assert_eq!(judge(date(2026, 12, 1)), Verdict::Expired { on });
}

#[test]
fn a_date_is_judged_before_the_basket() {
    let mut ended = plan("ENDED", off(100));
    ended.valid_until = date(2026, 11, 2);
    ended.products = products(&["coffee"]);
    let state = state_with(ended, &["AAAA"]);
    let on = date(2026, 11, 2);
    assert_eq!(
        verdicts(&state, &bread(), &["AAAA"]),
        [Verdict::Expired { on }]
    );
}

#[test]
fn the_minimum_counts_only_the_plans_products_before_any_discount() {
    let mut with_minimum = plan("P", off(100));
    with_minimum.minimum_spend = Some(eur(1_000));
    with_minimum.products = products(&["bread"]);
    let mut state = state_with(with_minimum, &["AAAA", "BBBB"]);
    hold(&mut state, "CCCC", "P");
    let short = [line("bread", 3, 333), line("wine", 1, 5_000)];
    let minimum = eur(1_000);
    let missing = eur(1);
    let expected = misfit(Misfit::MinimumSpend { minimum, missing });
    assert_eq!(verdicts(&state, &short, &["AAAA"]), [expected]);
    // The first takes 1.00 of the 10.00; the second still meets the minimum.
    let enough = [line("bread", 2, 500)];
    assert_eq!(
        verdicts(&state, &enough, &["AAAA", "BBBB"]),
        [valid_here(), valid_here()]
    );
}

#[test]
fn a_plan_of_other_products_does_not_fit() {
    let mut for_coffee = plan("P", off(100));
    for_coffee.products = products(&["coffee"]);
    for_coffee.products.items.push(item("sku:wine"));
    let state = state_with(for_coffee, &["AAAA"]);
    let no_product = misfit(Misfit::NoProduct);
    assert_eq!(
        verdicts(&state, &bread(), &["AAAA"]),
        std::slice::from_ref(&no_product)
    );
    assert_eq!(verdicts(&state, &[], &["AAAA"]), [no_product]);
    for fitting in ["coffee", "wine"] {
        let verdicts = verdicts(&state, &[line(fitting, 1, 500)], &["AAAA"]);
        assert_eq!(verdicts, [valid_here()], "{fitting}");
    }
}

#[test]
fn the_same_number_twice_counts_as_two_of_a_kind() {
    let state = state_with(plan("P", off(100)), &["AAAA", "BBBB"]);
    let verdicts = verdicts(&state, &bread(), &["AAAA", "BBBB", "AAAA"]);
    let twice = misfit(Misfit::OnePerBasket);
    assert_eq!(verdicts, [valid_here(), valid_here(), twice]);
}

#[test]
fn a_plan_may_allow_one_coupon_in_a_basket() {
    let mut single = plan("P", off(100));
    single.one_per_basket = true;
    let mut state = state_with(single, &["AAAA", "BBBB"]);
    assign(&mut state, "CCCC", Assignment::Revoked);
    // Only a coupon that was accepted keeps the next one out.
    let verdicts = verdicts(&state, &bread(), &["CCCC", "AAAA", "BBBB"]);
    let second = misfit(Misfit::OnePerBasket);
    assert_eq!(verdicts, [Verdict::Revoked, valid_here(), second]);
}

#[test]
fn plans_of_one_stacking_group_do_not_go_together() {
    let grouped = |code, group: Option<&str>| CouponPlan {
        stacking_group: group.map(str::to_owned),
        ..plan(code, off(100))
    };
    let plans = [
        grouped("P", Some("spring")),
        grouped("Q", Some("spring")),
        grouped("R", Some("summer")),
        grouped("S", None),
        grouped("T", None),
    ];
    let mut state = state(&[], &plans);
    for (text, code) in [
        ("PPPP", "P"),
        ("QQQQ", "Q"),
        ("RRRR", "R"),
        ("SSSS", "S"),
        ("TTTT", "T"),
    ] {
        hold(&mut state, text, code);
    }
    let verdicts = verdicts(&state, &bread(), &["PPPP", "QQQQ", "RRRR", "SSSS", "TTTT"]);
    let with = number("PPPP");
    let stacked = misfit(Misfit::Stacking { with });
    let valid = valid_here;
    assert_eq!(verdicts, [valid(), stacked, valid(), valid(), valid()]);
}

#[test]
fn nothing_is_burnt_for_nothing() {
    let mut state = state_with(plan("P", off(600)), &["AAAA", "BBBB"]);
    let nothing_left = || misfit(Misfit::NothingLeft);
    let verdicts_of_two = verdicts(&state, &bread(), &["AAAA", "BBBB"]);
    assert_eq!(verdicts_of_two, [valid_here(), nothing_left()]);
    // 1 % of 0.99 is less than a cent.
    let tiny = plan("TINY", percent_off(100));
    state = state_with(tiny, &["CCCC"]);
    assert_eq!(
        verdicts(&state, &[line("gum", 1, 99)], &["CCCC"]),
        [nothing_left()]
    );
    assert_eq!(
        verdicts(&state, &[line("gum", 1, 100)], &["CCCC"]),
        [valid_here()]
    );
}

#[test]
fn amounts_in_another_currency_do_not_fit() {
    let amount = usd(100);
    let mut in_dollars = plan("P", CouponEffect::AmountOff { amount });
    let currency = amount.currency();
    let other = misfit(Misfit::OtherCurrency { currency });
    let state = state_with(in_dollars.clone(), &["AAAA"]);
    assert_eq!(
        verdicts(&state, &bread(), &["AAAA"]),
        std::slice::from_ref(&other)
    );
    in_dollars.effect = percent_off(1_000);
    in_dollars.minimum_spend = Some(amount);
    let state = state_with(in_dollars, &["AAAA"]);
    assert_eq!(verdicts(&state, &bread(), &["AAAA"]), [other]);
}

#[test]
fn a_suspect_clock_is_said_with_each_answer() {
    let state = state_with(plan("P", off(100)), &["AAAA"]);
    let request = QuoteRequest {
        basket: &basket(&bread()),
        customer: false,
        member: None,
        coupons: &numbers(&["AAAA"]),
        redeemed: None,
    };
    let clock = Clock::Suspect;
    let quote = quote(&state, request, Now { clock, ..now() }).unwrap();
    assert_eq!(quote.coupons[0].clock, clock);
}
