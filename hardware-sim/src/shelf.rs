//! Where cards are when they lie on no reader: a card is one thing, and remembers what was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::card::CardSpec;
use crate::chip::{self, CardImage, Chip, ChipReply, Tear};

/// All that a card remembers without power, keys too: to be looked at, kept in a file, put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedCard(pub(crate) CardImage);

impl SavedCard {
    /// The card as it comes out of its box.
    pub fn fresh(spec: &CardSpec) -> Self {
        Self(chip::make(spec).save())
    }
}

/// The cards of a bench, by what they are called ([`CardSpec`] as it is written). Clones are the same
/// shelf, so that a card can go from one bench to another.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Mutex<BTreeMap<String, SavedCard>>>);

impl Shelf {
    /// The card as it is now; none if it never lay on a reader and was never put here.
    pub fn card(&self, spec: &CardSpec) -> Option<SavedCard> {
        self.cards().get(&spec.to_string()).cloned()
    }

    /// Every card that is known, by name.
    pub fn all(&self) -> Vec<(String, SavedCard)> {
        let cards = self.cards();
        let pairs = cards.iter();
        pairs
            .map(|(name, card)| (name.clone(), card.clone()))
            .collect()
    }

    /// Puts a card here in place of what is called so: how an older state is played back, or a clone
    /// made. It counts at the next tap.
    pub fn put(&self, spec: &CardSpec, card: SavedCard) {
        self.cards().insert(spec.to_string(), card);
    }

    /// Forgets a card: the next tap is of a new one.
    pub fn forget(&self, spec: &CardSpec) {
        self.cards().remove(&spec.to_string());
    }

    fn cards(&self) -> MutexGuard<'_, BTreeMap<String, SavedCard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A card that was taken from the shelf, and goes back to it when it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    spec: CardSpec,
    chip: Box<dyn Chip>,
    shelf: Shelf,
    died: bool,
}

impl Taken {
    pub(crate) fn from(shelf: &Shelf, spec: &CardSpec) -> Self {
        let chip = match shelf.card(spec) {
            Some(card) => chip::load(card.0),
            None => chip::make(spec),
        };
        Self {
            spec: spec.clone(),
            chip,
            shelf: shelf.clone(),
            died: false,
        }
    }

    pub(crate) fn spec(&self) -> &CardSpec {
        &self.spec
    }

    /// Whether it lost its power in the middle of a write since this was asked last.
    pub(crate) fn died(&mut self) -> bool {
        std::mem::take(&mut self.died)
    }

    /// As it is now.
    pub(crate) fn saved(&self) -> SavedCard {
        SavedCard(self.chip.save())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.shelf.put(&self.spec, self.saved());
    }
}

impl Chip for Taken {
    fn activation(&self) -> chip::Activation {
        self.chip.activation()
    }

    fn power(&mut self, on: bool) {
        self.chip.power(on);
    }

    fn activate(&mut self) {
        self.chip.activate();
    }

    fn raw(&mut self, frame: &[u8]) -> ChipReply {
        let reply = self.chip.raw(frame);
        self.died |= reply == ChipReply::Dead;
        reply
    }

    fn apdu(&mut self, apdu: &[u8]) -> ChipReply {
        let reply = self.chip.apdu(apdu);
        self.died |= reply == ChipReply::Dead;
        reply
    }

    fn arm(&mut self, tear: Tear) {
        self.chip.arm(tear);
    }

    fn save(&self) -> CardImage {
        self.chip.save()
    }
}
