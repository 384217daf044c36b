//! The hard parts of the story, round after round, each with another seed.

use crate::cast::Cast;
use crate::options::Options;
use crate::ringing::{points_at, points_in};
use crate::steps::{shopper, times_recorded};
use crate::tricks::{Survived, checkouts_through_kills};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::{Duration, Instant};
use tillside_tests::Chance;
use tillside_tests::{Person, until};

/// Sales of a round, and how often the agent dies in it.
const SALES: u32 = 60;
const KILLS: u32 = 10;
/// How often HQ dies while the till brings it up to date.
const DEATHS_OF_HQ: u32 = 3;

/// Plays rounds until one is wrong.
pub async fn soak(options: &Options) -> Result<()> {
    println!(
        "\n{} rounds from seed {} (TILLSIDE_SOAK_ROUNDS, TILLSIDE_SEED)",
        options.rounds, options.seed
    );
    for round in 0..options.rounds {
        let seed = options.seed + u64::from(round);
        let began = Instant::now();
        let survived = play(options, seed).await.with_context(|| {
            format!("round with TILLSIDE_SEED={seed} TILLSIDE_SOAK_ROUNDS=1 is wrong")
        })?;
        println!(
            "  ok  seed {seed}: {} sales, agent killed {} times ({} recorded before, {} not), HQ {DEATHS_OF_HQ} \
             times, {:.1} s",
            survived.confirmed.len(),
            survived.kills,
            survived.recorded,
            survived.lost,
            began.elapsed().as_secs_f64()
        );
    }
    println!("\nThe soak holds: {} rounds", options.rounds);
    Ok(())
}

async fn play(options: &Options, seed: u64) -> Result<Survived> {
    let mut options = options.clone();
    // Each round is another chain: nothing may be there before it.
    options.data = options
        .data
        .map(|folder| folder.join(format!("seed-{seed}")));
    let mut cast = Cast::assemble(&options).await?;
    let mut chance = Chance::new(seed);
    cast.hq.stop()?;
    let survived =
        checkouts_through_kills(&mut cast.s1, &mut chance, SALES, KILLS, shopper::SILVER).await?;
    for _ in 0..DEATHS_OF_HQ {
        cast.hq.start()?;
        cast.s1.api()?.post("/v1/sync", Value::Null).await?;
        tokio::time::sleep(Duration::from_millis(chance.below(60))).await;
        cast.hq.kill()?;
    }
    cast.hq.start()?;
    judge(&mut cast, &survived).await?;
    Ok(survived)
}

/// Every confirmed sale once in the journal, everything at HQ, and one balance at both.
async fn judge(cast: &mut Cast, survived: &Survived) -> Result<()> {
    let times = times_recorded(&mut cast.s1)?;
    for sale in &survived.confirmed {
        let found = times.get(sale).copied().unwrap_or(0);
        ensure!(found == 1, "sale {sale} is {found} times in the journal");
    }
    ensure!(
        times.len() == survived.confirmed.len(),
        "the journal has {} sales",
        times.len()
    );
    let api = cast.s1.api_for(Person::ANNA).await?;
    until("HQ confirms everything", async || {
        api.post("/v1/sync", Value::Null).await?;
        let status = api.get("/v1/status").await?;
        Ok((status["unconfirmed"] == 0).then_some(()))
    })
    .await?;
    let cases = cast.hq.json(&["cases"])?;
    ensure!(
        cases.as_array().is_some_and(Vec::is_empty),
        "HQ has cases: {cases}"
    );
    let at_hq = points_in(&cast.hq.json(&["report", "balances"])?, shopper::SILVER)?;
    let at_till = points_at(&api, shopper::SILVER).await?;
    let expected = 385 + 8 * i64::from(SALES);
    ensure!(
        at_hq == expected,
        "HQ has {at_hq} points, and {expected} were given"
    );
    ensure!(
        at_till == expected,
        "the till shows {at_till} points, and {expected} were given"
    );
    Ok(())
}
