//! Sales that rules of layout 2 took something off: what is recorded, how caps count from sale to sale
//! and what a void gives back, and which documents no till takes.

use crate::fixtures::*;
use serde_json::{Value, json};
use tillside_core::engine::{Document, Used};
use tillside_core::*;

/// 10 % off bread on Sundays, shared by two funders; a point for each euro; double points up to 15
/// extra for one member's day.
fn rules() -> Value {
    json!({"v": 2, "rules": [
        {"rule": "sunday", "name": "Sunday bread",
         "when": {"weekday": ["sunday"]},
         "effects": [{"effect": {"percent_off": {"basis_points": 1000,
             "products": {"categories": ["bread"]}}},
             "funders": [{"funder": "chain", "basis_points": 5000},
                         {"funder": "baker", "basis_points": 5000}]}]},
        {"rule": "base", "name": "Points on every purchase",
         "effects": [{"effect": {"points_per_amount": {"points": 1,
             "per": {"minor": 100, "currency": "EUR"}}},
             "funders": [{"funder": "chain", "basis_points": 10000}]}]},
        {"rule": "double", "name": "Double points",
         "caps": [{"over": "member_day", "points": 15}],
         "effects": [{"effect": {"points_multiplier": {"extra_basis_points": 10000}},
             "funders": [{"funder": "chain", "basis_points": 3000},
                         {"funder": "baker", "basis_points": 7000}]}]}
    ]})
}

fn read(document: &Value) -> Document {
    Document::read(document.to_string().as_bytes()).unwrap()
}

fn shop() -> State {
    let mut state = state(&[], &[]);
    state.rules = RuleBook::of(17, &read(&rules())).unwrap().into();
    state
}

fn loaf() -> Line {
    let mut loaf = line("loaf", 2, 500);
    loaf.category = Some(Category::new("bread").unwrap());
    loaf
}

fn sold(state: &mut State, sale: u128) -> SaleCompleted {
    sell(
        state,
        check_out(sale, &[loaf(), line("wine", 1, 301)], &[], 1_201),
    )
}

fn given(sale: &SaleCompleted) -> Vec<(&str, i64)> {
    let awards = sale.awards.iter();
    awards.map(|a| (a.rule.as_str(), a.points.0)).collect()
}

#[test]
fn a_sale_with_a_rules_discount() {
    let sale = sold(&mut shop(), 1);
    assert_eq!(sale.total, eur(1_201));
    let event = Event::SaleCompleted(Box::new(sale));
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    insta::assert_json_snapshot!(event);
}

#[test]
fn a_record_from_before_rules_took_anything_off_reads_as_it_was() {
    let mut state = state(&[rule("base", "chain", per_amount(1, 100))], &[]);
    let sale = sell(&mut state, check_out(1, &[loaf()], &[], 1_000));
    let text = serde_json::to_value(&sale).unwrap();
    for field in ["promotions", "counted"] {
        assert_eq!(
            text.get(field),
            None,
            "{field} is left out where it is nothing"
        );
    }
    assert_eq!(serde_json::from_value::<SaleCompleted>(text).unwrap(), sale);
}

#[test]
fn a_cap_counts_from_sale_to_sale_and_a_void_gives_it_back() {
    let mut state = shop();
    assert_eq!(given(&sold(&mut state, 1)), [("base", 12), ("double", 12)]);
    assert_eq!(given(&sold(&mut state, 2)), [("base", 12), ("double", 3)]);
    let third = sold(&mut state, 3);
    assert_eq!(given(&third), [("base", 12)]);
    let trace = quoted(&state, &[loaf()], &[]).trace;
    let expected = "rule double: Double points: this member has used it up for today.";
    assert_eq!(trace.last().unwrap(), expected);

    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_eq!(given(&sold(&mut state, 4)), [("base", 12), ("double", 12)]);
    for sale in [2, 3, 4] {
        carry_out(&mut state, Command::Void(void(sale)), now()).unwrap();
    }
    assert_eq!(
        state.setting.counters,
        Default::default(),
        "all of it came back"
    );
}

#[test]
fn another_member_and_another_day_count_for_themselves() {
    let mut state = shop();
    sold(&mut state, 1);
    sold(&mut state, 2);
    let mut other = check_out(3, &[loaf()], &[], 900);
    other.customer = Some(customer(2));
    assert_eq!(
        given(&sell(&mut state, other)),
        [("base", 9), ("double", 9)]
    );
    let monday = on(TODAY.tomorrow().unwrap());
    let sale = check_out(4, &[loaf()], &[], 1_000);
    match carry_out(&mut state, Command::CheckOut(sale), monday).unwrap() {
        Event::SaleCompleted(sale) => {
            assert_eq!(sale.promotions, [], "it is not Sunday");
            assert_eq!(given(&sale), [("base", 10), ("double", 10)]);
        }
        other => panic!("{other:?}"),
    }
    let used: Vec<i64> = state
        .setting
        .counters
        .values()
        .map(|used| used.points)
        .collect();
    assert_eq!(used.len(), 3);
    assert_eq!(used.iter().sum::<i64>(), 15 + 9 + 10);
    let nothing = Used::default();
    assert!(state.setting.counters.values().all(|used| *used != nothing));
}

#[test]
fn a_coupon_comes_before_the_rules() {
    let mut state = shop();
    let mut with_plan = rules();
    with_plan["plans"] = serde_json::to_value([plan("P", off(500))]).unwrap();
    state.rules = RuleBook::of(17, &read(&with_plan)).unwrap().into();
    hold(&mut state, "AAAA", "P");
    let quote = quoted(&state, &[loaf()], &["AAAA"]);
    assert_eq!(quote.discounts[0].amount, eur(500));
    // 10 % of the 5.00 that are left.
    assert_eq!(quote.promotions[0].amount, eur(50));
    assert_eq!((quote.total, quote.lines[0].discount), (eur(450), eur(550)));
}

#[test]
fn time_is_the_stores_own() {
    let mut document = rules();
    document["rules"][0]["when"] = json!({"time": {"from": "14:00", "until": "15:00"}});
    let mut state = shop();
    state.rules = RuleBook::of(17, &read(&document)).unwrap().into();
    // 13:02 in UTC.
    assert_eq!(quoted(&state, &[loaf()], &[]).promotions, []);
    state.setting.zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    assert_eq!(quoted(&state, &[loaf()], &[]).promotions.len(), 1);
}

#[test]
fn a_condition_in_cel_decides_at_the_till_and_a_failure_of_it_is_in_the_trace() {
    let mut document = rules();
    let mut asked = |when: &str| {
        document["rules"][0]["when"] = json!({"cel": when});
        let mut state = shop();
        state.rules = RuleBook::of(17, &read(&document)).unwrap().into();
        let quote = quoted(&state, &[loaf()], &[]);
        (quote.promotions.len(), quote.trace[0].clone())
    };
    let (given, why) = asked(
        "weekday == 'sunday' && hour == 13 && basket.amount >= 1000 && 'bread' in basket.categories \
         && member.known && member.tier == 'gold' && store == 'S1' && lane == '1' && channel == 'till'",
    );
    assert_eq!(given, 1);
    assert_eq!(why, "rule sunday: Sunday bread (10 % off 10.00 EUR)");
    let (given, why) = asked("basket.amount > 1000");
    assert_eq!(given, 0);
    assert!(why.starts_with("rule base: "), "{why}");
    let (given, why) = asked("basket.amount / (basket.lines - 1) > 1000");
    assert_eq!(given, 0);
    assert_eq!(
        why,
        "rule sunday: Sunday bread: its condition could not be worked out: \
         a number in it became too large, or was divided by zero."
    );
}

#[test]
fn what_no_till_can_honour_is_refused_with_its_place() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut document = rules();
        change(&mut document);
        RuleBook::of(1, &read(&document)).unwrap_err().to_string()
    };
    let conditions = [
        json!({"tender": ["cash"]}),
        json!({"promo_code": ["SPRING"]}),
        json!({"group": ["staff"]}),
        json!({"segment": ["parents"]}),
        json!({"birthday": "month"}),
        json!({"joined": {"on": {"from": "2026-01-01"}}}),
        json!({"home_store": "here"}),
        json!({"first_purchase": true}),
        json!({"visit": {"nth": 10}}),
        json!({"cel": "'staff' in member.groups"}),
        json!({"any": [{"cel": "hour < 12 || member.visit == 10"}]}),
        json!({"cel": "member.known && ('parents' in member.segments || member.home_store == store)"}),
        json!({"contains": {"products": {"brands": ["acme"]}}}),
        json!({"contains": {"products": {"except": {"kinds": ["gift_card"]}}}}),
        json!({"not": {"all": [{"member": true}, {"any": [{"visit": {"every": 10}}]}]}}),
    ];
    let mut places: Vec<String> = conditions
        .iter()
        .map(|when| refused(&|document| document["rules"][1]["when"] = when.clone()))
        .collect();
    places.push(refused(&|document| {
        document["conditions"] = json!([{"name": "new", "when": {"first_purchase": true}}]);
    }));
    places.push(refused(&|document| {
        document["exclusions"] = json!({"no_earning_on": {"kinds": ["gift_card"]}});
    }));
    for effect in [
        json!({"percent_off": {"basis_points": 1, "products": {"except": {"brands": ["acme"]}}}}),
        json!({"cashback": {"basis_points": 100}}),
        json!({"stamps": {"card": "coffee", "stamps": 1}}),
        json!({"tier_progress": {"units": 1, "per": {"minor": 100, "currency": "EUR"}}}),
        json!({"voucher": {"plan": "P", "count": 1}}),
    ] {
        places.push(refused(&|document| {
            document["plans"] = serde_json::to_value([plan("P", off(500))]).unwrap();
            document["rules"][2]["effects"][0]["effect"] = effect.clone();
        }));
    }
    insta::assert_snapshot!(places.join("\n"));
}
