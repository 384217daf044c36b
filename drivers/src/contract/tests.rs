//! The contract against a right backend, and against one broken in each way it names.
#![allow(clippy::unwrap_used)]

use super::{Hands, check};
use crate::memory::{Flaw, Memory};
use crate::{CardReader, ReaderError};

struct InMemory(Memory);

impl Hands for InMemory {
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
        self.0.open("R")
    }
    fn lay(&mut self) {
        self.0.lay("R");
    }
    fn lift(&mut self) {
        self.0.lift("R");
    }
    fn lift_in_next_command(&mut self) {
        self.0.change(|world| world.leaves_in_next = true);
    }
    fn question(&self) -> (Vec<u8>, Vec<u8>) {
        (vec![0x01], vec![0x01, 0x90, 0x00])
    }
}

#[test]
fn a_right_backend_keeps_it() {
    check(&mut InMemory(Memory::new(Flaw::None))).unwrap();
}

#[test]
fn each_flaw_is_found_where_it_is() {
    for (flaw, clause) in [
        (Flaw::SeesAGhost, "an empty reader"),
        (Flaw::ForgetsTheAtr, "a card that is laid on"),
        (Flaw::LosesALyingCard, "a card that already lies"),
        (Flaw::KeepsTheCard, "after a session is dropped"),
        (Flaw::ReusesTheTap, "a card that left"),
        (Flaw::GivesAnEmptyAnswer, "a card that leaves in a command"),
        (Flaw::CancelsOnce, "cancel ends"),
    ] {
        let breach = check(&mut InMemory(Memory::new(flaw))).unwrap_err();
        assert!(breach.clause.starts_with(clause), "{flaw:?}: {breach}");
    }
}
