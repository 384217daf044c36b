//! One whole sale, as a POS drives it.

use crate::shop::{CARD, COFFEE, Shop, cash, count, eur};
use serde_json::json;

#[test]
fn a_whole_sale_over_the_api() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let scanned = anna.scan(&sale, "]E04006381333931");
    assert_eq!(
        (&scanned["kind"], &scanned["line"]),
        (&json!("line"), &json!(0))
    );
    let scanned = anna.scan(&sale, COFFEE);
    assert_eq!(scanned["sale"]["lines"][0]["quantity"], 2);
    assert_eq!(anna.scan(&sale, "BREAD-1")["line"], 1);
    let shown = anna
        .put(&format!("{sale}/customer"), &json!({ "card": CARD }))
        .good();
    assert_eq!(shown["customer"]["member"]["display_name"], "Clara");
    assert_eq!(shown["customer"]["member"]["points"], 1240);
    let coupon = anna.coupon(&sale, "spring-01");
    assert_eq!(coupon["words"], "valid (proved: bound to this store)");
    let quote = &coupon["sale"];
    assert_eq!(
        (&quote["subtotal"], &quote["total"]),
        (&eur(1_057), &eur(957))
    );
    assert_eq!(
        (&quote["discount_total"], &quote["points"]),
        (&eur(100), &json!(9))
    );

    let done = anna.pay(&sale).good();
    let view = &done["sale"];
    assert_eq!(
        (&view["state"], &view["total"]),
        (&json!("completed"), &eur(957))
    );
    assert_eq!(
        view["tenders"],
        json!([{"kind": "cash", "amount": eur(957)}])
    );
    assert_eq!(view["customer"]["member"]["points"], 1249);
    assert_eq!(
        (&view["rules"], &view["confirmed"]),
        (&json!(7), &json!(false))
    );
    let receipt = done["receipt"].as_str().unwrap();
    for words in [
        "Corner Shop",
        "TOTAL",
        "9.57 EUR",
        "Coupon SPRING01",
        "Points earned",
        "version 7",
    ] {
        assert!(receipt.contains(words), "{words}: {receipt}");
    }
    assert_eq!(anna.get(&sale).good(), *view);
    assert_eq!(anna.get(&format!("{sale}/receipt")).body, receipt);
    assert_eq!(anna.get("/v1/sales/open").good(), json!([]));
    anna.pay(&sale).refused(409, "already_completed");
    anna.put(&format!("{sale}/lines"), &json!({"lines": []}))
        .refused(409, "already_completed");

    shop.stop();
    let journal = shop.journal();
    assert_eq!(count(&journal, "sale_completed"), 1);
    assert_eq!(journal.last().unwrap()["type"], "sale_completed");
}

#[test]
fn lines_are_put_counted_and_taken_off() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let lines = json!({"lines": [
        {"item": "gtin:04006381333931", "quantity": 2},
        {"item": "sku:HAND-1", "quantity": 1, "name": "Loose apples", "unit_price": eur(150), "tax_class": "reduced"},
        {"item": "sku:BREAD-1", "quantity": 1, "unit_price": eur(100)},
    ]});
    let view = anna.put(&format!("{sale}/lines"), &lines).good();
    assert_eq!(view["total"], eur(858 + 150 + 100));
    let view = anna
        .put(&format!("{sale}/lines/1"), &json!({"quantity": 3}))
        .good();
    assert_eq!(view["lines"][1]["total"], eur(450));
    let view = anna
        .put(&format!("{sale}/lines/0"), &json!({"quantity": 0}))
        .good();
    assert_eq!(view["lines"][0]["name"], "Loose apples");
    anna.put(&format!("{sale}/lines/9"), &json!({"quantity": 1}))
        .refused(404, "no_such_line");
    let view = anna
        .put(&format!("{sale}/lines"), &json!({"lines": []}))
        .good();
    assert_eq!(view["total"], eur(0));
    anna.pay(&sale).refused(422, "empty_basket");
}

#[test]
fn a_sale_is_paid_in_parts_or_not_at_all() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let pay = |tenders| anna.post(&format!("{sale}/checkout"), &json!({ "tenders": tenders }));
    pay(json!([])).refused(422, "tender_mismatch");
    pay(json!([{"kind": "cash", "amount": eur(400)}])).refused(422, "tender_mismatch");
    pay(json!([{"kind": "cash"}, {"kind": "card"}])).refused(422, "tender_without_amount");
    pay(json!([{"kind": "cash", "amount": eur(529)}, {"kind": "card", "amount": eur(-100)}]))
        .refused(422, "tender_not_positive");
    pay(json!([{"kind": "shells"}])).refused(400, "malformed");
    let parts = json!([{"kind": "cash", "amount": eur(400)}, {"kind": "card", "amount": eur(29)}]);
    assert_eq!(pay(parts.clone()).good()["sale"]["tenders"], parts);
}

#[test]
fn a_member_is_found_by_number_and_an_unknown_card_earns_too() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let scanned = anna.scan(&sale, "900000001");
    assert_eq!(scanned["kind"], "card");
    assert_eq!(scanned["message"], "Clara, gold, 1240 points");
    assert!(anna.delete(&format!("{sale}/customer")).good()["customer"].is_null());
    let view = anna
        .put(
            &format!("{sale}/customer"),
            &json!({"card": "uid:DEADBEEF"}),
        )
        .good();
    assert!(view["customer"]["member"].is_null());
    anna.scan(&sale, COFFEE);
    let done = anna.pay(&sale).good();
    assert_eq!(done["sale"]["points"], 4);
    assert!(done["receipt"].as_str().unwrap().contains("****BEEF"));
    anna.put(
        &format!("{}/customer", anna.open_sale()),
        &json!({"card": "nonsense"}),
    )
    .refused(422, "bad_card");
}

#[test]
fn several_sales_are_open_up_to_the_limit_and_can_be_thrown_away() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sales: Vec<String> = (0..50).map(|_| anna.open_sale()).collect();
    anna.post("/v1/sales", &json!({}))
        .refused(409, "too_many_open");
    assert_eq!(anna.delete(&sales[0]).status, 204);
    anna.get(&sales[0]).refused(404, "sale_unknown");
    anna.delete(&sales[0]).refused(404, "sale_unknown");
    anna.open_sale();
    assert_eq!(
        anna.get("/v1/sales/open").good().as_array().unwrap().len(),
        50
    );
}

#[test]
fn a_free_sale_needs_no_payment() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let lines = json!({"lines": [{"item": "sku:GIFT", "quantity": 1, "name": "Gift", "unit_price": eur(0), "tax_class": "none"}]});
    anna.put(&format!("{sale}/lines"), &lines).good();
    let done = anna.post(&format!("{sale}/checkout"), &cash()).good();
    assert_eq!(done["sale"]["tenders"], json!([]));
}
