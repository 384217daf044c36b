//! Bad input: each gets a clear error that says what to do, and changes nothing.

use crate::shop::{COFFEE, Shop, eur};
use crate::wire;
use serde_json::{Value, json};

#[test]
fn a_body_of_ten_megabytes_is_refused_and_the_till_goes_on() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let body = vec![b' '; 10 << 20];
    let reply = anna
        .try_send("POST", "/v1/sales", Some("big"), &body)
        .unwrap();
    let words = reply.refused(413, "too_large");
    assert!(words.contains("1 MiB"), "{words}");
    // Without a length, too.
    let token = format!("Bearer {}", anna.token);
    let head = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: {}\r\nAuthorization: {token}\r\nTransfer-Encoding: chunked\r\n\r\n",
        anna.address
    );
    assert!(chunked(anna.address, &head).contains("\"too_large\""));
    anna.open_sale();
}

/// Sends 2 MiB in chunks, until the answer begins.
fn chunked(address: std::net::SocketAddr, head: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..32 {
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut answer = vec![0; 2_048];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[test]
fn wrong_lines_are_named() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    anna.scan(&sale, COFFEE);
    let put = |line: Value| {
        anna.put(
            &format!("{sale}/lines"),
            &json!({ "lines": [{"item": "sku:BREAD-1", "quantity": 1}, line] }),
        )
    };
    let words = put(json!({"item": "gtin:4006381333930", "quantity": 1})).refused(422, "bad_item");
    assert!(
        words.starts_with("Line 2:") && words.contains("last digit should be 1"),
        "{words}"
    );
    put(json!({"item": "nonsense", "quantity": 1})).refused(422, "bad_item");
    put(json!({"item": "sku:BREAD-1", "quantity": -2})).refused(422, "negative_quantity");
    put(json!({"item": "sku:BREAD-1", "quantity": 0})).refused(422, "quantity_zero");
    put(json!({"item": "sku:BREAD-1", "quantity": 10_000})).refused(422, "quantity_too_large");
    put(json!({"item": "sku:BREAD-1", "quantity": 1.5})).refused(400, "malformed");
    put(json!({"item": "sku:BREAD-1", "quantity": 1, "unit_price": eur(-1)}))
        .refused(422, "negative_price");
    put(json!({"item": "sku:BREAD-1", "quantity": 1, "unit_price": {"minor": 1, "currency": "USD"}}))
        .refused(422, "mixed_currency");
    put(json!({"item": "sku:BREAD-1", "quantity": 9_999, "unit_price": eur((1 << 53) - 1)}))
        .refused(422, "amount_too_large");
    put(json!({"item": "sku:BREAD-1", "quantity": 1, "unit_price": eur(1 << 53)}))
        .refused(400, "malformed");
    let words = put(json!({"item": "sku:NOTHING", "quantity": 1})).refused(422, "unknown_item");
    assert!(words.contains("sku:NOTHING"), "{words}");
    put(json!({"item": "sku:BREAD-1", "quantity": 1, "colour": "red"})).refused(400, "malformed");
    let many: Vec<Value> = vec![json!({"item": "sku:BREAD-1", "quantity": 1}); 501];
    anna.put(&format!("{sale}/lines"), &json!({ "lines": many }))
        .refused(422, "too_many_lines");
    let quantity = |n: Value| anna.put(&format!("{sale}/lines/0"), &json!({ "quantity": n }));
    quantity(json!(-1)).refused(422, "negative_quantity");
    assert_eq!(
        anna.get(&sale).good()["lines"].as_array().unwrap().len(),
        1,
        "nothing was changed"
    );
}

#[test]
fn wrong_scans_say_what_to_do() {
    let shop = Shop::open();
    let anna = shop.cashier();
    let sale = anna.open_sale();
    for (code, words) in [
        (
            "4006381333930",
            "The barcode 4006381333930 was misread or mistyped: its last digit does not fit the others. Scan it again.",
        ),
        (
            "4012345010008",
            "4012345010008 is not in the product list. Enter the item by hand with its name and price, or leave it out.",
        ),
        (
            "WHAT-IS-THIS",
            "WHAT-IS-THIS is no product, coupon or member card that this store knows. Check the number and try again.",
        ),
        (
            "]C10104006381333930",
            "The check digit of (01) in this GS1 code should be 1 (character 3). Scan the code again, or type the number printed under it.",
        ),
        (
            "]C100106141412345678908",
            "This code holds no product number. Scan the other code on the item.",
        ),
        (
            "]e0811010614141654321315011012",
            "This coupon cannot be read: the product family of the first purchase is cut short (character 22 of its code). Scan it again; if it stays so, do not take the coupon.",
        ),
        (
            "]d28112001234561234560123456",
            "This is a manufacturer's coupon (offer 123456 of company 123456). The till takes nothing off for it: do with it what the store's rules say.",
        ),
    ] {
        let scanned = anna.scan(&sale, code);
        assert_eq!(
            (&scanned["kind"], &scanned["message"]),
            (&json!("unknown"), &json!(words))
        );
        assert_eq!(scanned["sale"]["lines"], json!([]));
    }
    let scan = |body: Value| anna.post(&format!("{sale}/scan"), &body);
    scan(json!({"code": " "})).refused(422, "nothing_scanned");
    scan(json!({"code": "9".repeat(300)})).refused(422, "code_too_long");
    scan(json!({"code": COFFEE, "quantity": -1})).refused(422, "negative_quantity");
    scan(json!({"code": COFFEE, "quantity": 0})).refused(422, "quantity_zero");
    scan(json!({"code": COFFEE, "quantity": 10_000})).refused(422, "quantity_too_large");
    scan(json!({})).refused(400, "malformed");
}

#[test]
fn a_product_is_sold_from_every_gs1_code() {
    let shop = Shop::open();
    let anna = shop.cashier();
    for code in [
        format!("]d2010{COFFEE}17991231"),
        format!("(01)0{COFFEE}(10)A1"),
        format!("https://id.example.com/01/0{COFFEE}/10/A1?17=991231"),
        format!("]C1010{COFFEE}17999999"),
    ] {
        let sale = anna.open_sale();
        let scanned = anna.scan(&sale, &code);
        assert_eq!(scanned["kind"], json!("line"), "{code}: {scanned}");
        assert_eq!(scanned["sale"]["lines"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn wrong_paths_methods_and_texts() {
    let shop = Shop::open();
    let anna = shop.cashier();
    anna.get("/v1/nothing").refused(404, "not_found");
    anna.put("/v1/sales", &json!({}))
        .refused(405, "wrong_method");
    anna.get("/v1/sales/not-an-id").refused(404, "sale_unknown");
    let text = anna
        .try_send("POST", "/v1/sales", Some("t1"), b"not json")
        .unwrap();
    text.refused(400, "malformed");
    let bytes = anna
        .try_send("POST", "/v1/sales", Some("t2"), &[0xff, 0xfe])
        .unwrap();
    bytes.refused(400, "malformed");
    let list = anna
        .try_send("POST", "/v1/sales", Some("t3"), b"[1]")
        .unwrap();
    list.refused(400, "malformed");
    let deep = vec![b'['; 100_000];
    anna.try_send("POST", "/v1/sales", Some("t4"), &deep)
        .unwrap()
        .refused(400, "malformed");
}

#[test]
fn products_are_searched() {
    let shop = Shop::open();
    let caller = shop.caller();
    let found = caller.get("/v1/products?search=ground%20COFFEE").good();
    assert_eq!(
        found,
        json!([{"item": "gtin:04006381333931", "name": "Ground coffee 250 g",
        "unit_price": eur(429), "category": "coffee", "tax_class": "reduced"}])
    );
    assert_eq!(
        caller
            .get("/v1/products?limit=1")
            .good()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(caller.get("/v1/products?search=%27%3B--").good(), json!([]));
    caller
        .get("/v1/products?limit=many")
        .refused(400, "malformed");
}

#[test]
fn an_agent_that_is_not_set_up_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::in_folder(folder.path());
    let caller = shop.caller();
    let status = caller.get("/v1/status").good();
    assert_eq!(status["enrolled"], false);
    let codes: Vec<&str> = status["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|p| p["code"].as_str())
        .collect();
    assert_eq!(codes, ["not_enrolled", "no_people"]);
    caller.sign_in("anna", "1111").refused(401, "wrong_pin");
    drop(shop);
    let mut store = tillside_store::Store::open(&folder.path().join("tillside.db")).unwrap();
    let pin = tillside::Pin::new("1111").unwrap().hash().unwrap();
    store
        .put_person(&tillside_store::Person {
            person: "anna".parse().unwrap(),
            name: "Anna".to_owned(),
            role: tillside_store::Role::Cashier,
            pin,
            failed_tries: 0,
            locked_until: None,
        })
        .unwrap();
    drop(store);
    let shop = Shop::in_folder(folder.path());
    let words = shop
        .cashier()
        .post("/v1/sales", &json!({}))
        .refused(409, "not_enrolled");
    assert!(words.contains("tillside enrol"), "{words}");
}

#[test]
fn a_slow_or_silent_caller_holds_nobody_up() {
    let shop = Shop::open();
    let silent: Vec<_> = (0..64)
        .map(|_| std::net::TcpStream::connect(shop.agent().address()).unwrap())
        .collect();
    shop.caller().get("/v1/status").good();
    let token = format!("Bearer {}", shop.agent().token());
    let headers = [("Authorization", token.as_str())];
    let cut = wire::send(shop.agent().address(), "GET", "/v1/status", &headers, b"").unwrap();
    drop(cut);
    shop.caller().get("/v1/status").good();
    drop(silent);
}
