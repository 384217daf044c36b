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

/// A manufacturer's coupon as a scanner reads it: so much off one item of the company, with fields behind.
fn printed(company: &str, off: u32, behind: &str) -> String {
    let off = off.to_string();
    format!("]e081101{company}654321{}{off}110000{behind}", off.len())
}

#[test]
fn a_manufacturers_coupon_is_taken_once_written_down_and_given_back_by_a_void() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let numbered = printed("4006381", 100, "5200004711");
    let sale = anna.open_sale();
    let early = anna.scan(&sale, &numbered);
    let message = early["message"].as_str().unwrap();
    assert!(
        message.ends_with("not for this basket (it asks for 1 item of company 4006381, and no other coupon may have counted it)"),
        "{message}"
    );
    anna.scan(&sale, COFFEE);
    let scanned = anna.scan(&sale, &numbered);
    assert_eq!(scanned["kind"], "coupon", "{scanned}");
    let message = scanned["message"].as_str().unwrap();
    assert!(
        message.ends_with("valid (provisional: risk, 1 of 2 at this till, rules v7)"),
        "{message}"
    );
    assert_eq!(
        scanned["sale"]["coupons"][0]["name"],
        "Manufacturer's coupon"
    );
    assert_eq!(scanned["sale"]["total"]["minor"], 329);
    // The sale in hand survives a restart.
    shop.stop();
    shop.start();
    let anna = shop.cashier();
    let done = anna.pay(&sale).good();
    let receipt = done["receipt"].as_str().unwrap();
    assert!(receipt.contains("offer 654321 of"), "{receipt}");
    let next = anna.open_sale();
    anna.scan(&next, COFFEE);
    for (code, words) in [
        (numbered.as_str(), "used (S1, 2026-11-22 13:00)"),
        (
            &printed("4006381", 301, ""),
            "not taken here (it gives more than 3.00 EUR, the most one may give)",
        ),
        (
            &printed("0614141", 100, ""),
            "not taken here (coupons of this manufacturer are not taken)",
        ),
        (
            &printed("4006381", 100, "3261121"),
            "expired (on 2026-11-21)",
        ),
        (
            &printed("4006381", 100, "4261123"),
            "not yet (from 2026-11-23)",
        ),
    ] {
        let message = anna.scan(&next, code)["message"].clone();
        let message = message.as_str().unwrap();
        assert!(message.ends_with(words), "{code}: {message}");
    }
    // Cut off by a digit: its place is told, and nothing is written down.
    let cut = numbered.strip_suffix('1').unwrap();
    assert_eq!(
        anna.scan(&next, cut)["message"],
        "This coupon cannot be read: the serial number is cut short (character 27 of its code). Scan it again; if it stays so, do not take the coupon."
    );
    let mara = shop.manager();
    mara.post(&format!("{sale}/void"), &json!({"reason": "Wrong size."}))
        .good();
    let again = anna.scan(&next, &numbered)["message"].clone();
    assert!(again.as_str().unwrap().contains("1 of 2"), "{again}");
    anna.pay(&next).good();
    // Without a serial number copies are not told apart; the cap holds.
    let copy = anna.open_sale();
    anna.scan(&copy, COFFEE);
    let words = anna.scan(&copy, &printed("4006381", 100, ""))["message"].clone();
    assert!(words.as_str().unwrap().contains("2 of 2"), "{words}");
    anna.pay(&copy).good();
    let last = anna.open_sale();
    anna.scan(&last, COFFEE);
    let words = anna.scan(&last, &printed("4006381", 100, ""))["message"].clone();
    assert!(
        words.as_str().unwrap().contains("none left at this till"),
        "{words}"
    );
    shop.stop();
    let journal = shop.journal();
    let sales: Vec<_> = journal
        .iter()
        .filter(|event| event["type"] == "sale_completed")
        .collect();
    let proof = &sales[0]["coupons"][0]["proof"];
    assert_eq!(proof["coupon"], "(8110)1400638165432131001100005200004711");
    assert_eq!(sales[0]["discounts"][0]["funder"], "acme");
    assert_eq!(count(&journal, "coupon_refused"), 7);
}
