//! The whole loop: the line goes down and up, bells ring, bundles come by themselves.

use crate::stage::Stage;
use crate::till::{Syncing, Till};
use std::sync::Arc;
use tillside_sync::ProblemKind;

#[tokio::test]
async fn the_line_is_told_as_it_goes_down_and_up() {
    let mut stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    let mut syncing = Syncing::start(till.clone(), client);
    let up = syncing.line(|line| line.up).await;
    assert_eq!(up.last_contact.unwrap().0.signum(), 1);
    stage.hq.stop().unwrap();
    let down = syncing.line(|line| !line.up).await;
    assert!(down.since >= up.since && down.last_contact.is_some());
    assert_eq!(
        down.problem.as_ref().unwrap().kind,
        ProblemKind::Unreachable
    );
    assert!(down.words().contains("Go on selling"), "{}", down.words());
    till.record(3);
    syncing.bell.new_fact();
    stage.hq.start().unwrap();
    let back = syncing.line(|line| line.up).await;
    assert!(back.since >= down.since);
    syncing
        .till("the facts are confirmed", |till| till.unconfirmed() == 0)
        .await;
    syncing.stop().await;
}

#[tokio::test]
async fn a_new_bundle_comes_by_itself() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    let mut syncing = Syncing::start(till, client);
    let line = syncing.line(|line| line.up).await;
    assert_eq!(line.concerns, [], "nothing published yet is nothing wrong");
    for version in 1..=2 {
        stage.publish();
        syncing
            .till("the bundle is in force", |till| till.bundle() == version)
            .await;
    }
    assert_eq!(syncing.till.adoptions(), 2);
    syncing.stop().await;
}

#[tokio::test]
async fn a_short_certificate_is_renewed_by_itself() {
    let stage = Stage::new();
    let client = stage.client_for("first", 600).await;
    let (_, before) = client.identity().validity();
    let till = Arc::new(Till::new(&client));
    let syncing = Syncing::start(till, client);
    let folder = stage.till_folder("first");
    tillside_tests::until("the certificate is renewed", async || {
        let kept = tillside_sync::Identity::load(&folder)?;
        Ok((kept.validity().1 > before).then_some(()))
    })
    .await
    .unwrap();
    syncing.stop().await;
}
