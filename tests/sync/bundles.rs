//! Bundles of the real HQ, and what happens when its files are meddled with.

use crate::stage::{Stage, replace};
use crate::till::{Syncing, Till};
use std::sync::Arc;
use tillside_sync::{BundleError, HqClient, ProblemKind, wall_clock};

async fn pull(client: &HqClient, current: u64) -> Result<u64, BundleError> {
    let bundle = client.pull(current, wall_clock()).await?;
    Ok(bundle.map_or(current, |bundle| bundle.version))
}

/// Changes every served file whose name ends so.
fn tamper(stage: &Stage, part: &str, ending: &str, change: impl Fn(String) -> String) {
    let mut changed = 0;
    for entry in std::fs::read_dir(stage.bundle().join(part)).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            let new = change(text.clone());
            assert_ne!(new, text);
            std::fs::write(path, new).unwrap();
            changed += 1;
        }
    }
    assert!(changed > 0, "nothing ends with {ending}");
}

#[tokio::test]
async fn a_bundle_brings_what_hq_knows_of_the_store() {
    let stage = Stage::published();
    let client = stage.client("first").await;
    stage.publish();
    let bundle = client.pull(0, wall_clock()).await.unwrap().unwrap();
    assert_eq!((bundle.version, bundle.profile.store.as_str()), (2, "S1"));
    assert_eq!(bundle.products.len(), 40);
    assert!(!bundle.members.members.is_empty() && !bundle.coupons.numbers.is_empty());
    let terminal = client.identity().terminal().terminal;
    assert_eq!(bundle.coupons.holder, Some(terminal));
}

#[tokio::test]
async fn an_older_signed_bundle_is_refused_and_the_newer_stays() {
    let stage = Stage::published();
    let kept = stage.folder.path().join("kept");
    replace(&stage.bundle(), &kept);
    let client = stage.client("first").await;
    stage.publish();
    let till = Arc::new(Till::new(&client));
    let mut syncing = Syncing::start(till.clone(), client);
    syncing
        .till("bundle 2 is in force", |till| till.bundle() == 2)
        .await;
    replace(&kept, &stage.bundle());
    syncing.bell.try_now();
    let line = syncing.line(|line| !line.concerns.is_empty()).await;
    assert_eq!(line.concerns[0].kind, ProblemKind::OlderBundle, "{line:?}");
    assert!(line.up, "a refused bundle is no broken line");
    assert_eq!((till.bundle(), till.adoptions()), (2, 1));
    // Facts go up meanwhile.
    till.record(1);
    syncing.bell.new_fact();
    syncing
        .till("the fact is confirmed", |till| till.unconfirmed() == 0)
        .await;
    syncing.stop().await;
}

#[tokio::test]
async fn tampered_bundles_are_refused_until_they_are_whole_again() {
    let stage = Stage::published();
    let kept = stage.folder.path().join("kept");
    replace(&stage.bundle(), &kept);
    let client = stage.client("first").await;
    let cheaper = |text: String| text.replacen("749", "001", 1);
    let forged = |text: String| text.replacen("\"version\": 1", "\"version\": 9", 1);
    for (part, ending) in [
        ("targets", "products.json"),
        ("metadata", "targets.json"),
        ("metadata", "snapshot.json"),
        ("metadata", "timestamp.json"),
    ] {
        tamper(&stage, part, ending, |text| match part {
            "targets" => cheaper(text),
            _ => forged(text),
        });
        let error = pull(&client, 0).await.unwrap_err();
        assert!(
            matches!(error, BundleError::Tampered { .. }),
            "{ending}: {error:?}"
        );
        replace(&kept, &stage.bundle());
    }
    assert_eq!(pull(&client, 0).await.unwrap(), 1);
}

#[tokio::test]
async fn a_missing_part_is_named() {
    let stage = Stage::published();
    let client = stage.client("first").await;
    for entry in std::fs::read_dir(stage.bundle().join("targets")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with("rules.json") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let error = pull(&client, 0).await.unwrap_err();
    assert!(matches!(error, BundleError::Incomplete { .. }), "{error:?}");
}
