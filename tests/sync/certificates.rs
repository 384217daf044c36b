//! Certificates that end, are renewed, and are taken back.

use crate::stage::Stage;
use std::time::Duration;
use tillside_sync::{CallError, HqClient, Identity};

#[tokio::test]
async fn an_ended_certificate_says_its_date_and_what_to_do() {
    let stage = Stage::new();
    let client = stage.client_for("first", 3).await;
    client.status().await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let error = client.status().await.unwrap_err();
    assert!(
        matches!(error, CallError::CertificateExpired { .. }),
        "{error:?}"
    );
    let words = error.to_string();
    assert!(words.contains("ended on 20"), "{words}");
    assert!(
        words.contains("ask HQ for an invite for this till and run `tillside enrol --renew`"),
        "{words}"
    );
}

#[tokio::test]
async fn a_certificate_is_renewed_and_the_new_one_works() {
    let stage = Stage::new();
    let mut client = stage.client("first").await;
    let (_, before) = client.identity().validity();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    client.renew().await.unwrap();
    assert!(client.identity().validity().1 > before);
    client.status().await.unwrap();
    let kept = Identity::load(&stage.till_folder("first")).unwrap();
    assert_eq!(kept.validity(), client.identity().validity());
    HqClient::new(kept).unwrap().status().await.unwrap();
}

#[tokio::test]
async fn a_revoked_terminal_is_told() {
    let stage = Stage::new();
    let client = stage.client("first").await;
    client.status().await.unwrap();
    let terminal = client.identity().terminal().terminal.to_string();
    stage.hq.run(&["terminal", "revoke", &terminal]).unwrap();
    let error = client.status().await.unwrap_err();
    assert!(matches!(error, CallError::Revoked), "{error:?}");
    assert!(!error.is_retryable());
}
