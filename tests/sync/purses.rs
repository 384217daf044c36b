//! E-money over the real line: keys by right, accounts that move once, and settlements that reach the till.

use crate::stage::Stage;
use crate::till::{Syncing, Till};
use std::sync::Arc;
use tillside_core::*;
use tillside_protocol::{AccountAnswer, AccountRequest, PurseSettlement};
use tillside_sync::{CallError, HqClient, ProblemKind};

/// The sample chain with e-money; S1 is a top-up desk.
fn stage() -> Stage {
    let stage = Stage::new();
    let run = |words: &[&str]| stage.hq.run(words).unwrap();
    run(&["emoney", "init", "--currency", "EUR", "--cap", "150.00"]);
    run(&["store", "desk", "S1", "--top-up"]);
    run(&["publish"]);
    stage
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

/// A member of the bundle who has a card, and the card.
async fn holder(client: &HqClient) -> (MemberId, CardIdentity) {
    let now = client.status().await.unwrap().now;
    let bundle = client.pull(0, now).await.unwrap().unwrap();
    assert!(bundle.purse.unwrap().desk.top_up);
    let mut members = bundle.members.members.into_iter();
    members
        .find_map(|entry| {
            let card = entry
                .cards
                .iter()
                .find(|card| card.as_str().starts_with("uid:"));
            Some((entry.member, card?.clone()))
        })
        .unwrap()
}

fn request(
    number: u64,
    action: PurseAction,
    minor: i64,
    of: &(MemberId, CardIdentity),
) -> AccountRequest {
    AccountRequest {
        txid: PurseTx::new(number.to_be_bytes()),
        action,
        card: of.1.clone(),
        member: of.0,
        amount: eur(minor),
        store: StoreId::new("S1").unwrap(),
    }
}

const fn top_up() -> PurseAction {
    PurseAction::TopUp {
        tender: TenderKind::Cash,
    }
}

#[tokio::test]
async fn a_till_gets_the_keys_of_its_store_s_rights() {
    let stage = stage();
    let client = stage.client("first").await;
    let roles = async || -> Vec<String> {
        let keys = client.keys().await.unwrap().keys;
        keys.into_iter().map(|key| key.role).collect()
    };
    let desk = roles().await;
    assert!(desk.contains(&"pay".to_owned()) && desk.contains(&"top_up".to_owned()));
    assert!(!desk.contains(&"master".to_owned()));
    stage.hq.run(&["store", "desk", "S1"]).unwrap();
    assert!(!roles().await.contains(&"top_up".to_owned()));
}

#[tokio::test]
async fn an_account_moves_once_and_hq_tells_a_till_whose_answer_was_lost() {
    let stage = stage();
    let client = stage.client("first").await;
    let member = holder(&client).await;
    let asked = request(1, top_up(), 5_000, &member);
    let moved = AccountAnswer::Moved { after: eur(5_000) };
    assert_eq!(client.account(&asked).await.unwrap(), moved);
    assert_eq!(client.account(&asked).await.unwrap(), moved, "asked again");
    let standing = client.account_standing(&member.1).await.unwrap();
    assert_eq!((standing.balance, standing.frozen), (eur(5_000), None));
    let stranger = CardIdentity::new("uid:04FFFFFFFFFFFF").unwrap();
    let error = client.account_standing(&stranger).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ProblemKind::Refused, false)
    );
    let other = request(1, top_up(), 1, &member);
    let error = client.account(&other).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }), "{error:?}");

    // The till wrote its intent down, and never saw the answer.
    let till = Arc::new(Till::new(&client));
    till.note(Event::PurseIntended(Box::new(PurseIntended {
        txid: asked.txid,
        kind: PurseKind::Account,
        action: asked.action.clone(),
        card: asked.card.clone(),
        member: Some(asked.member),
        lane: LaneId::new("1").unwrap(),
        cashier: PersonId::new("anna").unwrap(),
        at: Timestamp(0),
        date: "2026-05-28".parse().unwrap(),
        amount: asked.amount,
        before: None,
    })));
    let syncing = Syncing::start(till, client);
    let settled = PurseSettlement {
        txid: asked.txid,
        end: PurseEnd::Done,
    };
    syncing
        .till("HQ's settlement", |till| till.settled().contains(&settled))
        .await;
    // The till's disk refuses it: HQ tells it again.
    syncing.till.break_call(Some("settle"));
    let before = syncing.till.settled().len();
    syncing.bell.try_now();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    syncing.till.break_call(None);
    syncing.bell.try_now();
    syncing
        .till("it again", |till| till.settled().len() > before)
        .await;
    // It writes it down, and is told no more.
    syncing.till.note(Event::PurseEnded(Box::new(PurseEnded {
        txid: asked.txid,
        card: asked.card.clone(),
        end: PurseEnd::Done,
        amount: asked.amount,
        evidence: PurseEvidence::Hq,
        date: "2026-05-28".parse().unwrap(),
    })));
    syncing.bell.new_fact();
    syncing
        .till("the fact is confirmed", |till| till.unconfirmed() == 0)
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let told = syncing.till.settled().len();
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(syncing.till.settled().len(), told);
    syncing.stop().await;
    assert!(
        stage
            .hq
            .run(&["emoney", "check"])
            .unwrap()
            .contains("holds")
    );
}
