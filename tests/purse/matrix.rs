//! All cells of every operation. Found, not listed: the commands are counted in a run in which nothing
//! goes wrong, and the moments at which the agent can die are those that a torn run passes.

use crate::cell::{Cell, FATES, FAULTS, Fate, every_fault};
use crate::operation::Operation;
use crate::play::{Played, Player};
use crate::tally::{Outcome, Tally};
use anyhow::{Context, Result, ensure};

/// Plays every cell of an operation. `killed` is in how many of them the agent dies at the least: a
/// matrix that shrinks proves nothing.
fn every_cell(operation: Operation, killed: u32) -> Result<Tally> {
    let setting = operation.setting()?;
    let player = Player {
        setting: &setting,
        plant: None,
    };
    // HQ has nothing to hear of these but that they are over.
    let fates: &[Fate] = match operation {
        Operation::Identify | Operation::Issue => &[Fate::Here, Fate::There, Fate::Never],
        _ => &FATES,
    };
    let mut tally = Tally::default();
    let mut play = |cell: &Cell| -> Result<Played> {
        let played = player.play(cell).with_context(|| format!("{cell:?}"))?;
        tally.add(cell, played.outcome);
        Ok(played)
    };
    for fault in every_fault(&setting) {
        for &fate in fates {
            let mut cell = Cell {
                operation,
                fault,
                dies: None,
                fate,
                dies_again: None,
            };
            let whole = play(&cell)?;
            for moment in whole.back {
                cell.dies_again = Some(moment);
                play(&cell)?;
            }
            for moment in whole.moments {
                (cell.dies, cell.dies_again) = (Some(moment), None);
                let dead = play(&cell)?;
                for again in dead.back {
                    cell.dies_again = Some(again);
                    play(&cell)?;
                }
            }
        }
    }
    let commands = setting.commands;
    println!("{operation:?}: {commands} commands, {tally}");
    let whole = commands * FAULTS * u32::try_from(fates.len())?;
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
    every_end(&every_cell(Operation::Pay, 1_100)?)
}

#[test]
fn top_up() -> Result<()> {
    every_end(&every_cell(Operation::TopUp, 1_000)?)
}

#[test]
fn void() -> Result<()> {
    every_end(&every_cell(Operation::Void, 800)?)
}

#[test]
fn issue() -> Result<()> {
    every_cell(Operation::Issue, 12).map(drop)
}

#[test]
fn identify() -> Result<()> {
    every_cell(Operation::Identify, 100).map(drop)
}
