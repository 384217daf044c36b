//! Coupon verdicts at the till, each in its words, each refusal recorded once.

use crate::shop::{COFFEE, Shop, count};
use serde_json::json;

#[test]
fn each_verdict_has_its_words() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    for (number, words) in [
        ("NOSUCH01", "unknown"),
        ("OTHER001", "other store (S2)"),
        ("REVOKED1", "revoked"),
        ("OLD00001", "expired (on 2020-12-31)"),
        ("LATER001", "not yet (from 2099-01-01)"),
        (
            "BIG00001",
            "not for this basket (its products must come to 50.00 EUR, 45.71 EUR is missing)",
        ),
    ] {
        let answer = anna.coupon(&sale, number);
        assert_eq!(
            (&answer["words"], &answer["valid"]),
            (&json!(words), &json!(false))
        );
        assert_eq!(
            answer["sale"]["coupons"],
            json!([]),
            "a refused coupon is not kept"
        );
    }
    let answer = anna.coupon(&sale, "SPRING01");
    assert_eq!(answer["words"], "valid (proved: bound to this store)");
    assert_eq!(answer["sale"]["coupons"][0]["name"], "Spring: 1.00 off");
    let answer = anna.coupon(&sale, "SPRING02");
    assert_eq!(
        answer["words"],
        "not for this basket (only one of this kind in a basket)"
    );
    let again = anna.coupon(&sale, "SPRING01");
    assert_eq!(
        (
            &again["valid"],
            again["sale"]["coupons"].as_array().unwrap().len()
        ),
        (&json!(true), 1)
    );
    anna.pay(&sale).good();

    let next = anna.open_sale();
    anna.scan(&next, COFFEE);
    assert_eq!(
        anna.coupon(&next, "SPRING01")["words"],
        "used (S1, 2026-11-22 13:00)"
    );
    shop.stop();
    assert_eq!(count(&shop.journal(), "coupon_refused"), 8);
}

#[test]
fn a_refusal_is_recorded_once_for_each_sale() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let (one, two) = (anna.open_sale(), anna.open_sale());
    for _ in 0..3 {
        assert_eq!(anna.coupon(&one, "OLD00001")["valid"], false);
        assert_eq!(anna.scan(&one, "OLD-00001")["kind"], "coupon");
    }
    anna.coupon(&two, "OLD00001");
    shop.stop();
    shop.start();
    let anna = shop.cashier();
    anna.coupon(&one, "OLD00001");
    shop.stop();
    assert_eq!(count(&shop.journal(), "coupon_refused"), 2);
}

#[test]
fn a_coupon_is_scanned_kept_and_taken_off() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let scanned = anna.scan(&sale, "]C0SPRING-01");
    assert_eq!(scanned["kind"], "coupon");
    assert_eq!(
        scanned["message"],
        "Coupon SPRING01: valid (proved: bound to this store)"
    );
    let view = anna.delete(&format!("{sale}/coupons/spring-01")).good();
    assert_eq!(view["coupons"], json!([]));
    anna.delete(&format!("{sale}/coupons/SPRING01"))
        .refused(404, "no_such_coupon");
    anna.post(&format!("{sale}/coupons"), &json!({"number": "?"}))
        .refused(422, "bad_coupon");
}

#[test]
fn a_coupon_that_no_longer_fits_is_shown_and_stops_the_checkout() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.post(
        &format!("{sale}/scan"),
        &json!({"code": COFFEE, "quantity": 12}),
    )
    .good();
    assert_eq!(anna.coupon(&sale, "BIG00001")["valid"], true);
    let view = anna
        .put(&format!("{sale}/lines/0"), &json!({"quantity": 1}))
        .good();
    assert_eq!(view["coupons"][0]["valid"], false);
    let words = anna.pay(&sale).refused(409, "coupon");
    assert!(words.contains("Take it off"), "{words}");
}
