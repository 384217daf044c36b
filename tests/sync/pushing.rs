//! The journal on its way to the real HQ.

use crate::stage::Stage;
use crate::till::{Syncing, Till};
use std::sync::Arc;
use tillside_core::{Hash, Sealed};
use tillside_protocol::{ErrorCode, Outcome};
use tillside_sync::{CallError, ProblemKind};

fn booked(stage: &Stage) -> u64 {
    let terminals = stage.hq.json(&["report", "terminals"]).unwrap();
    let heads = terminals.as_array().unwrap().iter();
    heads
        .map(|terminal| {
            terminal["head"].as_str().map_or_else(
                || terminal["head"].as_u64().unwrap(),
                |text| text.parse().unwrap(),
            )
        })
        .sum()
}

#[tokio::test]
async fn sent_twice_is_booked_once() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Till::new(&client);
    till.record(20);
    let request = till.request(1, 20);
    let first = client.push(&request).await.unwrap();
    assert!(
        first
            .acks
            .iter()
            .all(|ack| ack.outcome == Outcome::Accepted),
        "{first:?}"
    );
    let again = client.push(&request).await.unwrap();
    assert!(
        again
            .acks
            .iter()
            .all(|ack| ack.outcome == Outcome::AlreadyAccepted),
        "{again:?}"
    );
    assert_eq!((first.head, again.head), (till.newest(), till.newest()));
    assert_eq!(booked(&stage), 20);
}

#[tokio::test]
async fn a_gap_is_asked_for() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Till::new(&client);
    till.record(9);
    client.push(&till.request(1, 3)).await.unwrap();
    let answer = client.push(&till.request(6, 9)).await.unwrap();
    assert!(
        answer
            .acks
            .iter()
            .all(|ack| ack.outcome == Outcome::Missing),
        "{answer:?}"
    );
    assert_eq!(answer.head.seq, 3);
    client.push(&till.request(4, 9)).await.unwrap();
    assert_eq!(booked(&stage), 9);
}

#[tokio::test]
async fn a_body_past_the_limit_is_refused_in_words() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Till::new(&client);
    till.record(1);
    let mut request = till.request(1, 1);
    // Ten records of a million letters: more than ten megabytes before compression.
    request.records = (1..=10)
        .map(|seq| Sealed {
            seq,
            body: "x".repeat(1 << 20),
            hash: Hash::of(b"x"),
        })
        .collect();
    match client.push(&request).await.unwrap_err() {
        CallError::Refused { body } => {
            assert_eq!(body.code, ErrorCode::TooLarge, "{body:?}");
            assert!(!body.message.is_empty());
        }
        error => panic!("{error:?}"),
    }
    client.push(&till.request(1, 1)).await.unwrap();
    assert_eq!(booked(&stage), 1);
}

#[tokio::test]
async fn hq_killed_in_the_middle_gets_everything_once_it_is_back() {
    const FACTS: u64 = 9_000;
    let mut stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    till.record(FACTS);
    let mut syncing = Syncing::start(till.clone(), client);
    syncing
        .till("the first batch is confirmed", |till| till.confirmed() > 0)
        .await;
    stage.hq.kill().unwrap();
    let line = syncing
        .line(|line| !line.up && line.problem.is_some())
        .await;
    assert_eq!(line.problem.unwrap().kind, ProblemKind::Unreachable);
    assert!(
        till.unconfirmed() > 0,
        "HQ was killed too late to test anything"
    );
    till.record(5);
    stage.hq.start().unwrap();
    syncing.bell.try_now();
    syncing
        .till("all is confirmed", |till| till.unconfirmed() == 0)
        .await;
    let line = syncing.line(|line| line.up).await;
    assert_eq!((line.problem, line.concerns), (None, vec![]));
    assert_eq!(booked(&stage), FACTS + 5);
    assert_eq!(till.newest().seq, FACTS + 5);
    syncing.stop().await;
}

#[tokio::test]
async fn an_hq_restored_from_a_backup_is_given_what_it_lost() {
    let mut stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    till.record(40);
    client.push(&till.request(1, 40)).await.unwrap();
    stage.hq.stop().unwrap();
    let backup = stage.folder.path().join("backup");
    crate::stage::replace(stage.hq.folder(), &backup);
    stage.hq.start().unwrap();
    till.record(60);
    let syncing = Syncing::start(till.clone(), client);
    syncing
        .till("all is confirmed", |till| till.unconfirmed() == 0)
        .await;
    assert_eq!(booked(&stage), 100);
    stage.hq.stop().unwrap();
    crate::stage::replace(&backup, stage.hq.folder());
    stage.hq.start().unwrap();
    assert_eq!(booked(&stage), 40);
    syncing.bell.try_now();
    syncing
        .till("HQ has it again", |_| booked(&stage) == 100)
        .await;
    syncing.stop().await;
}
