//! What the manager reads.

use crate::shop::{CARD, COFFEE, DAY, NOON, Shop, eur};
use serde_json::json;

#[test]
fn a_day_in_figures_rows_and_csv() {
    let shop = Shop::open();
    let mara = shop.manager();
    let sale = mara.open_sale();
    mara.scan(&sale, COFFEE);
    mara.put(&format!("{sale}/customer"), &json!({ "card": CARD }))
        .good();
    mara.coupon(&sale, "OTHER001");
    mara.coupon(&sale, "SPRING01");
    let number = mara.pay(&sale).good()["sale"]["number"].clone();
    let voided = mara.sold();
    mara.post(&format!("{voided}/void"), &json!({"reason": "test"}))
        .good();

    let day = mara.get("/v1/reports/day").good();
    assert_eq!(
        day,
        json!({"date": "2026-11-22", "sales": 1, "voided": 1, "gross": eur(429),
        "discounts": eur(100), "net": eur(329), "points": 3, "redeemed": 1, "refused": 1, "returns": 0, "returned": eur(0), "returned_cash": eur(0),
        "tenders": [{"kind": "cash", "payments": 1, "amount": eur(329)}],
        "emoney": {"payments": 0, "taken": eur(0), "top_ups": 0, "topped_up": eur(0),
            "given_back": eur(0), "restored": eur(0), "open": 0, "open_amount": eur(0),
            "owed": eur(0)},
        "unconfirmed": day["unconfirmed"]})
    );
    let sales = mara.get("/v1/reports/sales").good();
    assert_eq!(sales.as_array().unwrap().len(), 2);
    assert_eq!(
        (&sales[0]["customer"], &sales[0]["number"]),
        (&json!("Clara"), &number)
    );
    assert_eq!(
        (&sales[0]["voided"], &sales[1]["voided"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        mara.get("/v1/reports/sales?search=clara")
            .good()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let coupons = mara.get("/v1/reports/redemptions?date=2026-11-22").good();
    assert_eq!(coupons[0]["words"], "other store (S2)");
    assert_eq!(
        (&coupons[1]["proof"], &coupons[1]["amount"]),
        (&json!("bound to this store"), &eur(100))
    );
    let found = mara
        .get("/v1/reports/redemptions?search=other%20store")
        .good();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let csv = mara.get("/v1/reports/sales?format=csv");
    assert!(csv.head.to_lowercase().contains("text/csv"), "{}", csv.head);
    assert!(
        csv.body
            .contains("2026-11-22 13:00,mara,Clara,3.29,1.00,EUR,3,1,completed,no\r\n"),
        "{}",
        csv.body
    );
    let csv = mara.get("/v1/reports/redemptions?format=csv").body;
    assert!(
        csv.contains("SPRING01,SPRING,valid (proved: bound to this store),bound to this store,"),
        "{csv}"
    );
    let waiting = mara.get("/v1/reports/unconfirmed").good();
    assert_eq!(
        waiting.as_array().unwrap().len() as u64,
        day["unconfirmed"].as_u64().unwrap()
    );
    mara.get("/v1/reports/day?date=yesterday")
        .refused(400, "malformed");
}

#[test]
fn another_day_is_another_page() {
    let shop = Shop::open();
    shop.manager().sold();
    shop.set_clock(NOON + DAY);
    let mara = shop.manager();
    assert_eq!(mara.get("/v1/reports/sales").good(), json!([]));
    let yesterday = mara.get("/v1/reports/sales?date=2026-11-22").good();
    assert_eq!(yesterday.as_array().unwrap().len(), 1);
}
