//! Signatures under journals: HQ checks the till's and puts its own under what it kept.

use crate::fixture::Folder;
use crate::journal::{Journal, NOON};
use tillside_core::*;
use tillside_hq::data::DataDir;
use tillside_hq::ingest::signing::{JournalKey, JournalKeyError};
use tillside_hq::ingest::take_signed;
use tillside_protocol::{PushRequest, PushResponse};

const TILL: [u8; 32] = [3; 32];

fn key(folder: &Folder) -> JournalKey {
    let data = DataDir::new(folder.path());
    std::fs::create_dir_all(data.keys()).unwrap();
    JournalKey::of(&data).unwrap()
}

/// The whole journal, under the till's signature.
fn signed(journal: &Journal) -> PushRequest {
    let head = &journal.head;
    let by = HeadSigner::Terminal;
    PushRequest {
        signed: Some(SignedHead::sign(by, &TILL, journal.terminal, head, NOON)),
        ..journal.request(&journal.records)
    }
}

async fn send(folder: &Folder, journal: &Journal, request: PushRequest) -> PushResponse {
    let key = key(folder);
    let taken = take_signed(&folder.store, &key, journal.terminal, request, NOON);
    taken.await.unwrap()
}

fn kept(folder: &Folder) -> Vec<SignedHead> {
    let database = folder.database();
    let mut rows = database.prepare("SELECT signed FROM signed_head").unwrap();
    let texts = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let heads = texts.map(|text| serde_json::from_str(&text.unwrap()).unwrap());
    heads.collect()
}

#[tokio::test]
async fn what_hq_keeps_is_acknowledged_under_its_key() {
    let (folder, mut journal, _) = Folder::chain().await;
    for version in 1..=3 {
        journal.append(Event::BundleAdopted { version });
    }
    let request = signed(&journal);
    let response = send(&folder, &journal, request.clone()).await;
    let acknowledged = response.acknowledged.unwrap();
    assert_eq!(acknowledged.head(), journal.head);
    assert_eq!(acknowledged.terminal, journal.terminal);
    assert_eq!(acknowledged.key, key(&folder).public());
    assert!(acknowledged.is_by(HeadSigner::Hq));
    assert_eq!(kept(&folder), [request.signed.unwrap()]);
    // Again, in part: HQ still says where its copy ends.
    let part = journal.request(&journal.records[..1]);
    let again = send(&folder, &journal, part).await.acknowledged.unwrap();
    assert_eq!(again.head(), journal.head);
    assert_eq!(kept(&folder), [request.signed.unwrap()]);
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_not_acknowledged_and_its_records_are_kept() {
    let (folder, mut journal, other) = Folder::chain().await;
    let sealed = journal.append(Event::BundleAdopted { version: 1 });
    let good = signed(&journal).signed.unwrap();
    let by = |signer, terminal| SignedHead::sign(signer, &TILL, terminal, &journal.head, NOON);
    let wrong = [
        SignedHead { seq: 2, ..good },
        SignedHead {
            at: Timestamp(5),
            ..good
        },
        by(HeadSigner::Hq, journal.terminal),
        by(HeadSigner::Terminal, other.terminal),
    ];
    for signed in wrong {
        let request = PushRequest {
            signed: Some(signed),
            ..journal.request(std::slice::from_ref(&sealed))
        };
        let response = send(&folder, &journal, request).await;
        assert_eq!(response.acknowledged, None);
        assert!(response.acks[0].outcome.settles());
        assert_eq!(response.head, journal.head);
        assert_eq!(kept(&folder), []);
    }
}

#[tokio::test]
async fn an_older_till_that_signs_nothing_goes_on() {
    let (folder, mut journal, _) = Folder::chain().await;
    journal.append(Event::BundleAdopted { version: 1 });
    let request = journal.request(&journal.records);
    let text = serde_json::to_string(&request).unwrap();
    assert!(!text.contains("signed"));
    let response = send(&folder, &journal, serde_json::from_str(&text).unwrap()).await;
    assert!(response.acknowledged.is_some());
    assert_eq!(kept(&folder), []);
}

#[tokio::test]
async fn the_key_is_made_once_and_a_damaged_one_is_never_replaced() {
    let folder = Folder::empty();
    let first = key(&folder).public();
    assert_eq!(key(&folder).public(), first);
    let data = DataDir::new(folder.path());
    std::fs::write(data.journal_key(), b"short").unwrap();
    let error = JournalKey::of(&data).unwrap_err();
    assert!(matches!(error, JournalKeyError::Damaged), "{error}");
    assert_eq!(std::fs::read(data.journal_key()).unwrap(), b"short");
}
