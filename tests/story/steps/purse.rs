//! Step 11: a card with money on it is issued and topped up at the desk of S1, and pays there. And how
//! cards pay in the steps that follow.

use super::opening::{amount, flag, text};
use super::{Play, shopper};
use crate::carried::Place;
use crate::cast::{Cast, PURSE};
use crate::ringing::{Ringing, shelf};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tillside_tests::{Api, Person, until};

/// The card, as HQ and the tills know it.
pub const IDENTITY: &str = "uid:04F1A2B3C4D5E6";

/// Issued, topped up, paid with.
pub async fn charge(play: &mut Play) -> Result<()> {
    play.told
        .step("S1 issues a card with a purse and puts 20.00 EUR on it; it pays at S1");
    let said = issue(&mut play.cast)?;
    play.told.quote(&said);
    let card = said.lines().find(|line| line.starts_with("Card  "));
    let card = card.unwrap_or_default();
    play.told.says("the desk shows", card, IDENTITY)?;
    let member = said.lines().find(|line| line.starts_with("Member "));
    play.told
        .says("  whose it is", member.unwrap_or_default(), "Clara")?;

    let desk = play.cast.s1.api_for(Person::MARA).await?;
    let body = json!({"amount": {"minor": 2000, "currency": "EUR"}, "tender": "cash"});
    desk.post("/v1/purses/top-up", body).await?;
    let job = ended(&desk).await?;
    play.told.equal("top-up", text(&job["stage"]), "done")?;
    play.told
        .says("the till says", &text(&job["words"]), "20.00")?;
    let receipt = text(&job["receipt"]);
    play.told
        .says("  its receipt", one_line(&receipt), "20.00")?;
    play.cast.take_away(Place::S1)?;

    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let sale = Ringing::with(&api, &[shelf::BEANS]).await?;
    let job = pay(&mut play.cast, Place::S1, &api, &sale).await?;
    play.told.equal("payment", text(&job["stage"]), "done")?;
    play.told
        .equal("  the sale is completed", flag(&job["completed"])?, true)?;
    play.told
        .equal("  left on the card", amount(&job["balance"])?, "12.51 EUR")
}

/// The desk's command line makes the blank card Clara's, which lies on S1's reader from then on.
pub fn issue(cast: &mut Cast) -> Result<String> {
    cast.lay(PURSE, Place::S1)?;
    let Person { code, pin, .. } = Person::MARA;
    let words = ["card", "issue", "--member", shopper::PURSE];
    let words = [&words[..], &["--manager", code, "--pin-stdin"]].concat();
    let said = cast.s1.run(&words, Some(&format!("{pin}\n")))?;
    let shown = ["card", "show", "--manager", code, "--pin-stdin"];
    let shown = cast.s1.run(&shown, Some(&format!("{pin}\n")))?;
    Ok(format!("{said}{shown}"))
}

/// Has the card pay what is left of a sale, and takes it away. How the job ended.
pub async fn pay(cast: &mut Cast, place: Place, api: &Api, ringing: &Ringing<'_>) -> Result<Value> {
    let path = format!("/v1/sales/{}/purse", ringing.sale);
    api.post(&path, json!({})).await?;
    cast.lay(PURSE, place)?;
    let job = ended(api).await?;
    cast.take_away(place)?;
    Ok(job)
}

/// How the newest job with a card ended.
pub async fn ended(api: &Api) -> Result<Value> {
    until("the job with the card ends", async || {
        let job = api.get("/v1/jobs/current").await?;
        let live = job["stage"] == "waiting" || job["stage"] == "working";
        Ok((!live).then_some(job))
    })
    .await
}

/// The line of a receipt that says what was put on.
fn one_line(receipt: &str) -> &str {
    let found = receipt.lines().find(|line| line.contains("20.00"));
    found.unwrap_or(receipt).trim()
}

/// The movement that a job made.
pub fn movement(job: &Value) -> Result<String> {
    let txid = job["txid"].as_str();
    Ok(txid.context("the job made a movement")?.to_owned())
}
