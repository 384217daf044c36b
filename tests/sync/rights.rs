//! What a store's rights bring and take: keys, and phones that were taken back, at a real till.

use crate::counter::Counter;
use serde_json::json;
use tillside_sync::ProblemKind;
use tillside_tests::until;

/// The roles of the keys in the till's own vault.
fn held(counter: &Counter) -> String {
    let said = counter.till.run(&["vault", "list"], None);
    said.unwrap_or_default()
}

async fn until_held(counter: &Counter, what: &str, wanted: impl Fn(&str) -> bool) {
    until(what, async || Ok(wanted(&held(counter)).then_some(())))
        .await
        .unwrap_or_else(|error| panic!("{error}: {}", held(counter)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_comes_with_a_right_and_goes_with_it() {
    let counter = Counter::new().await;
    let hq = &counter.stage.hq;
    until_held(&counter, "the desk's keys", |keys| keys.contains("top_up")).await;
    let rights = |rights: &[&str]| {
        hq.run(&[&["store", "desk", "S1"], rights].concat())
            .unwrap();
        hq.run(&["publish"]).unwrap();
    };
    rights(&["--top-up", "--issue"]);
    let api = counter.till.api().unwrap();
    let version = async |wanted| {
        until("the bundle", async || {
            let status = api.get("/v1/status").await?;
            Ok((status["bundle"] == wanted).then_some(()))
        })
        .await
        .unwrap();
    };
    version(json!(2)).await;
    rights(&[]);
    until_held(&counter, "the right is gone", |keys| {
        keys.contains("pay\t") && !keys.contains("top_up")
    })
    .await;
}

#[tokio::test]
async fn a_blocked_terminal_gets_no_keys() {
    let stage = crate::stage::Stage::new();
    let run = |words: &[&str]| stage.hq.run(words).unwrap();
    run(&["emoney", "init", "--currency", "EUR", "--cap", "150.00"]);
    run(&["store", "desk", "S1", "--top-up", "--issue"]);
    run(&["publish"]);
    let client = stage.client("first").await;
    assert!(!client.keys().await.unwrap().keys.is_empty());
    let request = tillside_sync::CardKeysRequest {
        card: tillside_core::CardIdentity::new("uid:04112233445566").unwrap(),
        version: 1,
    };
    assert_eq!(client.card_keys(&request).await.unwrap().keys.len(), 5);
    let terminal = client.identity().terminal().terminal.to_string();
    run(&["terminal", "revoke", &terminal]);
    for error in [
        client.keys().await.unwrap_err(),
        client.card_keys(&request).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ProblemKind::Revoked, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_taken_back_names_nobody_with_the_next_bundle() {
    let counter = Counter::new().await;
    let api = counter.api().await;
    let shown = async || {
        let view = api.post("/v1/sales", json!({})).await.unwrap();
        let scan = format!("/v1/sales/{}/scan", view["sale"].as_str().unwrap());
        let code = counter.phone().await;
        api.post(&scan, json!({ "code": code })).await.unwrap()
    };
    assert_eq!(shown().await["kind"], "card");
    let hq = &counter.stage.hq;
    hq.run(&["phone", "revoke", "--member", crate::counter::MEMBER])
        .unwrap();
    assert_eq!(
        shown().await["kind"],
        "card",
        "the till has not heard of it"
    );
    hq.run(&["publish"]).unwrap();
    let words = until("the till hears of it", async || {
        let shown = shown().await;
        let taken_back = shown["kind"] == "unknown";
        Ok(taken_back.then(|| shown["message"].to_string()))
    })
    .await
    .unwrap();
    assert!(words.contains("taken back. Ask for the card."), "{words}");
}
