//! What a restart leaves as it was.

use crate::shop::{COFFEE, Shop, cash};
use serde_json::json;
use tillside::{Agent, StartError};

#[test]
fn open_sales_and_answers_survive() {
    let mut shop = Shop::open();
    let anna = shop.cashier();
    let (open, paid) = (anna.open_sale(), anna.open_sale());
    anna.scan(&open, COFFEE);
    anna.coupon(&open, "SPRING01");
    let before = anna.get(&open).good();
    anna.scan(&paid, COFFEE);
    let first = anna
        .keyed("POST", &format!("{paid}/checkout"), "before", &cash())
        .good();
    shop.stop();
    shop.start();
    anna_is_signed_out(&shop, &anna.session.unwrap());
    let anna = shop.cashier();
    assert_eq!(anna.get(&open).good(), before);
    let again = anna.keyed("POST", &format!("{paid}/checkout"), "before", &cash());
    assert_eq!((again.good(), again.replayed()), (first, true));
    anna.pay(&open).good();
}

#[test]
fn the_store_rests_between_sales() {
    let shop = Shop::open();
    let database = shop.folder.join("tillside.db");
    let written = || std::fs::metadata(&database).unwrap().modified().unwrap();
    let (before, anna) = (written(), shop.cashier());
    // Too few for the log to be carried over by itself, in the middle of a sale.
    let rested = (0..24).any(|_| {
        anna.sold();
        std::thread::sleep(std::time::Duration::from_millis(150));
        written() > before
    });
    assert!(rested, "the log was not carried over");
}

fn anna_is_signed_out(shop: &Shop, session: &str) {
    let mut caller = shop.caller();
    caller.session = Some(session.to_owned());
    caller.get("/v1/sales/open").refused(401, "signed_out");
}

#[test]
fn a_second_agent_on_the_same_folder_is_refused() {
    let shop = Shop::open();
    let second = Agent::start(shop.options()).unwrap_err();
    assert!(matches!(second, StartError::Store(_)), "{second:?}");
    assert!(second.to_string().contains("already running"), "{second}");
    shop.caller().get("/v1/status").good();
    let note = std::fs::read_to_string(shop.folder.join("agent.json")).unwrap();
    assert!(
        note.contains(&shop.agent().address().to_string()),
        "the first one's note stays: {note}"
    );
}

#[test]
fn an_address_of_the_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = tillside::AgentOptions::new(folder.path());
    options.listen = "0.0.0.0:0".parse().unwrap();
    options.readers = false;
    let error = Agent::start(options).unwrap_err();
    assert!(matches!(error, StartError::NotLoopback(_)), "{error:?}");
}

#[test]
fn stopping_is_quick_with_listeners_and_takes_the_note_away() {
    let mut shop = Shop::open();
    let token = format!("Bearer {}", shop.agent().token());
    let headers = [("Authorization", token.as_str())];
    let listening =
        crate::wire::send(shop.agent().address(), "GET", "/v1/events", &headers, b"").unwrap();
    shop.caller().get("/v1/status").good();
    assert!(shop.folder.join("agent.json").exists());
    shop.stop();
    assert!(!shop.folder.join("agent.json").exists());
    drop(listening);
    shop.start();
    assert_eq!(shop.cashier().get("/v1/sales/open").good(), json!([]));
}
