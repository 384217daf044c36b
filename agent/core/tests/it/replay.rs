//! Recorded sales decided again: the rules of their day give what was recorded, others what they would.

use crate::fixtures::*;
use serde_json::{Value, json};
use std::sync::Arc;
use tillside_core::engine::Document;
use tillside_core::*;

/// The tests' till, before it sold anything.
pub fn replay() -> Replay {
    let state = state(&[], &[]);
    let Setting { lane, zone, .. } = state.setting;
    Replay::new(state.store, state.terminal, lane, zone)
}

/// By the rules of its day, after what was counted, a sale is given what was recorded.
pub fn decided_again(replay: &mut Replay, before: &State, sale: &SaleCompleted) {
    let member = sale.customer.as_ref().and_then(|customer| customer.member);
    let tier = member.and_then(|member| before.members.get(&member));
    let tier = tier.map(|member| member.tier.clone());
    let given = replay.decide(sale, &before.rules, &before.rules, tier);
    assert_eq!(given.unwrap(), Given::recorded(sale));
    replay.count(member, sale.date, &sale.counted);
}

/// Points for gold members and an amount off for everybody, both capped by the day.
fn capped(points: u32, off: i64) -> Arc<RuleBook> {
    let funders = json!([{"funder": "chain", "basis_points": 10000}]);
    let document: Value = json!({"v": 2, "rules": [
        {"rule": "gold", "name": "Gold", "when": {"tier": ["gold"]},
         "caps": [{"over": "member_day", "points": 50}],
         "effects": [{"effect": {"points_fixed": {"points": points}}, "funders": funders}]},
        {"rule": "off", "name": "Off", "caps": [{"over": "day", "times": 2}],
         "effects": [{"effect": {"amount_off": {"amount": eur(off)}}, "funders": funders}]},
    ]});
    let document = Document::read(document.to_string().as_bytes()).unwrap();
    Arc::new(RuleBook::of(17, &document).unwrap())
}

fn sold(state: &mut State, number: u128) -> SaleCompleted {
    let lines = [line("loaf", 2, 500)];
    let total = quoted(state, &lines, &[]).total.minor();
    let mut command = check_out(number, &lines, &[], total);
    command.customer = Some(customer(1));
    sell(state, command)
}

#[test]
fn caps_count_from_sale_to_sale_and_back_with_a_void() {
    let mut state = state(&[], &[]);
    state.rules = capped(30, 100);
    let gold = tier("gold");
    state.members.get_mut(&member_id(1)).unwrap().tier = gold;
    let mut replay = replay();
    let sales: Vec<SaleCompleted> = (1..=3)
        .map(|number| {
            let before = state.clone();
            let sale = sold(&mut state, number);
            decided_again(&mut replay, &before, &sale);
            sale
        })
        .collect();
    let given: Vec<(i64, i64)> = sales
        .iter()
        .map(Given::recorded)
        .map(|given| (given.points().0, given.off()))
        .collect();
    assert_eq!(given, [(30, 100), (20, 100), (0, 0)]);
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    replay.count_back(Some(member_id(1)), sales[0].date, &sales[0].counted);
    let before = state.clone();
    let after = sold(&mut state, 4);
    decided_again(&mut replay, &before, &after);
    assert_eq!(Given::recorded(&after).points(), Points(30));
}

#[test]
fn other_rules_give_what_they_would() {
    let mut state = state(&[], &[]);
    state.rules = capped(30, 100);
    let sale = sold(&mut state, 1);
    let mut replay = replay();
    let mut asked = |rules: &Arc<RuleBook>, standing: Option<&str>| {
        let given = replay.decide(&sale, rules, &state.rules, standing.map(tier));
        let given = given.unwrap();
        (given.points().0, given.off())
    };
    assert_eq!(asked(&capped(40, 250), Some("gold")), (40, 250));
    assert_eq!(asked(&capped(40, 250), Some("silver")), (0, 250));
    assert_eq!(asked(&capped(40, 250), None), (0, 250));
}

#[test]
fn only_the_sentences_may_differ() {
    let mut state = state(&[], &[]);
    state.rules = capped(30, 100);
    state.members.get_mut(&member_id(1)).unwrap().tier = tier("gold");
    let sale = sold(&mut state, 1);
    let given = Given::recorded(&sale);
    let mut worded = given.clone();
    worded.awards[0].why = "thirty, for gold".to_owned();
    worded.promotions[0].why = String::new();
    assert!(worded.agrees(&given));
    let mut other = given.clone();
    other.awards[0].points = Points(29);
    assert!(!other.agrees(&given));
    let mut other = given.clone();
    other.promotions[0].spread[0].1 += 1;
    assert!(!other.agrees(&given));
    let mut other = given.clone();
    other.counted.clear();
    assert!(!other.agrees(&given));
}

#[test]
fn an_item_that_a_coupon_gave_free_stays_free() {
    let free = plan("FREE", CouponEffect::ItemFree);
    let mut state = state_with(free, &["FREE01"]);
    let document = json!({"v": 2, "rules": [
        {"rule": "cheapest", "name": "Cheapest", "effects": [{"effect":
            {"cheapest_free": {"products": {}, "free": 1, "of": 2}},
            "funders": [{"funder": "chain", "basis_points": 10000}]}]}],
        "plans": [plan("FREE", CouponEffect::ItemFree)]});
    let document = Document::read(document.to_string().as_bytes()).unwrap();
    state.rules = Arc::new(RuleBook::of(17, &document).unwrap());
    let lines = [line("loaf", 3, 500)];
    let total = quoted(&state, &lines, &["FREE01"]).total.minor();
    let before = state.clone();
    let mut command = check_out(1, &lines, &["FREE01"], total);
    command.customer = Some(customer(1));
    let sale = sell(&mut state, command);
    decided_again(&mut replay(), &before, &sale);
}
