//! Bundles that must be refused, and that the good ones are not.

use crate::calls::Enrolled;
use crate::repository::{Contents, Publisher, copy};
use crate::server::{Asked, answer, refusal};
use serde_json::json;
use std::path::Path;
use tillside_protocol::TARGET_BYTE_LIMIT;
use tillside_protocol::tillside_core::{Bundle, Timestamp};
use tillside_sync::{BundleError, ProblemKind, wall_clock};

/// Serves what a publisher publishes.
async fn serving(publisher: &Publisher) -> Enrolled {
    let folder = publisher.served();
    Enrolled::with(publisher.root(), 3600, move |asked| serve(&folder, &asked)).await
}

fn serve(folder: &Path, asked: &Asked) -> Vec<u8> {
    let Some(path) = asked.path.strip_prefix("/v1/bundle/") else {
        return refusal(400, "malformed");
    };
    // The test's server lower-cases what it hears; names here differ in nothing else.
    let (part, name) = path.split_once('/').unwrap();
    let files = std::fs::read_dir(folder.join(part)).into_iter().flatten();
    files
        .map(|entry| entry.unwrap())
        .find(|entry| entry.file_name().to_str().unwrap().to_lowercase() == name)
        .map_or_else(
            || refusal(404, "not_found"),
            |entry| answer(200, "", &std::fs::read(entry.path()).unwrap()),
        )
}

async fn pull(enrolled: &Enrolled, current: u64) -> Result<Option<Bundle>, BundleError> {
    enrolled.client.pull(current, wall_clock()).await
}

async fn version(enrolled: &Enrolled, current: u64) -> Option<u64> {
    pull(enrolled, current)
        .await
        .unwrap()
        .map(|bundle| bundle.version)
}

async fn refused(enrolled: &Enrolled, current: u64) -> ProblemKind {
    let error = pull(enrolled, current).await.unwrap_err();
    let words = error.to_string();
    assert!(
        words.contains("bundle in force stays") || words.contains("the one in force stays"),
        "{words}"
    );
    error.kind()
}

#[tokio::test]
async fn each_newer_bundle_comes_once() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    assert_eq!(version(&enrolled, 0).await, Some(1));
    assert_eq!(version(&enrolled, 1).await, None);
    publisher.publish(2).await;
    let bundle = pull(&enrolled, 1).await.unwrap().unwrap();
    assert_eq!((bundle.version, bundle.profile.store.as_str()), (2, "S1"));
}

#[tokio::test]
async fn an_older_signed_bundle_is_refused() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let (enrolled, kept) = (serving(&publisher).await, tempfile::tempdir().unwrap());
    copy(&publisher.served(), kept.path());
    publisher.publish(2).await;
    assert_eq!(version(&enrolled, 0).await, Some(2));
    std::fs::remove_dir_all(publisher.served()).unwrap();
    copy(kept.path(), &publisher.served());
    assert_eq!(refused(&enrolled, 2).await, ProblemKind::OlderBundle);
    // Even if the newest metadata was lost with the disk, what is in force is not replaced.
    std::fs::remove_dir_all(enrolled.till.folder().join("bundle")).unwrap();
    assert_eq!(refused(&enrolled, 2).await, ProblemKind::OlderBundle);
}

#[tokio::test]
async fn a_tampered_target_is_refused_and_mended_by_the_true_one() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    publisher.tamper(".products.json", "[]", "{}");
    assert_eq!(refused(&enrolled, 0).await, ProblemKind::TamperedBundle);
    publisher.tamper(".products.json", "{}", "[]             ");
    assert_eq!(refused(&enrolled, 0).await, ProblemKind::TamperedBundle);
    publisher.tamper(".products.json", "[]             ", "[]");
    assert_eq!(version(&enrolled, 0).await, Some(1));
}

#[tokio::test]
async fn tampered_metadata_is_refused() {
    for (file, from, to) in [
        ("timestamp.json", "\"version\": 7", "\"version\": 8"),
        ("7.snapshot.json", "\"version\": 7", "\"version\": 8"),
        ("7.targets.json", "\"length\": 2", "\"length\": 3"),
        ("timestamp.json", "{", "["),
    ] {
        let publisher = Publisher::new().await;
        publisher.publish(7).await;
        publisher.tamper(file, from, to);
        let kind = refused(&serving(&publisher).await, 0).await;
        assert_eq!(kind, ProblemKind::TamperedBundle, "{file}");
    }
}

#[tokio::test]
async fn a_bundle_signed_by_other_keys_is_refused() {
    let (ours, other) = (Publisher::new().await, Publisher::new().await);
    other.publish(5).await;
    let folder = other.served();
    let enrolled = Enrolled::with(ours.root(), 3600, move |asked| serve(&folder, &asked)).await;
    assert_eq!(refused(&enrolled, 0).await, ProblemKind::TamperedBundle);
}

#[tokio::test]
async fn a_missing_part_is_named() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    for ending in [
        ".rules.json",
        ".store-S1.json",
        "1.snapshot.json",
        "timestamp.json",
    ] {
        let path = publisher.file(ending);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let error = pull(&enrolled, 0).await.unwrap_err();
        assert_eq!(error.kind(), ProblemKind::IncompleteBundle, "{error:?}");
        assert!(
            error
                .to_string()
                .to_lowercase()
                .contains(&ending[1..].to_lowercase()),
            "{error}"
        );
        std::fs::write(path, bytes).unwrap();
    }
    assert_eq!(version(&enrolled, 0).await, Some(1));
    let mut contents = Contents::default();
    contents
        .targets
        .retain(|(name, _)| *name != "store-S1.json");
    publisher.publish_with(2, contents).await;
    assert_eq!(refused(&enrolled, 1).await, ProblemKind::IncompleteBundle);
}

#[tokio::test]
async fn a_layout_from_the_future_asks_for_an_update() {
    let publisher = Publisher::new().await;
    let mut contents = Contents::default();
    contents.targets[0].1 = json!({"v": 99, "miracles": []});
    publisher.publish_with(1, contents).await;
    let error = pull(&serving(&publisher).await, 0).await.unwrap_err();
    assert_eq!(error.kind(), ProblemKind::UnusableBundle);
    assert!(error.to_string().contains("Update Tillside"), "{error}");
}

#[tokio::test]
async fn a_bundle_past_its_date_is_refused_and_a_wrong_clock_is_blamed_first() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    assert_eq!(version(&enrolled, 0).await, Some(1));
    publisher
        .publish_with(
            2,
            Contents {
                timestamp_days: -1,
                ..Contents::default()
            },
        )
        .await;
    assert_eq!(refused(&enrolled, 1).await, ProblemKind::ExpiredBundle);
    let a_week_ago = Timestamp(wall_clock().0 - 7 * 86_400_000);
    let error = enrolled.client.pull(1, a_week_ago).await.unwrap_err();
    assert!(matches!(error, BundleError::Clock { .. }), "{error:?}");
    assert!(
        error.to_string().contains("set this PC's date and time"),
        "{error}"
    );
}

#[tokio::test]
async fn a_clock_that_once_ran_ahead_does_not_lock_bundles_out() {
    let publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    let newest_time = enrolled.till.folder().join("bundle/latest_known_time.json");
    std::fs::write(&newest_time, "\"2099-01-01T00:00:00Z\"").unwrap();
    let a_week_ago = Timestamp(wall_clock().0 - 7 * 86_400_000);
    let error = enrolled.client.pull(0, a_week_ago).await.unwrap_err();
    assert!(matches!(error, BundleError::Clock { .. }), "{error:?}");
    assert_eq!(version(&enrolled, 0).await, Some(1));
}

#[tokio::test]
async fn new_keys_are_followed_once_and_older_bundles_stay_refused_after_it() {
    let mut publisher = Publisher::new().await;
    publisher.publish(1).await;
    let enrolled = serving(&publisher).await;
    assert_eq!(version(&enrolled, 0).await, Some(1));
    publisher.rotate().await;
    publisher.publish(2).await;
    let kept = tempfile::tempdir().unwrap();
    copy(&publisher.served(), kept.path());
    publisher.publish(3).await;
    assert_eq!(version(&enrolled, 1).await, Some(3));
    std::fs::remove_dir_all(publisher.served()).unwrap();
    copy(kept.path(), &publisher.served());
    // By the metadata alone: the version in force is not what refuses it here.
    assert_eq!(refused(&enrolled, 0).await, ProblemKind::OlderBundle);
}

#[tokio::test]
async fn no_line_is_no_fault_of_the_bundle() {
    let publisher = Publisher::new().await;
    let enrolled = Enrolled::with(publisher.root(), 3600, |_| refusal(503, "busy")).await;
    let error = pull(&enrolled, 0).await.unwrap_err();
    assert!(matches!(error, BundleError::Line { .. }), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_part_past_the_limit_is_not_even_fetched() {
    let publisher = Publisher::new().await;
    let contents = Contents {
        claimed_length: Some(TARGET_BYTE_LIMIT + 1),
        ..Contents::default()
    };
    publisher.publish_with(1, contents).await;
    let error = pull(&serving(&publisher).await, 0).await.unwrap_err();
    assert!(matches!(error, BundleError::TooLarge { .. }), "{error:?}");
}
