//! Enrolment: whom the secret is told, and what is kept.

use crate::papers::{Ca, Hello};
use crate::repository::Publisher;
use crate::server::{Server, json, refusal};
use crate::till::{Till, welcome};
use std::path::{Path, PathBuf};
use tillside_protocol::tillside_core::LaneId;
use tillside_protocol::{EnrolResponse, InviteCode};
use tillside_sync::{EnrolError, Identity, IdentityError, Replacing, enrol};

async fn root() -> String {
    Publisher::new().await.root()
}

/// A server that shakes hands so and welcomes everybody.
async fn welcoming(hello: Hello) -> Server {
    let (ca, root) = (Ca::new("any"), root().await);
    Server::start(hello, move |asked| {
        json(200, &welcome(&ca, &asked, &root, 60))
    })
    .await
}

#[tokio::test]
async fn a_right_code_brings_an_identity_that_is_kept() {
    let (ca, root) = (Ca::new("HQ"), root().await);
    let (hello, code) = (Hello::of(&ca), ca.code());
    let server = Server::start(hello, move |asked| {
        json(200, &welcome(&ca, &asked, &root, 9000))
    })
    .await;
    let till = Till::new();
    let identity = till.enrol(&server, &code).await.unwrap();
    let secret = InviteCode::parse(&code).unwrap().secret_text();
    assert!(String::from_utf8(server.heard()).unwrap().contains(&secret));

    let loaded = Identity::load(&till.folder()).unwrap();
    assert_eq!(loaded.terminal(), identity.terminal());
    assert_eq!(loaded.validity(), identity.validity());
    assert_eq!(loaded.address().as_str(), format!("{}/", server.address));
    let (from, until) = loaded.validity();
    assert_eq!(loaded.renew_after().0, until.0 - (until.0 - from.0) / 3);
    #[cfg(unix)]
    for entry in std::fs::read_dir(till.folder()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let path = entry.unwrap().path();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is open to others", path.display());
    }
}

/// The secret must not be told to `server`; it must not even see a finished handshake's first byte.
async fn keeps_the_secret_from(server: &Server, code: &str) -> EnrolError {
    let till = Till::new();
    let error = till.enrol(server, code).await.unwrap_err();
    assert!(
        server.seen.lock().unwrap().connections > 0,
        "nobody knocked"
    );
    assert_eq!(server.heard(), b"", "something was sent to a wrong server");
    assert!(!till.folder().exists());
    error
}

#[tokio::test]
async fn another_ca_is_refused_before_the_secret_is_sent() {
    let server = welcoming(Hello::of(&Ca::new("HQ"))).await;
    let error = keeps_the_secret_from(&server, &Ca::new("HQ").code()).await;
    assert!(matches!(error, EnrolError::WrongServer { .. }), "{error:?}");
    assert!(error.to_string().contains("the code was not sent"));
}

#[tokio::test]
async fn the_right_ca_shown_beside_a_foreign_certificate_is_refused() {
    let (right, other) = (Ca::new("HQ"), Ca::new("HQ"));
    let mut hello = Hello::of(&other);
    hello.chain.push(right.der());
    let server = welcoming(hello).await;
    let error = keeps_the_secret_from(&server, &right.code()).await;
    assert!(matches!(error, EnrolError::WrongServer { .. }), "{error:?}");
}

#[tokio::test]
async fn a_right_certificate_for_another_host_is_refused() {
    let ca = Ca::new("HQ");
    let mut hello = Hello::of(&ca);
    (hello.chain[0], hello.key) = ca.server("hq.example", 3600);
    let server = welcoming(hello).await;
    let error = keeps_the_secret_from(&server, &ca.code()).await;
    assert!(matches!(error, EnrolError::WrongServer { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_show_its_ca_is_refused() {
    let ca = Ca::new("HQ");
    let mut hello = Hello::of(&ca);
    hello.chain.truncate(1);
    let server = welcoming(hello).await;
    let error = keeps_the_secret_from(&server, &ca.code()).await;
    assert!(matches!(error, EnrolError::WrongServer { .. }), "{error:?}");
}

#[tokio::test]
async fn an_ended_server_certificate_is_refused_and_the_date_doubted() {
    let ca = Ca::new("HQ");
    let mut hello = Hello::of(&ca);
    (hello.chain[0], hello.key) = ca.server("127.0.0.1", -60);
    let server = welcoming(hello).await;
    let error = keeps_the_secret_from(&server, &ca.code()).await;
    assert!(error.to_string().contains("Check the PC's date"), "{error}");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let ca = Ca::new("HQ");
    let mut hello = Hello::of(&ca);
    hello.version = &rustls::version::TLS12;
    let server = welcoming(hello).await;
    keeps_the_secret_from(&server, &ca.code()).await;
}

#[tokio::test]
async fn a_mistyped_code_or_address_is_told_before_anybody_is_called() {
    let ca = Ca::new("HQ");
    let code = ca.code();
    let server = welcoming(Hello::of(&ca)).await;
    let till = Till::new();
    let mistyped = match code.strip_suffix('0') {
        Some(start) => format!("{start}1"),
        None => format!("{}0", &code[..code.len() - 1]),
    };
    let error = till.enrol(&server, &mistyped).await.unwrap_err();
    assert!(matches!(error, EnrolError::Code(_)), "{error:?}");
    let lane = LaneId::new("1").unwrap();
    for address in [
        "127.0.0.1:1",
        "http://127.0.0.1:1",
        "https://127.0.0.1:1/x",
        "https://127.0.0.1:1/?x",
        "https://me@127.0.0.1:1",
        "",
    ] {
        let folder = till.folder();
        let enrolled = enrol(&folder, address, &code, lane.clone(), Replacing::Never);
        let error = enrolled.await.unwrap_err();
        assert!(matches!(error, EnrolError::Address { .. }), "{error:?}");
    }
    assert_eq!(server.seen.lock().unwrap().connections, 0);
}

/// Enrols at a server whose CA is right and whose answer is as `spoil` leaves it.
async fn spoilt(spoil: impl Fn(&mut EnrolResponse) + Send + Sync + 'static) -> EnrolError {
    let (ca, root) = (Ca::new("HQ"), root().await);
    let (hello, code) = (Hello::of(&ca), ca.code());
    let server = Server::start(hello, move |asked| {
        let mut response = welcome(&ca, &asked, &root, 60);
        spoil(&mut response);
        json(200, &response)
    })
    .await;
    let till = Till::new();
    let error = till.enrol(&server, &code).await.unwrap_err();
    assert!(!till.folder().exists(), "something was kept");
    error
}

/// A request over a key that is not the terminal's.
fn other_request() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key);
    request.unwrap().pem().unwrap()
}

#[tokio::test]
async fn answers_that_do_not_fit_are_not_kept() {
    let error = spoilt(|r| r.ca_pem = Ca::new("HQ").0.pem()).await;
    assert!(matches!(error, EnrolError::OtherCa), "{error:?}");
    let error = spoilt(|r| {
        r.bundle_root = r
            .bundle_root
            .replace("100", "200")
            .replace("\"version\": 1", "\"version\": 2")
    })
    .await;
    assert!(matches!(error, EnrolError::Root { .. }), "{error:?}");
    let error = spoilt(|r| r.certificate_pem = Ca::new("HQ").client(&other_request(), 60)).await;
    assert!(
        matches!(error, EnrolError::Identity(IdentityError::OtherKey)),
        "{error:?}"
    );
    let error = spoilt(|r| r.certificate_pem = "none".to_owned()).await;
    assert!(
        matches!(error, EnrolError::Identity(IdentityError::Damaged { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_certificate_from_another_ca_or_that_ended_is_not_kept() {
    for ended in [false, true] {
        let (ca, root) = (Ca::new("HQ"), root().await);
        let (hello, code, other) = (Hello::of(&ca), ca.code(), Ca::new("HQ"));
        let server = Server::start(hello, move |asked| {
            let mut response = welcome(&ca, &asked, &root, -60);
            if !ended {
                response.certificate_pem = welcome(&other, &asked, &root, 60).certificate_pem;
            }
            json(200, &response)
        })
        .await;
        let till = Till::new();
        let error = till.enrol(&server, &code).await.unwrap_err();
        let expected = matches!(error, EnrolError::Identity(IdentityError::NotFromCa { .. }));
        assert!(expected && !till.folder().exists(), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_code_is_told_in_words() {
    let ca = Ca::new("HQ");
    let code = ca.code();
    let server = Server::start(Hello::of(&ca), |_| refusal(403, "invite_refused")).await;
    let error = Till::new().enrol(&server, &code).await.unwrap_err();
    assert!(
        matches!(error, EnrolError::InviteRefused { .. }),
        "{error:?}"
    );
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_second_enrolment_needs_a_settled_journal_or_a_persons_word() {
    let (ca, root) = (Ca::new("HQ"), root().await);
    let (hello, code) = (Hello::of(&ca), ca.code());
    let server = Server::start(hello, move |asked| {
        json(200, &welcome(&ca, &asked, &root, 60))
    })
    .await;
    let till = Till::new();
    till.enrol(&server, &code).await.unwrap();
    let key = |till: &Till| std::fs::read(till.folder().join("client.key")).unwrap();
    let (first, calls) = (key(&till), server.seen.lock().unwrap().connections);

    let error = till.enrol(&server, &code).await.unwrap_err();
    assert!(
        matches!(error, EnrolError::AlreadyEnrolled { .. }),
        "{error:?}"
    );
    let unsettled = Replacing::IfSettled { unconfirmed: 5 };
    let error = till
        .enrol_again(&server, &code, unsettled)
        .await
        .unwrap_err();
    assert!(
        matches!(error, EnrolError::Unconfirmed { unconfirmed: 5, .. }),
        "{error:?}"
    );
    assert_eq!(
        server.seen.lock().unwrap().connections,
        calls,
        "HQ was called"
    );
    assert_eq!(key(&till), first);

    let settled = Replacing::IfSettled { unconfirmed: 0 };
    till.enrol_again(&server, &code, settled).await.unwrap();
    let second = key(&till);
    assert_ne!(second, first);
    till.enrol_again(&server, &code, Replacing::Always)
        .await
        .unwrap();
    assert_ne!(key(&till), second);
    let left: Vec<PathBuf> = entries(till.0.path());
    assert_eq!(left, [till.folder()], "something was left beside it");
}

#[tokio::test]
async fn power_cut_between_two_identities_leaves_the_old_one() {
    let (ca, root) = (Ca::new("HQ"), root().await);
    let (hello, code) = (Hello::of(&ca), ca.code());
    let server = Server::start(hello, move |asked| {
        json(200, &welcome(&ca, &asked, &root, 60))
    })
    .await;
    let till = Till::new();
    let identity = till.enrol(&server, &code).await.unwrap();
    std::fs::rename(till.folder(), till.0.path().join("hq.old")).unwrap();
    let loaded = Identity::load(&till.folder()).unwrap();
    assert_eq!(loaded.terminal(), identity.terminal());
    assert!(till.folder().join("client.key").exists());
}

#[test]
fn a_missing_or_damaged_identity_says_what_to_do() {
    let till = Till::new();
    let error = Identity::load(&till.folder()).unwrap_err();
    assert!(matches!(error, IdentityError::NotEnrolled), "{error:?}");
    std::fs::create_dir(till.folder()).unwrap();
    for file in ["hq.json", "client.key", "client.pem", "ca.pem"] {
        std::fs::write(till.folder().join(file), "garbage").unwrap();
    }
    let error = Identity::load(&till.folder()).unwrap_err();
    assert!(
        error.to_string().contains("run `tillside enrol --renew`"),
        "{error}"
    );
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
