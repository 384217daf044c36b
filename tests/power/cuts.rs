//! Power cuts at every moment of the reference day.

use crate::cut::{Files, draw};
use crate::day::{Day, play};
use crate::disk::Watch;
use crate::judge::{Course, Judge, memory_folder};
use crate::tape::{Moment, Op};
use anyhow::{Context, Result, ensure};
use std::sync::OnceLock;
use std::time::Instant;
use tillside_store::Store;
use tillside_tests::Chance;

/// States in `cargo xtask test`; the soak looks at more (TILLSIDE_POWER_CUTS).
const STATES: usize = 2_000;
/// Enough for the log to be carried over into the database a few times.
const SALES: usize = 60;
/// After so many states, one is cut once more while the till starts again.
const AGAIN: usize = 5;

pub fn number(name: &str, otherwise: usize) -> Result<usize> {
    match std::env::var(name) {
        Ok(value) => value
            .parse()
            .with_context(|| format!("{name} is no number: {value:?}")),
        Err(_) => Ok(otherwise),
    }
}

fn record(sales: usize, ignores_syncs: bool) -> Result<Day> {
    let folder = memory_folder()?;
    let watch = Watch::over(folder.path())?;
    watch.record(ignores_syncs);
    play(&watch, folder.path(), sales)
}

/// One day for all tests of this file.
fn day() -> Result<&'static (Day, Course)> {
    static DAY: OnceLock<Result<(Day, Course)>> = OnceLock::new();
    let made = DAY.get_or_init(|| {
        let day = record(SALES, false)?;
        let course = Judge::new()?.course(&day)?;
        Ok((day, course))
    });
    made.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))
}

/// How many states each moment gets: one on either side of each sync, the rest spread evenly over the
/// moments at which more than one is possible.
fn plan(day: &Day, states: usize) -> Vec<usize> {
    let ops = &day.tape.ops;
    let is_sync = |at: usize| matches!(ops.get(at), Some(Op::Sync(_)));
    let (mut moment, mut plan, mut open) = (Moment::default(), Vec::new(), Vec::new());
    for (at, op) in ops.iter().enumerate() {
        moment.play(op);
        plan.push(usize::from(is_sync(at) || is_sync(at + 1)));
        if moment.is_uncertain() {
            open.push(at);
        }
    }
    let left = states.saturating_sub(plan.iter().sum());
    for number in 0..left {
        plan[open[number * open.len() / left]] += 1;
    }
    plan
}

/// Looks at every second state of a plan.
fn sweep(day: &Day, course: &Course, states: usize, odd: usize) -> Result<usize> {
    let seed = number("TILLSIDE_SEED", 1)? as u64;
    let (mut judge, mut moment) = (Judge::new()?, Moment::default());
    let (mut looked, mut turn) = (0, 0);
    for (at, (op, count)) in day.tape.ops.iter().zip(plan(day, states)).enumerate() {
        moment.play(op);
        for variant in 0..count {
            turn += 1;
            if turn % 2 != odd {
                continue;
            }
            let mut chance = Chance::new(seed ^ ((at as u64) << 20) ^ variant as u64);
            let left = draw(&moment, &mut chance);
            looked += 1;
            judge.judge(day, course, at, &left).with_context(|| {
                format!(
                    "power cut after step {at} ({}), variant {variant}",
                    kind(op)
                )
            })?;
            if looked % AGAIN == 0 {
                let left = cut_again(&left, &mut chance)?;
                looked += 1;
                judge.judge(day, course, at, &left).with_context(|| {
                    format!("power cut after step {at}, variant {variant}, and once more")
                })?;
            }
        }
    }
    Ok(looked)
}

/// The power comes back, the till starts, and at some moment of that the power is cut again.
fn cut_again(left: &Files, chance: &mut Chance) -> Result<Files> {
    let folder = memory_folder()?;
    let watch = Watch::over(folder.path())?;
    for (name, content) in left {
        std::fs::write(folder.path().join(name), content)?;
        watch.begin_with(name, content);
    }
    watch.record(false);
    drop(Store::open(&folder.path().join("tillside.db"))?);
    let ops = watch.tape().ops;
    let begun = 3 * left.len();
    let until = begun + chance.below((ops.len() - begun + 1) as u64) as usize;
    let mut moment = Moment::default();
    ops[..until].iter().for_each(|op| moment.play(op));
    Ok(draw(&moment, chance))
}

fn kind(op: &Op) -> &'static str {
    match op {
        Op::Create { .. } => "a file was made",
        Op::Write { .. } => "a write",
        Op::Truncate { .. } => "a file was cut short",
        Op::Sync(_) => "a sync",
        Op::Delete(_) => "a file was removed",
        Op::Lost(_) | Op::Failed => "a failure",
        Op::Mark(_) => "somebody was told",
    }
}

fn half(odd: usize) -> Result<()> {
    let (day, course) = day()?;
    let states = number("TILLSIDE_POWER_CUTS", STATES)?;
    let began = Instant::now();
    let looked = sweep(day, course, states, odd)?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{looked} power cuts in a day of {} writes and syncs, {} words, {} contents: {:.0} a second",
        day.tape.ops.len(),
        day.told.len(),
        course.len(),
        looked as f64 / seconds
    );
    Ok(())
}

#[test]
fn even_cuts_lose_nothing_that_was_told() -> Result<()> {
    half(0)
}

#[test]
fn odd_cuts_lose_nothing_that_was_told() -> Result<()> {
    half(1)
}

#[test]
fn the_day_has_all_that_can_happen_to_a_database() -> Result<()> {
    let (day, _) = day()?;
    let count = |wanted: fn(&Op) -> bool| day.tape.ops.iter().filter(|op| wanted(op)).count();
    ensure!(count(|op| matches!(op, Op::Sync(_))) > 200, "too few syncs");
    ensure!(count(|op| matches!(op, Op::Delete(_))) > 0, "no log ended");
    ensure!(day.told.last().is_some_and(|told| !told.begun.is_empty()));
    Ok(())
}

/// A disk that says it synced and did not is found: the test of the test.
#[test]
fn a_disk_that_drops_syncs_is_found() -> Result<()> {
    let day = record(12, true)?;
    let course = Judge::new()?.course(&day)?;
    let found = sweep(&day, &course, 200, 0);
    ensure!(found.is_err(), "nobody noticed");
    Ok(())
}
