//! What the linter says is so: no rule it calls dead ever applies, and no basket gets more than the
//! worst case it states.

use crate::stories::{document, rule};
use crate::world::{case, eur, modest};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use tillside_core::engine::lint::*;
use tillside_core::engine::*;

proptest! {
    #![proptest_config(modest(400))]

    #[test]
    fn a_rule_that_is_called_dead_never_gives(case in case()) {
        let rules = Rules::compile(1, &case.document).unwrap();
        let outcome = case.facts.ask(&rules).unwrap();
        for warning in lint(&case.document) {
            match warning {
                Warning::NeverTrue { rule, .. } => {
                    prop_assert!(outcome.trace.iter().all(|step| step.rule != rule));
                }
                Warning::Unreachable { rule, .. } => {
                    let mut steps = outcome.trace.iter().filter(|step| step.rule == rule);
                    prop_assert!(steps.all(|step| step.ending != Ending::Gave));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn no_basket_gets_more_than_the_worst_case(case in case()) {
        let rules = Rules::compile(1, &case.document).unwrap();
        let outcome = case.facts.ask(&rules).unwrap();
        let lines = case.facts.lines.iter().map(|line| &line.line);
        let largest = Largest {
            amount: lines.clone().map(|l| l.unit_price.minor() * i64::from(l.quantity)).sum(),
            items: lines.map(|line| line.quantity).sum(),
            baskets_a_day: 1,
        };
        let mut given: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for discount in outcome.discounts {
            given.entry(discount.rule).or_default().1 += discount.amount.minor();
        }
        for award in outcome.awards {
            let given = given.entry(award.rule).or_default();
            match award.gift {
                Gift::Points(points) => given.0 += points.0,
                Gift::Cashback(amount) => given.1 += amount.minor(),
                _ => {}
            }
        }
        for worst in worst_cases(&case.document, largest) {
            let (points, amount) = given.get(&worst.rule).copied().unwrap_or_default();
            prop_assert!(points <= worst.basket_points && points <= worst.day_points, "{worst:?}");
            prop_assert!(amount <= worst.basket_amount && amount <= worst.day_amount, "{worst:?}");
        }
    }
}

#[test]
fn contradictions_are_found() {
    let tier = |tier: &str| json!({"tier": [tier]});
    let cases = [
        (json!({"all": [tier("gold"), tier("basic")]}), true),
        (json!({"all": [tier("gold"), {"not": tier("gold")}]}), true),
        (json!({"all": [{"member": false}, tier("gold")]}), true),
        (
            json!({"any": [{"all": [tier("a"), tier("b")]}, {"all": [tier("a"), {"not": tier("a")}]}]}),
            true,
        ),
        (
            json!({"any": [{"all": [tier("a"), tier("b")]}, tier("a")]}),
            false,
        ),
        (
            json!({"all": [{"first_purchase": true}, {"visit": {"nth": 2}}]}),
            true,
        ),
        (
            json!({"all": [{"date": {"until": "2026-01-01"}}, {"date": {"from": "2026-01-02"}}]}),
            true,
        ),
        (
            json!({"all": [{"basket": {"items": {"most": 2}}}, {"basket": {"items": {"least": 3}}}]}),
            true,
        ),
        (
            json!({"all": [{"time": {"from": "08:00", "until": "09:00"}}, {"time": {"from": "22:00", "until": "08:00"}}]}),
            true,
        ),
        (json!({"all": [{"group": ["a"]}, {"group": ["b"]}]}), false),
        (tier("gold"), false),
    ];
    for (when, dead) in cases {
        let mut one = rule("a", json!({"points_fixed": {"points": 1}}));
        one["when"] = when.clone();
        let warnings = lint(&document(&[one]));
        let found = warnings
            .iter()
            .any(|warning| matches!(warning, Warning::NeverTrue { .. }));
        assert_eq!(found, dead, "{when}: {warnings:?}");
    }
}

#[test]
fn shadowed_and_endless_rules_are_found() {
    let mut always = rule("a", json!({"points_fixed": {"points": 1}}));
    let mut never = rule("b", json!({"points_fixed": {"points": 1}}));
    never["caps"] = json!([{"over": "total", "points": 1_000}]);
    let lint_of = |rules: &[serde_json::Value]| {
        let mut document = document(rules);
        let group = json!({"group": "one", "rules": ["a", "b"]});
        document.exclusive = vec![serde_json::from_value(group).unwrap()];
        lint(&document)
            .into_iter()
            .map(|warning| warning.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lint_of(&[always.clone(), never.clone()]),
        [
            "rule a has no cap in total, nor has its campaign: it may give without end",
            "rule b is never reached: rule a of group one comes first and always applies",
        ]
    );
    always["when"] = json!({"member": true});
    assert_eq!(lint_of(&[always, never]).len(), 1);
}

#[test]
fn the_worst_case_counts_caps() {
    let each = json!({"minor": 100, "currency": "EUR"});
    let mut one = rule(
        "a",
        json!({"points_per_amount": {"points": 2, "per": each}}),
    );
    let worst = |rule: &serde_json::Value| {
        let largest = Largest {
            amount: eur(50_000).minor(),
            items: 100,
            baskets_a_day: 300,
        };
        worst_cases(&document(std::slice::from_ref(rule)), largest).remove(0)
    };
    let open = worst(&one);
    assert_eq!((open.basket_points, open.day_points), (1_000, 300_000));
    one["caps"] = json!([{"over": "basket", "points": 400}, {"over": "day", "points": 90_000}]);
    let capped = worst(&one);
    assert_eq!((capped.basket_points, capped.day_points), (400, 90_000));
    one["caps"] = json!([{"over": "member", "points": 400}, {"over": "day", "times": 10}]);
    let capped = worst(&one);
    assert_eq!((capped.basket_points, capped.day_points), (400, 4_000));
}
