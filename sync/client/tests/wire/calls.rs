//! Calls of an enrolled terminal to a server that misbehaves.

use crate::papers::{Ca, Hello};
use crate::repository::Publisher;
use crate::server::{Asked, Server, answer, json, refusal};
use crate::till::{Till, welcome};
use serde_json::json;
use std::io::Read;
use std::sync::{Arc, Mutex};
use tillside_protocol::tillside_core::{CardIdentity, Hash, Head, Sealed};
use tillside_protocol::{PushRequest, RenewRequest};
use tillside_sync::{CallError, HqClient, Identity, ProblemKind, RenewError, STANDING_PATIENCE};

/// A terminal that is enrolled at a server whose other answers a test gives.
pub struct Enrolled {
    pub till: Till,
    pub client: HqClient,
    pub server: Server,
    pub ca: Arc<Ca>,
}

type Answering = dyn Fn(Asked) -> Vec<u8> + Send + Sync;

impl Enrolled {
    pub async fn new(answering: impl Fn(Asked) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let root = Publisher::new().await.root();
        Self::with(root, 3600, answering).await
    }

    pub async fn with(
        root: String,
        seconds: i64,
        answering: impl Fn(Asked) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let ca = Arc::new(Ca::new("HQ"));
        let answering: Box<Answering> = Box::new(answering);
        let server = Server::start(Hello::of(&ca), {
            let ca = ca.clone();
            move |asked: Asked| match asked.path.as_str() {
                "/v1/enrol" => json(200, &welcome(&ca, &asked, &root, seconds)),
                _ => answering(asked),
            }
        })
        .await;
        let till = Till::new();
        let identity = till.enrol(&server, &ca.code()).await.unwrap();
        let client = HqClient::new(identity).unwrap();
        Self {
            till,
            client,
            server,
            ca,
        }
    }

    async fn status_error(&self) -> CallError {
        self.client.status().await.unwrap_err()
    }

    /// The same terminal, with another address in its files.
    fn moved_to(&self, address: &str) -> HqClient {
        let path = self.till.folder().join("hq.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace(&self.server.address, address);
        std::fs::write(path, text).unwrap();
        HqClient::new(Identity::load(&self.till.folder()).unwrap()).unwrap()
    }
}

async fn failing(bytes: Vec<u8>) -> CallError {
    Enrolled::new(move |_| bytes.clone())
        .await
        .status_error()
        .await
}

#[tokio::test]
async fn a_batch_goes_out_compressed_with_the_protocols_version() {
    let seen = Arc::new(Mutex::new(None));
    let enrolled = Enrolled::new({
        let seen = seen.clone();
        move |asked| {
            *seen.lock().unwrap() = Some(asked);
            json(
                200,
                &json!({"acks": [], "head": {"epoch": 1, "seq": 0, "hash": "0".repeat(64)}}),
            )
        }
    })
    .await;
    let record = Sealed {
        seq: 1,
        body: "a fact".to_owned(),
        hash: Hash::of(b"a fact"),
    };
    let request = PushRequest {
        terminal: enrolled.client.identity().terminal().terminal,
        epoch: 1,
        records: vec![record],
        signed: None,
    };
    let response = enrolled.client.push(&request).await.unwrap();
    assert_eq!(
        response.head,
        Head {
            epoch: 1,
            seq: 0,
            hash: Hash::from_bytes([0; 32])
        }
    );
    let asked = seen.lock().unwrap().take().unwrap();
    assert_eq!(asked.path, "/v1/journal");
    assert!(
        asked.head.contains("content-encoding: gzip\r\n"),
        "{}",
        asked.head
    );
    assert!(
        asked.head.contains("tillside-protocol: 1\r\n"),
        "{}",
        asked.head
    );
    let mut text = String::new();
    flate2::read::GzDecoder::new(&asked.body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(serde_json::from_str::<PushRequest>(&text).unwrap(), request);
}

#[tokio::test]
async fn a_question_about_a_card_names_it_safely_and_is_not_asked_for_ever() {
    let enrolled = Enrolled::new(|asked| match asked.path.as_str() {
        "/v1/account/standing?card=uid%3a04a1b2c3d4e5f6" => json(
            200,
            &json!({"balance": {"minor": 5, "currency": "EUR"}, "frozen": "Call HQ."}),
        ),
        "/v1/account" => refusal(503, "busy"),
        "/v1/keys" => json(200, &json!({"keys": []})),
        _ => refusal(404, "not_found"),
    })
    .await;
    let card = CardIdentity::new("uid:04A1B2C3D4E5F6").unwrap();
    let standing = enrolled.client.account_standing(&card).await.unwrap();
    assert_eq!(
        (standing.balance.minor(), standing.frozen.as_deref()),
        (5, Some("Call HQ."))
    );
    assert!(enrolled.client.keys().await.unwrap().keys.is_empty());
    let request = serde_json::from_value(json!({"txid": "0000000000000001", "action": "top_up",
        "tender": "cash", "card": "uid:04A1B2C3D4E5F6",
        "member": "01890000-0000-7000-8000-000000000001",
        "amount": {"minor": 5, "currency": "EUR"}, "store": "S1"}));
    let error = enrolled
        .client
        .account(&request.unwrap())
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "nobody knows: it is asked again");

    // Somebody stands there and waits.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", silent.local_addr().unwrap());
    let began = std::time::Instant::now();
    let error = enrolled
        .moved_to(&address)
        .account_standing(&card)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert!(
        began.elapsed() < STANDING_PATIENCE * 2,
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_too_long_answer_is_not_read_to_its_end() {
    let error = failing(answer(200, "", &vec![b' '; 10 << 20])).await;
    assert!(matches!(error, CallError::TooLong { .. }), "{error:?}");
    let error = failing(answer(500, "", &vec![b' '; 1 << 20])).await;
    assert!(matches!(error, CallError::TooLong { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_named() {
    for bytes in [
        answer(200, "", b"hello"),
        answer(500, "", b"oops"),
        answer(204, "", b""),
    ] {
        let error = failing(bytes).await;
        assert!(matches!(error, CallError::Malformed { .. }), "{error:?}");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let error = failing(answer(307, "location: https://127.0.0.1:1/\r\n", b"")).await;
    assert!(matches!(error, CallError::Malformed { .. }), "{error:?}");
    assert!(error.to_string().contains("status 307"), "{error}");
}

#[tokio::test]
async fn a_cut_answer_is_no_contact() {
    let mut bytes = json(200, &json!({"now": 0}));
    bytes.truncate(bytes.len() - 3);
    let error = failing(bytes).await;
    assert_eq!(error.kind(), ProblemKind::Unreachable, "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn hqs_reasons_are_told_apart() {
    let error = failing(refusal(403, "terminal_revoked")).await;
    assert!(matches!(error, CallError::Revoked), "{error:?}");
    assert!(!error.is_retryable());
    let error = failing(refusal(503, "busy")).await;
    assert_eq!(
        (error.kind(), error.is_retryable()),
        (ProblemKind::Refused, true)
    );
    assert_eq!(error.to_string(), "HQ says no: HQ's words");
    let ended = failing(refusal(403, "certificate_expired")).await;
    assert_eq!(ended.kind(), ProblemKind::CertificateExpired);
    assert!(!failing(refusal(413, "too_large")).await.is_retryable());
    assert!(!failing(refusal(400, "a_new_code")).await.is_retryable());
}

#[tokio::test]
async fn nobody_there_is_no_contact() {
    let enrolled = Enrolled::new(|_| refusal(500, "internal")).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", taken.local_addr().unwrap());
    drop(taken);
    let error = enrolled.moved_to(&address).status().await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert!(error.is_retryable());
}

/// Another test, in a process whose environment names a proxy: nobody calls there.
#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &address);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let test = "bundles::each_newer_bundle_comes_once";
    let output = child.args(["--exact", test]).output().unwrap();
    let called = proxy.accept().is_ok();
    assert!(
        output.status.success() && !called,
        "called: {called}, {output:?}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[tokio::test]
async fn another_server_is_told_nothing() {
    let enrolled = Enrolled::new(|_| refusal(500, "internal")).await;
    let other = Server::start(Hello::of(&Ca::new("HQ")), |_| refusal(500, "internal")).await;
    let error = enrolled
        .moved_to(&other.address)
        .status()
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::WrongServer { .. }), "{error:?}");
    assert_eq!(other.heard(), b"");
}

#[tokio::test]
async fn a_server_that_takes_other_clients_only_is_understood() {
    let enrolled = Enrolled::new(|_| refusal(500, "internal")).await;
    let mut hello = Hello::of(&enrolled.ca);
    hello.clients = Some(Ca::new("others").der());
    let picky = Server::start(hello, |_| refusal(500, "internal")).await;
    let error = enrolled
        .moved_to(&picky.address)
        .status()
        .await
        .unwrap_err();
    assert!(
        matches!(error, CallError::CertificateRefused { .. }),
        "{error:?}"
    );
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn tls_1_2_is_refused_by_an_enrolled_terminal_too() {
    let enrolled = Enrolled::new(|_| refusal(500, "internal")).await;
    let mut hello = Hello::of(&enrolled.ca);
    hello.version = &rustls::version::TLS12;
    let old = Server::start(hello, |_| refusal(500, "internal")).await;
    enrolled.moved_to(&old.address).status().await.unwrap_err();
    assert_eq!(old.heard(), b"");
}

#[tokio::test]
async fn an_ended_certificate_is_told_with_its_date_and_nobody_is_called() {
    let root = Publisher::new().await.root();
    let enrolled = Enrolled::with(root, 2, |_| refusal(500, "internal")).await;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let before = enrolled.server.seen.lock().unwrap().connections;
    let error = enrolled.status_error().await;
    assert!(
        matches!(error, CallError::CertificateExpired { .. }),
        "{error:?}"
    );
    let (_, until) = enrolled.client.identity().validity();
    let until = jiff::Timestamp::from_millisecond(until.0).unwrap();
    let words = error.to_string();
    assert!(
        words.contains(&until.strftime("%Y-%m-%d").to_string()),
        "{words}"
    );
    assert!(
        words.contains("ask HQ for an invite for this till and run `tillside enrol --renew`"),
        "{words}"
    );
    assert_eq!(enrolled.server.seen.lock().unwrap().connections, before);
}

#[tokio::test]
async fn a_renewed_certificate_is_kept_and_used() {
    let ca = Arc::new(Mutex::new(None::<Arc<Ca>>));
    let mut enrolled = Enrolled::new({
        let ca = ca.clone();
        move |asked| {
            let request: RenewRequest = serde_json::from_slice(&asked.body).unwrap();
            let ca = ca.lock().unwrap().clone().unwrap();
            json(
                200,
                &json!({"certificate_pem": ca.client(&request.request_pem, 7200)}),
            )
        }
    })
    .await;
    let before = enrolled.client.identity().validity();
    *ca.lock().unwrap() = Some(Arc::new(Ca::new("HQ")));
    let error = enrolled.client.renew().await.unwrap_err();
    assert!(matches!(error, RenewError::Identity(_)), "{error:?}");
    assert_eq!(enrolled.client.identity().validity(), before);

    *ca.lock().unwrap() = Some(enrolled.ca.clone());
    enrolled.client.renew().await.unwrap();
    let after = enrolled.client.identity().validity();
    assert!(after.1 > before.1);
    assert_eq!(
        Identity::load(&enrolled.till.folder()).unwrap().validity(),
        after
    );
}
