//! kill -9 in the middle of commits: what was confirmed is there, once.
#![allow(
    clippy::print_stdout,
    reason = "the child tells its parent what was confirmed"
)]

use crate::shop::*;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use tillside_store::Store;

const ROUNDS: u64 = 6;

/// Run by the test below in a process of its own; by itself it does nothing.
#[test]
fn child_that_sells_until_it_is_killed() {
    let Some(file) = std::env::var_os("TILLSIDE_SELL_IN") else {
        return;
    };
    let from: u128 = std::env::var("TILLSIDE_SELL_FROM")
        .unwrap()
        .parse()
        .unwrap();
    let mut store = Store::open(file.as_ref()).unwrap();
    for n in from.. {
        let now = store.now(AFTERNOON);
        store.save_draft(sale_id(n), &lane(), "{}").unwrap();
        let events = decide_sale(&store, check_out(n, 1, Some(1), &[]), now).unwrap();
        let key = answer(&n.to_string());
        store
            .commit(&events, now, Some(&key), Some(sale_id(n)))
            .unwrap();
        println!("confirmed {n}");
    }
}

#[test]
fn what_was_confirmed_survives_kill_9_and_nothing_is_there_twice() {
    let (shop, store) = Shop::open();
    drop(store);
    let mut next = 0;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::child_that_sells_until_it_is_killed",
                "--nocapture",
            ])
            .env("TILLSIDE_SELL_IN", &shop.file)
            .env("TILLSIDE_SELL_FROM", next.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let confirmed = |line: std::io::Result<String>| {
            let line = line.unwrap();
            line.strip_prefix("confirmed ")
                .map(|n| n.parse::<u128>().unwrap())
        };
        let mut last = lines.by_ref().filter_map(confirmed).nth(5).unwrap();
        std::thread::sleep(Duration::from_micros(1_700 * (round + 1)));
        child.kill().unwrap();
        child.wait().unwrap();
        last = lines.filter_map(confirmed).last().unwrap_or(last);
        next = check(&shop, last);
    }
}

/// Sales 0 to `last` are there once each, and at most the one that was under way. Returns how many.
fn check(shop: &Shop, last: u128) -> u128 {
    let mut store = shop.store();
    let records = u128::from(store.verify().unwrap().records);
    let sales = records - 1;
    assert!(
        (last + 1..=last + 2).contains(&sales),
        "{sales} sales, {last} confirmed last"
    );
    for n in 0..sales {
        assert!(
            store.sale(sale_id(n)).unwrap().is_some(),
            "sale {n} is lost"
        );
        assert!(
            store.answered(&n.to_string()).unwrap().is_some(),
            "its answer is lost"
        );
        assert_eq!(store.draft(sale_id(n)).unwrap(), None, "it is still open");
    }
    assert_eq!(store.answered(&sales.to_string()).unwrap(), None);
    assert_eq!(points(&store, 1), 100 + 20 * sales as i64);
    assert_eq!(u128::from(store.unconfirmed().unwrap()), records);
    assert!(store.rebuild().unwrap().differences.is_empty());
    sales
}
