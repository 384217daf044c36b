//! One atomic fact: all of a commit is there, or nothing of it.

use crate::shop::*;
use tillside_core::*;
use tillside_store::{EVENT_LIMIT, StoreError};

/// A fault in each of the tables that a sale writes, one at a time: whichever fails, nothing is seen.
#[test]
fn a_commit_that_fails_anywhere_leaves_nothing() {
    for table in [
        "journal",
        "outbox",
        "sales",
        "member_deltas",
        "coupon_uses",
        "answers",
    ] {
        fails_whole("INSERT ON", table);
    }
    fails_whole("DELETE ON", "drafts");
}

fn fails_whole(what: &str, table: &str) {
    let (shop, mut store) = Shop::open();
    store.save_draft(sale_id(7), &lane(), "{}").unwrap();
    drop(store);
    shop.sql(&format!(
        "CREATE TRIGGER planted AFTER {what} {table} BEGIN SELECT RAISE(ABORT, 'planted'); END"
    ));
    let mut store = shop.store();
    let (head, unconfirmed) = (store.head(), store.unconfirmed().unwrap());
    let now = store.now(AFTERNOON);
    let events = decide_sale(&store, check_out(7, 1, Some(1), &["AAAA1"]), now).unwrap();
    let failed = store
        .commit(&events, now, Some(&answer("k")), Some(sale_id(7)))
        .unwrap_err();
    assert!(failed.to_string().contains("failed"), "{table}: {failed}");
    for reopened in [false, true] {
        if reopened {
            drop(store);
            store = shop.store();
        }
        assert_eq!(store.head(), head, "{table}");
        assert_eq!(store.record_count().unwrap(), 1, "{table}");
        assert_eq!(store.unconfirmed().unwrap(), unconfirmed, "{table}");
        assert_eq!(store.sale(sale_id(7)).unwrap(), None, "{table}");
        assert_eq!(store.answered("k").unwrap(), None, "{table}");
        assert_eq!(store.drafts().unwrap().len(), 1, "{table}");
        assert_eq!(points(&store, 1), 100, "{table}");
        assert_eq!(standing(&store, "AAAA1").unwrap().used, None, "{table}");
        assert!(store.rebuild().unwrap().differences.is_empty(), "{table}");
    }
    drop(store);
    shop.sql("DROP TRIGGER planted");
    let mut store = shop.store();
    store
        .commit(&events, now, Some(&answer("k")), Some(sale_id(7)))
        .unwrap();
    assert_eq!(store.verify().unwrap().records, 2);
    assert!(store.drafts().unwrap().is_empty());
    assert_eq!(store.answered("k").unwrap(), Some(answer("k")));
}

/// Decided twice on one state, as two threads might: SQL itself lets only one through.
#[test]
fn a_number_is_burnt_once_even_where_two_decisions_said_yes() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let first = decide_sale(&store, check_out(1, 1, Some(1), &["AAAA1"]), now).unwrap();
    let second = decide_sale(&store, check_out(2, 1, Some(1), &["AAAA1"]), now).unwrap();
    store.commit(&first, now, None, None).unwrap();
    let error = store.commit(&second, now, None, None).unwrap_err();
    assert!(matches!(&error, StoreError::CouponUsed { number } if number.as_str() == "AAAA1"));
    assert!(!error.is_retryable());
    assert_eq!(store.sale(sale_id(2)).unwrap(), None);
    assert_eq!(store.head().unwrap().seq, 2);

    void(&mut store, 1);
    store.commit(&second, now, None, None).unwrap();
    void(&mut store, 2);
    sell(&mut store, 3, None, &["AAAA1"]);
    assert!(store.rebuild().unwrap().differences.is_empty());
}

#[test]
fn a_sale_is_recorded_once_and_voided_once() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let sale = decide_sale(&store, check_out(1, 1, Some(1), &["AAAA1"]), now).unwrap();
    store.commit(&sale, now, None, None).unwrap();
    let again = store.commit(&sale, now, None, None).unwrap_err();
    assert!(matches!(again, StoreError::SaleRecorded { sale } if sale == sale_id(1)));
    let void = decide_void(&store, sale_id(1), now).unwrap();
    store.commit(&void, now, None, None).unwrap();
    let again = store.commit(&void, now, None, None).unwrap_err();
    assert!(matches!(again, StoreError::NothingToVoid { sale } if sale == sale_id(1)));
    assert_eq!(store.verify().unwrap().records, 3);
}

/// Without a coupon there is only the sale itself to hold a second void back.
#[test]
fn a_sale_without_coupons_is_voided_once_too() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    let now = store.now(AFTERNOON);
    let void = decide_void(&store, sale_id(1), now).unwrap();
    store.commit(&void, now, None, None).unwrap();
    let again = store.commit(&void, now, None, None).unwrap_err();
    assert!(matches!(again, StoreError::NothingToVoid { .. }));
    assert_eq!(points(&store, 1), 100);
}

#[test]
fn goods_come_back_once_and_a_sale_without_them_is_not_voided() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    assert_eq!(points(&store, 1), 120);
    let now = store.now(Timestamp(AFTERNOON.0 + 40 * DAY_MS));
    let void = decide_void(&store, sale_id(1), store.now(AFTERNOON)).unwrap();
    let goods = decide_return(&store, 1, sale_id(1), 1, now).unwrap();
    store.commit(&goods, now, None, None).unwrap();
    assert_eq!(points(&store, 1), 100);
    let again = store.commit(&goods, now, None, None).unwrap_err();
    assert!(matches!(again, StoreError::NothingToReturn { sale } if sale == sale_id(1)));
    let late = store.commit(&void, now, None, None).unwrap_err();
    assert!(matches!(late, StoreError::NothingToVoid { .. }));

    let recorded = store.recorded(sale_id(1)).unwrap().unwrap();
    assert_eq!(recorded.returns.len(), 1);
    let day = store.returns_on(now.date).unwrap();
    assert_eq!((day[0].goods.total, day[0].unconfirmed), (eur(1000), true));
    assert_eq!(recorded.returns[0], day[0].goods);
    assert!(recorded.unconfirmed);
    store.confirm(1, &[1, 2], None).unwrap();
    assert!(store.recorded(sale_id(1)).unwrap().unwrap().unconfirmed);
    store.confirm(1, &[3], None).unwrap();
    assert!(!store.recorded(sale_id(1)).unwrap().unwrap().unconfirmed);
    assert_eq!(points(&store, 1), 100, "HQ has not said a new balance yet");
}

/// A sale that was voided has nothing left that could come back.
#[test]
fn nothing_comes_back_of_a_voided_sale() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    let now = store.now(AFTERNOON);
    let goods = decide_return(&store, 1, sale_id(1), 1, now).unwrap();
    void(&mut store, 1);
    let late = store.commit(&goods, now, None, None).unwrap_err();
    assert!(matches!(late, StoreError::NothingToReturn { .. }));
    assert_eq!(points(&store, 1), 100);
}

/// A void that forgets the sale's coupon is not that sale's void.
#[test]
fn a_void_must_give_back_what_the_sale_took() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &["AAAA1"]);
    let now = store.now(AFTERNOON);
    let mut events = decide_void(&store, sale_id(1), now).unwrap();
    if let Event::SaleVoided(void) = &mut events[0] {
        void.coupons.clear();
    }
    let error = store.commit(&events, now, None, None).unwrap_err();
    assert!(matches!(error, StoreError::NothingToVoid { .. }));
    assert!(!store.sale(sale_id(1)).unwrap().unwrap().voided);
}

#[test]
fn facts_that_come_together_stand_or_fall_together() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let mut events = decide_sale(&store, check_out(1, 1, None, &["AAAA1"]), now).unwrap();
    events.extend(decide_sale(&store, check_out(2, 1, None, &["AAAA1"]), now).unwrap());
    store.commit(&events, now, None, None).unwrap_err();
    assert_eq!(store.record_count().unwrap(), 1);
    let many = vec![Event::BundleAdopted { version: 1 }; EVENT_LIMIT + 1];
    let error = store.commit(&many, now, None, None).unwrap_err();
    assert!(matches!(error, StoreError::Limit { limit: 64, .. }));
}

#[test]
fn nothing_is_written_before_the_terminal_is_enrolled() {
    let shop = Shop::empty();
    let mut store = shop.store();
    let now = store.now(AFTERNOON);
    let adopted = store.adopt(&bundle(1), now).unwrap_err();
    assert!(matches!(adopted, StoreError::NotEnrolled));
    let event = Event::BundleAdopted { version: 1 };
    let committed = store.commit(&[event], now, None, None).unwrap_err();
    assert!(matches!(committed, StoreError::NotEnrolled));
    assert_eq!(store.head(), None);
    assert_eq!(store.journal(0, 10).unwrap(), []);
}
