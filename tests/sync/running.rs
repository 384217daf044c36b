//! The whole loop: the line goes down and up, bells ring, bundles come by themselves.

use crate::stage::Stage;
use crate::till::{Syncing, Till};
use std::sync::Arc;
use std::time::Duration;
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

#[tokio::test]
async fn a_store_that_fails_is_named_and_loses_nothing() {
    for (broken, kind) in [
        ("view", ProblemKind::Storage),
        ("journal", ProblemKind::Storage),
        ("confirm", ProblemKind::Storage),
        ("adopt", ProblemKind::UnusableBundle),
    ] {
        let stage = Stage::published();
        let client = stage.client("first").await;
        let till = Arc::new(Till::new(&client));
        till.record(4);
        till.break_call(Some(broken));
        let mut syncing = Syncing::start(till.clone(), client);
        let line = syncing.line(|line| !line.concerns.is_empty()).await;
        let concern = &line.concerns[0];
        assert_eq!(concern.kind, kind, "{broken}: {line:?}");
        assert!(
            concern.words.contains("The disk is full"),
            "{}",
            concern.words
        );
        till.break_call(None);
        syncing.bell.try_now();
        syncing
            .till("all is well again", |till| {
                till.unconfirmed() == 0 && till.bundle() == 1
            })
            .await;
        let line = syncing.line(|line| line.concerns.is_empty()).await;
        assert!(line.up);
        assert_eq!(till.adoptions(), 1);
        syncing.stop().await;
    }
}

#[tokio::test]
async fn rings_are_heard_in_the_middle_of_a_long_wait() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    let till = Arc::new(Till::new(&client));
    let hour = Duration::from_secs(3600);
    let mut syncing = Syncing::polling(hour, till.clone(), client);
    syncing.line(|line| line.up).await;
    till.record(1);
    syncing.bell.new_fact();
    syncing
        .till("the fact is confirmed", |till| till.unconfirmed() == 0)
        .await;
    stage.publish();
    syncing.bell.try_now();
    syncing
        .till("the bundle is in force", |till| till.bundle() == 1)
        .await;
    syncing.stop().await;
}
