//! Every write is done once, however often it is sent.

use crate::shop::{COFFEE, Caller, Shop, cash, count, eur};
use crate::wire;
use serde_json::{Value, json};
use std::sync::Barrier;

#[test]
fn the_same_key_gets_the_same_answer_and_one_record() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let path = format!("{sale}/checkout");
    let first = anna.keyed("POST", &path, "pay-1", &cash());
    let again = anna.keyed("POST", &path, "pay-1", &cash());
    assert_eq!((first.good(), first.replayed()), (again.good(), false));
    assert!(again.replayed());
    // The same request, written otherwise.
    let spaced = br#" { "tenders" : [ { "kind" : "cash" } ] } "#;
    let spaced = anna.try_send("POST", &path, Some("pay-1"), spaced).unwrap();
    assert_eq!((spaced.good(), spaced.replayed()), (first.good(), true));
    shop.stop();
    assert_eq!(count(&shop.journal(), "sale_completed"), 1);
}

#[test]
fn the_same_key_with_another_request_is_refused() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let (one, two) = (anna.open_sale(), anna.open_sale());
    let scan = json!({ "code": COFFEE });
    anna.keyed("POST", &format!("{one}/scan"), "k", &scan)
        .good();
    let other = json!({"code": "BREAD-1"});
    anna.keyed("POST", &format!("{one}/scan"), "k", &other)
        .refused(422, "key_reused");
    anna.keyed("POST", &format!("{two}/scan"), "k", &scan)
        .refused(422, "key_reused");
    anna.keyed("POST", "/v1/sales", "k", &json!({}))
        .refused(422, "key_reused");
    assert_eq!(anna.get(&one).good()["lines"][0]["quantity"], 1);
}

#[test]
fn every_write_is_done_once() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let opened = anna.keyed("POST", "/v1/sales", "open", &json!({})).good();
    let same = anna.keyed("POST", "/v1/sales", "open", &json!({})).good();
    assert_eq!(opened, same);
    assert_eq!(
        anna.get("/v1/sales/open").good().as_array().unwrap().len(),
        1
    );
    let sale = format!("/v1/sales/{}", opened["sale"].as_str().unwrap());
    twice(
        &anna,
        "POST",
        &format!("{sale}/scan"),
        &json!({ "code": COFFEE }),
    );
    let view = anna.get(&sale).good();
    assert_eq!(
        view["lines"][0]["quantity"], 1,
        "a scan sent twice counts once"
    );
    let lines = json!({"lines": [{"item": "sku:BREAD-1", "quantity": 2}]});
    twice(&anna, "PUT", &format!("{sale}/lines"), &lines);
    twice(
        &anna,
        "PUT",
        &format!("{sale}/lines/0"),
        &json!({"quantity": 1}),
    );
    twice(
        &anna,
        "PUT",
        &format!("{sale}/customer"),
        &json!({"card": "code:900000001"}),
    );
    twice(&anna, "DELETE", &format!("{sale}/customer"), &json!({}));
    twice(
        &anna,
        "POST",
        &format!("{sale}/coupons"),
        &json!({"number": "SPRING01"}),
    );
    twice(
        &anna,
        "DELETE",
        &format!("{sale}/coupons/SPRING01"),
        &json!({}),
    );
    twice(&anna, "POST", &format!("{sale}/checkout"), &cash());
    let void = json!({"reason": "wrong", "manager": {"person": "mara", "pin": "2222"}});
    twice(&anna, "POST", &format!("{sale}/void"), &void);
    twice(&anna, "DELETE", &anna.open_sale(), &json!({}));
}

fn twice(caller: &Caller, method: &str, path: &str, body: &Value) {
    let key = crate::shop::fresh_key();
    let first = caller.keyed(method, path, &key, body);
    let again = caller.keyed(method, path, &key, body);
    assert_eq!(
        (first.good(), first.status),
        (again.good(), again.status),
        "{path}"
    );
    assert_eq!(
        (first.replayed(), again.replayed()),
        (false, true),
        "{path}"
    );
}

#[test]
fn the_same_key_at_the_same_time_is_done_once() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let (path, start) = (format!("{sale}/checkout"), Barrier::new(8));
    let replies: Vec<_> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    anna.keyed("POST", &path, "at-once", &cash())
                })
            })
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect()
    });
    assert!(
        replies
            .iter()
            .all(|reply| reply.good() == replies[0].good())
    );
    assert_eq!(replies.iter().filter(|reply| !reply.replayed()).count(), 1);
    shop.stop();
    assert_eq!(count(&shop.journal(), "sale_completed"), 1);
}

#[test]
fn an_error_is_not_kept_and_the_key_may_be_tried_again() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let path = format!("{sale}/checkout");
    anna.keyed("POST", &path, "pay", &cash())
        .refused(422, "empty_basket");
    anna.scan(&sale, COFFEE);
    let done = anna.keyed("POST", &path, "pay", &cash());
    assert_eq!(
        (done.good()["sale"]["total"].clone(), done.replayed()),
        (eur(429), false)
    );
}

#[test]
fn a_write_needs_a_good_key() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let (longest, longer) = ("x".repeat(64), "x".repeat(65));
    let send = |key| anna.try_send("POST", "/v1/sales", key, b"{}").unwrap();
    send(None).refused(400, "key_missing");
    send(Some("")).refused(400, "key_missing");
    send(Some("two words")).refused(400, "key_missing");
    send(Some(&longer)).refused(400, "key_missing");
    send(Some(&longest)).good();
}

#[test]
fn a_pin_is_in_no_answer_and_no_hash() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.sold();
    let path = format!("{sale}/void");
    let void = |pin: &str| json!({"reason": "wrong", "manager": {"person": "mara", "pin": pin}});
    anna.keyed("POST", &path, "void", &void("2222")).good();
    // The hash that knows a request again cannot tell PINs apart: four digits could be guessed from it.
    assert!(anna.keyed("POST", &path, "void", &void("9999")).replayed());
    shop.stop();
    let text = std::fs::read(shop.folder.join("tillside.db")).unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("\"pin\""));
}

#[test]
fn signing_in_and_trying_the_line_need_no_key() {
    let shop = Shop::open();
    let caller = shop.caller();
    let token = format!("Bearer {}", caller.token);
    let headers = [("Authorization", token.as_str())];
    let reply = wire::call(caller.address, "POST", "/v1/sync", &headers, b"").unwrap();
    assert_eq!(reply.status, 202);
}
