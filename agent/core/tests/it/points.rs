//! What rules give, to whom, and how it becomes lots.

use crate::fixtures::*;
use tillside_core::*;

fn gold_half_more() -> RuleEffect {
    RuleEffect::TierMultiplier {
        tier: tier("gold"),
        extra_basis_points: 5_000,
    }
}

fn quote_for(state: &State, lines: &[Line], customer: bool, member: Option<MemberId>) -> Quote {
    let request = QuoteRequest {
        basket: &basket(lines),
        customer,
        member,
        coupons: &[],
        redeemed: None,
    };
    quote(state, request, now()).unwrap()
}

fn given(quote: &Quote) -> Vec<(&str, i64)> {
    let awards = quote.awards.iter();
    awards.map(|a| (a.rule.as_str(), a.points.0)).collect()
}

#[test]
fn points_are_for_each_full_amount_after_discounts() {
    let base = rule("base", "chain", per_amount(2, 100));
    let mut state = state(&[base], &[plan("P", off(100))]);
    hold(&mut state, "AAAA", "P");
    let lines = [line("bread", 1, 1_340)];
    let quote = quoted(&state, &lines, &["AAAA"]);
    assert_eq!(given(&quote), [("base", 24)]);
    let award = &quote.awards[0];
    assert_eq!(
        award.why,
        "Rule base (2 points for each full 1.00 EUR: 12.40 EUR gives 24)"
    );
    assert_eq!((award.version, quote.rules), (17, 17));
    assert_eq!(quote.points, Points(24));
}

#[test]
fn a_rule_looks_at_its_products_only() {
    let on_bread = RuleEffect::PointsPerAmount {
        points: 1,
        per: eur(100),
        products: products(&["bread"]),
    };
    let per_loaf = RuleEffect::PointsPerProduct {
        points: 5,
        products: products(&["bread"]),
    };
    let rules = [
        rule("amount", "chain", on_bread),
        rule("loaf", "baker", per_loaf),
    ];
    let state = state(&rules, &[]);
    let quote = quoted(&state, &[line("bread", 3, 250), line("wine", 2, 900)], &[]);
    assert_eq!(given(&quote), [("amount", 7), ("loaf", 15)]);
    assert_eq!(
        quote.awards[1].why,
        "Rule loaf (5 points for each item: 3 give 15)"
    );
    let quote = quoted(&state, &[line("bread", 1, 250)], &[]);
    assert_eq!(
        quote.awards[1].why,
        "Rule loaf (5 points for each item: 1 gives 5)"
    );
}

#[test]
fn a_multiplier_counts_what_came_before_it_rounded_down() {
    let rules = [
        rule("before", "chain", per_amount(1, 100)),
        rule("gold", "chain", gold_half_more()),
        rule("after", "chain", per_amount(1, 100)),
    ];
    let state = state(&rules, &[]);
    let lines = [line("bread", 1, 500)];
    let quote = quote_for(&state, &lines, true, Some(member_id(1)));
    assert_eq!(given(&quote), [("before", 5), ("gold", 2), ("after", 5)]);
    assert_eq!(quote.points, Points(12));
}

#[test]
fn who_earns() {
    let rules = [
        rule("base", "chain", per_amount(1, 100)),
        rule("gold", "chain", gold_half_more()),
    ];
    let state = state(&rules, &[]);
    let lines = [line("bread", 1, 1_000)];
    let points = |customer, member| quote_for(&state, &lines, customer, member).points.0;
    assert_eq!(points(true, Some(member_id(1))), 15, "a gold member");
    assert_eq!(points(true, Some(member_id(2))), 10, "a basic member");
    assert_eq!(points(true, None), 10, "a card this store does not know");
    assert_eq!(
        points(true, Some(member_id(9))),
        10,
        "a member this store does not hold"
    );
    assert_eq!(points(false, None), 0, "nobody");
}

#[test]
fn awards_of_nothing_are_not_written() {
    let rules = [
        rule("base", "chain", per_amount(1, 1_000)),
        rule("gold", "chain", gold_half_more()),
    ];
    let quote = quoted(&state(&rules, &[]), &[line("gum", 1, 999)], &[]);
    assert_eq!(given(&quote), []);
    let expected = [
        "rule base: Rule base: nothing for this basket.",
        "rule gold: Rule gold: nothing for this basket.",
    ];
    assert_eq!(quote.trace, expected, "but the trace says why not");
}

#[test]
fn a_rule_in_another_currency_gives_nothing() {
    let per = usd(100);
    let products = ProductSet::default();
    let effect = RuleEffect::PointsPerAmount {
        points: 1,
        per,
        products,
    };
    let quote = quoted(
        &state(&[rule("usd", "chain", effect)], &[]),
        &[line("a", 1, 900)],
        &[],
    );
    assert_eq!(given(&quote), []);
    // It does not hold at all, so that there is nothing to say.
    assert_eq!(quote.trace, [""; 0]);
}

#[test]
fn each_funder_has_one_lot() {
    let rules = [
        rule("a", "chain", per_amount(1, 100)),
        rule("b", "baker", per_amount(2, 100)),
        rule("c", "chain", per_amount(4, 100)),
    ];
    let mut state = state(&rules, &[]);
    let sale = sell(&mut state, check_out(1, &[line("bread", 1, 300)], &[], 300));
    let lot = |index, points, funder: &str| Lot {
        sale: sale_id(1),
        index,
        amount: Points(points),
        funder: FunderId::new(funder).unwrap(),
        pending_until: now().at,
        expires_on: None,
        on: Vec::new(),
    };
    assert_eq!(sale.lots, [lot(0, 15, "chain"), lot(1, 6, "baker")]);
    assert_eq!(state.members[&member_id(1)].points, Points(121));
    assert_eq!(state.members[&member_id(2)].points, Points(100));
}

#[test]
fn a_sale_without_a_customer_has_no_lots() {
    let mut state = state(&[rule("a", "chain", per_amount(1, 100))], &[]);
    let nobody = Customer {
        card: None,
        member: None,
    };
    for (sale, customer) in [(1, None), (2, Some(nobody))] {
        let mut command = check_out(sale, &[line("bread", 1, 300)], &[], 300);
        command.customer = customer;
        let sale = sell(&mut state, command);
        assert!(sale.lots.is_empty() && sale.awards.is_empty());
        assert_eq!(sale.customer, None);
    }
}
