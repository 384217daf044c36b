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
/// shelf, so that a card can go from one bench to another; it is in one place at a time.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Mutex<BTreeMap<String, Place>>>);

/// A card's place on the shelf.
#[derive(Debug)]
enum Place {
    /// Here, without power. The chip itself, so that its randomness goes on at the next tap.
    Here(Box<dyn Chip>),
    /// On a reader. What was put here meanwhile takes its place when it comes back.
    Out(Option<SavedCard>),
}

impl Shelf {
    /// The card as it is now; none if it lies on a reader, or never did and was never put here.
    pub fn card(&self, spec: &CardSpec) -> Option<SavedCard> {
        match self.cards().get(&spec.to_string())? {
            Place::Here(chip) => Some(SavedCard(chip.save())),
            Place::Out(_) => None,
        }
    }

    /// Every card that is here, by name.
    pub fn all(&self) -> Vec<(String, SavedCard)> {
        let cards = self.cards();
        let here = cards.iter().filter_map(|(name, place)| match place {
            Place::Here(chip) => Some((name.clone(), SavedCard(chip.save()))),
            Place::Out(_) => None,
        });
        here.collect()
    }

    /// Puts a card here in place of what is called so: how an older state is played back, or a clone
    /// made. It counts at the next tap.
    pub fn put(&self, spec: &CardSpec, card: SavedCard) {
        let mut cards = self.cards();
        match cards.get_mut(&spec.to_string()) {
            Some(Place::Out(instead)) => *instead = Some(card),
            _ => {
                cards.insert(spec.to_string(), Place::Here(unpowered(card)));
            }
        }
    }

    /// Forgets a card: the next tap is of a new one.
    pub fn forget(&self, spec: &CardSpec) {
        let mut cards = self.cards();
        match cards.get_mut(&spec.to_string()) {
            Some(Place::Out(instead)) => *instead = Some(SavedCard::fresh(spec)),
            _ => {
                cards.remove(&spec.to_string());
            }
        }
    }

    /// Takes a card away from here, new if it is not known; none if it lies on a reader.
    fn take(&self, spec: &CardSpec) -> Option<Box<dyn Chip>> {
        let mut cards = self.cards();
        match cards.insert(spec.to_string(), Place::Out(None)) {
            Some(Place::Here(chip)) => Some(chip),
            None => Some(chip::make(spec)),
            Some(out) => {
                cards.insert(spec.to_string(), out);
                None
            }
        }
    }

    fn give_back(&self, spec: &CardSpec, chip: Box<dyn Chip>) {
        let mut cards = self.cards();
        let chip = match cards.remove(&spec.to_string()) {
            Some(Place::Out(Some(instead))) => unpowered(instead),
            _ => chip,
        };
        cards.insert(spec.to_string(), Place::Here(chip));
    }

    fn cards(&self) -> MutexGuard<'_, BTreeMap<String, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unpowered(card: SavedCard) -> Box<dyn Chip> {
    let mut chip = chip::load(card.0);
    chip.power(false);
    chip
}

/// A card that was taken from the shelf into a reader's field, and goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    spec: CardSpec,
    chip: Box<dyn Chip>,
    shelf: Shelf,
    died: bool,
    armed: bool,
}

impl Taken {
    /// # Errors
    /// `Elsewhere` if it lies on a reader.
    pub(crate) fn from(shelf: &Shelf, spec: &CardSpec) -> Result<Self, SimError> {
        let mut chip = shelf.take(spec).ok_or_else(|| SimError::Elsewhere {
            card: spec.to_string(),
        })?;
        chip.power(true);
        Ok(Self {
            spec: spec.clone(),
            chip,
            shelf: shelf.clone(),
            died: false,
            armed: false,
        })
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
        SavedCard(self.save())
    }

    /// A tear that struck is over.
    fn heard(&mut self, reply: ChipReply) -> ChipReply {
        if reply == ChipReply::Dead {
            self.died = true;
            self.armed = false;
        }
        reply
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut chip = std::mem::replace(&mut self.chip, chip::make(&self.spec));
        // A tear that struck nothing does not stay with the card.
        if self.armed {
            chip = chip::load(chip.save());
        }
        chip.power(false);
        self.shelf.give_back(&self.spec, chip);
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
        self.heard(reply)
    }

    fn apdu(&mut self, apdu: &[u8]) -> ChipReply {
        let reply = self.chip.apdu(apdu);
        self.heard(reply)
    }

    fn arm(&mut self, tear: Tear) {
        self.armed = true;
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

    fn spec(name: &str) -> CardSpec {
        name.parse().unwrap()
    }

    fn taken(shelf: &Shelf, name: &str) -> Taken {
        Taken::from(shelf, &spec(name)).unwrap()
    }

    #[test]
    fn a_card_lies_in_one_place_only() {
        let shelf = Shelf::default();
        let first = taken(&shelf, "anna");
        let second = Taken::from(&shelf.clone(), &spec("anna"));
        assert!(matches!(second, Err(SimError::Elsewhere { .. })));
        assert!(shelf.card(&spec("anna")).is_none() && shelf.all().is_empty());
        drop(first);
        taken(&shelf, "anna");
        assert_eq!(shelf.all().len(), 1);
    }

    /// Page 8 set to `byte`, and what was there.
    fn written(card: &mut Taken, byte: u8) -> u8 {
        card.activate();
        let ChipReply::Data(data) = card.raw(&[0x30, 8]) else {
            panic!("no page");
        };
        let _ = card.raw(&[0xA2, 8, byte, 0, 0, 0]);
        data[0]
    }

    #[test]
    fn what_is_put_here_while_a_card_lies_somewhere_counts_when_it_is_back() {
        let shelf = Shelf::default();
        written(&mut taken(&shelf, "anna"), 1);
        let old = shelf.card(&spec("anna")).unwrap();
        let mut card = taken(&shelf, "anna");
        assert_eq!(written(&mut card, 2), 1);
        shelf.put(&spec("anna"), old);
        assert_eq!(
            written(&mut card, 3),
            2,
            "the one in the field is as it was"
        );
        drop(card);
        let mut card = taken(&shelf, "anna");
        assert_eq!(written(&mut card, 4), 1);
        shelf.forget(&spec("anna"));
        drop(card);
        assert_eq!(written(&mut taken(&shelf, "anna"), 5), 0);
    }

    #[test]
    fn a_tear_that_struck_nothing_does_not_stay_with_the_card() {
        let shelf = Shelf::default();
        taken(&shelf, "anna").arm(Tear::BeforeWrite);
        written(&mut taken(&shelf, "anna"), 1);
        assert_eq!(written(&mut taken(&shelf, "anna"), 2), 1);
    }

    /// A card that was read by its random number yesterday must not be known by it today.
    #[test]
    fn a_random_number_is_another_one_at_each_tap() {
        let shelf = Shelf::default();
        let card = SavedCard::fresh(&spec("dina"));
        let hidden = card.with("/random_id", json!(true)).unwrap();
        shelf.put(&spec("dina"), hidden);
        let number = || taken(&shelf, "dina").activation().uid().to_vec();
        let (first, second) = (number(), number());
        assert_eq!((first.len(), first[0]), (4, 0x08));
        assert_ne!(first, second);
    }

    #[test]
    fn a_memory_fits_its_own_chip_only() {
        let anna: CardSpec = "anna".parse().unwrap();
        let fumi: CardSpec = "fumi".parse().unwrap();
        assert!(SavedCard::fresh(&anna).fits(&anna));
        assert!(!SavedCard::fresh(&fumi).fits(&anna));
    }
}
