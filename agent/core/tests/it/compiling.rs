//! A rule document is checked before it may decide: each fault is named, with the rule or plan.

use crate::fixtures::*;
use jiff::civil::date;
use tillside_core::*;

fn refused(document: &RuleDocument) -> String {
    RuleBook::compile(17, document).unwrap_err().to_string()
}

fn refused_plan(change: impl FnOnce(&mut CouponPlan)) -> String {
    let mut plan = plan("P", off(100));
    change(&mut plan);
    refused(&document(&[], &[plan]))
}

fn refused_rule(effect: RuleEffect) -> String {
    refused(&document(&[rule("r", "chain", effect)], &[]))
}

#[test]
fn a_good_document_keeps_its_rules_plans_and_version() {
    let rules = [
        rule("b", "x", per_amount(1, 1)),
        rule("a", "x", per_amount(1, 1)),
    ];
    let plans = [plan("Q", off(1)), plan("P", percent_off(10_000))];
    let book = RuleBook::compile(3, &document(&rules, &plans)).unwrap();
    assert_eq!((book.version(), book.rules().len()), (3, rules.len()));
    assert_eq!(book.plan(&plans[1].plan), Some(&plans[1]));
    let codes: Vec<_> = book.plans().map(|plan| plan.plan.as_str()).collect();
    assert_eq!(codes, ["P", "Q"]);
    assert_eq!(
        RuleBook::compile(0, &document(&[], &[])).unwrap(),
        RuleBook::empty()
    );
}

#[test]
fn another_layout_is_refused() {
    let mut other = document(&[], &[]);
    other.v = 2;
    assert_eq!(
        refused(&other),
        "the rules have layout 2, and this program reads 1: update the program, or publish the rules from a matching HQ"
    );
}

#[test]
fn counts_are_limited() {
    let coded = |n| rule(&format!("r{n}"), "chain", per_amount(1, 100));
    let rules: Vec<_> = (0..=RULE_LIMIT).map(coded).collect();
    assert!(RuleBook::compile(1, &document(&rules[1..], &[])).is_ok());
    assert_eq!(
        refused(&document(&rules, &[])),
        "2001 rules are more than the 2000 allowed: take out rules that have ended"
    );
    let coded = |n| plan(&format!("P{n}"), off(1));
    let plans: Vec<_> = (0..=PLAN_LIMIT).map(coded).collect();
    assert!(RuleBook::compile(1, &document(&[], &plans[1..])).is_ok());
    assert_eq!(
        refused(&document(&[], &plans)),
        "2001 coupon plans are more than the 2000 allowed: take out plans that have ended"
    );
}

#[test]
fn codes_are_there_once() {
    let (r, p) = (rule("r", "chain", per_amount(1, 100)), plan("P", off(1)));
    assert_eq!(
        refused(&document(&[r.clone(), r], &[])),
        "rule r is there twice: give each rule its own code"
    );
    assert_eq!(
        refused(&document(&[], &[p.clone(), p])),
        "coupon plan P is there twice: give each plan its own code"
    );
}

#[test]
fn amounts_are_above_zero() {
    let zero = "rule r: per is 0.00 EUR: give an amount above zero";
    assert_eq!(refused_rule(per_amount(1, 0)), zero);
    let amount = "coupon plan P: amount is -0.01 EUR: give an amount above zero";
    assert_eq!(refused_plan(|plan| plan.effect = off(-1)), amount);
    let minimum = "coupon plan P: minimum_spend is 0.00 EUR: give an amount above zero";
    assert_eq!(
        refused_plan(|plan| plan.minimum_spend = Some(eur(0))),
        minimum
    );
}

#[test]
fn shares_are_within_bounds() {
    for share in [0, 10_001] {
        assert_eq!(
            refused_plan(|plan| plan.effect = percent_off(share)),
            format!("coupon plan P: {share} basis points: give 1 to 10000 (100 are 1 %)")
        );
    }
    for share in [0, 1_000_001] {
        let effect = RuleEffect::TierMultiplier {
            tier: tier("gold"),
            extra_basis_points: share,
        };
        assert_eq!(
            refused_rule(effect),
            format!("rule r: {share} basis points: give 1 to 1000000 (100 are 1 %)")
        );
    }
}

#[test]
fn one_plan_has_one_currency() {
    assert_eq!(
        refused_plan(|plan| plan.minimum_spend = Some(usd(1))),
        "coupon plan P: minimum_spend is in USD and amount in EUR: use one currency"
    );
}

#[test]
fn a_plan_does_not_end_before_it_begins() {
    assert_eq!(
        refused_plan(|plan| plan.valid_until = date(2026, 10, 31)),
        "coupon plan P: valid_from 2026-11-01 is after valid_until 2026-10-31: swap or correct the dates"
    );
    let one_day = CouponPlan {
        valid_until: date(2026, 11, 1),
        ..plan("P", off(1))
    };
    assert!(RuleBook::compile(1, &document(&[], &[one_day])).is_ok());
}

#[test]
fn points_for_products_need_products() {
    let effect = RuleEffect::PointsPerProduct {
        points: 1,
        products: ProductSet::default(),
    };
    let words = "rule r: it names no products: name at least one item or category";
    assert_eq!(refused_rule(effect), words);
}

#[test]
fn product_sets_are_limited() {
    let mut products = ProductSet {
        items: (0..PRODUCT_SET_LIMIT)
            .map(|n| item(&format!("sku:{n}")))
            .collect(),
        categories: Vec::new(),
    };
    let with = |products: &ProductSet| RuleEffect::PointsPerProduct {
        points: 1,
        products: products.clone(),
    };
    let fits = document(&[rule("r", "chain", with(&products))], &[]);
    assert!(RuleBook::compile(1, &fits).is_ok());
    products.categories.push(category("wine"));
    let words = "it names 5001 products, more than 5000: use categories";
    assert_eq!(refused_rule(with(&products)), format!("rule r: {words}"));
    let per_amount = RuleEffect::PointsPerAmount {
        points: 1,
        per: eur(1),
        products: products.clone(),
    };
    assert_eq!(refused_rule(per_amount), format!("rule r: {words}"));
    assert_eq!(
        refused_plan(|plan| plan.products = products),
        format!("coupon plan P: {words}")
    );
}

#[test]
fn names_have_a_length() {
    let words = "must have 1 to 80 characters";
    for name in [String::new(), "x".repeat(81)] {
        let mut named = rule("r", "chain", per_amount(1, 100));
        named.name = name.clone();
        assert_eq!(
            refused(&document(&[named], &[])),
            format!("rule r: the name {words}")
        );
        assert_eq!(
            refused_plan(|plan| plan.name = name.clone()),
            format!("coupon plan P: the name {words}")
        );
        assert_eq!(
            refused_plan(|plan| plan.stacking_group = Some(name)),
            format!("coupon plan P: the stacking group {words}")
        );
    }
}
