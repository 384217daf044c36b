//! A journal that goes on in a later epoch: nothing is lost, nothing counts twice, and all of it is proved.

use crate::shop::*;
use tillside_core::*;
use tillside_store::{Store, StoreError};

fn begin(store: &mut Store, from: &Head, epoch: u32) -> Result<Option<u64>, StoreError> {
    let now = store.now(Timestamp(AFTERNOON.0 + DAY_MS));
    store.begin_epoch(from, epoch, now)
}

/// Three sales after the bundle's record, the second with a coupon; HQ confirmed the first.
fn forked() -> (Shop, Store, Head) {
    let (shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    let from = store.head().unwrap();
    store.confirm(1, &[1, 2], Some(&from)).unwrap();
    sell(&mut store, 2, Some(1), &["AAAA1"]);
    sell(&mut store, 3, Some(2), &[]);
    void(&mut store, 3);
    (shop, store, from)
}

fn kinds(records: &[Sealed]) -> Vec<String> {
    let kind = |record: &Sealed| {
        let body: serde_json::Value = serde_json::from_str(&record.body).unwrap();
        body["event"]["type"].as_str().unwrap().to_owned()
    };
    records.iter().map(kind).collect()
}

const TOLD_AGAIN: [&str; 4] = [
    "epoch_began",
    "sale_completed",
    "sale_completed",
    "sale_voided",
];

#[test]
fn what_hq_has_not_is_told_again_once() {
    let (shop, mut store, from) = forked();
    let before = (points(&store, 1), points(&store, 2));
    assert_eq!(begin(&mut store, &from, 4).unwrap(), Some(3));
    assert_eq!((points(&store, 1), points(&store, 2)), before);
    assert!(standing(&store, "AAAA1").unwrap().used.is_some());
    assert_eq!(kinds(&store.journal(0, 10).unwrap()), TOLD_AGAIN);
    assert_eq!(kinds(&store.outbox(10).unwrap()), TOLD_AGAIN);
    assert_eq!(store.unconfirmed().unwrap(), 4);
    assert_eq!(store.head().unwrap().epoch, 4);
    // The same answer again changes nothing.
    assert_eq!(begin(&mut store, &from, 4).unwrap(), None);
    drop(store);

    let mut store = shop.store();
    let verified = store.verify().unwrap();
    assert_eq!((verified.records, verified.head.seq), (9, 4));
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
    assert_eq!((points(&store, 1), points(&store, 2)), before);
    // It goes on as ever.
    void(&mut store, 2);
    assert!(standing(&store, "AAAA1").unwrap().used.is_none());
    sell(&mut store, 4, Some(1), &["AAAA1"]);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}

#[test]
fn records_are_dated_in_order_and_as_they_were() {
    let (_shop, mut store, from) = forked();
    let dated = |records: Vec<Sealed>| -> Vec<Timestamp> {
        records
            .iter()
            .map(|record| record.read().unwrap().at)
            .collect()
    };
    let before = dated(store.journal(from.seq, 10).unwrap());
    begin(&mut store, &from, 2).unwrap();
    assert_eq!(dated(store.journal(1, 10).unwrap()), before);
    assert_eq!(dated(store.journal(0, 1).unwrap())[0], before[0]);
    // Without anything to tell again, the epoch begins now.
    let from = store.head().unwrap();
    begin(&mut store, &from, 3).unwrap();
    let at = dated(store.journal(0, 10).unwrap());
    assert_eq!(at, [Timestamp(AFTERNOON.0 + DAY_MS)]);
}

#[test]
fn the_history_leaves_out_what_is_told_again() {
    let (_shop, mut store, from) = forked();
    begin(&mut store, &from, 2).unwrap();
    let places = |after, limit| {
        let (epoch, records) = store.history(after, limit).unwrap();
        (
            epoch,
            records.iter().map(|record| record.seq).collect::<Vec<_>>(),
        )
    };
    assert_eq!(places((0, 0), 10), (1, vec![1, 2]));
    assert_eq!(places((1, 1), 1), (1, vec![2]));
    assert_eq!(places((1, 2), 10), (2, vec![1, 2, 3, 4]));
    assert_eq!(places((1, 4), 2), (2, vec![1, 2]));
    assert_eq!(places((2, 3), 10), (2, vec![4]));
    assert_eq!(places((2, 4), 10), (2, vec![]));
    let stretch = store.stretch(None, None).unwrap().unwrap();
    let mut told = Vec::new();
    let visit = |sealed| {
        told.push(sealed);
        Ok(())
    };
    store.walk_history(&stretch, visit).unwrap();
    assert_eq!(told.len(), 6);
    assert_eq!(kinds(&told)[2..], TOLD_AGAIN);
}

#[test]
fn an_epoch_may_go_on_from_the_very_beginning() {
    let (_shop, mut store, _) = forked();
    let genesis = store.head_at(0).unwrap().unwrap();
    assert_eq!(begin(&mut store, &genesis, 2).unwrap(), Some(5));
    assert_eq!(store.history((0, 0), 10).unwrap().0, 2);
    assert_eq!(store.verify().unwrap().records, 11);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}

#[test]
fn an_epoch_of_which_hq_has_nothing_is_left_out() {
    let (_shop, mut store, from) = forked();
    begin(&mut store, &from, 2).unwrap();
    // HQ gave epoch 2 to another copy, and has its records there.
    assert_eq!(store.head_at(0).unwrap(), Some(from));
    assert_eq!(begin(&mut store, &from, 5).unwrap(), Some(3));
    assert_eq!(kinds(&store.journal(0, 10).unwrap()), TOLD_AGAIN);
    let (epoch, told) = store.history((1, 2), 10).unwrap();
    assert_eq!((epoch, told.len()), (5, 4));
    assert_eq!(store.verify().unwrap().records, 13);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}

#[test]
fn an_answer_that_does_not_fit_changes_nothing() {
    let (_shop, mut store, from) = forked();
    let other = Head {
        hash: Hash::of(b"a clone"),
        ..from
    };
    let foreign = Head::genesis(terminal(2), 1);
    for (from, epoch) in [(from, 0), (other, 2), (foreign, 2)] {
        let refused = begin(&mut store, &from, epoch).unwrap_err();
        assert!(
            matches!(refused, StoreError::WrongEpoch { .. }),
            "{refused}"
        );
    }
    let later = store.head().unwrap();
    begin(&mut store, &from, 2).unwrap();
    let old = begin(&mut store, &later, 3).unwrap_err();
    assert!(matches!(old, StoreError::WrongEpoch { .. }), "{old}");
    assert_eq!(store.head().unwrap().epoch, 2);
}

#[test]
fn another_historys_end_is_not_kept_as_hqs() {
    let (shop, mut store, from) = forked();
    let theirs = Head {
        epoch: 1,
        seq: 99,
        hash: Hash::of(b"another history"),
    };
    store.confirm(1, &[], Some(&theirs)).unwrap();
    assert_eq!(store.hq_head().unwrap(), Some(from));
    drop(store);
    shop.store().verify().unwrap();
}

/// With what holds the journal in place taken away first.
#[test]
fn what_is_cut_off_before_an_epoch_is_missed() {
    for cut in [2, 4, 5] {
        let (shop, mut store, from) = forked();
        begin(&mut store, &from, 2).unwrap();
        drop(store);
        shop.sql(&format!(
            "DROP TRIGGER journal_is_never_shortened;
             DELETE FROM journal WHERE id >> 40 = 1 AND id & 0xFFFFFFFF >= {cut}"
        ));
        let error = shop.store().verify().unwrap_err();
        assert!(
            matches!(error, StoreError::ChainBroken { seq: 1, .. }),
            "{cut}: {error}"
        );
    }
}

#[test]
fn a_question_keeps_its_key_until_it_is_answered() {
    let (shop, mut store, from) = forked();
    let [first, other] = ["a", "b"].map(|text| Hash::of(text.as_bytes()));
    assert_eq!(store.epoch_key(&from, first).unwrap(), first);
    drop(store);
    let mut store = shop.store();
    assert_eq!(store.epoch_key(&from, other).unwrap(), first);
    let elsewhere = store.head_at(1).unwrap().unwrap();
    assert_eq!(store.epoch_key(&elsewhere, other).unwrap(), other);
    begin(&mut store, &from, 2).unwrap();
    assert_eq!(store.epoch_key(&elsewhere, first).unwrap(), first);
}
