//! Signatures under a journal, from the till's to HQ's and back.

use crate::stage::Stage;
use crate::till::{Syncing, Till};
use std::sync::Arc;
use tillside_core::HeadSigner;

#[tokio::test]
async fn a_till_signs_what_it_sends_and_gets_hqs_signature_back() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    till.record(20);
    let syncing = Syncing::start(till.clone(), client);
    syncing
        .till("all is confirmed", |till| till.unconfirmed() == 0)
        .await;
    syncing.stop().await;
    let acknowledged = till.acknowledged();
    let newest = acknowledged.last().unwrap();
    assert_eq!(newest.head(), till.newest());
    assert!(newest.is_by(HeadSigner::Hq));
    let key = stage.hq.run(&["journal", "key"]).unwrap();
    assert_eq!(newest.key.to_string(), key.trim());
    // What HQ keeps of the till's own signature.
    let database = rusqlite::Connection::open(stage.hq.folder().join("hq.db")).unwrap();
    let kept: String = database
        .query_row("SELECT signed FROM signed_head", [], |row| row.get(0))
        .unwrap();
    let kept: tillside_core::SignedHead = serde_json::from_str(&kept).unwrap();
    assert!(kept.is_by(HeadSigner::Terminal));
    assert_eq!(kept.head(), till.newest());
}
