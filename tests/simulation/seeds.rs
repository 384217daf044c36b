//! Seeds, and faults planted to see them found.

use crate::world::{Planted, Played, play};
use anyhow::{Context, Result, ensure};
use std::sync::atomic::{AtomicBool, Ordering};

/// Seeds in `cargo xtask test`; the soak plays more (TILLSIDE_SIMULATED_SEEDS).
const SEEDS: u64 = 500;

fn from_environment(name: &str, otherwise: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .with_context(|| format!("{name} is no number: {value:?}")),
        Err(_) => Ok(otherwise),
    }
}

/// Every second seed, so that two threads have something to do; a seed that fails ends both.
fn half(odd: u64) -> Result<()> {
    static FAILED: AtomicBool = AtomicBool::new(false);
    let seeds = from_environment("TILLSIDE_SIMULATED_SEEDS", SEEDS)?;
    let first = from_environment("TILLSIDE_SEED", 1)?;
    let (mut sales, mut crashes, mut lost, mut poisoned, mut epochs) = (0, 0, 0, 0, 0);
    let (mut shared_uses, mut refused, mut expired, mut returns) = (0, 0, 0, 0);
    let mut spent = 0;
    for seed in (first..first + seeds).filter(|seed| seed % 2 == odd) {
        if FAILED.load(Ordering::Relaxed) {
            return Ok(());
        }
        let played = play(seed, Planted::Nothing).with_context(|| {
            FAILED.store(true, Ordering::Relaxed);
            format!("TILLSIDE_SEED={seed} TILLSIDE_SIMULATED_SEEDS=1 plays it again")
        })?;
        sales += played.sales;
        crashes += played.crashes;
        lost += played.lost;
        refused += played.refused;
        poisoned += played.poisoned;
        epochs += played.epochs;
        shared_uses += played.shared_uses;
        expired += played.expired;
        returns += played.returns;
        spent += played.spent;
    }
    println!(
        "{} seeds: {sales} sales, {crashes} crashes, {lost} calls that failed, {poisoned} records that HQ cannot read, {epochs} epochs after a fork, {shared_uses} uses of quotas, {refused} calls with an ended certificate, {expired} points that expired, goods came back {returns} times, {spent} points paid",
        seeds / 2
    );
    ensure!(
        seeds < 300
            || (sales > 100
                && crashes > 50
                && lost > 100
                && poisoned > 20
                && epochs > 20
                && shared_uses > 50
                && refused > 10
                && expired > 300
                && returns > 100
                && spent > 1_000),
        "too little happened"
    );
    Ok(())
}

#[test]
fn even_seeds_hold() -> Result<()> {
    half(0)
}

#[test]
fn odd_seeds_hold() -> Result<()> {
    half(1)
}

#[test]
fn the_same_seed_gives_the_same_trace() -> Result<()> {
    for seed in 1..6 {
        let first: Played = play(seed, Planted::Nothing)?;
        ensure!(
            first == play(seed, Planted::Nothing)?,
            "seed {seed} is another story"
        );
        ensure!(
            first.trace != play(seed + 100, Planted::Nothing)?.trace,
            "all seeds are one"
        );
    }
    Ok(())
}

/// The words with which a planted fault is found, at the first of some seeds.
fn found(planted: Planted) -> Result<String> {
    let seeds = 1..40;
    let mut found = seeds.filter_map(|seed| play(seed, planted).err().map(|error| (seed, error)));
    let (seed, error) = found
        .next()
        .with_context(|| format!("no seed finds {planted:?}"))?;
    println!("{planted:?} is found by seed {seed}");
    Ok(format!("{error:#}"))
}

#[test]
fn a_shopper_who_is_told_too_much_is_found() -> Result<()> {
    let words = found(Planted::Boasts)?;
    ensure!(
        words.contains("points, and") && words.contains("are due"),
        "{words}"
    );
    Ok(())
}

#[test]
fn a_sale_that_is_taken_back_in_secret_is_found() -> Result<()> {
    let words = found(Planted::Forgets)?;
    ensure!(words.contains("otherwise than it was told"), "{words}");
    Ok(())
}
