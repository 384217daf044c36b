//! The proof of the ledger takes time in proportion to it: ten times the movements, some ten times as long.

use super::*;
use std::time::{Duration, Instant};

/// A ledger of so many movements on so many cards, written past ingest: a top-up, then payments of 0.01.
async fn filled(movements: u32, cards: u32) -> Chain {
    let chain = Chain::new().await;
    chain.till("S1", 1).await;
    let each = movements / cards;
    let mut database = chain.folder.database();
    let work = database.transaction().unwrap();
    let account = |name: &str, minor: i64| -> i64 {
        let sql = "INSERT INTO emoney_account (name, minor) VALUES (?1, ?2) RETURNING id";
        let found = work.query_row(sql, rusqlite::params![name, minor], |row| row.get(0));
        found.unwrap()
    };
    let paid = i64::from(each - 1);
    let issued = account("issued:chain", -i64::from(cards) * 1_000_000);
    let spent = account("spent:S1", i64::from(cards) * paid);
    let mut number = 0_u64;
    for card in 0..cards {
        let name = format!("uid:04A0B0{card:08X}");
        let purse = account(&format!("on_card:{name}"), 1_000_000 - paid);
        for tmc in 0..each {
            number += 1;
            let txid = number.to_be_bytes();
            let (action, kind, minor, from, to) = match tmc {
                0 => (2, "top_up", 1_000_000, issued, purse),
                _ => (1, "pay", 1, purse, spent),
            };
            let before = match tmc {
                0 => 0,
                tmc => 1_000_001 - i64::from(tmc),
            };
            work.prepare_cached(
                "INSERT INTO purse_movement (txid, terminal, store, kind, action, card, minor,
                     before_balance, before_tmc, at, ended, ended_by, ended_at, told)
                 VALUES (?1, 1, 'S1', 'on_card', ?2, ?3, ?4, ?5, ?6, 0, 'done', 'terminal', 0, 1)",
            )
            .unwrap()
            .execute(rusqlite::params![txid, action, name, minor, before, tmc])
            .unwrap();
            work.prepare_cached(
                "INSERT INTO emoney_movement (kind, txid, at, from_account, to_account, minor)
                 VALUES (?1, ?2, 0, ?3, ?4, ?5)",
            )
            .unwrap()
            .execute(rusqlite::params![kind, txid, from, to, minor])
            .unwrap();
            work.prepare_cached(
                "INSERT INTO card_point (card, tmc, txid, balance, known_at) VALUES (?1, ?2, ?3, ?4, 0)",
            )
            .unwrap()
            .execute(rusqlite::params![
                name,
                tmc + 1,
                txid,
                1_000_000 - i64::from(tmc)
            ])
            .unwrap();
        }
    }
    work.commit().unwrap();
    chain
}

async fn checked(movements: u32, cards: u32) -> Duration {
    let chain = filled(movements, cards).await;
    let began = Instant::now();
    let check = chain.store.check_emoney().await.unwrap();
    let took = began.elapsed();
    assert!(check.holds(), "{check:?}");
    assert_eq!((check.incomplete, check.sum), (0, 0));
    let sold = i64::from(movements - cards);
    assert_eq!(check.totals.spent, sold);
    took
}

#[tokio::test]
async fn the_check_of_ten_times_as_much_takes_some_ten_times_as_long() {
    for (what, all, few, many) in [
        ("many cards", 100_000, 500, 5_000),
        ("few cards", 20_000, 2, 2),
    ] {
        let small = checked(all / 10, few).await;
        let large = checked(all, many).await;
        // A pass over all for each would take a hundred times as long.
        let allowed = small * 35 + Duration::from_millis(500);
        assert!(large < allowed, "{what}: {large:?}, and {small:?} before");
    }
}
