//! The journal is append-only and chained, and whoever gets round SQL is found out.

use crate::shop::*;
use rusqlite::Connection;
use tillside_core::*;
use tillside_store::StoreError;

/// A shop with `count` sales, closed.
fn with_sales(count: u128) -> Shop {
    let (shop, mut store) = Shop::open();
    for n in 1..=count {
        sell(&mut store, n, Some(1), &[]);
    }
    shop
}

fn refused(shop: &Shop, sql: &str) -> String {
    let conn = Connection::open(&shop.file).unwrap();
    conn.execute_batch(sql).unwrap_err().to_string()
}

#[test]
fn sql_itself_refuses_to_change_the_journal() {
    let shop = with_sales(3);
    for sql in [
        "UPDATE journal SET body = '{}' WHERE id = (SELECT max(id) FROM journal)",
        "DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)",
        "DELETE FROM journal",
    ] {
        assert!(refused(&shop, sql).contains("append-only"), "{sql}");
    }
    for (id, kind) in [
        ("max(id) + 2", "INSERT"),
        ("max(id)", "INSERT OR REPLACE"),
        ("min(id)", "INSERT OR REPLACE"),
    ] {
        let sql = format!(
            "{kind} INTO journal SELECT (SELECT {id} FROM journal), 0, zeroblob(32), '{{}}'"
        );
        assert!(refused(&shop, &sql).contains("no gaps"), "{sql}");
    }
    assert_eq!(shop.store().verify().unwrap().records, 4);
}

#[test]
fn a_sound_journal_verifies_and_reads_back() {
    let (_shop, mut store) = Shop::open();
    let first = sell(&mut store, 1, Some(1), &[]);
    let second = sell(&mut store, 2, None, &[]);
    let verified = store.verify().unwrap();
    assert_eq!(verified.records, 3);
    assert_eq!(Some(verified.head), store.head());
    assert_eq!(verified.head.hash, second.hash);
    assert_eq!(
        store.journal(1, 10).unwrap(),
        [first.clone(), second.clone()]
    );
    assert_eq!(store.journal(1, 1).unwrap(), [first]);

    let whole = store.stretch(None, None).unwrap().unwrap();
    assert_eq!((whole.first.seq, Some(whole.last)), (1, store.head()));
    let mut walked = Vec::new();
    let visit = |epoch, sealed| {
        walked.push((epoch, sealed));
        Ok(())
    };
    store.walk(&whole, visit).unwrap();
    let kept = store.journal(0, 10).unwrap().into_iter();
    assert_eq!(walked, kept.map(|sealed| (1, sealed)).collect::<Vec<_>>());
}

#[test]
fn a_stretch_is_cut_by_time() {
    let (_shop, mut store) = Shop::open();
    for n in 1..=3 {
        sell(&mut store, n, None, &[]);
    }
    let times: Vec<Timestamp> = store
        .journal(0, 10)
        .unwrap()
        .iter()
        .map(|sealed| sealed.read().unwrap().at)
        .collect();
    let seqs = |from, until| {
        let found = store.stretch(from, until).unwrap();
        found.map(|found| (found.first.seq, found.last.seq))
    };
    let newest = times[3];
    assert_eq!(seqs(None, None), Some((1, 4)));
    assert_eq!(seqs(Some(Timestamp(newest.0 + 1)), None), None);
    assert_eq!(seqs(None, Some(times[0])), None);
    assert_eq!(seqs(Some(newest), None).unwrap().1, 4);
}

/// The column by which days are found says what the record says.
#[test]
fn a_record_that_was_moved_to_another_day_is_found() {
    let shop = with_sales(2);
    shop.sql(&format!(
        "{UNLOCKED} UPDATE journal SET at = at - 86400000 WHERE id = 1099511627778"
    ));
    let error = shop.store().verify().unwrap_err();
    assert!(
        matches!(error, StoreError::ChainBroken { seq: 2, .. }),
        "{error:?}"
    );
}

pub(crate) const UNLOCKED: &str = "DROP TRIGGER journal_is_never_changed; DROP TRIGGER journal_is_never_shortened; DROP TRIGGER journal_has_no_gaps; PRAGMA foreign_keys = OFF;";

/// Tampers behind the triggers' back with record 3 of 101, beyond what opening looks at.
fn found_by_verify(sql: &str) -> StoreError {
    let shop = with_sales(100);
    shop.sql(&format!("{UNLOCKED} {sql}"));
    let store = shop.store();
    store.verify().unwrap_err()
}

#[test]
fn verify_finds_a_changed_record() {
    let error = found_by_verify(
        "UPDATE journal SET body = replace(body, ':1000', ':2000') WHERE id = 1099511627779",
    );
    assert!(
        matches!(
            &error,
            StoreError::ChainBroken {
                seq: 3,
                source: ChainError::Altered { .. }
            }
        ),
        "{error:?}"
    );
    assert!(error.advice().contains("record 3"));
}

#[test]
fn verify_finds_a_record_whose_hash_was_made_to_fit() {
    let shop = with_sales(100);
    shop.sql(UNLOCKED);
    let conn = Connection::open(&shop.file).unwrap();
    let body: String = conn
        .query_row(
            "SELECT replace(body, ':1000', ':2000') FROM journal WHERE id = 1099511627779",
            [],
            |row| row.get(0),
        )
        .unwrap();
    conn.execute(
        "UPDATE journal SET body = ?1, hash = ?2 WHERE id = 1099511627779",
        (&body, Hash::of(body.as_bytes()).bytes()),
    )
    .unwrap();
    drop(conn);
    let error = shop.store().verify().unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::ChainBroken {
                seq: 4,
                source: ChainError::Unlinked { .. }
            }
        ),
        "{error:?}"
    );
}

#[test]
fn verify_finds_a_gap() {
    let error = found_by_verify("DELETE FROM journal WHERE id = 1099511627779");
    assert!(
        matches!(
            &error,
            StoreError::ChainBroken {
                seq: 4,
                source: ChainError::Gap {
                    expected: 3,
                    found: 4
                }
            }
        ),
        "{error:?}"
    );
}

/// The newest records are looked at each time the program starts.
#[test]
fn opening_finds_a_change_near_the_end() {
    let shop = with_sales(3);
    shop.sql(&format!("{UNLOCKED} UPDATE journal SET body = replace(body, ':1000', ':2000') WHERE id = 1099511627779"));
    let error = tillside_store::Store::open(&shop.file).unwrap_err();
    assert!(matches!(error, StoreError::ChainBroken { seq: 3, .. }));
}

/// As after an old copy of the journal was put back under what the outbox and HQ know.
#[test]
fn opening_finds_a_journal_that_was_cut_short() {
    let shop = with_sales(3);
    shop.sql(&format!(
        "{UNLOCKED} DELETE FROM journal WHERE id = 1099511627780"
    ));
    let error = tillside_store::Store::open(&shop.file).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Shortened {
                found: 3,
                expected: 4
            }
        ),
        "{error:?}"
    );
}

#[test]
fn opening_finds_that_hq_has_more_than_the_journal() {
    let (shop, mut store) = Shop::open();
    for n in 1..=3 {
        sell(&mut store, n, None, &[]);
    }
    let head = store.head().unwrap();
    store.confirm(1, &[1, 2, 3, 4], Some(&head)).unwrap();
    drop(store);
    shop.sql(&format!(
        "{UNLOCKED} DELETE FROM journal WHERE id = 1099511627780"
    ));
    let error = tillside_store::Store::open(&shop.file).unwrap_err();
    assert!(matches!(
        error,
        StoreError::Shortened {
            found: 3,
            expected: 4
        }
    ));
}

#[test]
fn a_record_past_the_size_limit_is_refused() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let mut events = decide_sale(&store, check_out(1, 1, None, &[]), now).unwrap();
    if let Event::SaleCompleted(sale) = &mut events[0] {
        sale.lines[0].name = "x".repeat(RECORD_BODY_LIMIT);
    }
    let error = store.commit(&events, now, None, None).unwrap_err();
    assert!(matches!(
        error,
        StoreError::Limit {
            limit: 1_048_576,
            ..
        }
    ));
    assert_eq!(store.record_count().unwrap(), 1);
}
