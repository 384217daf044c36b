//! A card that a shopper carries from one store to the other: each store's reader is a simulator of its
//! own, so the card's memory goes along.

use crate::cast::Cast;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::time::Duration;
use tillside_sim::{Fault, FaultSetting, SavedCard};
use tillside_tests::Reader;

/// The service looks for cards every 0.4 s; what is faster than that is the same card to it.
const LOOKS: Duration = Duration::from_millis(600);

/// A store of the story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The store with the desk.
    S1,
    /// The other one.
    S2,
}

impl Place {
    /// As HQ calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
        }
    }
}

impl Cast {
    /// The reader of a store.
    pub fn reader_at(&self, place: Place) -> &Reader {
        match place {
            Place::S1 => &self.reader,
            Place::S2 => &self.reader_2,
        }
    }

    /// Lays a card on the reader of a store, as it came back from wherever it was last.
    pub fn lay(&mut self, card: &str, place: Place) -> Result<()> {
        let from = match self.carried.insert(card.to_owned(), place) {
            Some(from) => Some(from),
            None => self.was_used(card)?,
        };
        if let Some(from) = from.filter(|from| *from != place) {
            self.take_away(from)?;
            let memory = self.reader_at(from).hands.card(card)?.memory;
            let memory = memory.context("the card has a memory")?;
            self.take_away(place)?;
            self.reader_at(place).hands.load_card(card, &memory)?;
        }
        self.reader_at(place).hands.tap(1, card, true)?;
        Ok(())
    }

    /// Where a card was laid down by somebody else, if anywhere.
    fn was_used(&self, card: &str) -> Result<Option<Place>> {
        for place in [Place::S1, Place::S2] {
            if !self.reader_at(place).hands.card(card)?.is_new {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Writes down what the card with a purse remembers, so that it is the same one when the demo goes
    /// on in its folder another day: HQ and the tills know it then.
    pub fn keep(&self, card: &str) -> Result<()> {
        let place = match self.carried.get(card) {
            Some(place) => Some(*place),
            None => self.was_used(card)?,
        };
        if let Some(place) = place {
            let memory = self.reader_at(place).hands.card(card)?.memory;
            std::fs::write(self.kept(card), serde_json::to_vec(&memory)?)?;
        }
        Ok(())
    }

    /// Makes a card what it was when it was kept.
    pub fn bring_back(&mut self, card: &str) -> Result<()> {
        let Ok(text) = std::fs::read(self.kept(card)) else {
            return Ok(());
        };
        let memory: SavedCard = serde_json::from_slice(&text)?;
        self.reader.hands.load_card(card, &memory)?;
        self.carried.insert(card.to_owned(), Place::S1);
        Ok(())
    }

    fn kept(&self, card: &str) -> PathBuf {
        self.place().join(format!("card-{card}.json"))
    }

    /// Takes away whatever lies on the reader of a store.
    pub fn take_away(&self, place: Place) -> Result<()> {
        let hands = &self.reader_at(place).hands;
        let lies = hands.readers()?.iter().any(|reader| reader.card.is_some());
        if lies {
            hands.remove(1)?;
        }
        std::thread::sleep(LOOKS);
        Ok(())
    }

    /// The next card that is written to at the store loses its power there: in front of the write, or
    /// behind it. A payment writes to the card once, in its commit.
    pub fn tear(&self, place: Place, after: bool) -> Result<()> {
        let fault = Fault::TearWrite { apdu: 1, after };
        let setting = FaultSetting { fault, once: true };
        self.reader_at(place).hands.set_fault(1, Some(setting))?;
        Ok(())
    }
}
