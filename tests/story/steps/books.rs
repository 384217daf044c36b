//! Step 14: HQ's ledger of e-money: it sums to zero, and what it says of the card is what the card says.

use super::Play;
use super::opening::{amount, number, text};
use super::purse::{IDENTITY, ended};
use crate::carried::Place;
use crate::cast::PURSE;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tillside_tests::{Person, until};

/// The books are proven.
pub async fn close(play: &mut Play) -> Result<()> {
    play.told
        .step("HQ's ledger sums to zero, and agrees with the card");
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    play.cast.lay(PURSE, Place::S1)?;
    api.post("/v1/cards/read", json!({})).await?;
    let job = ended(&api).await?;
    play.cast.take_away(Place::S1)?;
    let listed = job["card"]["transactions"].as_array();
    let listed = listed.context("a card lists its movements")?.len();
    play.told
        .equal("movements in the card's own log", listed, 5)?;
    let balance = amount(&job["balance"])?;
    play.told.equal("the card holds", &*balance, "5.12 EUR")?;

    for till in [&play.cast.s1, &play.cast.s2] {
        let api = till.api()?;
        api.post("/v1/sync", Value::Null).await?;
        until("HQ confirms everything", async || {
            let left = number(&api.get("/v1/status").await?["unconfirmed"])?;
            Ok((left == 0).then_some(()))
        })
        .await?;
    }
    let said = play.cast.hq.run(&["emoney", "check"])?;
    play.told.says("HQ says", said.trim(), "sum to zero")?;
    let said = play.cast.hq.run(&["replay"])?;
    let decided = "all as their stores decided";
    play.told.says("HQ says", said.trim(), decided)?;
    let report = play.cast.hq.json(&["report", "emoney"])?;
    let rows = report.as_array().context("the report is a list")?;
    let of = |what: &str| rows.iter().find(|row| row["what"] == what);
    let all = of("all").context("the report has a sum")?;
    // Spent: 7.49 and 3.20 at S1, 1.29 and 2.90 at S2; the payment torn in front of the write is none.
    for (column, expected) in [
        ("issued", "20.00 EUR"),
        ("held", "5.12 EUR"),
        ("spent", "14.88 EUR"),
        ("owed", "0.00 EUR"),
        ("in_doubt", "0.00 EUR"),
    ] {
        play.told.equal(column, text(&all[column]), expected)?;
    }
    let shown = play.cast.hq.run(&["card", "show", IDENTITY])?;
    play.told.quote(shown.trim());
    let cases = play.cast.hq.json(&["cases"])?;
    let cases = cases.as_array().map_or(0, Vec::len);
    play.told.equal("cases at HQ", cases, 0)
}
