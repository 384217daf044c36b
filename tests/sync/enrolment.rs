//! Enrolment at the real HQ.

use crate::stage::{Stage, enrol_at};
use tillside_sync::{EnrolError, HqClient};

#[tokio::test]
async fn a_code_lets_one_terminal_in_once() {
    let stage = Stage::new();
    let code = stage.hq.invite("S1").unwrap();
    let identity = stage.enrol("first", &code).await.unwrap();
    assert_eq!(identity.terminal().profile.store.as_str(), "S1");
    let status = HqClient::new(identity).unwrap().status().await.unwrap();
    assert_eq!((status.bundle, status.head), (0, None));

    let error = stage.enrol("second", &code).await.unwrap_err();
    assert!(
        matches!(error, EnrolError::InviteRefused { .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("Ask HQ for a new one"),
        "{error}"
    );
    let listed = stage.hq.json(&["report", "terminals"]).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn a_code_that_was_never_made_is_refused() {
    let (stage, secret) = (Stage::new(), [7; 16]);
    let real = stage.hq.invite("S1").unwrap();
    let ca = *tillside_protocol::InviteCode::parse(&real)
        .unwrap()
        .ca_fingerprint();
    let invented = tillside_protocol::InviteCode::new(secret, ca).to_string();
    let error = stage.enrol("first", &invented).await.unwrap_err();
    assert!(
        matches!(error, EnrolError::InviteRefused { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_hq_is_refused_and_the_code_stays_good() {
    let (right, other) = (Stage::new(), Stage::new());
    let code = right.hq.invite("S1").unwrap();
    let folder = right.till_folder("first");
    let error = enrol_at(&other.hq.address(), &folder, &code)
        .await
        .unwrap_err();
    assert!(matches!(error, EnrolError::WrongServer { .. }), "{error:?}");
    assert!(
        error.to_string().contains("the code was not sent"),
        "{error}"
    );
    right.enrol("first", &code).await.unwrap();
}

#[tokio::test]
async fn a_terminal_of_one_hq_is_a_stranger_to_another() {
    let (right, mut other) = (Stage::new(), Stage::new());
    let client = right.client("first").await;
    drop(right);
    other.hq.stop().unwrap();
    // Somebody else's HQ takes over the address that the terminal knows.
    let port = client.identity().address().port().unwrap().to_string();
    let listen = format!("127.0.0.1:{port}");
    let mut command = std::process::Command::new(tillside_tests::program("tillside-hq").unwrap());
    command
        .arg("--data")
        .arg(other.hq.folder())
        .args(["serve", "--listen", &listen]);
    let log = other.folder.path().join("impostor.log");
    let impostor = tillside_tests::Running::start("impostor", command, &log).unwrap();
    let error = tillside_tests::until("the impostor answers", async || {
        let error = client.status().await.unwrap_err();
        let unreachable = matches!(error, tillside_sync::CallError::Unreachable { .. });
        Ok((!unreachable).then_some(error))
    })
    .await
    .unwrap();
    assert!(
        matches!(error, tillside_sync::CallError::WrongServer { .. }),
        "{error:?}"
    );
    impostor.stop().unwrap();
}
