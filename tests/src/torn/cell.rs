//! One cell of the matrix, and how all of them are found.

use super::{Operation, Setting};
use tillside::purse::Durable;
use tillside_sim::{Fault, Garble};

/// What becomes of a card that was torn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is held again at the same till.
    Here,
    /// It is held at a till of another store, and pays there.
    There,
    /// The same, before HQ heard of the first till's intent: that till's line is down till then.
    ThereFirst,
    /// It pays in the other store and comes back, and no till has a line: only its log can tell.
    Around,
    /// Nobody sees it again.
    Never,
}

/// One cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// What is done with the card.
    pub operation: Operation,
    /// What goes wrong, and at which command.
    pub fault: Fault,
    /// The moment at which the agent dies, if it does.
    pub dies: Option<Durable>,
    /// What becomes of the card.
    pub fate: Fate,
    /// The moment at which it dies once more, when the card is back at the same till.
    pub dies_again: Option<Durable>,
}

impl Cell {
    /// One in which the till lives.
    pub fn whole(operation: Operation, fault: Fault, fate: Fate) -> Self {
        Self {
            operation,
            fault,
            dies: None,
            fate,
            dies_again: None,
        }
    }
}

/// Everything that can become of it.
pub const FATES: [Fate; 5] = [
    Fate::Here,
    Fate::There,
    Fate::ThereFirst,
    Fate::Around,
    Fate::Never,
];
/// How many faults there are for one command.
pub const FAULTS: u32 = 6;

/// Everything that can happen around a command: the card is gone before it, or before its answer is
/// heard; its power is lost on either side of the memory's write; it stays, and its answer is not heard
/// or spoilt.
pub fn faults(apdu: u32) -> [Fault; FAULTS as usize] {
    [
        Fault::RemoveAt { apdu },
        Fault::LoseAnswer { apdu },
        Fault::TearWrite { apdu, after: false },
        Fault::TearWrite { apdu, after: true },
        Fault::Unheard { apdu },
        Fault::GarbleAt {
            apdu,
            how: Garble::Bit,
        },
    ]
}

/// Every fault of an operation, at every command.
pub fn every_fault(setting: &Setting) -> Vec<Fault> {
    (1..=setting.commands).flat_map(faults).collect()
}
