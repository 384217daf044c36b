//! What HQ has not confirmed stays until it has.

use crate::shop::*;
use tillside_core::*;

fn seqs(records: &[Sealed]) -> Vec<u64> {
    records.iter().map(|record| record.seq).collect()
}

#[test]
fn records_wait_in_order_and_leave_when_confirmed() {
    let (shop, mut store) = Shop::open();
    for n in 1..=4 {
        sell(&mut store, n, None, &[]);
    }
    assert_eq!(seqs(&store.outbox(3).unwrap()), [1, 2, 3]);
    assert_eq!(store.unconfirmed().unwrap(), 5);
    // Out of order, twice, and one that never was.
    assert_eq!(store.confirm(1, &[4, 2, 2, 99], None).unwrap(), 2);
    assert_eq!(store.confirm(1, &[4, 2], None).unwrap(), 0);
    assert_eq!(store.confirm(2, &[1], None).unwrap(), 0);
    assert_eq!(seqs(&store.outbox(10).unwrap()), [1, 3, 5]);
    let head = store.head().unwrap();
    store.confirm(1, &[1, 3, 5], Some(&head)).unwrap();
    drop(store);
    let store = shop.store();
    assert_eq!(store.unconfirmed().unwrap(), 0);
    assert_eq!(store.outbox(10).unwrap(), []);
    assert_eq!(store.hq_head().unwrap(), Some(head));
    assert_eq!(store.record_count().unwrap(), 5);
}

#[test]
fn another_history_under_this_name_is_told_from_its_own() {
    let (_shop, mut store) = Shop::open();
    let sealed = sell(&mut store, 1, None, &[]);
    let own = |seq, hash| Head {
        epoch: 1,
        seq,
        hash,
    };
    assert!(store.holds(&own(2, sealed.hash)).unwrap());
    assert!(store.holds(&Head::genesis(terminal(1), 1)).unwrap());
    assert!(!store.holds(&own(2, Hash::of(b"a clone"))).unwrap());
    assert!(!store.holds(&own(3, sealed.hash)).unwrap());
    assert!(!store.holds(&Head::genesis(terminal(2), 1)).unwrap());
}
