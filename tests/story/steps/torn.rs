//! Steps 12 and 13: the card is torn off in the commit of a payment at S1 and never seen there again;
//! what it does at S2 tells HQ, and S1, what became of it.

use super::Play;
use super::opening::{amount, number, text};
use super::purse::{movement, pay};
use crate::carried::Place;
use crate::ringing::{Ringing, shelf};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use tillside_tests::{Api, Person, until};

/// The card has written, and S1 has not heard of it.
pub async fn behind_the_write(play: &mut Play) -> Result<()> {
    play.told
        .step("Torn in the commit, behind the write: back at S2, it counts as paid");
    let (api, sale, txid) = torn(play, shelf::BREAD, true).await?;
    at_s2(play, shelf::MILK, "8.02 EUR").await?;
    let seen = learned(play, &api, &txid, "done").await?;
    play.told
        .says("the till at S1 says", &text(&seen["words"]), "3.20")?;
    let view = api.get(&format!("/v1/sales/{sale}")).await?;
    play.told
        .equal("the sale of S1", text(&view["state"]), "completed")?;
    let receipt = api.get(&format!("/v1/sales/{sale}/receipt")).await;
    play.told.equal("it has a receipt", receipt.is_ok(), true)
}

/// The card has not written, and S1 cannot know it.
pub async fn in_front_of_the_write(play: &mut Play) -> Result<()> {
    play.told
        .step("Torn in the commit, in front of the write: back at S2, it counts as not paid");
    let (api, sale, txid) = torn(play, shelf::BREAD, false).await?;
    at_s2(play, shelf::CUP, "5.12 EUR").await?;
    learned(play, &api, &txid, "not_done").await?;
    let view = api.get(&format!("/v1/sales/{sale}")).await?;
    play.told
        .equal("the sale of S1", text(&view["state"]), "open")?;
    let paid = Ringing::resumed(&api, &sale).check_out().await?;
    play.told.equal(
        "paid in cash, it is",
        text(&paid["sale"]["state"]),
        "completed",
    )
}

/// A sale at S1 of which nobody knows whether the card paid: its caller, its id, the movement.
async fn torn(play: &mut Play, code: &str, after: bool) -> Result<(Api, String, String)> {
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let sale = Ringing::with(&api, &[code]).await?;
    play.cast.tear(Place::S1, after)?;
    let job = pay(&mut play.cast, Place::S1, &api, &sale).await?;
    let told = &mut play.told;
    told.equal("the payment at S1", text(&job["stage"]), "unknown")?;
    told.says("the till says", &text(&job["words"]), "same card")?;
    let id = sale.sale.clone();
    let view = api.get(&format!("/v1/sales/{id}")).await?;
    told.equal("the sale meanwhile", text(&view["state"]), "open")?;
    let path = format!("/v1/sales/{id}/checkout");
    let cash = json!({"tenders": [{"kind": "cash"}]});
    let key = format!("second-{id}");
    let again = api.ask(Method::POST, &path, Some(cash), Some(&key)).await?;
    told.equal("a second payment is refused", again.status.as_u16(), 409)?;
    let receipt = api.get(&format!("/v1/sales/{id}/receipt")).await;
    told.equal("there is a receipt", receipt.is_ok(), false)?;
    api.post("/v1/sync", Value::Null).await?;
    let hq = &play.cast.hq;
    let txid = movement(&job)?;
    let row = until("HQ hears of the unknown payment", async || {
        let open = hq.json(&["emoney", "open"])?;
        let rows = open.as_array().context("a list")?;
        Ok(rows.iter().find(|row| row["movement"] == *txid).cloned())
    })
    .await?;
    told.equal("the payment at HQ", text(&row["state"]), "unknown")?;
    Ok((api, id, txid))
}

/// The same card pays at S2.
async fn at_s2(play: &mut Play, code: &str, left: &str) -> Result<()> {
    let api = play.cast.s2.api_for(Person::ANNA).await?;
    let sale = Ringing::with(&api, &[code]).await?;
    let job = pay(&mut play.cast, Place::S2, &api, &sale).await?;
    play.told
        .equal("the payment at S2", text(&job["stage"]), "done")?;
    play.told
        .equal("  left on the card", amount(&job["balance"])?, left)
}

/// Both tills talk with HQ, until S1 knows.
async fn learned(play: &mut Play, api: &Api, txid: &str, stage: &str) -> Result<Value> {
    let s2 = play.cast.s2.api()?;
    let path = format!("/v1/purses/{txid}");
    let seen = until("S1 learns from HQ what the card did", async || {
        s2.post("/v1/sync", Value::Null).await?;
        api.post("/v1/sync", Value::Null).await?;
        let seen = api.get(&path).await?;
        Ok((seen["stage"] != "unknown").then_some(seen))
    })
    .await?;
    play.told.equal(
        "through HQ, S1 learns that the payment is",
        text(&seen["stage"]),
        stage,
    )?;
    let open = play.cast.hq.json(&["emoney", "open"])?;
    play.told
        .equal("unknown at HQ", open.as_array().map_or(0, Vec::len), 0)?;
    let status = api.get("/v1/status").await?;
    let left = number(&status["emoney"]["open"])?;
    play.told.equal("to look after at S1", left, 0)?;
    Ok(seen)
}
