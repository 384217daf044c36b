//! All cells of every operation, in this process.

use anyhow::{Result, ensure};
use tillside_tests::torn::{FAULTS, Operation, Outcome, Tally, every_cell};

/// Plays every cell of an operation. `killed` is in how many of them the till dies at the least: a
/// matrix that shrinks proves nothing.
fn matrix(operation: Operation, killed: u32) -> Result<Tally> {
    let setting = operation.setting()?;
    let mut tally = Tally::default();
    every_cell(&setting, |cell, played| tally.add(cell, played.outcome))?;
    let commands = setting.commands;
    println!("{operation:?}: {commands} commands, {tally}");
    let whole = commands * FAULTS * u32::try_from(operation.fates().len())?;
    ensure!(
        tally.whole() == whole,
        "{whole} cells in which it lives are due"
    );
    ensure!(tally.killed >= killed, "it died in {} only", tally.killed);
    Ok(tally)
}

fn every_end(tally: &Tally) -> Result<()> {
    for outcome in [
        Outcome::NotBegun,
        Outcome::Done,
        Outcome::NotDone,
        Outcome::FoundDone,
        Outcome::FoundNotDone,
        Outcome::InDoubt,
    ] {
        ensure!(tally.of(outcome) > 0, "no cell came out {outcome:?}");
    }
    Ok(())
}

#[test]
fn pay() -> Result<()> {
    every_end(&matrix(Operation::Pay, 1_100)?)
}

#[test]
fn top_up() -> Result<()> {
    every_end(&matrix(Operation::TopUp, 1_000)?)
}

#[test]
fn void() -> Result<()> {
    every_end(&matrix(Operation::Void, 800)?)
}

#[test]
fn issue() -> Result<()> {
    matrix(Operation::Issue, 9).map(drop)
}

#[test]
fn identify() -> Result<()> {
    matrix(Operation::Identify, 80).map(drop)
}
