//! HQ's signature under its copy: kept within bounds, and held against the journal.

use crate::journal::UNLOCKED;
use crate::shop::*;
use tillside_core::*;
use tillside_store::{Store, StoreError};

const HQ: [u8; 32] = [9; 32];
/// A day starts here for the tests: acknowledgements count their own time.
const START: i64 = 1_795_352_520_000;

fn signed(head: &Head, at: i64) -> SignedHead {
    SignedHead::sign(HeadSigner::Hq, &HQ, terminal(1), head, Timestamp(at))
}

/// Sells once more and has HQ acknowledge everything.
fn acknowledge(store: &mut Store, n: u128, at: i64) -> SignedHead {
    sell(store, n, None, &[]);
    let head = store.head().unwrap();
    let signed = signed(&head, at);
    let seqs = [head.seq];
    store
        .confirm_signed(1, &seqs, Some(&head), Some(&signed))
        .unwrap();
    signed
}

#[test]
fn the_newest_is_kept_and_one_a_day() {
    let (shop, mut store) = Shop::open();
    let hour = DAY_MS / 24;
    let mut last = None;
    for n in 0..72 {
        let at = START + hour * i64::try_from(n).unwrap();
        last = Some(acknowledge(&mut store, n + 1, at));
    }
    drop(store);
    let store = shop.store();
    let kept = store.acknowledgements().unwrap();
    assert_eq!(kept.last(), last.as_ref());
    assert!((4..=5).contains(&kept.len()), "{} kept", kept.len());
    let verified = store.verify().unwrap();
    assert_eq!(verified.acknowledged, last);
}

#[test]
fn the_same_again_changes_nothing() {
    let (_shop, mut store) = Shop::open();
    let first = acknowledge(&mut store, 1, START);
    let head = store.head().unwrap();
    let again = signed(&head, START + 5);
    store
        .confirm_signed(1, &[], Some(&head), Some(&again))
        .unwrap();
    assert_eq!(store.acknowledgements().unwrap(), [first]);
}

#[test]
fn what_does_not_fit_is_not_kept() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, None, &[]);
    let head = store.head().unwrap();
    let good = signed(&head, START);
    let other = Head {
        hash: Hash::of(b"another history"),
        ..head
    };
    let by_till = SignedHead::sign(HeadSigner::Terminal, &HQ, terminal(1), &head, good.at);
    let foreign = SignedHead::sign(HeadSigner::Hq, &HQ, terminal(2), &head, good.at);
    for wrong in [signed(&other, START), by_till, foreign] {
        store.confirm_signed(1, &[], None, Some(&wrong)).unwrap();
        assert_eq!(store.acknowledgements().unwrap(), []);
    }
    store.confirm_signed(1, &[], None, Some(&good)).unwrap();
    assert_eq!(store.acknowledgements().unwrap(), [good]);
}

/// All records and hashes after a change were made to fit: only HQ's signature tells.
#[test]
fn a_journal_that_was_written_anew_is_not_what_hq_acknowledged() {
    let (shop, mut store) = Shop::open();
    acknowledge(&mut store, 1, START);
    drop(store);
    let connection = rusqlite::Connection::open(&shop.file).unwrap();
    let (id, body): (i64, String) = connection
        .query_row(
            "SELECT id, body FROM journal ORDER BY id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    drop(connection);
    let body = body.replace(":1000", ":9000");
    let hash = Hash::of(body.as_bytes());
    shop.sql(&format!(
        "{UNLOCKED} UPDATE journal SET body = '{body}', hash = x'{hash}' WHERE id = {id}"
    ));
    let error = shop.store().verify().unwrap_err();
    assert!(
        matches!(error, StoreError::AcknowledgedLost { seq: 2 }),
        "{error:?}"
    );
    assert!(error.advice().contains("call HQ"));
}

#[test]
fn an_acknowledgement_that_was_changed_is_found() {
    for change in [
        "signed = replace(signed, '\"epoch\":1', '\"epoch\":2')",
        "id = id - 1",
        "signed = json_set(signed, '$.at', 5)",
    ] {
        let (shop, mut store) = Shop::open();
        acknowledge(&mut store, 1, START);
        drop(store);
        shop.sql(&format!("UPDATE acknowledgement SET {change}"));
        let error = shop.store().verify().unwrap_err();
        assert!(
            matches!(error, StoreError::AcknowledgementForged { .. }),
            "{change}: {error:?}"
        );
    }
}
