//! All cells of an operation. Found, not listed: the commands are counted in a run in which nothing goes
//! wrong, and the moments at which the till can die are those that a torn run passes.

use super::{Cell, FATES, Fate, Operation, Played, Player, Setting, every_fault};
use anyhow::{Context, Result};

impl Operation {
    /// What can become of the card. HQ has nothing to hear of some operations but that they are over.
    pub fn fates(self) -> &'static [Fate] {
        match self {
            Operation::Identify | Operation::Issue => &[Fate::Here, Fate::There, Fate::Never],
            _ => &FATES,
        }
    }
}

/// Plays every cell of an operation in this process, and hands each to `seen`.
///
/// # Errors
/// The first cell that is not as it must be.
pub fn every_cell(setting: &Setting, mut seen: impl FnMut(&Cell, &Played)) -> Result<()> {
    let player = Player::in_process(setting);
    let mut play = |cell: &Cell| -> Result<Played> {
        let played = player.play(cell).with_context(|| format!("{cell:?}"))?;
        seen(cell, &played);
        Ok(played)
    };
    for fault in every_fault(setting) {
        for &fate in setting.operation.fates() {
            let mut cell = Cell::whole(setting.operation, fault, fate);
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
    Ok(())
}
