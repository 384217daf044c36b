//! Voids: same day, allowed by a manager, both names recorded, everything given back.

use crate::shop::{CARD, COFFEE, DAY, NOON, Shop, eur};
use serde_json::json;

#[test]
fn a_cashier_needs_a_managers_pin() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.sold();
    let void = |manager| {
        anna.post(
            &format!("{sale}/void"),
            &json!({"reason": "wrong item", "manager": manager}),
        )
    };
    anna.post(&format!("{sale}/void"), &json!({"reason": "wrong item"}))
        .refused(403, "manager_needed");
    void(json!({"person": "anna", "pin": "1111"})).refused(403, "manager_needed");
    void(json!({"person": "mara", "pin": "1111"})).refused(401, "wrong_pin");
    let done = void(json!({"person": "mara", "pin": "2222"})).good();
    assert_eq!(done["sale"]["state"], "voided");
    let receipt = done["receipt"].as_str().unwrap();
    assert!(
        receipt.contains("Asked by anna, allowed by mara"),
        "{receipt}"
    );
    assert_eq!(anna.get(&format!("{sale}/receipt")).body, receipt);
    void(json!({"person": "mara", "pin": "2222"})).refused(409, "already_voided");
    shop.stop();
    let journal = shop.journal();
    let event = journal.last().unwrap();
    assert_eq!(
        (&event["cashier"], &event["approved_by"]),
        (&json!("anna"), &json!("mara"))
    );
}

#[test]
fn a_void_gives_back_points_and_coupon() {
    let shop = Shop::open();
    let mara = shop.manager();
    let sale = mara.open_sale();
    mara.scan(&sale, COFFEE);
    mara.put(&format!("{sale}/customer"), &json!({ "card": CARD }))
        .good();
    mara.coupon(&sale, "SPRING01");
    assert_eq!(
        mara.pay(&sale).good()["sale"]["customer"]["member"]["points"],
        1243
    );
    let done = mara
        .post(
            &format!("{sale}/void"),
            &json!({"reason": "changed her mind"}),
        )
        .good();
    assert_eq!(done["sale"]["customer"]["member"]["points"], 1240);
    let next = mara.open_sale();
    mara.scan(&next, COFFEE);
    assert_eq!(mara.coupon(&next, "SPRING01")["valid"], true);
    let voids = mara.get("/v1/reports/voids").good();
    assert_eq!(
        (&voids[0]["reason"], &voids[0]["amount"]),
        (&json!("changed her mind"), &eur(329))
    );
}

#[test]
fn only_what_was_sold_today_and_with_a_reason() {
    let shop = Shop::open();
    let mara = shop.manager();
    let open = mara.open_sale();
    let void =
        |sale: &str, reason: &str| mara.post(&format!("{sale}/void"), &json!({ "reason": reason }));
    void(&open, "x").refused(409, "still_open");
    void("/v1/sales/01940000-0000-7000-8000-00000000ffff", "x").refused(404, "sale_unknown");
    void("/v1/sales/nonsense", "x").refused(404, "sale_unknown");
    let sale = mara.sold();
    void(&sale, "  ").refused(422, "reason_missing");
    void(&sale, &"x".repeat(201)).refused(422, "reason_too_long");
    shop.set_clock(NOON + DAY);
    let mara = shop.manager();
    let words = mara
        .post(&format!("{sale}/void"), &json!({"reason": "late"}))
        .refused(409, "not_same_day");
    assert!(words.contains("2026-11-22"), "{words}");
}
