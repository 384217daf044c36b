//! How many cells there were, and how they came out.

use super::{Cell, Fate};
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

/// How a cell came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// It never began: the card had gone before.
    NotBegun,
    /// Known at once: done.
    Done,
    /// Known at once: not done.
    NotDone,
    /// Nobody knew; the card came back, and it was done.
    FoundDone,
    /// Nobody knew; the card came back, and it was not done.
    FoundNotDone,
    /// Nobody knows: it stays open, and is in doubt when its time is over.
    InDoubt,
}

/// Counts.
#[derive(Default)]
pub struct Tally {
    outcomes: BTreeMap<Outcome, u32>,
    /// Cells in which the agent died.
    pub killed: u32,
    /// Of these, in which it died once more.
    pub killed_again: u32,
    whole: u32,
    fates: [u32; 5],
}

impl Tally {
    /// One more cell.
    pub fn add(&mut self, cell: &Cell, outcome: Outcome) {
        *self.outcomes.entry(outcome).or_default() += 1;
        self.killed += u32::from(cell.dies.is_some());
        self.whole += u32::from(cell.dies.or(cell.dies_again).is_none());
        self.killed_again += u32::from(cell.dies_again.is_some());
        self.fates[match cell.fate {
            Fate::Here => 0,
            Fate::There => 1,
            Fate::ThereFirst => 2,
            Fate::Around => 3,
            Fate::Never => 4,
        }] += 1;
    }

    /// All cells.
    pub fn cells(&self) -> u32 {
        self.outcomes.values().sum()
    }

    /// Cells in which the agent lived, first and last.
    pub fn whole(&self) -> u32 {
        self.whole
    }

    /// Those that came out so.
    pub fn of(&self, outcome: Outcome) -> u32 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [here, there, first, around, never] = self.fates;
        write!(
            f,
            "{} cells, killed in {}, twice in {}; back here {here}, elsewhere {there}, elsewhere before HQ \
             heard {first}, there and back in the dark {around}, never {never};",
            self.cells(),
            self.killed,
            self.killed_again
        )?;
        let outcomes = self.outcomes.iter();
        outcomes
            .into_iter()
            .try_for_each(|(o, n)| write!(f, " {o:?} {n}"))
    }
}
