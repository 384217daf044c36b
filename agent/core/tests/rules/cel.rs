//! Conditions in CEL: what may be said, what is refused and where, and what they come to.

use crate::cel_world::{an_expression, interpreted};
use crate::stories::{document, facts, rule};
use crate::world::{case, modest};
use proptest::prelude::*;
use serde_json::{Value, json};
use tillside_core::engine::lint::{Warning, lint};
use tillside_core::engine::*;

/// A document of one rule that has a condition in CEL.
fn one(source: &str) -> Document {
    let mut one = rule("a", json!({"points_fixed": {"points": 1}}));
    one["when"] = json!({"cel": source});
    document(&[one])
}

/// What is said of an expression.
pub fn said(source: &str) -> String {
    match Rules::compile(1, &one(source)) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What one rule comes to at a basket, if anything.
fn ending(document: &Document, facts: &crate::world::OwnedFacts) -> Option<(Ending, String)> {
    let rules = Rules::compile(1, document).unwrap();
    let outcome = facts.ask(&rules).unwrap();
    let step = outcome.trace.first()?;
    Some((step.ending.clone(), outcome.sentence(step)))
}

proptest! {
    #![proptest_config(modest(800))]

    #[test]
    fn it_comes_to_what_the_crates_own_interpreter_says(source in an_expression(), case in case()) {
        // Some are past the limits of what a rule may say; most are not.
        let Ok(rules) = Rules::compile(1, &one(&source)) else {
            return Err(TestCaseError::reject("too long"));
        };
        let mut facts = case.facts;
        facts.customer = true;
        facts.counters.clear();
        let outcome = facts.ask(&rules).unwrap();
        let gave = outcome.trace.iter().any(|step| step.ending == Ending::Gave);
        let failed = outcome
            .trace
            .iter()
            .any(|step| matches!(step.ending, Ending::Failed { .. }));
        let wanted = interpreted(&source, &facts);
        prop_assert_eq!(gave, wanted == Some(true), "{}", source);
        // What is not known fails too, and is not told.
        prop_assert!(!failed || wanted.is_none(), "{}", source);
    }

    #[test]
    fn no_text_makes_reading_panic(source in a_text()) {
        let _ = Rules::compile(1, &one(&source));
    }
}

/// Texts of what expressions are made of, in any order, and right ones cut and mixed up.
fn a_text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "basket",
        ".",
        "amount",
        "member.tier",
        "hour",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "!",
        "-",
        "&&",
        "||",
        "?",
        ":",
        ",",
        "==",
        "<",
        ">=",
        "in",
        " ",
        "\n",
        "\"",
        "'",
        "a",
        "has",
        "all",
        "exists",
        "1",
        "1u",
        "1.5",
        "0x1F",
        "99999999999999999999",
        "null",
        "true",
        "r'",
        "b\"",
        "//",
        "`",
        "\\",
        "é",
        "\u{0}",
        "😀",
        "*",
        "/",
        "%",
        "+",
        "e9",
        "=",
        "&",
        "|",
        "as",
        "for",
    ];
    let mixed = proptest::collection::vec(prop::sample::select(pieces), 0..60);
    let cut = (an_expression(), any::<prop::sample::Index>(), any::<char>());
    prop_oneof![
        mixed.prop_map(|pieces| pieces.concat()),
        cut.prop_map(|(text, at, with)| {
            let at = at.index(text.len());
            format!("{}{with}{}", &text[..at], &text[at + 1..])
        }),
        any::<String>(),
    ]
}

/// In the 2 MiB of stack that a thread of a test has, and of a server too.
#[test]
fn the_longest_chains_are_read_or_refused_on_a_small_stack() {
    let chains = [
        ("hour", ".a", ""),
        ("hour", "[0]", ""),
        ("hour", "+1", " > 1"),
        ("hour", "<1", ""),
        ("", "!", "member.known"),
        ("", "-", "hour > 1"),
        ("", "- ", "1 < hour"),
        ("", "!-", "hour"),
        ("", "true?true:", "true"),
        ("member.known", "&&member.known", ""),
        ("true", "||true", ""),
        ("", "(", "hour"),
        ("", "[", "hour"),
        ("'", "a", "' == store"),
        ("hour in [1", ",1", "]"),
        ("hour", " in hour", ""),
        ("((((((hour", "+1", "))))))>1"),
        ("((((((hour", ".a", "))))))>1"),
        ("((((((member.known", "?member.known:true", "))))))"),
    ];
    for (first, again, last) in chains {
        let room = 500 - first.len() - last.len();
        for times in [5, 6, 23, room / again.len()] {
            let source = format!("{first}{}{last}", again.repeat(times));
            assert_ne!(said(&source), "", "{source}");
        }
    }
    assert_eq!(said("!!!!!member.known"), "nothing");
}

#[test]
fn what_may_be_said_is_taken_and_comes_to_what_it_says() {
    // Monday, 2026-11-23, 10:00 at store S1, till 1; 3 items for 10.00.
    let mut basket = facts(&[(2, 350), (1, 300)]);
    basket.lines[0].line.category = Some(tillside_core::Category::new("coffee").unwrap());
    let cases = [
        (
            "basket.amount == 1000 && basket.items == 3 && basket.lines == 2",
            true,
        ),
        ("basket.amount > 1000", false),
        (
            "basket.currency == 'EUR' && store == 'S1' && lane == '1'",
            true,
        ),
        ("'coffee' in basket.categories", true),
        ("'tea' in basket.categories", false),
        ("year == 2026 && month == 11 && day == 23", true),
        ("weekday == 'monday' && hour == 10 && minute == 0", true),
        ("channel in ['till', 'self_checkout']", true),
        ("-7 / 2 == -3 && -7 % 2 == -1 && hour > 0", true),
        ("hour in [1 + 9, 5]", true),
        ("member.known", false),
        // Not known, and not asked.
        ("member.tier == 'gold'", false),
        ("member.tier != 'gold'", false),
        ("!(member.tier == 'gold')", false),
        ("member.tier == 'gold' || hour == 10", true),
        ("hour == 10 || member.tier == 'gold'", true),
        ("!(member.tier == 'gold' && hour == 11)", true),
        ("member.known ? member.tier == 'gold' : true", true),
        ("'g' in member.groups || member.visit == 1", false),
    ];
    for (source, holds) in cases {
        let seen = ending(&one(source), &basket).map(|(ending, _)| ending);
        assert_eq!(
            seen,
            holds.then_some(Ending::Gave),
            "{source}: {}",
            said(source)
        );
        assert_eq!(
            interpreted(source, &basket).unwrap_or(false),
            holds,
            "{source}"
        );
    }
}

#[test]
fn a_condition_that_fails_does_not_hold_and_the_trace_says_why() {
    let basket = facts(&[(2, 350), (1, 300)]);
    let big = i64::MAX;
    let fails = [
        "1 / (basket.lines - 2) > 0".to_owned(),
        "1 % (basket.lines - 2) > 0".to_owned(),
        format!("{big} + hour > 0"),
        format!("-{big} - hour < 0"),
        format!("{big} * hour > 0"),
        format!("(-{big} - 1) / (hour - 11) > 0"),
        format!("(-{big} - 1) % (hour - 11) == 0"),
        format!("-(-{big} - 1) > hour"),
        "!(1 / (basket.lines - 2) > 0)".to_owned(),
    ];
    for source in &fails {
        let (ending, sentence) = ending(&one(source), &basket).unwrap();
        let why = CelFailure::OutOfRange;
        assert_eq!(ending, Ending::Failed { why }, "{source}");
        assert_eq!(
            sentence,
            "Coffee week: its condition could not be worked out: \
             a number in it became too large, or was divided by zero."
        );
    }
    let failing = json!({"cel": fails[0]});
    let told = |when: Value| {
        let mut document = one("hour > 1");
        document.rules[0].when = Some(serde_json::from_value(when).unwrap());
        ending(&document, &basket).map(|(ending, _)| ending)
    };
    let why = CelFailure::OutOfRange;
    let failed = Some(Ending::Failed { why });
    // Only where it is what the rule failed by.
    assert_eq!(told(json!({"all": [failing, {"member": false}]})), failed);
    assert_eq!(told(json!({"all": [failing, {"member": true}]})), None);
    assert_eq!(told(json!({"any": [failing, {"member": true}]})), failed);
    let gave = Some(Ending::Gave);
    assert_eq!(told(json!({"any": [failing, {"member": false}]})), gave);
    assert_eq!(told(json!({"not": failing})), gave);
    // A rule that is out of force, or has nothing to give here, says nothing.
    let mut over = one(&fails[0]);
    over.rules[0].valid.until = Some(jiff::civil::date(2026, 1, 1));
    assert_eq!(ending(&over, &basket), None);
}

#[test]
fn a_member_of_too_many_groups_ends_it_by_steps() {
    let mut basket = facts(&[(2, 350)]);
    let groups = |count: usize| {
        let groups = (0..count).map(|n| tillside_core::GroupId::new(&format!("g{n}")).unwrap());
        Some(MemberFacts {
            groups: groups.collect(),
            ..MemberFacts::default()
        })
    };
    let ask = one("'g1' in member.groups || hour == 10");
    // Three parts are asked before the list is.
    basket.member = groups(CEL_STEP_LIMIT - 3);
    assert_eq!(ending(&ask, &basket).unwrap().0, Ending::Gave);
    basket.member = groups(CEL_STEP_LIMIT);
    let why = CelFailure::Steps;
    assert_eq!(ending(&ask, &basket).unwrap().0, Ending::Failed { why });
}

#[test]
fn a_rule_that_failed_keeps_no_other_of_its_group_out() {
    let basket = facts(&[(2, 350), (1, 300)]);
    let mut both = one("1 / (basket.lines - 2) > 0");
    let mut other = both.rules[0].clone();
    other.rule = tillside_core::RuleId::new("b").unwrap();
    other.when = None;
    both.rules.push(other);
    let group = json!({"group": "one", "rules": ["a", "b"]});
    both.exclusive = vec![serde_json::from_value(group).unwrap()];
    let rules = Rules::compile(1, &both).unwrap();
    let endings: Vec<Ending> = basket
        .ask(&rules)
        .unwrap()
        .trace
        .into_iter()
        .map(|s| s.ending)
        .collect();
    let why = CelFailure::OutOfRange;
    assert_eq!(endings, [Ending::Failed { why }, Ending::Gave]);
}

#[test]
fn so_many_rules_may_have_one_and_no_more_and_the_linter_says_how_many() {
    let many = |count: usize| {
        let rules: Vec<Value> = (0..count)
            .map(|n| {
                let mut rule = rule(&format!("r{n}"), json!({"points_fixed": {"points": 1}}));
                rule["caps"] = json!([{"over": "total", "times": 1}]);
                rule["when"] = match n % 2 {
                    0 => json!({"not": {"cel": format!("hour == {}", n % 24)}}),
                    _ => json!({"named": "late"}),
                };
                rule
            })
            .collect();
        let mut document = document(&rules);
        let named = json!({"name": "late", "when": {"cel": "hour > 20"}});
        document.conditions = vec![serde_json::from_value(named).unwrap()];
        document
    };
    assert!(Rules::compile(1, &many(CEL_RULE_LIMIT)).is_ok());
    let error = Rules::compile(1, &many(CEL_RULE_LIMIT + 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rule r200, rules[200].when: more than 200 rules have a condition in cel, which each basket must ask: use other conditions"
    );
    assert_eq!(lint(&many(3)), [Warning::InCel { rules: 3 }]);
    assert_eq!(lint(&many(0)), []);
    assert!(
        Warning::InCel { rules: 3 }
            .to_string()
            .starts_with("3 rules have a condition in cel, of 200 allowed: no index knows these")
    );
}

#[test]
fn a_named_condition_that_no_rule_uses_is_checked_too() {
    let mut document = one("hour > 1");
    let named = json!({"name": "late", "when": {"cel": "hours > 20"}});
    document.conditions = vec![serde_json::from_value(named).unwrap()];
    let error = Rules::compile(1, &document).unwrap_err().to_string();
    assert!(
        error.starts_with("conditions[0].when.cel: there is no hours"),
        "{error}"
    );
}

#[test]
fn every_basket_is_asked_and_the_rest_of_a_rule_keeps_it_away() {
    let basket = facts(&[(1, 100)]);
    let asked = |when: Value| {
        let mut document = one("hour > 1");
        document.rules[0].when = Some(serde_json::from_value(when).unwrap());
        let rules = Rules::compile(1, &document).unwrap();
        let lines: Vec<ContextLine<'_>> = basket.lines.iter().map(|line| line.borrowed()).collect();
        looked_at(&rules, &basket.context(&lines)).unwrap()
    };
    let cel = json!({"cel": "hour > 11"});
    assert_eq!(asked(json!({"all": [cel, {"basket": {}}]})), 1);
    assert_eq!(asked(json!({"not": cel})), 1);
    assert_eq!(asked(json!({"all": [cel, {"weekday": ["sunday"]}]})), 0);
    assert_eq!(asked(json!({"any": [cel, {"weekday": ["sunday"]}]})), 1);
}
