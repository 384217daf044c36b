//! Codes of members' phones at the scanner.

use crate::shop::{COFFEE, HQ_SECRET, NOON, Shop, eur, terminal};
use serde_json::json;
use tillside_core::{
    CodeKey, DeviceCertificate, MemberCode, MemberId, StoreId, TillSticker, Timestamp,
};

const PHONE: [u8; 32] = [5; 32];
const CLARA: &str = "01940000-0000-7000-8000-0000000000aa";

fn code(lane: &str, issued: i64, nonce: u8, certified_by: &[u8; 32]) -> String {
    let member: MemberId = CLARA.parse().unwrap();
    let until = "2099-12-31".parse().unwrap();
    let certificate =
        DeviceCertificate::issue(certified_by, member, CodeKey::of_secret(&PHONE), until).unwrap();
    let store = StoreId::new("S1").unwrap();
    let sticker = TillSticker::new(store, lane.parse().unwrap(), terminal());
    let code = MemberCode::issue(&PHONE, certificate, &sticker, Timestamp(issued), [nonce; 8]);
    code.unwrap().to_string()
}

#[test]
fn a_fresh_code_puts_its_member_to_the_sale_once() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    let fresh = code("1", NOON - 10_000, 1, &HQ_SECRET);
    let shown = anna.scan(&sale, &format!("]Q1{fresh}"));
    assert_eq!(shown["kind"], "card");
    assert_eq!(shown["sale"]["customer"]["member"]["display_name"], "Clara");
    assert_eq!(shown["sale"]["customer"]["card"], json!(null));
    anna.scan(&sale, COFFEE);
    let paid = anna.pay(&sale).good();
    assert_eq!(paid["sale"]["customer"]["member"]["display_name"], "Clara");
    let other = anna.open_sale();
    let again = anna.scan(&other, &fresh);
    assert_eq!(again["kind"], "unknown");
    assert!(again["message"].as_str().unwrap().contains("used already"));
    assert_eq!(again["sale"]["customer"], json!(null));
}

#[test]
fn codes_that_do_not_count_say_why() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    for (shown, words) in [
        (code("2", NOON, 2, &HQ_SECRET), "another till"),
        (code("1", NOON - 181_000, 3, &HQ_SECRET), "too old"),
        (code("1", NOON + 121_000, 4, &HQ_SECRET), "clock"),
        (code("1", NOON, 5, &[9; 32]), "not registered"),
        (
            code("1", NOON, 6, &HQ_SECRET)[..300].to_owned(),
            "cannot be read",
        ),
        ("TSM1".to_owned(), "cannot be read"),
    ] {
        let answer = anna.scan(&sale, &shown);
        assert_eq!(answer["kind"], "unknown", "{words}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert_eq!(answer["sale"]["customer"], json!(null));
    }
    let long = format!("TSM1{}", "0".repeat(600));
    let scan = anna.post(&format!("{sale}/scan"), &json!({ "code": long }));
    scan.refused(422, "code_too_long");
    let sticker = anna.get("/v1/status").good()["sticker"].clone();
    assert!(sticker.as_str().unwrap().starts_with("S1/1/"));
}

#[test]
fn an_account_needs_the_line_even_with_a_fresh_code() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let account = json!({"from": "account", "amount": eur(100)});
    let pay = format!("{sale}/purse");
    // Nobody proved who they are, and no reader could ask for a card.
    anna.post(&pay, &account).refused(409, "readers_off");
    anna.scan(&sale, &code("1", NOON, 7, &HQ_SECRET));
    anna.post(&pay, &account).refused(503, "line_needed");
    // The proof wears off.
    shop.set_clock(NOON + 5 * 60_000 + 1);
    anna.post(&pay, &account).refused(409, "readers_off");
}
