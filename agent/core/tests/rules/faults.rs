//! Documents that are wrong: refused, with the rule, the place and what to do.

use serde_json::{Value, json};
use tillside_core::engine::*;

/// A document that is right.
pub fn right() -> Value {
    json!({
        "v": 2,
        "conditions": [{"name": "evening", "when": {"time": {"from": "18:00", "until": "22:00"}}}],
        "campaigns": [{"campaign": "autumn", "name": "Autumn",
            "caps": [{"over": "total", "amount": {"minor": 100_000, "currency": "EUR"}}]}],
        "stacking": [{"category": "promo", "with": ["promo"]}],
        "exclusive": [{"group": "one", "rules": ["a", "b"]}],
        "rules": [rule("a"), rule("b"), rule("c")],
    })
}

fn rule(code: &str) -> Value {
    json!({
        "rule": code, "name": "Coffee week", "campaign": "autumn", "stacking": "promo",
        "valid": {"from": "2026-11-01", "until": "2026-11-30"},
        "when": {"all": [{"named": "evening"}, {"tier": ["gold"]}]},
        "caps": [{"over": "basket", "points": 50}],
        "effects": [{
            "effect": {"percent_off": {"basis_points": 1000, "products": {"categories": ["coffee"]}}},
            "funders": [{"funder": "chain", "basis_points": 10_000}],
        }],
    })
}

/// The right document after one value in it was replaced.
pub fn changed(pointer: &str, value: Value) -> Value {
    let mut document = right();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(fields) => {
            fields.insert(last.to_owned(), value);
        }
        Value::Array(list) => match list.get_mut(last.parse::<usize>().unwrap()) {
            Some(there) => *there = value,
            None => list.push(value),
        },
        other => panic!("{other} has no parts"),
    }
    document
}

/// What is said of a document.
fn said(document: &Value) -> String {
    let read = Document::read(document.to_string().as_bytes());
    let rules = read.and_then(|document| Rules::compile(1, &document));
    rules.map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
}

#[test]
fn the_right_document_is_accepted() {
    assert_eq!(said(&right()), "nothing");
}

/// What makes the right document wrong: where, what is there then, and what is said of it.
pub fn cases() -> Vec<(&'static str, Value, &'static str)> {
    let effect = "/rules/1/effects/0/effect";
    let deep = (0..9).fold(json!({"member": true}), |inner, _| json!({"not": inner}));
    let wide: Vec<Value> = (0..64).map(|_| json!({"member": true})).collect();
    let usd = json!({"minor": 5, "currency": "USD"});
    let eur = |minor: i64| json!({"minor": minor, "currency": "EUR"});
    let any = json!({});
    vec![
        // Not to be read.
        (
            "/rules/1/colour",
            json!("red"),
            "rule b, rules[1].colour: unknown field `colour`",
        ),
        (
            "/rules/1/when",
            json!({"moon": "full"}),
            "rule b, rules[1].when: unknown variant `moon`",
        ),
        ("/v", json!(3), "v: layout 3 is not one"),
        (
            "/rules/1/when",
            json!({"time": {"from": "24:00", "until": "01:00"}}),
            "\"24:00\" is not a time of day",
        ),
        // Named parts.
        (
            "/conditions/0/when",
            json!({"not": {"named": "evening"}}),
            "conditions[0].when.not.named: the conditions go round in a circle: evening → evening",
        ),
        (
            "/rules/1/when",
            json!({"named": "noon"}),
            "rule b, rules[1].when.named: the document has no condition noon",
        ),
        (
            "/conditions/1",
            json!({"name": "evening", "when": {"member": true}}),
            "conditions[1]: evening is there twice",
        ),
        (
            "/rules/1/rule",
            json!("a"),
            "rule a, rules[1].rule: a is there twice",
        ),
        (
            "/rules/1/campaign",
            json!("spring"),
            "the document has no campaign spring",
        ),
        (
            "/rules/1/stacking",
            json!("base"),
            "the document has no stacking category base",
        ),
        (
            "/campaigns/1",
            json!({"campaign": "autumn", "name": "Again"}),
            "campaigns[1]: autumn is there twice",
        ),
        (
            "/stacking/0/with",
            json!(["base"]),
            "stacking[0].with[0]: the document has no stacking category base",
        ),
        // Exclusive groups.
        (
            "/exclusive/1",
            json!({"group": "two", "rules": ["b", "c"]}),
            "exclusive[1].rules[0]: rule b is also in group one",
        ),
        (
            "/exclusive/0/rules",
            json!(["a"]),
            "exclusive[0].rules: it names one rule only",
        ),
        (
            "/exclusive/0/rules",
            json!(["a", "a"]),
            "exclusive[0].rules[1]: a is there twice",
        ),
        (
            "/exclusive/0/rules",
            json!(["a", "z"]),
            "exclusive[0].rules[1]: the document has no rule z",
        ),
        // Conditions.
        ("/rules/1/when", deep, ".not: it nests deeper than 8"),
        (
            "/rules/1/when",
            json!({"any": wide}),
            "rules[1].when.any[63]: the rule's conditions come to more than 64",
        ),
        (
            "/rules/1/when",
            json!({"all": []}),
            "rules[1].when.all: it is empty",
        ),
        (
            "/rules/1/when",
            json!({"tier": []}),
            "rules[1].when.tier: it is empty",
        ),
        (
            "/rules/1/when",
            json!({"lane": vec!["1"; 1_001]}),
            "rules[1].when.lane: it lists 1001 values",
        ),
        (
            "/rules/1/when",
            json!({"basket": {"items": {"least": 3, "most": 2}}}),
            "rules[1].when.basket.items: the range ends before it begins",
        ),
        (
            "/rules/1/when",
            json!({"basket": {"amount": {"least": eur(-1)}}}),
            "rules[1].when.basket.amount.least: -0.01 EUR is too little",
        ),
        (
            "/rules/1/when",
            json!({"basket": {"amount": {"least": usd}}}),
            "rules[1].when.basket.amount.least: it is in USD, and the rule has amounts in EUR",
        ),
        (
            "/rules/1/effects/0/effect",
            json!({"amount_off": {"amount": usd}}),
            "rules[1].effects[0].effect.amount_off.amount: it is in USD, and the rule has amounts in EUR",
        ),
        (
            "/rules/1/caps",
            json!([{"over": "day", "amount": usd}]),
            "rules[1].caps[0].amount: it is in USD, and the rule has amounts in EUR",
        ),
        (
            "/rules/1/when",
            json!({"time": {"from": "18:00", "until": "18:00"}}),
            "rules[1].when.time: it begins and ends at the same time",
        ),
        (
            "/rules/1/when",
            json!({"birthday": {"window": {"before": 61, "after": 0}}}),
            "rules[1].when.birthday.window.before: 61 is not allowed: give 0 to 60",
        ),
        (
            "/rules/1/when",
            json!({"visit": {"every": 0}}),
            "rules[1].when.visit: 0 is not allowed",
        ),
        (
            "/rules/1/when",
            json!({"date": {"from": "9026-11-01"}}),
            "rules[1].when.date.from: 9026-11-01 is no sensible day",
        ),
        (
            "/rules/1/valid/until",
            json!("2026-10-31"),
            "rules[1].valid: the range ends before it begins",
        ),
        (
            "/campaigns/0/valid",
            json!({"from": "1926-01-01"}),
            "campaigns[0].valid.from: 1926-01-01 is no sensible day",
        ),
        // Effects.
        (
            "/rules/1/effects",
            json!([]),
            "rules[1].effects: a rule has 1 to 8 effects, not 0",
        ),
        (
            effect,
            json!({"percent_off": {"basis_points": 10_001}}),
            "rule b, rules[1].effects[0].effect.percent_off.basis_points: 10001 is not allowed: give 1 to 10000",
        ),
        (
            effect,
            json!({"cashback": {"basis_points": 0}}),
            "cashback.basis_points: 0 is not allowed",
        ),
        (
            effect,
            json!({"points_multiplier": {"extra_basis_points": 0}}),
            "points_multiplier.extra_basis_points: 0 is not allowed",
        ),
        (
            effect,
            json!({"tier_bonus": {"tiers": []}}),
            "tier_bonus.tiers: it is empty",
        ),
        (
            effect,
            json!({"amount_off": {"amount": eur(0)}}),
            "amount_off.amount: 0.00 EUR is too little: give an amount above zero",
        ),
        (
            effect,
            json!({"points_per_amount": {"points": 1, "per": eur(0)}}),
            "points_per_amount.per: 0.00 EUR is too little",
        ),
        (
            effect,
            json!({"points_per_item": {"points": 1, "products": any}}),
            "points_per_item.products: it names no products",
        ),
        (
            effect,
            json!({"n_for_m": {"buy": 3, "pay": 3}}),
            "n_for_m.pay: 3 is not allowed: give 1 to 2",
        ),
        (
            effect,
            json!({"cheapest_free": {"free": 4, "of": 3}}),
            "cheapest_free.free: 4 is not allowed: give 1 to 3",
        ),
        (
            effect,
            json!({"cheapest_free": {"free": 1, "of": 3, "at_most": 0}}),
            "cheapest_free.at_most: 0 is not allowed",
        ),
        (
            effect,
            json!({"bundle_price": {"price": eur(1), "parts": []}}),
            "bundle_price.parts: a bundle has 1 to 8 parts, not 0",
        ),
        (
            effect,
            json!({"bundle_price": {"price": eur(-1), "parts": [{"quantity": 1, "products": any}]}}),
            "bundle_price.price: -0.01 EUR is too little: give zero or more",
        ),
        (
            effect,
            json!({"voucher": {"plan": "GONE", "count": 1}}),
            "voucher.plan: the document has no coupon plan GONE",
        ),
        (
            effect,
            json!({"stamps": {"card": "x", "stamps": 0}}),
            "stamps.stamps: 0 is not allowed",
        ),
        // Funders and caps.
        (
            "/rules/1/effects/0/funders",
            json!([]),
            "funders: an effect has 1 to 8 funders, not 0",
        ),
        (
            "/rules/1/effects/0/funders/0/basis_points",
            json!(9_000),
            "rules[1].effects[0].funders: the shares come to 9000 basis points",
        ),
        (
            "/rules/1/effects/0/funders/1",
            json!({"funder": "chain", "basis_points": 0}),
            "funders[1]: chain is there twice",
        ),
        (
            "/rules/1/effects/0/funders/1",
            json!({"funder": "acme", "basis_points": 0}),
            "funders: the shares come to 10000",
        ),
        (
            "/rules/1/caps/0",
            json!({"over": "day"}),
            "rules[1].caps[0]: it limits nothing",
        ),
        (
            "/rules/1/caps/0/times",
            json!(1),
            "rules[1].caps[0].times: one basket is always once",
        ),
        (
            "/rules/1/caps/1",
            json!({"over": "basket", "points": 1}),
            "rules[1].caps[1]: a cap over one basket is there twice",
        ),
        (
            "/rules/1/caps/0/points",
            json!(0),
            "rules[1].caps[0].points: 0 is not allowed",
        ),
        (
            "/rules/1/name",
            json!(""),
            "rules[1].name: a name has 1 to 80 characters",
        ),
        (
            "/exclusions",
            json!({"no_discount_on": {"items": vec!["sku:x"; 5_001]}}),
            "exclusions.no_discount_on: 5001 are more than the 5000 allowed",
        ),
        ("/plans", json!([{"plan": "P"}]), "plans[0]: missing field"),
    ]
}

#[test]
fn each_fault_is_refused_with_its_place() {
    let mut wrong = Vec::new();
    for (pointer, value, expected) in cases() {
        let said = said(&changed(pointer, value));
        if !said.contains(expected) {
            wrong.push(format!("{pointer}: wanted {expected:?}, got {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
