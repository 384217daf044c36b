//! What sales used up of the caps of rules: from sale to sale, over a restart, given back by a void,
//! and made again from the journal.

use crate::shop::*;
use serde_json::json;
use tillside_core::engine::Document;
use tillside_core::*;
use tillside_store::Store;

/// A point a euro, and as many again up to 15 for one member's day; the campaign ends at 40.
fn capped(version: u64) -> Bundle {
    let all = json!([{"funder": "chain", "basis_points": 10000}]);
    let document = json!({"v": 2,
        "campaigns": [{"campaign": "launch", "name": "Launch", "caps": [{"over": "total", "points": 40}]}],
        "rules": [
            {"rule": "base", "name": "Points for every euro", "effects": [{"funders": all,
                "effect": {"points_per_amount": {"points": 1, "per": {"minor": 100, "currency": "EUR"}}}}]},
            {"rule": "double", "name": "Double points", "campaign": "launch",
             "caps": [{"over": "member_day", "points": 15}], "effects": [{"funders": all,
                "effect": {"points_multiplier": {"extra_basis_points": 10000}}}]}]});
    Bundle {
        rules: Document::read(document.to_string().as_bytes()).unwrap(),
        ..bundle(version)
    }
}

fn shop() -> (Shop, Store) {
    let (shop, mut store) = Shop::open();
    store.adopt(&capped(2), store.now(AFTERNOON)).unwrap();
    (shop, store)
}

/// The points that a sale of 10 euros gave on top.
fn extra(store: &mut Store, n: u128, member: u128) -> i64 {
    let Event::SaleCompleted(sale) = sell(store, n, Some(member), &[]).read().unwrap().event else {
        panic!("a sale was recorded as something else");
    };
    let awards = sale
        .awards
        .iter()
        .filter(|award| award.rule.as_str() == "double");
    awards.map(|award| award.points.0).sum()
}

#[test]
fn caps_count_over_a_restart_and_a_void_gives_back() {
    let (shop, mut store) = shop();
    assert_eq!(extra(&mut store, 1, 1), 10);
    drop(store);
    let mut store = shop.store();
    assert_eq!(extra(&mut store, 2, 1), 5, "15 a day");
    assert_eq!(extra(&mut store, 3, 1), 0);
    assert_eq!(extra(&mut store, 4, 2), 10, "another member");
    void(&mut store, 1);
    assert_eq!(extra(&mut store, 5, 1), 10);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}

#[test]
fn a_day_ends_and_a_campaign_does_not() {
    let (_shop, mut store) = shop();
    let mut on = |n, member: u128, days: i64| {
        let now = store.now(Timestamp(AFTERNOON.0 + days * 24 * 3_600_000));
        let events = decide_sale(&store, check_out(n, 1, Some(member), &[]), now).unwrap();
        store.commit(&events, now, None, None).unwrap();
        match &events[0] {
            Event::SaleCompleted(sale) => sale.lots[0].amount.0 - 10,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((on(1, 1, 0), on(2, 1, 0)), (10, 5));
    assert_eq!((on(3, 1, 1), on(4, 1, 1)), (10, 5), "the next day");
    assert_eq!((on(5, 2, 2), on(6, 2, 2)), (10, 0), "40 in all");
}

#[test]
fn counters_that_were_lost_are_made_again() {
    let (shop, mut store) = shop();
    assert_eq!(extra(&mut store, 1, 1), 10);
    drop(store);
    shop.sql("DELETE FROM counters");
    let mut store = shop.store();
    assert_eq!(
        store.rebuild().unwrap().differences.len(),
        2,
        "the rule's and the campaign's"
    );
    assert_eq!(extra(&mut store, 2, 1), 5);
}
