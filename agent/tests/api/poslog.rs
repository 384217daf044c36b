//! The journal as POSLog XML, read by another language's own parser, and reconciled with the journal.

use crate::program::tillside;
use crate::shop::*;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// What Python reads in a POSLog file: see `poslog.py`.
fn parsed(file: &Path) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/poslog.py");
    let read = Command::new("python3")
        .args([Path::new(script), file])
        .output()
        .expect("python3 is needed here; `cargo xtask setup` installs it");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    serde_json::from_slice(&read.stdout).unwrap()
}

fn minor(amounts: &Value) -> i64 {
    let all = amounts.as_array().unwrap().iter();
    all.map(|one| one["amount"]["minor"].as_i64().unwrap())
        .sum()
}

/// Sums over a list of numbers.
fn sum<'a>(numbers: impl IntoIterator<Item = &'a Value>) -> i64 {
    numbers.into_iter().map(|one| one.as_i64().unwrap()).sum()
}

/// What was taken off the `at`th line of a sale in the journal.
fn spread(sale: &Value, at: usize) -> i64 {
    let lists = [&sale["discounts"], &sale["promotions"]];
    let given = lists.into_iter().filter_map(Value::as_array).flatten();
    let spreads = given.flat_map(|one| one["spread"].as_array().unwrap());
    sum(spreads.filter(|one| one[0] == at).map(|one| &one[1]))
}

fn reconcile_sale(told: &Value, sale: &Value) {
    assert_eq!(told["id"], sale["sale"]);
    assert_eq!(
        (&told["status"], &told["store"]),
        (&json!("Finished"), &json!("S1"))
    );
    assert_eq!(
        (&told["date"], &told["operators"][0]),
        (&sale["date"], &sale["cashier"])
    );
    let lines = sale["lines"].as_array().unwrap();
    assert_eq!(told["lines"].as_array().unwrap().len(), lines.len());
    for (at, (there, here)) in told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .zip(lines)
        .enumerate()
    {
        assert!(
            here["item"]
                .as_str()
                .unwrap()
                .ends_with(there["item"].as_str().unwrap())
        );
        assert_eq!(there["unit_price"], here["unit_price"]["minor"]);
        assert_eq!(there["quantity"], here["quantity"]);
        let whole = there["unit_price"].as_i64().unwrap() * there["quantity"].as_i64().unwrap();
        let off = sum(there["off"].as_array().unwrap());
        assert_eq!((off, &json!(off)), (spread(sale, at), &there["off_told"]));
        assert_eq!(there["extended"], whole - off);
    }
    let extended = sum(told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["extended"]));
    assert_eq!(
        (&json!(extended), &told["total"]),
        (&sale["total"]["minor"], &sale["total"]["minor"])
    );
    assert_eq!(told["subtotal"], sale["subtotal"]["minor"]);
    assert_eq!(
        sum([&told["total"], &told["discount"]]),
        sum([&told["subtotal"]])
    );
    let paid = sum(told["tenders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tender| &tender[2]));
    assert_eq!(
        (paid, &json!(paid)),
        (minor(&sale["tenders"]), &told["total"])
    );
    let coupons = sale["coupons"].as_array().unwrap().iter();
    let coupons: Vec<_> = coupons.map(|coupon| coupon["number"].clone()).collect();
    assert_eq!(told["coupons"], json!(coupons));
    let awarded = sum(sale["awards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|award| &award["points"]));
    assert_eq!(told["awarded"], awarded);
    let numbers = 1..=told["numbers"].as_array().unwrap().len();
    assert_eq!(told["numbers"], json!(numbers.collect::<Vec<_>>()));
}

fn reconcile_void(told: &Value, void: &Value) {
    let sale = void["sale"].as_str().unwrap();
    assert_eq!(
        (&told["id"], &told["link"]),
        (&json!(format!("{sale}-void")), &json!(sale))
    );
    assert_eq!(told["status"], "PostVoided");
    assert_eq!(
        told["operators"],
        json!([void["cashier"], void["approved_by"]])
    );
    assert_eq!(told["reason"], "Wrong \u{FFFD}size <&> \"ß\".");
    assert_eq!(told["coupons"], void["coupons"]);
    assert_eq!(told["total"], -minor(&void["tenders"]));
    assert_eq!(told["tenders"][0][0], "Refund");
    let lots = void["lots"].as_array().unwrap().iter();
    assert_eq!(
        told["points"],
        json!([["Reversal", sum(lots.map(|lot| &lot["amount"]))]])
    );
}

fn reconcile_return(told: &Value, goods: &Value) {
    assert_eq!(
        (&told["id"], &told["link"], &told["status"]),
        (&goods["id"], &goods["sale"], &json!("Finished"))
    );
    let operators = json!([goods["cashier"], goods["approved_by"]]);
    assert_eq!(
        (&told["operators"], &told["reason"]),
        (&operators, &json!("too <hot>"))
    );
    let line = &goods["lines"][0];
    let item = line["item"].as_str().unwrap();
    let back = &told["returned"][0];
    assert!(item.ends_with(back["item"].as_str().unwrap()), "{back}");
    assert_eq!(
        (&back["quantity"], &back["extended"]),
        (&line["quantity"], &line["paid"]["minor"])
    );
    assert_eq!(told["total"], -minor(&goods["tenders"]));
    assert_eq!(
        told["tenders"][0],
        json!(["Refund", "CreditDebit", line["paid"]["minor"]])
    );
}

#[test]
fn a_poslog_export_reconciles_with_the_journal() {
    let mut shop = Shop::open();
    let (anna, mara) = (shop.cashier(), shop.manager());
    anna.sold();
    let sale = anna.open_sale();
    for code in [COFFEE, "BREAD-1", COFFEE] {
        anna.scan(&sale, code);
    }
    let card = json!({ "card": CARD });
    anna.put(&format!("{sale}/customer"), &card).good();
    assert_eq!(anna.coupon(&sale, "SPRING01")["valid"], true);
    anna.pay(&sale).good();
    let reason = json!({"reason": "Wrong \u{1}size <&> \"ß\"."});
    mara.post(&format!("{sale}/void"), &reason).good();
    let bread = anna.open_sale();
    let two = json!({"code": COFFEE, "quantity": 2});
    anna.post(&format!("{bread}/scan"), &two).good();
    anna.pay(&bread).good();
    let goods = json!({"goods": [{"line": 0, "quantity": 1}], "reason": "too <hot>", "tenders": [{"kind": "card"}]});
    mara.post(&format!("{bread}/returns"), &goods).good();
    shop.stop();
    let file = shop.folder.join("export.xml");
    let out = [
        "journal",
        "export",
        "--format",
        "poslog",
        "--out",
        file.to_str().unwrap(),
    ];
    let exported = tillside(&shop.folder, &out, "");
    assert!(exported.status.success(), "{exported:?}");
    let words = String::from_utf8_lossy(&exported.stderr);
    assert!(
        words.contains("5 sales, voids and returns written"),
        "{words}"
    );
    let kinds = ["sale_completed", "sale_voided", "goods_returned"];
    let mut events = shop.journal();
    events.retain(|event| kinds.iter().any(|kind| event["type"] == *kind));
    let told = parsed(&file);
    assert_eq!((told.len(), events.len()), (5, 5));
    reconcile_sale(&told[0], &events[0]);
    reconcile_sale(&told[1], &events[1]);
    assert_eq!(told[1]["members"], json!([events[1]["customer"]["member"]]));
    assert!(told[1]["discount"].as_i64() > Some(0), "a coupon was used");
    reconcile_void(&told[2], &events[2]);
    reconcile_sale(&told[3], &events[3]);
    reconcile_return(&told[4], &events[4]);
    assert!(told.is_sorted_by_key(|one| one["seq"].as_u64()));
    let kept = sum(told.iter().map(|one| &one["total"]));
    assert_eq!(
        kept,
        minor(&events[0]["tenders"]) + minor(&events[3]["tenders"]) - minor(&events[4]["tenders"]),
        "what stays in the drawer"
    );
}
