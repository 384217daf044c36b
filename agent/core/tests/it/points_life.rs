//! When points may be spent, and how long they last, as the rules say.

use crate::fixtures::*;
use serde_json::{Value, json};
use tillside_core::engine::Document;
use tillside_core::*;

fn rules(points: Value) -> Result<RuleBook, String> {
    let funders = json!([{"funder": "chain", "basis_points": 10_000}]);
    let document = json!({"v": 2, "points": points, "rules": [
        {"rule": "base", "name": "Points on every purchase", "effects": [{"funders": funders,
            "effect": {"points_per_amount": {"points": 1, "per": {"minor": 100, "currency": "EUR"}}}}]}]});
    let read =
        Document::read(document.to_string().as_bytes()).map_err(|fault| fault.to_string())?;
    RuleBook::of(17, &read).map_err(|fault| fault.to_string())
}

fn lot(points: Value) -> Lot {
    let mut state = state(&[], &[]);
    state.rules = rules(points).unwrap().into();
    let sale = sell(
        &mut state,
        check_out(1, &[line("wine", 1, 1_000)], &[], 1_000),
    );
    sale.lots[0].clone()
}

#[test]
fn points_may_be_spent_at_once_and_for_ever_unless_the_rules_say_otherwise() {
    let plain = lot(json!({}));
    assert_eq!(
        (plain.pending_until, plain.expires_on),
        (now().at, None),
        "as before there was such a rule"
    );
    let bounded = lot(json!({"pending_days": 14, "last_days": 365}));
    assert_eq!(bounded.pending_until.0 - now().at.0, 14 * 86_400_000);
    let last = bounded.expires_on.unwrap();
    assert_eq!(now().date.until(last).unwrap().get_days(), 365);
    let text = serde_json::to_value(Document::from(RuleDocument {
        v: 1,
        rules: Vec::new(),
        plans: Vec::new(),
    }));
    assert_eq!(text.unwrap().get("points"), None);
}

#[test]
fn points_that_would_end_before_they_begin_are_refused_with_their_place() {
    for (points, place) in [
        (
            json!({"pending_days": 14, "last_days": 14}),
            "points.last_days",
        ),
        (json!({"last_days": 0}), "points.last_days"),
        (json!({"last_days": 36_601}), "points.last_days"),
        (json!({"pending_days": 367}), "points.pending_days"),
    ] {
        let refused = rules(points).unwrap_err();
        assert!(refused.contains(place), "{refused}");
    }
    rules(json!({"pending_days": 14, "last_days": 15})).unwrap();
}
