//! Cards as objects: a card outlives its tap, lies on one reader at a time, and can be put away in a
//! file and taken out again.
//!
//! What a chip does is its module's business, what a reader makes of it the slot's.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chip::{self, CardImage, Chip};
use crate::{CardSpec, SimError, show};

/// One card. Clones are the same card: it can be lifted from one reader and laid on another, and
/// keeps what was written to it.
///
/// ```
/// use tillside_sim::Card;
/// let card = Card::new(&"anna".parse()?);
/// let before = card.save();
/// card.load(&before)?;
/// # Ok::<(), tillside_sim::SimError>(())
/// ```
#[derive(Clone)]
pub struct Card {
    spec: CardSpec,
    body: Arc<Mutex<Body>>,
}

struct Body {
    chip: Box<dyn Chip>,
    lies: bool,
}

/// A card put away: its description, and everything it remembers, keys too. Written as JSON that a
/// person can read and change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCard {
    /// Which card it is, as [`CardSpec`] is written.
    pub card: String,
    image: CardImage,
}

impl SavedCard {
    /// Everything the card remembers, to look something up in.
    pub fn memory(&self) -> Value {
        serde_json::to_value(&self.image).unwrap_or(Value::Null)
    }

    /// What the card holds, in lines for a person. Of keys only the versions, but for chips that keep
    /// theirs in pages like any others.
    pub fn describe(&self) -> String {
        show::describe(&self.card, &self.memory())
    }

    /// The same card with one thing changed by hand: `path` as in JSON pointers (RFC 6901).
    ///
    /// # Errors
    /// `BadImage` if there is no such place, or what is there cannot be `value`.
    pub fn with(&self, path: &str, value: Value) -> Result<Self, SimError> {
        let bad = |why: String| SimError::BadImage { why };
        let mut memory = self.memory();
        let place = memory.pointer_mut(path);
        *place.ok_or_else(|| bad(format!("there is no {path}")))? = value;
        let image = serde_json::from_value(memory).map_err(|error| bad(error.to_string()))?;
        Ok(Self {
            card: self.card.clone(),
            image,
        })
    }
}

impl Card {
    /// A card as it leaves its factory.
    pub fn new(spec: &CardSpec) -> Self {
        let mut chip = chip::make(spec);
        chip.power(false);
        Self {
            spec: spec.clone(),
            body: Arc::new(Mutex::new(Body { chip, lies: false })),
        }
    }

    /// A card that was saved.
    ///
    /// # Errors
    /// `BadCard` if it does not say which card it is, `BadImage` if that card has another chip.
    pub fn from_saved(saved: &SavedCard) -> Result<Self, SimError> {
        let card = Self::new(&saved.card.parse()?);
        card.load(saved)?;
        Ok(card)
    }

    /// Which card it is.
    pub fn spec(&self) -> &CardSpec {
        &self.spec
    }

    /// All that it remembers without power.
    pub fn save(&self) -> SavedCard {
        SavedCard {
            card: self.spec.to_string(),
            image: self.body().chip.save(),
        }
    }

    /// Puts the memory of `saved` into this card: an older one plays its counters back. Its
    /// randomness begins anew, as its UID says.
    ///
    /// # Errors
    /// `Lies` if the card is on a reader, `BadImage` if the memory is that of another chip.
    pub fn load(&self, saved: &SavedCard) -> Result<(), SimError> {
        let mut body = self.body();
        if body.lies {
            return Err(SimError::Lies {
                card: self.spec.to_string(),
            });
        }
        let (old, new) = (body.chip.save(), &saved.image);
        if std::mem::discriminant(&old) != std::mem::discriminant(new) {
            return Err(SimError::BadImage {
                why: format!("it is not the memory of a chip as in {}", self.spec),
            });
        }
        body.chip = chip::load(saved.image.clone());
        body.chip.power(false);
        Ok(())
    }

    /// Another card that shows the same UID, as it leaves the factory: what a cloner sells.
    pub fn forged(&self) -> Self {
        Self::new(&self.spec)
    }

    /// Whether both are one and the same card.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.body, &other.body)
    }

    /// Whether it is on a reader.
    pub fn lies(&self) -> bool {
        self.body().lies
    }

    /// Enters a reader's field.
    pub(crate) fn enter(&self) -> Result<(), SimError> {
        let mut body = self.body();
        if std::mem::replace(&mut body.lies, true) {
            return Err(SimError::Lies {
                card: self.spec.to_string(),
            });
        }
        body.chip.power(true);
        Ok(())
    }

    /// Leaves it.
    pub(crate) fn leave(&self) {
        let mut body = self.body();
        body.lies = false;
        body.chip.power(false);
    }

    pub(crate) fn with_chip<T>(&self, work: impl FnOnce(&mut dyn Chip) -> T) -> T {
        work(self.body().chip.as_mut())
    }

    fn body(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Card({})", self.spec)
    }
}

/// The cards of a bench, each made when it is first asked for.
#[derive(Clone, Default)]
pub(crate) struct Deck(Arc<Mutex<BTreeMap<String, Card>>>);

impl Deck {
    /// The card that is described so.
    pub(crate) fn card(&self, spec: &CardSpec) -> Card {
        let mut cards = self.cards();
        let card = cards
            .entry(spec.to_string())
            .or_insert_with(|| Card::new(spec));
        card.clone()
    }

    /// A new card of this description in place of the one before, which is thrown away.
    pub(crate) fn renew(&self, spec: &CardSpec) -> Result<Card, SimError> {
        let mut cards = self.cards();
        let name = spec.to_string();
        if cards.get(&name).is_some_and(Card::lies) {
            return Err(SimError::Lies { card: name });
        }
        let card = Card::new(spec);
        cards.insert(name, card.clone());
        Ok(card)
    }

    /// All cards, by description.
    pub(crate) fn all(&self) -> Vec<Card> {
        self.cards().values().cloned().collect()
    }

    fn cards(&self) -> MutexGuard<'_, BTreeMap<String, Card>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::ChipReply;
    use serde_json::json;

    fn card(name: &str) -> Card {
        Card::new(&name.parse().unwrap())
    }

    fn write(card: &Card, byte: u8) {
        card.enter().unwrap();
        let reply = card.with_chip(|chip| chip.raw(&[0xA2, 4, byte, 0, 0, 0]));
        assert_eq!(reply, ChipReply::Ack);
        card.leave();
    }

    fn first_byte(card: &Card) -> u8 {
        card.enter().unwrap();
        let reply = card.with_chip(|chip| chip.raw(&[0x30, 4]));
        card.leave();
        match reply {
            ChipReply::Data(data) => data[0],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_card_remembers_and_an_older_memory_can_be_played_back() {
        let card = card("anna");
        write(&card, 1);
        let old = card.save();
        write(&card.clone(), 2);
        assert_eq!(first_byte(&card), 2);
        assert_eq!(first_byte(&Card::from_saved(&old).unwrap()), 1);
        card.load(&old).unwrap();
        assert_eq!(first_byte(&card), 1);
        let text = serde_json::to_string(&old).unwrap();
        assert_eq!(serde_json::from_str::<SavedCard>(&text).unwrap(), old);
    }

    #[test]
    fn a_card_lies_in_one_place_and_is_not_replaced_there() {
        let card = card("anna");
        let saved = card.save();
        card.enter().unwrap();
        assert!(matches!(card.enter(), Err(SimError::Lies { .. })));
        assert!(matches!(card.load(&saved), Err(SimError::Lies { .. })));
        card.leave();
        assert!(card.load(&saved).is_ok());
    }

    #[test]
    fn a_memory_fits_its_own_chip_only() {
        let error = card("anna").load(&card("fumi").save()).unwrap_err();
        assert!(matches!(error, SimError::BadImage { .. }), "{error}");
    }

    #[test]
    fn a_forged_card_shows_the_same_uid_and_is_another_card() {
        let card = card("anna");
        write(&card, 7);
        let forged = card.forged();
        assert!(!forged.is(&card));
        let uid = |card: &Card| card.with_chip(|chip| chip.activation().uid().to_vec());
        assert_eq!(uid(&forged), uid(&card));
        assert_ne!(first_byte(&forged), 7);
    }

    #[test]
    fn a_memory_can_be_changed_by_hand() {
        let saved = card("dina").save();
        assert_eq!(saved.memory()["random_id"], json!(false));
        let changed = saved.with("/random_id", json!(true)).unwrap();
        assert_eq!(changed.memory()["random_id"], json!(true));
        for (path, value) in [("/nothing", json!(1)), ("/random_id", json!("perhaps"))] {
            assert!(saved.with(path, value).is_err(), "{path}");
        }
    }

    #[test]
    fn a_deck_gives_the_same_card_until_it_is_renewed() {
        let deck = Deck::default();
        let spec = "anna".parse().unwrap();
        let card = deck.card(&spec);
        assert!(deck.card(&spec).is(&card));
        card.enter().unwrap();
        assert!(deck.renew(&spec).is_err());
        card.leave();
        assert!(!deck.renew(&spec).unwrap().is(&card));
        assert_eq!(deck.all().len(), 1);
    }
}
