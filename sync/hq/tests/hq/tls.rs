//! Who is let in: TLS 1.3, HQ's certificates, invites that work once.

use crate::journal::{Journal, Sale};
use crate::line::{Identity, Served, certificate_request, client, gzip, refusal, request_for};
use rcgen::KeyPair;
use reqwest::StatusCode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error;
use std::time::Duration;
use tillside_core::{TerminalId, Timestamp};
use tillside_hq::clock::now;
use tillside_hq::fleet::FleetStore;
use tillside_hq::fleet::authority::{Authority, issued};
use tillside_protocol::*;
use uuid::Uuid;

/// All of an error's causes in one text.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_terminal_enrols_pushes_asks_and_renews() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));

    let status: TerminalStatus = get(&hq, &client, STATUS).await;
    assert_eq!((status.bundle, status.head), (0, None));

    let mut till = Journal::new(identity.terminal, "S1");
    till.append(Sale::new(1).event());
    let body = serde_json::to_vec(&till.request(&till.records)).unwrap();
    let pushed = client
        .post(hq.url(JOURNAL))
        .header("content-encoding", "gzip")
        .body(gzip(&body))
        .send()
        .await
        .unwrap();
    let pushed: PushResponse = pushed.json().await.unwrap();
    assert_eq!(pushed.acks[0].outcome, Outcome::Accepted);
    let status: TerminalStatus = get(&hq, &client, STATUS).await;
    assert_eq!(status.head, Some(till.head));

    let key = KeyPair::generate().unwrap();
    let request_pem = certificate_request(&key);
    let renewed = client
        .post(hq.url(RENEW))
        .json(&RenewRequest { request_pem });
    let renewed: RenewResponse = renewed.send().await.unwrap().json().await.unwrap();
    let identity = Identity {
        certificate_pem: renewed.certificate_pem,
        key_pem: key.serialize_pem(),
        ..identity
    };
    let _: TerminalStatus = get(&hq, &hq.client(Some(&identity)), STATUS).await;
    let rows = hq.store.terminals().await.unwrap();
    assert_eq!((rows.len(), rows[0].seq, rows[0].holder), (1, 1, true));
    hq.server.stop().await;
}

async fn get<T: serde::de::DeserializeOwned>(
    hq: &Served,
    client: &reqwest::Client,
    path: &str,
) -> T {
    let response = client.get(hq.url(path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_names_in_a_request_are_not_taken_over() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let der = CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes()).unwrap();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    let subject = parsed.subject().to_string();
    assert_eq!(subject, format!("CN={}", identity.terminal));
    let names = parsed.subject_alternative_name().unwrap().unwrap();
    let names = format!("{:?}", names.value.general_names);
    assert_eq!(
        names,
        format!("[URI(\"tillside:terminal:{}\")]", identity.terminal)
    );
    let usage = parsed.extended_key_usage().unwrap().unwrap().value;
    assert!(usage.client_auth && !usage.server_auth);
}

#[tokio::test]
async fn nothing_but_enrolment_works_without_a_certificate() {
    let hq = Served::start().await;
    let stranger = hq.client(None);
    let metadata = format!("{METADATA}timestamp.json");
    let root = format!("{METADATA}1.root.json");
    for path in [STATUS, RENEW, JOURNAL, &metadata, &root, TARGETS] {
        for request in [stranger.get(hq.url(path)), stranger.post(hq.url(path))] {
            let (status, body) = refusal(request.send().await.unwrap()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(body.code, ErrorCode::CertificateMissing, "{path}");
        }
    }
}

#[tokio::test]
async fn a_certificate_of_another_ca_is_refused_in_the_handshake() {
    let (hq, other) = (Served::start().await, Served::start().await);
    let foreign = other.enrolled(3600).await;
    let sent = hq.client(Some(&foreign)).get(hq.url(STATUS)).send().await;
    let causes = causes(&sent.unwrap_err());
    assert!(
        causes.contains("UnknownCA") || causes.contains("DecryptError"),
        "{causes}"
    );
    // And a terminal that trusts another HQ does not talk to this one.
    let misled = client(other.authority.certificate(), None, &rustls::version::TLS13);
    assert!(misled.get(hq.url(STATUS)).send().await.is_err());
}

#[tokio::test]
async fn a_certificate_that_hq_did_not_record_is_refused() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let key = KeyPair::generate().unwrap();
    let terminal = TerminalId::new(Uuid::from_u128(7));
    let request = certificate_request(&key);
    let issued = hq.authority.sign_terminal(&request, terminal, 3600, now());
    let unrecorded = Identity {
        certificate_pem: issued.unwrap().pem,
        key_pem: key.serialize_pem(),
        terminal: identity.terminal,
    };
    let sent = hq
        .client(Some(&unrecorded))
        .get(hq.url(STATUS))
        .send()
        .await;
    let (status, body) = refusal(sent.unwrap()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body.code, ErrorCode::CertificateMissing);
}

#[tokio::test]
async fn an_hq_that_was_put_back_knows_the_certificates_that_it_renewed_since() {
    let hq = Served::start().await;
    let [identity, taken_away] = [hq.enrolled(3600).await, hq.enrolled(3600).await];
    // As if the database had been copied here: what HQ signs from now on it has not recorded.
    let renew = |identity: &Identity| {
        let key = KeyPair::generate().unwrap();
        let request = certificate_request(&key);
        let signed = hq
            .authority
            .sign_terminal(&request, identity.terminal, 3600, now());
        let signed = signed.unwrap();
        // What HQ reads in a certificate is what it wrote there.
        let read = issued(&CertificateDer::from_pem_slice(signed.pem.as_bytes()).unwrap());
        let same_line_ends = signed.pem.replace("\r\n", "\n");
        assert_eq!(read.as_ref().map(|read| &read.pem), Some(&same_line_ends));
        let read = read.unwrap();
        assert_eq!(
            (read.terminal, read.serial, read.not_after, read.key_hash),
            (
                signed.terminal,
                signed.serial,
                signed.not_after,
                signed.key_hash
            )
        );
        Identity {
            certificate_pem: same_line_ends,
            key_pem: key.serialize_pem(),
            terminal: identity.terminal,
        }
    };
    let renewed = renew(&identity);
    let client = hq.client(Some(&renewed));
    let both = tokio::join!(
        get::<TerminalStatus>(&hq, &client, STATUS),
        get::<TerminalStatus>(&hq, &client, STATUS)
    );
    assert_eq!(both.0.bundle, both.1.bundle);
    let kept: (String, i64) = rusqlite::Connection::open(hq.data.database())
        .unwrap()
        .query_row(
            "SELECT pem, count(*) FROM certificate WHERE pem = ?1",
            [&renewed.certificate_pem],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(kept, (renewed.certificate_pem.clone(), 1));
    // A right that was taken is not had again by another certificate.
    assert!(hq.store.revoke(taken_away.terminal, now()).await.unwrap());
    let client = hq.client(Some(&renew(&taken_away)));
    let (status, body) = refusal(client.get(hq.url(STATUS)).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body.code, ErrorCode::TerminalRevoked);
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let hq = Served::start().await;
    let old = client(hq.authority.certificate(), None, &rustls::version::TLS12);
    let sent = old.get(hq.url(STATUS)).send().await;
    let causes = causes(&sent.unwrap_err());
    assert!(causes.contains("ProtocolVersion"), "{causes}");
}

#[tokio::test]
async fn an_ended_certificate_is_refused_by_new_connections_and_old_ones() {
    let hq = Served::start().await;
    let identity = hq.enrolled(2).await;
    let open = hq.client(Some(&identity));
    let _: TerminalStatus = get(&hq, &open, STATUS).await;
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let (status, body) = refusal(open.get(hq.url(STATUS)).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body.code, ErrorCode::CertificateExpired);
    // Not even the same client, which may remember its session, gets a new connection.
    let both = tokio::join!(
        open.get(hq.url(STATUS)).send(),
        open.get(hq.url(STATUS)).send()
    );
    assert!(both.0.is_err() || both.1.is_err());
    let sent = hq.client(Some(&identity)).get(hq.url(STATUS)).send().await;
    let causes = causes(&sent.unwrap_err());
    assert!(causes.contains("CertificateExpired"), "{causes}");
}

#[tokio::test]
async fn a_revoked_terminal_is_told_so_on_its_open_connection() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let open = hq.client(Some(&identity));
    let _: TerminalStatus = get(&hq, &open, STATUS).await;
    assert!(hq.store.revoke(identity.terminal, now()).await.unwrap());
    for path in [STATUS, METADATA] {
        let (status, body) = refusal(open.get(hq.url(path)).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(body.code, ErrorCode::TerminalRevoked);
    }
}

#[tokio::test]
async fn an_invite_works_once_but_a_lost_answer_is_given_again() {
    let hq = Served::start().await;
    let code = hq.code(3600).await;
    let (request, _) = request_for(&code.secret_text());
    let first: EnrolResponse = hq.enrol(&request).await.json().await.unwrap();
    let again: EnrolResponse = hq.enrol(&request).await.json().await.unwrap();
    assert_eq!(again, first, "the same key gets the same answer");

    let (thief, _) = request_for(&code.secret_text());
    let (status, body) = refusal(hq.enrol(&thief).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(body.code, ErrorCode::InviteRefused);
    assert!(body.message.contains("used already"), "{}", body.message);
    assert_eq!(hq.store.terminals().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_unknown_an_old_and_a_malformed_invite_let_nobody_in() {
    let hq = Served::start().await;
    let (unknown, _) = request_for("0000000000000000000000000G");
    let (_, body) = refusal(hq.enrol(&unknown).await).await;
    assert_eq!(body.code, ErrorCode::InviteRefused);
    assert!(body.message.contains("does not know"), "{}", body.message);

    let code = hq.code(3600).await;
    let secret = code.secret_text();
    let database = rusqlite::Connection::open(hq.data.database()).unwrap();
    database
        .execute_batch("UPDATE invite SET valid_until = 0")
        .unwrap();
    let (old, _) = request_for(&secret);
    let (_, body) = refusal(hq.enrol(&old).await).await;
    assert!(body.message.contains("too old"), "{}", body.message);

    let mut broken = old.clone();
    broken.request_pem = "-----BEGIN NOTHING-----".to_owned();
    let fresh = hq.code(3600).await;
    broken.secret = fresh.secret_text();
    let (status, body) = refusal(hq.enrol(&broken).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body.code, ErrorCode::Malformed);
    assert!(hq.store.terminals().await.unwrap().is_empty());
    // The invite was not burned by the broken request, and people may type it their way.
    let typed = fresh.secret_text().to_lowercase().replace('0', "o");
    let (good, _) = request_for(&typed);
    assert_eq!(hq.enrol(&good).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_secret_is_kept_only_as_a_hash() {
    let hq = Served::start().await;
    let code = hq.code(3600).await;
    let (request, _) = request_for(&code.secret_text());
    hq.enrol(&request).await;
    hq.server.stop().await;
    for file in std::fs::read_dir(hq.folder.path().join("hq")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let secret = code.secret_text();
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn the_server_certificate_is_renewed_near_its_end() {
    let hq = Served::start().await;
    let before = std::fs::read_to_string(hq.data.server_certificate()).unwrap();
    hq.server.stop().await;
    // 380 of its 397 days later: made then, as if time had passed.
    let long_ago = Timestamp(now().0 - 380 * 86_400_000);
    let authority = Authority::load(&hq.data).unwrap();
    let (old, key) = authority.issue_server(&[], long_ago).unwrap();
    std::fs::write(hq.data.server_certificate(), &old).unwrap();
    std::fs::write(hq.data.server_key(), key).unwrap();
    let start = tillside_hq::serve::Server::start(
        hq.data.clone(),
        std::sync::Arc::new(hq.store.clone()),
        ([127, 0, 0, 1], 0).into(),
    );
    start.await.unwrap().stop().await;
    let after = std::fs::read_to_string(hq.data.server_certificate()).unwrap();
    assert_ne!(after, old);
    assert_ne!(after, before);
}
