//! Step 5: the agent is killed with -9 in the middle of fifty checkouts.

use super::{Play, shopper};
use crate::ringing::points_at;
use crate::tricks::checkouts_through_kills;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use tillside_tests::{Person, Terminal};

/// How many sales, and at how many of them the agent dies.
const SALES: u32 = 50;
const KILLS: u32 = 4;

/// Every checkout that was confirmed is there afterwards, and none twice.
pub async fn crash(play: &mut Play) -> Result<()> {
    play.told
        .step("The agent is killed with -9 in the middle of 50 checkouts");
    let till = &mut play.cast.s1;
    let survived =
        checkouts_through_kills(till, &mut play.chance, SALES, KILLS, shopper::SILVER).await?;
    play.told.note(format!(
        "killed {} times; the sale then under way had been recorded {} times, and {} times not",
        survived.kills, survived.recorded, survived.lost
    ));
    play.told
        .equal("checkouts confirmed", survived.confirmed.len(), 50)?;
    let times = times_recorded(till)?;
    let once = survived
        .confirmed
        .iter()
        .filter(|sale| times.get(*sale) == Some(&1));
    play.told
        .equal("of them once in the journal", once.count(), 50)?;
    let twice = times.values().filter(|times| **times > 1).count();
    play.told.equal("sales twice in the journal", twice, 0)?;
    let verified = till.run_alone(&["journal", "verify"])?;
    play.told.quote(verified.trim());
    let api = till.api_for(Person::ANNA).await?;
    // Each: 2 for 2.90 EUR, 5 for the coffee, a fifth more for silver: 7 + 1.
    let points = points_at(&api, shopper::SILVER).await?;
    play.told
        .equal("points of Ben: 385 and 50 times 8", points, 785)
}

/// How often each sale was completed in the journal.
pub fn times_recorded(till: &mut Terminal) -> Result<BTreeMap<String, u32>> {
    let mut times = BTreeMap::new();
    for event in journal(till)? {
        if event["type"] == "sale_completed" {
            let sale = event["sale"].as_str().context("a sale has an id")?;
            *times.entry(sale.to_owned()).or_default() += 1;
        }
    }
    Ok(times)
}

/// The events of a till's journal, from its export.
pub fn journal(till: &mut Terminal) -> Result<Vec<Value>> {
    let exported = till.run_alone(&["journal", "export"])?;
    let mut events = Vec::new();
    for line in exported.lines().filter(|line| !line.trim().is_empty()) {
        let sealed: Value = serde_json::from_str(line)?;
        // The first line and the last are about the file.
        let Some(body) = sealed["body"].as_str() else {
            continue;
        };
        let record: Value = serde_json::from_str(body)?;
        events.push(record["event"].clone());
    }
    Ok(events)
}
