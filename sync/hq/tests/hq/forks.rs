//! Two histories of one journal: a cloned or restored terminal. Both are kept, neither blocks.

use crate::fixture::{Folder, balance, member};
use crate::journal::{NOON, Sale, outcomes};
use tillside_hq::cases::CaseStore;
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

fn conflict(field: &str, case: u64) -> Outcome {
    let field = field.to_owned();
    Outcome::Conflict { field, case }
}

#[tokio::test]
async fn a_clone_is_detected_kept_in_one_case_and_blocks_nothing() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let earn = |number| Sale::new(number).member(member(101)).points(1).event();
    till.append(earn(1));
    till.append(earn(2));
    let mut clone = till.clone();
    till.append(earn(3));
    let response = till.push(store, &till.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);

    // The clone went on from record 2 with another history, beyond HQ's copy.
    clone.append(earn(13));
    clone.append(earn(14));
    let response = clone.push(store, &clone.records).await;
    let case = store.cases(false).await.unwrap()[0].case;
    let expected = [
        Outcome::AlreadyAccepted,
        Outcome::AlreadyAccepted,
        conflict("hash", case),
        conflict("prev", case),
    ];
    assert_eq!(outcomes(&response), expected);
    assert_eq!(response.head, till.head, "HQ's copy is the first one's");

    // More of it, alone and again, joins the same case.
    let sealed = clone.append(earn(15));
    let response = clone.push(store, &[sealed]).await;
    assert_eq!(outcomes(&response), [conflict("prev", case)]);
    let again = clone.push(store, &clone.records[2..]).await;
    assert_eq!(again.acks[0].outcome, conflict("hash", case));
    assert_eq!(store.cases(false).await.unwrap().len(), 1);

    // The true history goes on.
    let sealed = till.append(earn(4));
    let response = till.push(store, &[sealed]).await;
    assert_eq!(outcomes(&response), [Outcome::Accepted]);
    assert_eq!(balance(store, "900000001").await, 104);

    let file = store.case(case).await.unwrap().unwrap();
    assert_eq!(file.case.kind, "two_histories");
    let bodies: Vec<_> = clone.records[2..].iter().map(|r| r.body.clone()).collect();
    assert_eq!(file.records, bodies);
    assert_eq!(file.hq_record.as_ref(), Some(&till.records[2].body));
    assert_eq!(store.counts().await.unwrap().forked, 3);
}

#[tokio::test]
async fn a_record_that_does_not_continue_hqs_copy_is_a_fork() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    till.append(Sale::new(1).event());
    let mut clone = till.clone();
    clone.head.hash = tillside_core::Hash::of(b"another record 1");
    till.push(store, &till.records).await;
    let sealed = clone.append(Sale::new(12).event());
    let response = clone.push(store, &[sealed]).await;
    let case = store.cases(false).await.unwrap()[0].case;
    assert_eq!(outcomes(&response), [conflict("prev", case)]);
    assert_eq!(response.head, till.head);
}

#[tokio::test]
async fn an_unreadable_record_of_another_history_does_not_take_the_place() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    till.append(Sale::new(1).event());
    till.push(store, &till.records).await;
    let mut clone = till.clone();
    clone.head.hash = tillside_core::Hash::of(b"another record 1");
    let record = clone.record(Sale::new(2).event());
    let newer = record.seal().unwrap().body.replace("sale_completed", "x");
    let sealed = clone.append_body(newer);
    let response = clone.push(store, &[sealed]).await;
    assert!(matches!(response.acks[0].outcome, Outcome::Conflict { .. }));
    assert_eq!(
        till.tell(store, Sale::new(3).event()).await,
        Outcome::Accepted
    );
}

#[tokio::test]
async fn a_record_changed_on_the_way_is_not_taken_for_the_same() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let mut sealed = till.append(Sale::new(1).event());
    till.push(store, &till.records).await;
    sealed.body = sealed.body.replace("anna", "otto");
    let response = till.push(store, &[sealed]).await;
    assert!(matches!(response.acks[0].outcome, Outcome::Conflict { .. }));
    let kept = store.cases(false).await.unwrap();
    assert_eq!(kept[0].opened_at, NOON);
}
