//! Accounts at HQ over the real line: a till, a phone that proves its member, and a line that breaks at the
//! worst moment.

use crate::counter::{Counter, ended};
use serde_json::{Value, json};
use tillside_tests::{Api, Person};

async fn ask(api: &Api, sale: &str, body: Value) -> Value {
    api.post(&format!("{sale}/purse"), body).await.unwrap();
    ended(api).await
}

/// Money for the account, from the desk that this till is: over the line that is its own.
async fn top_up(counter: &Counter, minor: i64) {
    let client = counter.stage.client("desk").await;
    let now = client.status().await.unwrap().now;
    let bundle = client.pull(0, now).await.unwrap().unwrap();
    let mut members = bundle.members.members.into_iter();
    let holder = members
        .find(|member| member.display_name == "Anna Lindqvist")
        .unwrap();
    let request = tillside_sync::AccountRequest {
        txid: tillside_core::PurseTx::new(minor.to_be_bytes()),
        action: tillside_core::PurseAction::TopUp {
            tender: tillside_core::TenderKind::Cash,
        },
        card: holder.cards[0].clone(),
        member: holder.member,
        amount: tillside_core::Money::new(minor, tillside_core::Currency::EUR).unwrap(),
        store: "S1".parse().unwrap(),
    };
    let answer = client.account(&request).await.unwrap();
    assert!(
        matches!(answer, tillside_sync::AccountAnswer::Moved { .. }),
        "{answer:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_pays_whole_in_part_and_not_more_than_it_holds() {
    let counter = Counter::new().await;
    let api = counter.api().await;
    top_up(&counter, 600).await;
    let first = counter.sale(&api).await;
    let job = ask(&api, &first, json!({"from": "account"})).await;
    assert_eq!(
        (&job["stage"], &job["completed"]),
        (&json!("done"), &json!(true)),
        "{job}"
    );
    let receipt = api.get(&format!("{first}/receipt")).await.unwrap();
    assert!(receipt.to_string().contains("Account"), "{receipt}");
    assert_eq!(counter.held(), "1.71 EUR");

    // Not enough: said in words, and nothing is taken.
    let second = counter.sale(&api).await;
    let job = ask(&api, &second, json!({"from": "account"})).await;
    assert_eq!(job["stage"], "not_done", "{job}");
    let words = job["words"].as_str().unwrap();
    assert!(
        words.contains("holds 1.71 EUR") && words.contains("another way"),
        "{words}"
    );
    assert_eq!(counter.held(), "1.71 EUR");

    // What it holds, and the rest in cash.
    let job = ask(&api, &second, json!({"from": "account", "partly": true})).await;
    assert_eq!(
        (&job["stage"], &job["completed"]),
        (&json!("done"), &json!(false)),
        "{job}"
    );
    assert_eq!(job["amount"]["minor"], 171);
    let pay = format!("{second}/checkout");
    let paid = api
        .post(&pay, json!({"tenders": [{"kind": "cash"}]}))
        .await
        .unwrap();
    let tenders = paid["sale"]["tenders"].to_string();
    assert!(tenders.contains("171") && tenders.contains("258"), "{paid}");
    assert_eq!(counter.held(), "0.00 EUR");

    let third = counter.sale(&api).await;
    let job = ask(&api, &third, json!({"from": "account", "partly": true})).await;
    assert_eq!(
        job["stage"], "not_done",
        "an empty account pays no part: {job}"
    );
    counter.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_asked_for_again_and_nothing_is_taken_twice() {
    let counter = Counter::polling(20).await;
    let api = counter.api().await;
    top_up(&counter, 1_000).await;
    let sale = counter.sale(&api).await;
    counter.cable.deafen();
    let job = ask(&api, &sale, json!({"from": "account"})).await;
    assert_eq!(job["stage"], "unknown", "{job}");
    let words = job["words"].as_str().unwrap();
    assert!(
        words.contains("not known yet") && words.contains("never taken twice"),
        "{words}"
    );
    assert!(counter.cable.lost() > 0);
    assert_eq!(
        counter.held(),
        "5.71 EUR",
        "HQ took it; only the till does not know"
    );
    let receipt = api.get(&format!("{sale}/receipt")).await;
    assert!(receipt.is_err(), "no receipt before it is known");
    let cash = json!({"tenders": [{"kind": "cash"}]});
    let refused = api.post(&format!("{sale}/checkout"), cash).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("purse_unresolved"), "{refused}");
    counter.cable.mend();
    tillside_tests::until("the sale is completed", async || {
        let view = api.get(&sale).await?;
        Ok((view["state"] == "completed").then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(counter.held(), "5.71 EUR");
    counter.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_line_it_is_said_in_plain_words_and_the_sale_goes_on() {
    let counter = Counter::new().await;
    let api = counter.api().await;
    top_up(&counter, 1_000).await;
    let sale = counter.sale(&api).await;
    counter.cable.cut();
    counter.up(false).await;
    let pay = format!("{sale}/purse");
    let refused = api
        .post(&pay, json!({"from": "account"}))
        .await
        .unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("no line to HQ right now. Ask for another payment."),
        "{said}"
    );
    let cash = json!({"tenders": [{"kind": "cash"}]});
    api.post(&format!("{sale}/checkout"), cash).await.unwrap();
    counter.cable.mend();
    counter.up(true).await;
    assert_eq!(counter.held(), "10.00 EUR");
    counter.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_to_the_account_it_came_from_whoever_is_there() {
    let counter = Counter::new().await;
    let api = counter.api().await;
    top_up(&counter, 1_000).await;
    let voided = counter.sale(&api).await;
    let job = ask(&api, &voided, json!({"from": "account"})).await;
    assert_eq!(job["completed"], true, "{job}");
    let mara = counter.till.api_for(Person::MARA).await.unwrap();
    let body = json!({"reason": "Wrong size."});
    mara.post(&format!("{voided}/void"), body).await.unwrap();
    let job = ended(&api).await;
    assert_eq!(job["stage"], "done", "{job}");
    assert_eq!(api.get(&voided).await.unwrap()["state"], "voided");
    assert_eq!(counter.held(), "10.00 EUR");
    counter.settled().await;

    let refunded = counter.sale(&api).await;
    let job = ask(&api, &refunded, json!({"from": "account"})).await;
    let back = format!("/v1/purses/{}/give-back", job["txid"].as_str().unwrap());
    let part = json!({"minor": 100, "currency": "EUR"});
    mara.post(&back, json!({ "amount": part })).await.unwrap();
    let job = ended(&api).await;
    assert_eq!(job["stage"], "done", "{job}");
    assert_eq!(counter.held(), "6.71 EUR");
    counter.settled().await;
}
