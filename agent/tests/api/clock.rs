//! A clock that is set back marks what happens, and brings nothing back (invariant 9).

use crate::shop::{COFFEE, DAY, NOON, Shop};
use serde_json::{Value, json};

fn codes(status: &Value) -> Vec<String> {
    let problems = status["problems"].as_array().unwrap().iter();
    problems
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_clock_set_back_a_day_is_suspect_and_revives_no_coupon() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    assert_eq!(anna.coupon(&sale, "TODAY001")["valid"], true);
    anna.delete(&sale).good();

    shop.set_clock(NOON + DAY);
    let anna = shop.cashier();
    anna.sold();
    shop.set_clock(NOON);
    let status = anna.get("/v1/status").good();
    assert_eq!(
        (&status["clock"], &status["date"]),
        (&json!("suspect"), &json!("2026-11-23"))
    );
    assert!(
        codes(&status).contains(&"clock_suspect".to_owned()),
        "{status}"
    );
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    assert_eq!(
        anna.coupon(&sale, "TODAY001")["words"],
        "expired (on 2026-11-22)"
    );
    let done = anna.pay(&sale).good();
    assert_eq!(done["sale"]["clock"], "suspect");
    assert_eq!(done["sale"]["completed"], json!(NOON + DAY));
    assert_eq!(anna.get(&sale).good()["clock"], "suspect");

    shop.set_clock(NOON + DAY + 1);
    let status = anna.get("/v1/status").good();
    assert_eq!(status["clock"], "trusted");
    assert!(!codes(&status).contains(&"clock_suspect".to_owned()));
}
