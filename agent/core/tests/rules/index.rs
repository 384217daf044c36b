//! The index: a basket makes the engine look at few rules, whatever they are conditioned on. That it
//! misses none is for the agreement with the naive evaluator to say.

use crate::naive::{expected, seen};
use crate::stories::{document, facts, rule};
use crate::world::{Case, OwnedFacts};
use crate::world_rules::campaign;
use serde_json::{Value, json};
use tillside_core::engine::*;

/// How many of each kind; a document holds ten thousand rules.
const RULES: usize = 2_100;

/// So many rules that are conditioned on nothing but `when` says.
fn rules(when: impl Fn(usize) -> Value) -> Document {
    few_rules(RULES, when)
}

fn few_rules(count: usize, when: impl Fn(usize) -> Value) -> Document {
    let rules: Vec<Value> = (0..count)
        .map(|n| {
            let mut rule = rule(&format!("r{n}"), json!({"points_fixed": {"points": 1}}));
            rule["when"] = when(n);
            rule
        })
        .collect();
    document(&rules)
}

fn looked_at_by(facts: &OwnedFacts, document: &Document) -> usize {
    let rules = Rules::compile(1, document).unwrap();
    let lines: Vec<ContextLine<'_>> = facts.lines.iter().map(|line| line.borrowed()).collect();
    looked_at(&rules, &facts.context(&lines)).unwrap()
}

fn eur(minor: usize) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

fn time(minute: usize) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// 2026-01-01 and so many days.
fn day(n: usize) -> String {
    let first = jiff::civil::date(2026, 1, 1);
    first
        .saturating_add(jiff::Span::new().days(n as i64))
        .to_string()
}

const WEEK: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

#[test]
fn rules_about_the_calendar_alone_are_looked_at_when_it_is_their_time() {
    // Monday, 2026-11-23, 10:00; 3 items for 10.00.
    let basket = facts(&[(2, 350), (1, 300)]);
    let cases: [(&str, Document, usize); 9] = [
        (
            "weekday",
            rules(|n| json!({"weekday": [WEEK[n % 7]]})),
            RULES / 7,
        ),
        (
            "not weekday",
            rules(
                |n| json!({"not": {"weekday": WEEK.map(|day| if day == WEEK[n % 7] { WEEK[(n + 1) % 7] } else { day })}}),
            ),
            RULES / 7,
        ),
        (
            "minute",
            rules(|n| json!({"time": {"from": time(n), "until": time(n + 1)}})),
            RULES.div_ceil(1_440),
        ),
        (
            "night",
            rules(|_| json!({"time": {"from": "22:00", "until": "06:00"}})),
            0,
        ),
        (
            "not by day",
            rules(|_| json!({"not": {"time": {"from": "06:00", "until": "22:00"}}})),
            0,
        ),
        (
            "day",
            rules(|n| json!({"date": {"from": day(n), "until": day(n + 1)}})),
            2,
        ),
        (
            "not for long",
            rules(|n| json!({"not": {"date": {"from": "2026-01-01", "until": day(n + 400)}}})),
            0,
        ),
        (
            "amount",
            rules(
                |n| json!({"basket": {"amount": {"least": eur(n * 10), "most": eur(n * 10 + 9)}}}),
            ),
            1,
        ),
        (
            "items",
            rules(|n| json!({"basket": {"items": {"least": n}}})),
            4,
        ),
    ];
    for (name, document, most) in cases {
        let looked_at = looked_at_by(&basket, &document);
        assert!(
            looked_at <= most,
            "{name}: {looked_at} of {RULES}, expected {most}"
        );
        agree(name, document, &basket);
    }
}

#[test]
fn rules_about_who_buys_are_looked_at_for_whom_they_may_be() {
    let mut nobody = facts(&[(2, 350), (1, 300)]);
    nobody.customer = false;
    let mut member = facts(&[(2, 350), (1, 300)]);
    member.member = Some(MemberFacts {
        purchases: Some(6),
        joined: Some(jiff::civil::date(2026, 2, 1)),
        ..MemberFacts::default()
    });
    let cases: [(&str, Document, usize, usize); 8] = [
        ("customer", rules(|_| json!({"basket": {}})), 0, RULES),
        ("member", rules(|_| json!({"member": true})), 0, RULES),
        (
            "no member",
            rules(|_| json!({"not": {"member": true}})),
            RULES,
            0,
        ),
        ("nth", rules(|n| json!({"visit": {"nth": n + 1}})), 0, 1),
        ("every", rules(|n| json!({"visit": {"every": n + 1}})), 0, 7),
        ("first", rules(|_| json!({"first_purchase": true})), 0, 0),
        (
            "joined",
            rules(|n| json!({"joined": {"on": {"from": day(n), "until": day(n)}}})),
            0,
            1,
        ),
        ("tender", rules(|_| json!({"tender": ["cash"]})), 0, 0),
    ];
    for (name, document, for_nobody, most) in cases {
        let looked_at = looked_at_by(&nobody, &document);
        assert_eq!(looked_at, for_nobody, "{name}, for nobody");
        let looked_at = looked_at_by(&member, &document);
        assert!(
            looked_at <= most,
            "{name}: {looked_at} of {RULES}, expected {most}"
        );
        agree(name, document, &member);
    }
}

#[test]
fn a_rule_is_filed_under_what_the_fewest_baskets_have() {
    let basket = facts(&[(2, 350), (1, 300)]);
    let both = rules(
        |n| json!({"all": [{"weekday": ["monday"]}, {"basket": {"items": {"least": n, "most": n}}}]}),
    );
    assert_eq!(looked_at_by(&basket, &both), 1);
    let either = rules(
        |n| json!({"any": [{"weekday": ["sunday"]}, {"basket": {"amount": {"least": eur(n * 10), "most": eur(n * 10 + 9)}}}]}),
    );
    assert_eq!(looked_at_by(&basket, &either), 1);
    let contained =
        rules(|n| json!({"contains": {"products": {}, "amount": {"least": eur(n * 10)}}}));
    assert_eq!(looked_at_by(&basket, &contained), 101);
}

#[test]
fn the_days_of_a_rule_and_of_its_campaign_count() {
    let basket = facts(&[(1, 100)]);
    let over = DateWindow {
        from: None,
        until: Some(jiff::civil::date(2026, 11, 22)),
    };
    let mut document = rules(|_| json!({"basket": {}}));
    assert_eq!(looked_at_by(&basket, &document), RULES);
    document.campaigns = vec![Campaign {
        campaign: campaign(0),
        name: "autumn".to_owned(),
        valid: over,
        caps: Vec::new(),
    }];
    for (n, rule) in document.rules.iter_mut().enumerate() {
        if n % 2 == 0 {
            rule.valid = over;
        } else {
            rule.campaign = Some(campaign(0));
        }
    }
    assert_eq!(looked_at_by(&basket, &document), 0);
}

#[test]
fn at_its_very_edges_a_condition_and_its_opposite_are_found_where_they_hold() {
    let conditions = [
        json!({"date": {"from": "2026-11-22", "until": "2026-11-24"}}),
        json!({"time": {"from": "08:00", "until": "10:00"}}),
        json!({"time": {"from": "10:00", "until": "08:00"}}),
        json!({"time": {"from": "10:00", "until": "00:00"}}),
        json!({"time": {"from": "00:00", "until": "08:00"}}),
        json!({"basket": {"items": {"least": 2, "most": 4}}}),
        json!({"basket": {"amount": {"least": eur(200), "most": eur(400)}}}),
        json!({"contains": {"products": {}, "items": {"least": 2}, "amount": {"least": eur(300)}}}),
        json!({"weekday": ["sunday", "monday"]}),
        json!({"member": true}),
    ];
    let opposite = |n: usize| match n % 2 {
        0 => conditions[n / 2].clone(),
        _ => json!({"not": conditions[n / 2]}),
    };
    let document = few_rules(2 * conditions.len(), opposite);
    for date in 21..=25 {
        agree("day", document.clone(), &at(date, 600, 1));
    }
    for minute in [0, 1, 479, 480, 481, 599, 600, 601, 1_439] {
        agree("minute", document.clone(), &at(23, minute, 1));
    }
    for items in 1..=5 {
        agree("items", document.clone(), &at(23, 600, items));
    }
}

/// So many items for 1.00 each, on a day of November 2026.
fn at(day: i8, minute: u16, items: u32) -> OwnedFacts {
    let mut facts = facts(&[(items, 100)]);
    let date = jiff::civil::date(2026, 11, day);
    facts.moment = LocalMoment { date, minute };
    facts
}

fn agree(name: &str, document: Document, facts: &OwnedFacts) {
    let rules = Rules::compile(17, &document).unwrap();
    let outcome = facts.ask(&rules).unwrap();
    let facts = facts.clone();
    assert_eq!(seen(outcome), expected(&Case { document, facts }), "{name}");
}
