//! Kill -9 of the real agent under load: customers at three lanes' worth of callers, HQ listening, and the
//! process gone at any moment. What was answered as recorded is in the journal afterwards, once.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests say how much they played, and fail by panicking"
)]

mod load;
mod shop;

use anyhow::{Context, Result, ensure};
use shop::Shop;
use std::time::{Duration, Instant};
use tillside_core::SaleId;
use tillside_tests::Chance;

/// Kills in `cargo xtask test`; the soak does more (TILLSIDE_KILLS).
const KILLS: u64 = 200;
/// The longest an agent lives after it was started, beyond a moment for the first sale.
const LIFE_MICROSECONDS: u64 = 120_000;
/// After so many kills the whole chain is verified, not only what is new.
const WHOLE_AFTER: u64 = 20;

fn number(name: &str, otherwise: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .with_context(|| format!("{name} is no number: {value:?}")),
        Err(_) => Ok(otherwise),
    }
}

/// Half of the kills, so that two threads have something to do.
async fn half(odd: u64) -> Result<()> {
    tillside_tests::prepare();
    let (kills, seed) = (
        number("TILLSIDE_KILLS", KILLS)? / 2,
        number("TILLSIDE_SEED", 1)?,
    );
    let mut chance = Chance::new(seed ^ (odd << 32));
    let mut shop = Shop::open().await?;
    let began = Instant::now();
    for kill in 1..=kills {
        let life = Duration::from_micros(chance.below(LIFE_MICROSECONDS));
        shop.sell_until_killed(life)
            .await
            .and_then(|()| shop.look(kill % WHOLE_AFTER == 0))
            .with_context(|| format!("kill {kill}, TILLSIDE_SEED={seed}"))?;
    }
    let sold = shop.close().await?;
    println!(
        "{kills} kills: {} sales answered, {} asked for in vain and found recorded, {} not, {:.2} s a kill",
        sold.answered,
        sold.recorded,
        sold.lost,
        began.elapsed().as_secs_f64() / kills.max(1) as f64
    );
    ensure!(
        kills < 50 || (sold.recorded > 0 && sold.lost > 0),
        "no kill fell into a checkout"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn even_kills_lose_nothing_that_was_answered() -> Result<()> {
    half(0).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_kills_lose_nothing_that_was_answered() -> Result<()> {
    half(1).await
}

/// The test of the test: an answer for what is not in the journal is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_record_is_found() -> Result<()> {
    tillside_tests::prepare();
    let mut shop = Shop::open().await?;
    shop.sell_until_killed(Duration::from_millis(50)).await?;
    shop.look(true)?;
    shop.believe(SaleId::new(uuid::Uuid::from_u128(7)));
    let found = shop.look(false);
    ensure!(found.is_err_and(|error| error.to_string().contains("recorded 0 times")));
    Ok(())
}
