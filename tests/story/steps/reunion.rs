//! Step 8: HQ is back; everything arrives exactly once, also when it is sent twice.

use super::crash::journal;
use super::opening::number;
use super::{Play, shopper};
use crate::ringing::{points_at, points_in};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use tillside_protocol::{Outcome, PushRequest};
use tillside_sync::{HqClient, Identity};
use tillside_tests::{Person, Terminal, until};

/// Everything arrives, the same batch is sent again on purpose, and the balances agree.
pub async fn meet(play: &mut Play) -> Result<()> {
    play.told
        .step("HQ starts: everything arrives exactly once, sent twice on purpose");
    play.cast.hq.start()?;
    for (till, store) in [(&play.cast.s1, "S1"), (&play.cast.s2, "S2")] {
        let api = till.api()?;
        let waiting = number(&api.get("/v1/status").await?["unconfirmed"])?;
        play.told.note(format!(
            "{store} has {waiting} facts that HQ has not confirmed"
        ));
        api.post("/v1/sync", Value::Null).await?;
        let left = until("HQ confirms everything", async || {
            let left = number(&api.get("/v1/status").await?["unconfirmed"])?;
            Ok((left == 0).then_some(left))
        })
        .await?;
        play.told.equal(
            &format!("facts of {store} that HQ has not confirmed"),
            left,
            0,
        )?;
    }
    let before = records_at_hq(play)?;
    for (till, store) in [(&mut play.cast.s1, "S1"), (&mut play.cast.s2, "S2")] {
        let outcomes = send_everything_again(till).await?;
        let again = outcomes.get("already accepted").copied().unwrap_or(0);
        let sent: usize = outcomes.values().sum();
        play.told.equal(
            &format!("{store} sends all {sent} records again; HQ has them already"),
            again,
            sent,
        )?;
        let written = journal(till)?.len();
        play.told
            .equal(&format!("records in {store}'s journal"), written, sent)?;
    }
    let after = records_at_hq(play)?;
    play.told.equal("records at HQ after that", after, before)?;
    let cases = play.cast.hq.json(&["cases"])?;
    play.told
        .equal("cases at HQ", cases.as_array().map_or(0, Vec::len), 0)?;
    balances(play).await?;
    redemptions(play)
}

fn records_at_hq(play: &Play) -> Result<i64> {
    let report = play.cast.hq.json(&["report", "records"])?;
    let rows = report.as_array().context("the report is a list")?;
    let row = rows.iter().find(|row| row["what"] == "records");
    number(&row.context("the report counts records")?["count"])
}

/// Pushes a till's whole journal under its own certificate; how often each answer came.
async fn send_everything_again(till: &mut Terminal) -> Result<BTreeMap<&'static str, usize>> {
    let identity = Identity::load(&till.folder().join("hq"))?;
    let terminal = identity.terminal().terminal;
    let client = HqClient::new(identity)?;
    let exported = till.run_alone(&["journal", "export"])?;
    let records = exported.lines().filter(|line| line.contains("\"body\":"));
    let records = records
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let request = PushRequest {
        terminal,
        epoch: 1,
        records,
        signed: None,
    };
    let response = client.push(&request).await?;
    let mut outcomes = BTreeMap::new();
    for ack in response.acks {
        let word = match ack.outcome {
            Outcome::AlreadyAccepted => "already accepted",
            _ => "something else",
        };
        *outcomes.entry(word).or_default() += 1;
    }
    Ok(outcomes)
}

/// HQ's balances equal what the tills show.
async fn balances(play: &mut Play) -> Result<()> {
    let at_hq = play.cast.hq.json(&["report", "balances"])?;
    let shown = [
        (&play.cast.s1, "Anna", shopper::GOLD, 1262),
        (&play.cast.s1, "Ben", shopper::SILVER, 785),
        (&play.cast.s2, "Oskar", shopper::AT_S2, 118),
    ];
    for (till, name, member, expected) in shown {
        let api = till.api_for(Person::ANNA).await?;
        let at_till = points_at(&api, member).await?;
        let at_hq = points_in(&at_hq, member)?;
        play.told
            .equal(&format!("points of {name} at HQ"), at_hq, expected)?;
        play.told
            .equal(&format!("points of {name} at the till"), at_till, at_hq)?;
    }
    Ok(())
}

/// The coupon of step 3 was redeemed at HQ once; the one that was voided is not.
fn redemptions(play: &mut Play) -> Result<()> {
    let report = play.cast.hq.json(&["report", "redemptions"])?;
    let rows = report.as_array().context("the report is a list")?;
    let times = rows
        .iter()
        .filter(|row| row["number"] == play.coupon.as_str());
    play.told
        .equal("times HQ has the first coupon redeemed", times.count(), 1)
}
