//! Kill -9 in the middle of 50 checkouts: every confirmed one is there, none twice.

use crate::program::Running;
use crate::shop::{COFFEE, Caller, Shop, cash, journal};
use std::collections::BTreeMap;

const SALES: usize = 50;

fn key(at: usize) -> String {
    format!("checkout-{at}")
}

/// Pays sales one after the other until the till dies; the receipts of those it confirmed.
fn pay_until_killed(caller: &Caller, sales: &[String]) -> BTreeMap<String, String> {
    let mut confirmed = BTreeMap::new();
    for (at, sale) in sales.iter().enumerate() {
        let body = cash().to_string();
        let path = format!("{sale}/checkout");
        match caller.try_send("POST", &path, Some(&key(at)), body.as_bytes()) {
            Ok(reply) => {
                let receipt = reply.good()["receipt"].as_str().unwrap().to_owned();
                confirmed.insert(sale.clone(), receipt);
            }
            Err(_) => break,
        }
    }
    confirmed
}

#[test]
fn every_confirmed_checkout_survives_and_none_is_doubled() {
    let mut shop = Shop::open();
    shop.stop();
    let mut running = Running::start(&shop.folder);
    let caller = running.caller().signed_in("anna", "1111");
    let sales: Vec<String> = (0..SALES).map(|_| caller.open_sale()).collect();
    for sale in &sales {
        caller.scan(sale, COFFEE);
    }
    let confirmed = std::thread::scope(|scope| {
        let paying = scope.spawn(|| pay_until_killed(&caller, &sales));
        // Killed when some are recorded and some are not: the database says when.
        let count = || {
            let open = caller.try_send("GET", "/v1/sales/open", None, b"");
            open.map_or(0, |open| open.good().as_array().map_or(0, Vec::len))
        };
        while count() > SALES - 15 {}
        running.kill();
        paying.join().unwrap()
    });
    assert!(
        (1..SALES).contains(&confirmed.len()),
        "{} were confirmed before the kill",
        confirmed.len()
    );

    let mut running = Running::start(&shop.folder);
    let caller = running.caller().signed_in("anna", "1111");
    for (sale, receipt) in &confirmed {
        assert_eq!(&caller.get(&format!("{sale}/receipt")).body, receipt);
    }
    // The POS sends every one again, under its own key.
    for (at, sale) in sales.iter().enumerate() {
        let reply = caller.keyed("POST", &format!("{sale}/checkout"), &key(at), &cash());
        let receipt = reply.good()["receipt"].as_str().unwrap().to_owned();
        if let Some(before) = confirmed.get(sale) {
            assert_eq!((&receipt, reply.replayed()), (before, true));
        }
    }
    running.kill();
    let mut recorded: Vec<String> = journal(&shop.folder)
        .iter()
        .filter(|event| event["type"] == "sale_completed")
        .map(|event| format!("/v1/sales/{}", event["sale"].as_str().unwrap()))
        .collect();
    recorded.sort();
    let mut all = sales.clone();
    all.sort();
    assert_eq!(recorded, all, "each once");
}
