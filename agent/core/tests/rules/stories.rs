//! The engine by example: the edges of caps and bundles, and what a cashier and an auditor read.

use crate::world::{OwnedFacts, OwnedLine, category, eur, item};
use jiff::civil::Date;
use serde_json::{Value, json};
use tillside_core::engine::*;
use tillside_core::*;

/// Lines of so many items at a price, in category c0, for a customer nobody knows.
pub fn facts(lines: &[(u32, i64)]) -> OwnedFacts {
    let lines = lines
        .iter()
        .enumerate()
        .map(|(n, (quantity, price))| OwnedLine {
            line: Line {
                item: item(n),
                name: "thing".to_owned(),
                quantity: *quantity,
                unit_price: eur(*price),
                category: Some(category(0)),
                tax_class: TaxClass::new("standard").unwrap(),
            },
            brand: None,
            kind: LineKind::Goods,
            taken: 0,
            free: 0,
        });
    OwnedFacts {
        lines: lines.collect(),
        customer: true,
        member: None,
        tenders: Vec::new(),
        redeemed: 0,
        promo_codes: Vec::new(),
        store: StoreId::new("S1").unwrap(),
        lane: LaneId::new("1").unwrap(),
        channel: Channel::Till,
        moment: LocalMoment {
            date: Date::new(2026, 11, 23).unwrap(),
            minute: 600,
        },
        counters: Counters::new(),
    }
}

/// A rule with one effect.
pub fn rule(code: &str, effect: Value) -> Value {
    json!({"rule": code, "name": "Coffee week", "effects": [{"effect": effect,
        "funders": [{"funder": "chain", "basis_points": 7_000}, {"funder": "acme", "basis_points": 3_000}]}]})
}

pub fn document(rules: &[Value]) -> Document {
    Document::read(json!({"v": 2, "rules": rules}).to_string().as_bytes()).unwrap()
}

fn ask(rules: &[Value], facts: &OwnedFacts) -> Outcome {
    facts
        .ask(&Rules::compile(17, &document(rules)).unwrap())
        .unwrap()
}

#[test]
fn a_cap_that_was_used_up_exactly_ends_the_rule() {
    for (cap, used) in [
        (
            json!({"over": "day", "points": 12}),
            Used {
                points: 12,
                ..Used::default()
            },
        ),
        (
            json!({"over": "day", "times": 2}),
            Used {
                times: 2,
                ..Used::default()
            },
        ),
        (
            json!({"over": "day", "amount": {"minor": 500, "currency": "EUR"}}),
            Used {
                amount: 500,
                ..Used::default()
            },
        ),
    ] {
        let mut rule = rule("a", json!({"points_fixed": {"points": 5}}));
        rule["caps"] = json!([cap]);
        let mut facts = facts(&[(1, 100)]);
        let subject = CapSubject::Rule(RuleId::new("a").unwrap());
        let over = CapSpan::Day;
        let key = CounterKey {
            subject: subject.clone(),
            over,
        };
        facts.counters.insert(key.clone(), used);
        let outcome = ask(&[rule.clone()], &facts);
        assert_eq!(outcome.trace[0].ending, Ending::UsedUp { subject, over });
        assert_eq!(
            outcome.sentence(&outcome.trace[0]),
            "Coffee week: used up for today."
        );
        assert_eq!((outcome.awards, outcome.moved), (Vec::new(), Vec::new()));
        // One less of each, and it gives again.
        let less = Used {
            times: used.times.saturating_sub(1),
            points: (used.points - 1).max(0),
            amount: (used.amount - 1).max(0),
        };
        facts.counters.insert(key, less);
        assert_eq!(ask(&[rule], &facts).trace[0].ending, Ending::Gave);
    }
}

#[test]
fn a_bundle_that_saves_nothing_is_not_made_and_uses_nothing() {
    let bundle = |price: i64| {
        let part = json!({"quantity": 2, "products": {"categories": ["c0"]}});
        let price = json!({"minor": price, "currency": "EUR"});
        rule(
            "a",
            json!({"bundle_price": {"price": price, "parts": [part]}}),
        )
    };
    let free = rule("b", json!({"n_for_m": {"buy": 2, "pay": 1}}));
    // Two at 2.50 are worth 5.00.
    let same = ask(&[bundle(500), free.clone()], &facts(&[(2, 250)]));
    assert_eq!(same.discounts.len(), 1);
    assert_eq!(same.discounts[0].rule.as_str(), "b");
    assert_eq!(same.left, [250]);
    let less = ask(&[bundle(499), free], &facts(&[(2, 250)]));
    assert_eq!(less.discounts.len(), 1, "both items are in the bundle");
    assert_eq!(less.left, [499]);
    // Of 3.00, 3.00, 2.50, 2.50 only the first set is worth more than 5.00.
    let some = ask(&[bundle(500)], &facts(&[(2, 250), (2, 300)]));
    assert_eq!(some.left, [500, 500]);
}

#[test]
fn a_cashier_and_an_auditor_can_read_why() {
    let mut percent = rule("a", json!({"percent_off": {"basis_points": 1_250}}));
    percent["when"] = json!({"any": [{"member": true}, {"basket": {"items": {"least": 2}}}]});
    percent["caps"] = json!([{"over": "basket", "amount": {"minor": 40, "currency": "EUR"}}]);
    let each = json!({"minor": 100, "currency": "EUR"});
    let points = rule(
        "b",
        json!({"points_per_amount": {"points": 3, "per": each}}),
    );
    let outcome = ask(&[percent, points], &facts(&[(1, 199), (1, 201)]));
    let off = &outcome.discounts[0];
    assert_eq!(
        off.why.to_string(),
        "Coffee week (12.5 % off 4.00 EUR, the most for one basket)"
    );
    assert_eq!(off.spread, [(0, 20), (1, 20)]);
    let funders: Vec<i64> = off.funders.iter().map(|(_, minor)| *minor).collect();
    assert_eq!(funders, [28, 12]);
    let [first, second] = &outcome.trace[..] else {
        panic!("two rules: {:?}", outcome.trace);
    };
    assert_eq!(outcome.sentence(first), "Coffee week: 0.40 EUR off.");
    assert_eq!(*first.matched, ["rules[0].when.any[1].basket".into()]);
    let working = &first.workings[0];
    assert_eq!(
        (working.base, working.computed, working.given),
        (400, 50, 40)
    );
    let cap = (CapSubject::Rule(RuleId::new("a").unwrap()), CapSpan::Basket);
    assert_eq!(working.capped_by, Some(cap));
    assert_eq!(outcome.sentence(second), "Coffee week: 9 points.");
    let why = "Coffee week (3 points for each full 1.00 EUR: 3.60 EUR gives 9)";
    assert_eq!(outcome.awards[0].why.to_string(), why);
    assert!(second.workings[0].rounded_down);
    assert_eq!(outcome.version, 17);
}

#[test]
fn more_than_a_sale_may_give_is_refused_unless_a_cap_holds_it_down() {
    let rich = facts(&[(1, MONEY_LIMIT)]);
    let cent = json!({"minor": 1, "currency": "EUR"});
    let refused = |effect: Value| {
        let rules = Rules::compile(1, &document(&[rule("a", effect)])).unwrap();
        rich.ask(&rules).unwrap_err()
    };
    let progress = json!({"tier_progress": {"units": 2, "per": cent}});
    assert_eq!(refused(progress), Refusal::PointsTooMany);
    let points = json!({"points_per_amount": {"points": 2, "per": cent}});
    assert_eq!(refused(points.clone()), Refusal::PointsTooMany);
    // Each alone is within, both together are not.
    let once = json!({"points_per_amount": {"points": 1, "per": cent}});
    let two = [rule("a", once.clone()), rule("b", once)];
    let rules = Rules::compile(1, &document(&two)).unwrap();
    assert_eq!(rich.ask(&rules), Err(Refusal::PointsTooMany));
    let mut capped = rule("a", points);
    capped["caps"] = json!([{"over": "basket", "points": 10}]);
    assert_eq!(
        ask(&[capped], &rich).awards[0].gift,
        Gift::Points(Points(10))
    );
}

#[test]
fn a_basket_past_its_limits_is_refused() {
    let rules = Rules::empty();
    let many = facts(&vec![(1, 1); BASKET_LINE_LIMIT + 1]);
    let lines = BASKET_LINE_LIMIT + 1;
    assert_eq!(many.ask(&rules), Err(Refusal::TooManyLines { lines }));
    let too_dear = facts(&[(1, MONEY_LIMIT), (1, 1)]);
    assert!(too_dear.ask(&rules).is_err());
    assert_eq!(
        facts(&[(0, 1)]).ask(&rules),
        Err(Refusal::QuantityZero { line: 1 })
    );
}

/// A basket in another currency than a rule's amounts, or its campaign's, is none of the rule's business.
#[test]
fn a_rule_with_amounts_keeps_to_its_currency() {
    let usd = Currency::new("USD").unwrap();
    let fixed = json!({"points_fixed": {"points": 5}});
    let per = json!({"points_per_amount": {"points": 1, "per": {"minor": 100, "currency": "EUR"}}});
    let mut of_campaign = rule("campaign", fixed.clone());
    of_campaign["campaign"] = "autumn".into();
    let document = json!({
        "v": 2,
        "campaigns": [{"campaign": "autumn", "name": "Autumn",
            "caps": [{"over": "total", "amount": {"minor": 100_000, "currency": "EUR"}}]}],
        "rules": [rule("any", fixed), rule("amount", per), of_campaign],
    });
    let document = Document::read(document.to_string().as_bytes()).unwrap();
    let rules = Rules::compile(17, &document).unwrap();
    let mut facts = facts(&[(1, 500)]);
    let gave = |outcome: &Outcome| -> Vec<String> {
        let awards = outcome.awards.iter();
        awards.map(|award| award.rule.to_string()).collect()
    };
    let in_euros = facts.ask(&rules).unwrap();
    assert_eq!(gave(&in_euros), ["any", "amount", "campaign"]);
    for line in &mut facts.lines {
        line.line.unit_price = Money::new(500, usd).unwrap();
    }
    let lines: Vec<ContextLine<'_>> = facts.lines.iter().map(OwnedLine::borrowed).collect();
    let context = Context {
        currency: usd,
        redeemed: Money::zero(usd),
        ..facts.context(&lines)
    };
    let in_dollars = evaluate(&rules, &context).unwrap();
    assert_eq!(gave(&in_dollars), ["any"]);
}
