//! Time is suspect: it never runs backwards in one journal.

use crate::shop::*;
use jiff::civil::date;
use tillside_core::*;

#[test]
fn a_clock_set_back_a_day_does_not_bring_yesterday_back() {
    let (shop, mut store) = Shop::open();
    sell(&mut store, 1, None, &[]);
    let yesterday = Timestamp(AFTERNOON.0 - DAY_MS);
    for reopened in [false, true] {
        if reopened {
            drop(store);
            store = shop.store();
        }
        let now = store.now(yesterday);
        assert_eq!(now.at, AFTERNOON);
        assert_eq!(now.date, date(2026, 11, 22));
        assert_eq!(now.clock, Clock::Suspect);
    }
    let now = store.now(yesterday);
    let events = decide_sale(&store, check_out(2, 1, None, &[]), now).unwrap();
    let sealed = store.commit(&events, now, None, None).unwrap().remove(0);
    let record: Record = serde_json::from_str(&sealed.body).unwrap();
    assert_eq!((record.at, record.clock), (AFTERNOON, Clock::Suspect));
}

#[test]
fn a_correction_of_a_minute_raises_no_alarm() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, None, &[]);
    let earlier = |ms| store.now(Timestamp(AFTERNOON.0 - ms));
    assert_eq!(earlier(120_000).clock, Clock::Trusted);
    assert_eq!(earlier(120_001).clock, Clock::Suspect);
    assert_eq!(earlier(120_000).at, AFTERNOON);
    let later = store.now(Timestamp(AFTERNOON.0 + 5));
    assert_eq!((later.at.0, later.clock), (AFTERNOON.0 + 5, Clock::Trusted));
}

/// Asked for before another record was written: still not dated before it.
#[test]
fn a_record_is_never_dated_before_the_one_before_it() {
    let (_shop, mut store) = Shop::open();
    let early = store.now(AFTERNOON);
    let late = store.now(Timestamp(AFTERNOON.0 + 60_000));
    let first = decide_sale(&store, check_out(1, 1, None, &[]), late).unwrap();
    let second = decide_sale(&store, check_out(2, 1, None, &[]), early).unwrap();
    store.commit(&first, late, None, None).unwrap();
    let sealed = store.commit(&second, early, None, None).unwrap().remove(0);
    let record: Record = serde_json::from_str(&sealed.body).unwrap();
    assert_eq!(record.at, late.at);
}

#[test]
fn the_day_is_the_stores_own() {
    let (_shop, store) = Shop::open();
    let half_past_eleven_utc = Timestamp(AFTERNOON.0 + (10 * 60 + 28) * 60_000);
    assert_eq!(store.now(half_past_eleven_utc).date, date(2026, 11, 23));
    let nobody = Shop::empty().store();
    assert_eq!(nobody.now(half_past_eleven_utc).date, date(2026, 11, 22));
}

#[test]
fn an_absurd_clock_does_not_panic() {
    let nobody = Shop::empty().store();
    for wall in [i64::MIN, i64::MAX, 0] {
        nobody.now(Timestamp(wall));
    }
    let (_shop, store) = Shop::open();
    store.now(Timestamp(i64::MIN));
    store.now(Timestamp(i64::MAX));
}
