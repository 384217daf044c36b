//! Step 9: HQ publishes a rule change, and the next sale at both stores follows it.

use super::opening::number;
use super::{Play, shopper};
use crate::ringing::{Ringing, shelf};
use anyhow::{Context, Result};
use serde_json::Value;
use tillside_tests::Person;

/// The version that the change comes in.
pub const CHANGED: u64 = 2;

/// Coffee gives 10 points instead of 5.
pub async fn follow(play: &mut Play) -> Result<()> {
    play.told
        .step("HQ publishes a rule change: 10 points for coffee instead of 5");
    let rules = play.cast.chain.file("rules-2.json");
    play.cast.hq.import_file("rules", &rules)?;
    super::forgery::keep_the_old_bundle(play)?;
    play.told.quote(play.cast.hq.run(&["publish"])?.trim());
    for till in [&play.cast.s1, &play.cast.s2] {
        till.api()?.post("/v1/sync", Value::Null).await?;
    }
    play.cast.in_force(CHANGED).await?;
    for (till, store, member, expected) in [
        // 2 for 2.90 EUR, 10 for the coffee; for silver a fifth more: 12 + 2.
        (&play.cast.s1, "S1", shopper::SILVER, 14),
        (&play.cast.s2, "S2", shopper::AT_S2, 12),
    ] {
        let api = till.api_for(Person::ANNA).await?;
        let sale = Ringing::with(&api, &[shelf::CUP]).await?;
        sale.customer(&format!("code:{member}")).await?;
        let paid = sale.check_out().await?;
        play.told.equal(
            &format!("points for a cup at {store}"),
            number(&paid["sale"]["points"])?,
            expected,
        )?;
        let awards = paid["sale"]["awards"]
            .as_array()
            .context("a sale lists its awards")?;
        let versions: Vec<String> = awards
            .iter()
            .map(|award| award["version"].to_string())
            .collect();
        let named = versions
            .iter()
            .all(|version| *version == CHANGED.to_string());
        play.told.holds(
            "  rule versions named",
            versions.join(", "),
            named,
            "2 for every rule",
        )?;
    }
    Ok(())
}
