//! Rules of layout 2 at the till: what the screen shows, the receipt prints and the journal keeps.

use crate::shop::*;
use serde_json::{Value, json};
use tillside_core::Timestamp;
use tillside_core::engine::Document;
use tillside_store::Store;

/// 10 % off coffee on Sundays, which it is at [`NOON`]; a point a euro; as many again on Sundays, up
/// to 5 for one member's day.
fn sundays() -> Value {
    let all = json!([{"funder": "chain", "basis_points": 10000}]);
    json!({"v": 2,
        "conditions": [{"name": "sunday", "when": {"weekday": ["sunday"]}}],
        "rules": [
            {"rule": "coffee", "name": "Sunday coffee", "when": {"named": "sunday"},
             "effects": [{"funders": all, "effect": {"percent_off":
                {"basis_points": 1000, "products": {"categories": ["coffee"]}}}}]},
            {"rule": "base", "name": "Points on every purchase",
             "effects": [{"funders": all, "effect": {"points_per_amount":
                {"points": 1, "per": {"minor": 100, "currency": "EUR"}}}}]},
            {"rule": "double", "name": "Double Sunday", "when": {"named": "sunday"},
             "caps": [{"over": "member_day", "points": 5}],
             "effects": [{"funders": all,
                "effect": {"points_multiplier": {"extra_basis_points": 10000}}}]}]})
}

fn shop() -> Shop {
    let mut shop = Shop::open();
    shop.stop();
    let mut store = Store::open(&shop.folder.join("tillside.db")).unwrap();
    let mut bundle = bundle();
    bundle.version += 1;
    bundle.rules = Document::read(sundays().to_string().as_bytes()).unwrap();
    store.adopt(&bundle, store.now(Timestamp(NOON))).unwrap();
    drop(store);
    shop.start();
    shop
}

/// One coffee at 4.29 for Clara, not paid yet; its path and how it stands.
fn coffee(anna: &Caller) -> (String, Value) {
    let sale = anna.open_sale();
    anna.put(&format!("{sale}/customer"), &json!({"card": CARD}))
        .good();
    anna.scan(&sale, COFFEE);
    let view = anna.get(&sale).good();
    (sale, view)
}

/// What is expected without the engine: 10 % of 4.29 is 42 cents, 3.87 are left, which is 3 full euros.
fn expected(extra: i64) -> Value {
    let base = json!({"rule": "base", "version": 8, "points": 3,
        "why": "Points on every purchase (1 point for each full 1.00 EUR: 3.87 EUR gives 3)"});
    let more = match extra {
        0 => None,
        2 => Some(
            "Double Sunday (100 % more: 3 points so far give 3, the most for one member's day)",
        ),
        _ => Some("Double Sunday (100 % more: 3 points so far give 3)"),
    };
    let more = more.map(|why| json!({"rule": "double", "version": 8, "points": extra, "why": why}));
    Value::Array([Some(base), more].into_iter().flatten().collect())
}

#[test]
fn a_weekday_a_multiplier_and_a_cap_for_a_members_day() {
    let mut shop = shop();
    let anna = shop.cashier();
    let mut sales = Vec::new();
    for extra in [3, 2, 0] {
        let (sale, view) = coffee(&anna);
        let off = json!([{"plan": null, "coupon": null, "rule": "coffee", "amount":
            {"minor": 42, "currency": "EUR"}, "why": "Sunday coffee (10 % off 4.29 EUR)"}]);
        assert_eq!(view["discounts"], off);
        assert_eq!(view["total"]["minor"], 387);
        assert_eq!(view["lines"][0]["discount"]["minor"], 42);
        assert_eq!(view["awards"], expected(extra), "{extra} on top");
        let paid = anna.pay(&sale).good();
        for same in ["discounts", "awards", "total", "lines", "points"] {
            assert_eq!(paid["sale"][same], view[same], "{same} as the screen said");
        }
        let receipt = paid["receipt"].as_str().unwrap();
        assert!(
            receipt.contains("Sunday coffee (10 % off 4.29 EUR)"),
            "{receipt}"
        );
        sales.push(sale);
    }

    let void = json!({"reason": "wrong", "manager": {"person": "mara", "pin": "2222"}});
    anna.post(&format!("{}/void", sales[0]), &void).good();
    assert_eq!(
        coffee(&anna).1["awards"],
        expected(3),
        "the void gave it back"
    );

    shop.set_clock(NOON + DAY);
    let monday = coffee(&shop.cashier()).1;
    assert_eq!(
        (&monday["discounts"], &monday["points"]),
        (&json!([]), &json!(4))
    );

    shop.stop();
    let mut store = Store::open(&shop.folder.join("tillside.db")).unwrap();
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}
