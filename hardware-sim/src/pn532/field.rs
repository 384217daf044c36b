//! What the PN532 sees through its antenna. Who lies there, and what goes wrong, is the bench's
//! business.

use std::time::Duration;

use crate::chip::ChipReply;

/// One laying of one card: a card that is taken away and put back has another number.
pub(super) type Lying = u64;

/// How a card answers an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// ISO 14443 type A. The ATS begins with its own length.
    TypeA {
        atqa: [u8; 2],
        sak: u8,
        uid: Vec<u8>,
        ats: Option<Vec<u8>>,
    },
    /// JIS X 6319-4 (FeliCa).
    FeliCa,
}

/// The way a frame goes to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A frame of ISO 14443-3 or FeliCa, its check sum already taken off.
    Frame,
    /// The content of an ISO 14443-4 block.
    Part4,
}

/// What came back, and how much later than at once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) reply: ChipReply,
    pub(super) delay: Duration,
    /// It was spoilt on the air, so that its check sum is wrong. (Blocks of ISO 14443-4 are repeated
    /// until their check sum is right: what is spoilt there is the content.)
    pub(super) is_spoilt: bool,
}

/// The space in front of the antenna.
pub(super) trait Field {
    /// Switches the carrier; without it every card is without power.
    fn power(&mut self, on: bool);
    /// The cards that lie there now.
    fn cards(&mut self) -> Vec<(Lying, Shown)>;
    /// Selects a card by its number (anticollision, and RATS where the card knows it).
    fn activate(&mut self, card: Lying);
    /// A FeliCa polling: part of finding cards, so no fault strikes it.
    fn poll(&mut self, card: Lying, frame: &[u8]) -> Option<Vec<u8>>;
    /// One command to a card. Faults strike here.
    fn exchange(&mut self, card: Lying, way: Way, frame: &[u8]) -> Heard;
}
