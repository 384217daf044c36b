//! What has a limit at the server's door, and a clear answer past it.

use crate::journal::{Journal, Sale};
use crate::line::{Served, gzip, refusal, request_for};
use reqwest::StatusCode;
use tillside_hq::reports::ReportStore;
use tillside_protocol::*;

#[tokio::test]
async fn a_10_mb_body_and_a_larger_one_are_refused_with_words() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    let large = vec![b'x'; 10 << 20];
    for path in [JOURNAL, RENEW] {
        let sent = client.post(hq.url(path)).body(large.clone()).send().await;
        let (status, body) = refusal(sent.unwrap()).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert_eq!(body.code, ErrorCode::TooLarge);
        assert!(
            body.message.contains("Send it in parts"),
            "{}",
            body.message
        );
    }
    // One that no buffer on the way holds: the answer is heard, not a broken connection.
    let huge = vec![b'x'; 50 << 20];
    let sent = client.post(hq.url(JOURNAL)).body(huge).send().await;
    let (status, _) = refusal(sent.unwrap()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let stranger = hq.client(None).post(hq.url(ENROL)).body(large);
    let (status, _) = refusal(stranger.send().await.unwrap()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_gzip_bomb_is_refused_unopened() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let bomb = gzip(&vec![b' '; 96 << 20]);
    assert!(bomb.len() < 1 << 20, "small outside, {} bytes", bomb.len());
    let sent = hq.client(Some(&identity)).post(hq.url(JOURNAL)).body(bomb);
    let sent = sent.header("content-encoding", "gzip").send().await;
    let (status, body) = refusal(sent.unwrap()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(body.code, ErrorCode::TooLarge);
}

#[tokio::test]
async fn what_is_no_batch_is_malformed() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    for (body, encoding) in [
        ("{", None),
        ("{}", None),
        ("not gzip", Some("gzip")),
        ("{}", Some("zstd")),
    ] {
        let mut request = client.post(hq.url(JOURNAL)).body(body);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let (status, answer) = refusal(request.send().await.unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code, ErrorCode::Malformed, "{body}");
    }
    let (secretless, _) = request_for("");
    assert_eq!(hq.enrol(&secretless).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_terminals_journal_is_refused() {
    let hq = Served::start().await;
    let (first, second) = (hq.enrolled(3600).await, hq.enrolled(3600).await);
    let mut till = Journal::new(second.terminal, "S1");
    till.append(Sale::new(1).event());
    let request = till.request(&till.records);
    let sent = hq.client(Some(&first)).post(hq.url(JOURNAL)).json(&request);
    let (status, body) = refusal(sent.send().await.unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body.code, ErrorCode::Malformed);
    assert_eq!(hq.store.counts().await.unwrap().records, 0);
}

#[tokio::test]
async fn another_protocol_version_is_named() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    let newer = client.get(hq.url(STATUS)).header(VERSION_HEADER, "2");
    let (_, body) = refusal(newer.send().await.unwrap()).await;
    assert_eq!(body.code, ErrorCode::Version);
    assert!(body.message.contains("version 2"), "{}", body.message);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let hq = Served::start().await;
    let identity = hq.enrolled(3600).await;
    let client = hq.client(Some(&identity));
    let escapes = format!("{TARGETS}..%2f..%2fca%2fca.key");
    let next_root = format!("{METADATA}2.root.json");
    for path in ["/", "/v2/status", &next_root, &escapes] {
        let (status, body) = refusal(client.get(hq.url(path)).send().await.unwrap()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(body.code, ErrorCode::NotFound, "{path}");
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_keep_others_out() {
    let hq = Served::start().await;
    let address = hq.server.address();
    let silent = std::net::TcpStream::connect(address).unwrap();
    let identity = hq.enrolled(3600).await;
    let sent = hq.client(Some(&identity)).get(hq.url(STATUS)).send().await;
    assert_eq!(sent.unwrap().status(), StatusCode::OK);
    let begun = std::time::Instant::now();
    hq.server.stop().await;
    assert!(begun.elapsed().as_secs() < 5, "nor HQ from stopping");
    drop(silent);
}
