//! A newer bundle replaces the one in force whole; anything else is refused and changes nothing.

use crate::shop::*;
use std::sync::Arc;
use std::time::Instant;
use tillside_core::*;
use tillside_store::{Adopted, Store, StoreError};

fn refused(store: &mut Store, bundle: &Bundle) -> StoreError {
    let (head, version) = (store.head(), store.bundle_version());
    let error = store.adopt(bundle, store.now(AFTERNOON)).unwrap_err();
    assert_eq!((store.head(), store.bundle_version()), (head, version));
    assert_eq!(store.products("", 10).unwrap().len(), 2);
    assert!(standing(store, "AAAA1").is_some());
    error
}

#[test]
fn adopting_is_a_record_and_survives() {
    let (shop, mut store) = Shop::open();
    let mut next = bundle(2);
    next.profile.name = "The shop at the corner".to_owned();
    next.rules.rules.clear();
    let adopted = store.adopt(&next, store.now(AFTERNOON)).unwrap();
    let Adopted::InForce(sealed) = adopted else {
        panic!("{adopted:?}")
    };
    let record: Record = serde_json::from_str(&sealed.body).unwrap();
    assert_eq!(record.event, Event::BundleAdopted { version: 2 });
    for reopened in [false, true] {
        if reopened {
            drop(store);
            store = shop.store();
        }
        assert_eq!(store.bundle_version(), 2);
        assert_eq!(store.profile().unwrap().profile, next.profile);
        assert_eq!(store.balances_as_of(), Some(AFTERNOON));
        let state = store.load(&Default::default()).unwrap();
        assert_eq!((state.rules.version(), state.rules.rules().len()), (2, 0));
    }
    let rules = |store: &Store| store.load(&Default::default()).unwrap().rules;
    // Compiled once, not at every load.
    assert!(Arc::ptr_eq(&rules(&store), &rules(&store)));
    let again = store.adopt(&next, store.now(AFTERNOON)).unwrap();
    assert_eq!(again, Adopted::Already);
    assert_eq!(store.record_count().unwrap(), 2);
}

#[test]
fn an_older_bundle_never_replaces_a_newer_one() {
    let (_shop, mut store) = Shop::open();
    store.adopt(&bundle(5), store.now(AFTERNOON)).unwrap();
    let error = refused(&mut store, &bundle(4));
    assert!(matches!(
        error,
        StoreError::OlderBundle {
            offered: 4,
            adopted: 5
        }
    ));
    let mut changed = bundle(5);
    changed.products[0].name = "Something else".to_owned();
    let error = refused(&mut store, &changed);
    assert!(matches!(error, StoreError::ChangedBundle { version: 5 }));
}

#[test]
fn a_wrong_bundle_is_refused_and_the_one_in_force_stays() {
    let (_shop, mut store) = Shop::open();
    let mut foreign = bundle(2);
    foreign.profile = store_profile("S2");
    assert!(matches!(
        refused(&mut store, &foreign),
        StoreError::ForeignBundle { .. }
    ));

    let mut zone = bundle(2);
    zone.profile.time_zone = "Europe/Nowhere".to_owned();
    assert!(matches!(
        refused(&mut store, &zone),
        StoreError::TimeZone { .. }
    ));

    let mut rules = bundle(2);
    rules.rules.rules.push(rules.rules.rules[0].clone());
    assert!(matches!(
        refused(&mut store, &rules),
        StoreError::WrongRules(_)
    ));

    let mut two_owners = bundle(2);
    two_owners.members.members[1]
        .cards
        .push(card("code:900000001"));
    let error = refused(&mut store, &two_owners);
    assert_eq!(
        error.to_string(),
        "the bundle is wrong: card code:900000001 has two owners"
    );

    let mut twice = bundle(2);
    twice.products.push(twice.products[0].clone());
    assert!(matches!(
        refused(&mut store, &twice),
        StoreError::WrongBundle { .. }
    ));

    let mut twice = bundle(2);
    twice.coupons.numbers.push(coupon("AAAA1"));
    assert!(matches!(
        refused(&mut store, &twice),
        StoreError::WrongBundle { .. }
    ));

    let mut digest = bundle(2);
    digest.coupons.elsewhere[0]
        .digests
        .push("+123456789abcdef".to_owned());
    assert!(matches!(
        refused(&mut store, &digest),
        StoreError::WrongBundle { .. }
    ));
    assert!(matches!(
        refused(&mut store, &bundle(u64::MAX)),
        StoreError::WrongBundle { .. }
    ));
    // And a right one still goes in.
    store.adopt(&bundle(2), store.now(AFTERNOON)).unwrap();
}

/// A fault between the bundle's tables and its record.
#[test]
fn a_bundle_goes_in_with_its_record_or_not_at_all() {
    let (shop, store) = Shop::open();
    drop(store);
    shop.sql(
        "CREATE TRIGGER planted AFTER INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'planted'); END",
    );
    let mut store = shop.store();
    refused(&mut store, &bundle(2));
    drop(store);
    let mut store = shop.store();
    refused(&mut store, &bundle(2));
}

/// A tenth of the largest chain store that is planned for, so that the test stays short.
#[test]
fn a_big_bundle_goes_in_within_seconds() {
    let (_shop, mut store) = Shop::open();
    let mut big = bundle(2);
    big.members
        .members
        .extend((1000..21_000).map(|n| member(n, 5, &[&format!("code:C{n:08}")])));
    big.coupons.elsewhere[0]
        .digests
        .extend((0..100_000u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))));
    let started = Instant::now();
    store.adopt(&big, store.now(AFTERNOON)).unwrap();
    let took = started.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
    let known = store
        .member_by_card(&card("code:C00012345"))
        .unwrap()
        .unwrap();
    assert_eq!(known.member, member_id(12_345));
    assert!(matches!(
        standing(&store, "OTHER1").unwrap().assignment,
        Assignment::OtherStore { .. }
    ));
}
