//! What coupons take off, and from which lines.

use crate::fixtures::*;
use tillside_core::*;

fn spreads(quote: &Quote) -> Vec<Vec<(u32, i64)>> {
    quote.discounts.iter().map(|d| d.spread.clone()).collect()
}

#[test]
fn an_amount_is_spread_to_the_last_cent() {
    let state = state_with(plan("P", off(100)), &["AAAA"]);
    // Shares 33.3, 33.3, 33.3: the cent left over goes to the first.
    let thirds = [line("a", 1, 500), line("b", 1, 500), line("c", 1, 500)];
    let quote = quoted(&state, &thirds, &["AAAA"]);
    assert_eq!(spreads(&quote), [[(0, 34), (1, 33), (2, 33)]]);
    // Shares 14.29, 28.57, 57.14: the cent left over goes to the second, which lost most.
    let uneven = [line("a", 1, 100), line("b", 1, 200), line("c", 1, 400)];
    let quote = quoted(&state, &uneven, &["AAAA"]);
    assert_eq!(spreads(&quote), [[(0, 14), (1, 29), (2, 57)]]);
    assert_eq!(quote.total, eur(600));
    assert_eq!(quote.lines[1].discount, eur(29));
    assert_eq!(quote.lines[1].total, eur(171));
}

#[test]
fn an_amount_never_exceeds_what_its_products_cost() {
    let mut for_bread = plan("P", off(1_000));
    for_bread.products = products(&["bread"]);
    let state = state_with(for_bread, &["AAAA"]);
    let quote = quoted(
        &state,
        &[line("wine", 1, 900), line("bread", 1, 300)],
        &["AAAA"],
    );
    assert_eq!(quote.discounts[0].amount, eur(300));
    assert_eq!(spreads(&quote), [[(1, 300)]]);
    assert_eq!(quote.total, eur(900));
    let why = "Plan P (10.00 EUR off, but only 3.00 EUR was left to pay)";
    assert_eq!(quote.discounts[0].why, why);
}

#[test]
fn a_share_is_rounded_down_once_over_the_sum() {
    let state = state_with(plan("P", percent_off(1_250)), &["AAAA"]);
    // 12.5 % of 3 x 0.33 is 12.375 cents; line by line it would be 3 x 4.
    let lines = [line("a", 1, 33), line("b", 1, 33), line("c", 1, 39)];
    let quote = quoted(&state, &lines, &["AAAA"]);
    assert_eq!(quote.discounts[0].amount, eur(13));
    assert_eq!(quote.discounts[0].why, "Plan P (12.5 % off 1.05 EUR)");
}

#[test]
fn each_coupon_sees_what_those_before_it_left() {
    let mut state = state_with(plan("P", off(500)), &["AAAA"]);
    let both = [plan("P", off(500)), plan("Q", percent_off(1_000))];
    state.rules = RuleBook::compile(17, &document(&[], &both)).unwrap().into();
    hold(&mut state, "QQQQ", "Q");
    let lines = [line("bread", 1, 2_000)];
    // 20.00 less 5.00, less 10 % of 15.00; the other way round less 2.00, less 5.00.
    assert_eq!(quoted(&state, &lines, &["AAAA", "QQQQ"]).total, eur(1_350));
    assert_eq!(quoted(&state, &lines, &["QQQQ", "AAAA"]).total, eur(1_300));
}

#[test]
fn the_cheapest_item_is_free_once() {
    let state = state_with(plan("P", CouponEffect::ItemFree), &["AAAA", "BBBB", "CCCC"]);
    let lines = [
        line("wine", 1, 900),
        line("bread", 2, 300),
        line("bag", 1, 0),
    ];
    let quote = quoted(&state, &lines, &["AAAA", "BBBB", "CCCC"]);
    assert_eq!(spreads(&quote), [[(1, 300)], [(1, 300)], [(0, 900)]]);
    assert_eq!(quote.discounts[0].why, "Plan P (one bread free)");
    assert_eq!(quote.total, eur(0));
}

#[test]
fn a_free_item_is_worth_what_it_still_costs() {
    let plans = [
        plan("P", CouponEffect::ItemFree),
        plan("Q", percent_off(1_000)),
    ];
    let mut state = state(&[], &plans);
    hold(&mut state, "FREE", "P");
    hold(&mut state, "TENOFF", "Q");
    // After 10 % off, one of two loaves at 3.00 costs 2.70.
    let quote = quoted(&state, &[line("bread", 2, 300)], &["TENOFF", "FREE"]);
    assert_eq!(quote.discounts[1].amount, eur(270));
    assert_eq!(quote.total, eur(270));
}

#[test]
fn of_two_items_at_one_price_the_earlier_is_free() {
    let state = state_with(plan("P", CouponEffect::ItemFree), &["AAAA"]);
    let quote = quoted(&state, &[line("a", 1, 300), line("b", 1, 300)], &["AAAA"]);
    assert_eq!(spreads(&quote), [[(0, 300)]]);
}

#[test]
fn an_empty_basket_quotes_as_nothing() {
    let state = state_with(plan("P", off(100)), &["AAAA"]);
    let quote = quoted(&state, &[], &["AAAA"]);
    assert_eq!((quote.subtotal, quote.total), (eur(0), eur(0)));
    assert!(quote.discounts.is_empty() && quote.lines.is_empty());
}

#[test]
fn the_trace_tells_every_step_in_words() {
    let rules = [
        rule("base", "chain", per_amount(2, 100)),
        rule(
            "gold",
            "chain",
            RuleEffect::TierMultiplier {
                tier: tier("gold"),
                extra_basis_points: 5_000,
            },
        ),
    ];
    let mut state = state(&rules, &[plan("P", off(100))]);
    hold(&mut state, "AAAA", "P");
    let quote = quoted(&state, &[line("bread", 1, 1_340)], &["AAAA", "ZZZZ"]);
    let expected = [
        "coupon AAAA: valid (proved: bound to this store): Plan P (1.00 EUR off)",
        "coupon ZZZZ: unknown",
        "rule base: Rule base (2 points for each full 1.00 EUR: 12.40 EUR gives 24)",
        "rule gold: Rule gold (50 % more for tier gold: 24 points so far give 12)",
    ];
    assert_eq!(quote.trace, expected);
}
