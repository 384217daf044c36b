//! Goods that come back: priced first, allowed by a manager, told on a slip, once.

use crate::shop::{CARD, COFFEE, DAY, NOON, Shop, cash, count, eur, fresh_key};
use serde_json::{Value, json};

/// Three coffees for the member; its path.
fn sold(who: &crate::shop::Caller) -> String {
    let sale = who.open_sale();
    who.post(
        &format!("{sale}/scan"),
        &json!({"code": COFFEE, "quantity": 3}),
    )
    .good();
    who.put(&format!("{sale}/customer"), &json!({ "card": CARD }))
        .good();
    who.pay(&sale).good();
    sale
}

fn back(line: u32, quantity: u32) -> Value {
    json!({"goods": [{"line": line, "quantity": quantity}]})
}

fn whole(quantity: u32, manager: &Value) -> Value {
    json!({
        "goods": [{"line": 0, "quantity": quantity}], "reason": "broken",
        "tenders": [{"kind": "cash"}], "manager": manager,
    })
}

#[test]
fn goods_come_back_a_month_later_and_once() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let sale = sold(&anna);
    let before = anna.get(&sale).good();
    let points = before["customer"]["member"]["points"].as_i64().unwrap();
    shop.set_clock(NOON + 30 * DAY);
    let anna = shop.cashier();
    let (price, returns) = (format!("{sale}/returns/price"), format!("{sale}/returns"));
    let priced = anna.post(&price, &back(0, 1)).good();
    assert_eq!(priced["total"], eur(429));
    assert_eq!(anna.get(&sale).good()["returns"], json!([]), "only asked");

    let mara = json!({"person": "mara", "pin": "2222"});
    anna.post(&returns, &whole(1, &Value::Null))
        .refused(403, "manager_needed");
    anna.post(
        &returns,
        &whole(1, &json!({"person": "anna", "pin": "1111"})),
    )
    .refused(403, "manager_needed");
    let key = fresh_key();
    let done = anna.keyed("POST", &returns, &key, &whole(1, &mara)).good();
    let again = anna.keyed("POST", &returns, &key, &whole(1, &mara)).good();
    assert_eq!(done, again, "sent again, it is answered again");
    assert_eq!(done["sale"]["lines"][0]["returned"], 1);
    let left = points - priced["points"].as_i64().unwrap();
    assert_eq!(done["sale"]["customer"]["member"]["points"], left);
    let slip = done["receipt"].as_str().unwrap();
    for words in [
        "GOODS RETURNED",
        "1 x ",
        "-4.29",
        "allowed by mara",
        "Reason: broken",
    ] {
        assert!(slip.contains(words), "{words}: {slip}");
    }
    let reprint = anna.get(&format!("{sale}/receipt")).body;
    assert!(reprint.ends_with(slip), "{reprint}");

    anna.post(&returns, &whole(3, &mara))
        .refused(422, "more_than_sold");
    anna.post(&price, &back(0, 3))
        .refused(422, "more_than_sold");
    anna.post(&price, &back(7, 1)).refused(404, "no_such_line");
    anna.post(&price, &json!({"goods": []}))
        .refused(422, "nothing_returned");
    let manager = shop.manager();
    manager.post(&returns, &whole(2, &Value::Null)).good();
    manager
        .post(&returns, &whole(1, &Value::Null))
        .refused(422, "more_than_sold");

    let day = manager.get("/v1/reports/day").good();
    assert_eq!(
        (
            &day["returns"],
            &day["returned"],
            &day["returned_cash"],
            &day["sales"]
        ),
        (&json!(2), &eur(1287), &eur(1287), &json!(0))
    );
    let rows = manager.get("/v1/reports/returns").good();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(rows[0]["goods"]["approved_by"], "mara");
    anna.get("/v1/reports/returns").refused(403, "manager_only");
    let waiting = manager.get("/v1/reports/unconfirmed").good().to_string();
    assert!(waiting.contains("Return of goods of sale"), "{waiting}");
    shop.stop();
    assert_eq!(count(&shop.journal(), "goods_returned"), 2);
}

#[test]
fn a_return_and_a_void_do_not_go_together() {
    let shop = Shop::open();
    let mara = shop.manager();
    let (first, second) = (mara.sold(), mara.sold());
    let open = mara.open_sale();
    mara.post(&format!("{open}/returns"), &whole(1, &Value::Null))
        .refused(409, "still_open");
    mara.post(&format!("{first}/returns"), &whole(1, &Value::Null))
        .good();
    mara.post(&format!("{first}/void"), &json!({"reason": "x"}))
        .refused(409, "goods_were_returned");
    mara.post(&format!("{second}/void"), &json!({"reason": "x"}))
        .good();
    mara.post(&format!("{second}/returns"), &whole(1, &Value::Null))
        .refused(409, "already_voided");
    let unknown = "/v1/sales/01940000-0000-7000-8000-00000000ffff/returns";
    mara.post(unknown, &whole(1, &Value::Null))
        .refused(404, "sale_unknown");
    let silent =
        json!({"goods": [{"line": 0, "quantity": 1}], "reason": " ", "tenders": cash()["tenders"]});
    let third = mara.sold();
    mara.post(&format!("{third}/returns"), &silent)
        .refused(422, "reason_missing");
    let more = json!({"goods": [{"line": 0, "quantity": 1}], "reason": "x",
        "tenders": [{"kind": "cash", "amount": eur(500)}]});
    mara.post(&format!("{third}/returns"), &more)
        .refused(422, "tender_mismatch");
}
