//! The ledger: double entry that cannot fail to sum to zero, and balances that agree with it.

use crate::fixture::{Folder, balance, member};
use crate::journal::Sale;
use proptest::prelude::*;
use std::collections::HashMap;
use tillside_hq::ledger::{Account, Balances, LedgerError, Movement, MovementKind};
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

#[tokio::test]
async fn half_an_entry_cannot_be_written_and_none_can_be_changed() {
    let (folder, mut till, _) = Folder::chain().await;
    let sale = Sale::new(1).member(member(101)).points(5);
    assert_eq!(
        till.tell(&folder.store, sale.event()).await,
        Outcome::Accepted
    );
    let database = folder.database();
    for wrong in [
        "INSERT INTO movement (kind, at, from_account, points) VALUES ('earn', 0, 1, 5)",
        "INSERT INTO movement (kind, at, from_account, to_account, points) VALUES ('earn', 0, 1, 1, 5)",
        "INSERT INTO movement (kind, at, from_account, to_account, points) VALUES ('earn', 0, 1, 2, 0)",
        "INSERT INTO movement (kind, at, from_account, to_account, points) VALUES ('earn', 0, 1, 2, -5)",
        "INSERT INTO movement (kind, at, from_account, to_account, points) VALUES ('gift', 0, 1, 2, 5)",
        "UPDATE movement SET points = 6",
        "DELETE FROM movement",
        "UPDATE record SET body = ''",
        "DELETE FROM record",
    ] {
        assert!(database.execute_batch(wrong).is_err(), "{wrong}");
    }
    assert!(folder.store.check_ledger().await.unwrap().holds());
    let uneven: i64 = database
        .query_row(
            "SELECT count(*) FROM (SELECT 1 FROM ledger_entry GROUP BY movement
                 HAVING sum(points) <> 0 OR count(*) <> 2)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(uneven, 0);
}

#[tokio::test]
async fn a_balance_that_was_tampered_with_is_found() {
    let (folder, mut till, _) = Folder::chain().await;
    let sale = Sale::new(1).member(member(101)).points(5);
    till.tell(&folder.store, sale.event()).await;
    let name = Account::Member(member(101)).to_string();
    let changed = folder
        .database()
        .execute(
            "UPDATE account SET points = points + 1 WHERE name = ?1",
            [&name],
        )
        .unwrap();
    assert_eq!(changed, 1);
    let check = folder.store.check_ledger().await.unwrap();
    assert!(!check.holds());
    assert_eq!(check.differing, [name]);
}

#[tokio::test]
async fn one_number_is_used_once_at_a_time_in_sql_too() {
    let (folder, mut till, _) = Folder::chain().await;
    let sale = Sale::new(1).coupon("SPRING0001", &till.store);
    till.tell(&folder.store, sale.event()).await;
    let again = "INSERT INTO redemption (number, record, terminal, sale, at, amount, currency)
        SELECT number, record, terminal, sale, at, amount, currency FROM redemption";
    assert!(folder.database().execute_batch(again).is_err());
}

#[test]
fn movements_are_checked_and_book_all_or_nothing() {
    let (one, two) = (Account::Member(member(1)), Account::Member(member(2)));
    let new = |from: &Account, to: &Account, points| {
        Movement::new(MovementKind::Earn, from.clone(), to.clone(), points)
    };
    assert_eq!(new(&one, &two, 0), Err(LedgerError::Amount(0)));
    assert_eq!(new(&one, &one, 1), Err(LedgerError::SameAccount));
    let mut balances = Balances::default();
    let most = new(&one, &two, (1 << 53) - 1).unwrap();
    balances.book(std::slice::from_ref(&most)).unwrap();
    let small = new(&two, &Account::Opening, 5).unwrap();
    let overflow = balances.book(&[small, most.clone(), most]);
    assert!(matches!(overflow, Err(LedgerError::Overflow(_))));
    assert_eq!(
        balances.of(&Account::Opening),
        0,
        "nothing of it was booked"
    );
}

/// One step of a random history: which customer, how many points, void the sale before?
fn steps() -> impl Strategy<Value = Vec<(u8, i64, bool)>> {
    prop::collection::vec((0..5_u8, 1..1000_i64, any::<bool>()), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Balances equal a naive count of what was earned and voided, whatever the order and batches.
    #[test]
    fn balances_agree_with_a_naive_count(steps in steps(), batch in 1..7_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (folder, mut till, _) = Folder::chain().await;
            let mut naive: HashMap<&str, i64> = HashMap::new();
            for (number, (who, points, void)) in steps.into_iter().enumerate() {
                let sale = Sale::new(number as u128 + 1);
                let (sale, number) = match who {
                    0 => (sale.member(member(101)).points(points), "900000001"),
                    1 => (sale.member(member(102)).points(points), "900000002"),
                    2 => (sale.card("uid:04A1B2C3D4E5F6").points(points), "900000001"),
                    3 => (sale.card("uid:04EEEEEEEEEEEE").points(points), "nobody"),
                    _ => (sale, "nobody"),
                };
                till.append(sale.event());
                if void {
                    till.append(sale.void());
                } else {
                    *naive.entry(number).or_default() += points;
                }
            }
            for part in till.records.chunks(batch) {
                let response = till.push(&folder.store, part).await;
                assert!(response.acks.iter().all(|ack| ack.outcome == Outcome::Accepted));
            }
            for (number, opening) in [("900000001", 100), ("900000002", 0)] {
                let earned = naive.get(number).copied().unwrap_or(0);
                assert_eq!(balance(&folder.store, number).await, opening + earned);
            }
            assert!(folder.store.check_ledger().await.unwrap().holds());
        });
    }
}
