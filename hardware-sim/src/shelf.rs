//! Where cards are when they lie on no reader: a card is one thing, and remembers what was written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::card::CardSpec;
use crate::chip::{self, CardImage, Chip, ChipReply, Tear};
use crate::{SimError, show};

/// All that a card remembers without power, keys too: to be looked at, kept in a file, put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedCard(pub(crate) CardImage);

impl SavedCard {
    /// The card as it comes out of its box.
    pub fn fresh(spec: &CardSpec) -> Self {
        Self(chip::make(spec).save())
    }

    /// Everything the card remembers, as JSON to look something up in.
    pub fn memory(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    /// What the card holds, in lines for a person. Of keys only the versions, but for chips that keep
    /// theirs in pages like any others.
    pub fn describe(&self) -> String {
        show::describe(&self.memory())
    }

    /// The same card with one thing changed by hand: `path` is a JSON pointer (RFC 6901) into
    /// [`SavedCard::memory`].
    ///
    /// # Errors
    /// `BadImage` if there is no such place, or what is there cannot be `value`.
    pub fn with(&self, path: &str, value: serde_json::Value) -> Result<Self, SimError> {
        let bad = |why: String| SimError::BadImage { why };
        let mut memory = self.memory();
        let place = memory.pointer_mut(path);
        *place.ok_or_else(|| bad(format!("there is no {path}")))? = value;
        serde_json::from_value(memory).map_err(|error| bad(error.to_string()))
    }

    /// Whether this is the memory of a card of this kind.
    pub(crate) fn fits(&self, spec: &CardSpec) -> bool {
        std::mem::discriminant(&self.0) == std::mem::discriminant(&Self::fresh(spec).0)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_memory_goes_through_a_file_and_can_be_changed_by_hand() {
        let saved = SavedCard::fresh(&"dina".parse().unwrap());
        let text = serde_json::to_string(&saved).unwrap();
        assert_eq!(serde_json::from_str::<SavedCard>(&text).unwrap(), saved);
        assert_eq!(saved.memory()["random_id"], json!(false));
        let changed = saved.with("/random_id", json!(true)).unwrap();
        assert_eq!(changed.memory()["random_id"], json!(true));
        for (path, value) in [("/nothing", json!(1)), ("/random_id", json!("perhaps"))] {
            assert!(saved.with(path, value).is_err(), "{path}");
        }
    }

    #[test]
    fn a_memory_fits_its_own_chip_only() {
        let anna: CardSpec = "anna".parse().unwrap();
        let fumi: CardSpec = "fumi".parse().unwrap();
        assert!(SavedCard::fresh(&anna).fits(&anna));
        assert!(!SavedCard::fresh(&fumi).fits(&anna));
    }
}
