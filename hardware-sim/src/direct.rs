//! A reader without pcscd: the same place, firmware, chips and faults, called directly.
//!
//! For tests that need tens of thousands of exchanges. It passes the readers' contract as the real
//! backends do; what it leaves out is the PC/SC service and its timing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tillside_drivers::{Cancel, CardReader, CardSession, FOREVER, Presented, ReaderError};

use crate::slot::{Served, Slot};
use crate::{
    CardSpec, Exchange, FaultSetting, ReaderModel, ReaderView, SavedCard, Seen, Shelf, SimError,
};

/// Between two looks at the place.
const LOOK: Duration = Duration::from_millis(1);

/// A reader of the bench in this process; clones are the same reader.
#[derive(Clone)]
pub struct DirectReader {
    slot: Slot,
    shelf: Shelf,
    name: Arc<str>,
    cancelled: Arc<AtomicBool>,
    held: Arc<AtomicBool>,
}

impl DirectReader {
    /// A reader of this model, with cards from `shelf`.
    pub fn new(model: ReaderModel, shelf: &Shelf) -> Self {
        let slot = Slot::new(1, model, model.friendly_name(), None, shelf);
        Self {
            name: slot.view().name.into(),
            slot,
            shelf: shelf.clone(),
            cancelled: Arc::default(),
            held: Arc::default(),
        }
    }

    /// Lays a card down.
    ///
    /// # Errors
    /// `Occupied` if one lies there.
    pub fn lay(&self, card: &CardSpec) -> Result<(), SimError> {
        self.slot.lay(card)
    }

    /// Takes the card away.
    pub fn lift(&self) -> Option<CardSpec> {
        self.slot.lift()
    }

    /// Lays one more card beside those that lie here.
    ///
    /// # Errors
    /// `Elsewhere` if it lies on a reader.
    pub fn lay_beside(&self, card: &CardSpec, seen: Seen) -> Result<(), SimError> {
        self.slot.lay_beside(card, seen)
    }

    /// Takes one card away; the last one that is left is seen. `false` if it was not here.
    pub fn lift_one(&self, card: &CardSpec) -> bool {
        self.slot.lift_one(card)
    }

    /// Names the card that lies here as soon as a fault takes away the one that lies here.
    pub fn set_next(&self, card: Option<&CardSpec>) {
        self.slot.set_next(card);
    }

    /// Gives the reader its power back after [`Fault::PowerCut`](crate::Fault::PowerCut).
    pub fn plug_in(&self) {
        self.slot.plug_in();
    }

    /// Sets the fault in place of the one before, or takes it away.
    ///
    /// # Errors
    /// `BadFault`.
    pub fn set_fault(&self, fault: Option<FaultSetting>) -> Result<(), SimError> {
        self.slot
            .set_fault(fault.map(FaultSetting::checked).transpose()?);
        Ok(())
    }

    /// How it looks from outside.
    pub fn view(&self) -> ReaderView {
        self.slot.view()
    }

    /// The last commands that reached it, oldest first.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.slot.exchanges()
    }

    /// A card as it is now, here or on the shelf.
    pub fn card(&self, spec: &CardSpec) -> Option<SavedCard> {
        self.slot.saved(spec).or_else(|| self.shelf.card(spec))
    }

    /// A conversation with the card that lies here.
    ///
    /// # Errors
    /// `CardGone` if none does.
    pub fn session(&self) -> Result<Box<dyn CardSession>, ReaderError> {
        let (line, atr) = self.slot.lying().ok_or_else(|| self.gone())?;
        Ok(Box::new(DirectSession {
            reader: self.clone(),
            line,
            atr,
            holds: false,
        }))
    }

    fn presented(&self) -> Option<Presented> {
        let (tap, atr) = self.slot.lying()?;
        Some(Presented {
            reader: self.name.to_string(),
            atr,
            tap,
        })
    }

    fn gone(&self) -> ReaderError {
        if self.slot.is_unplugged() {
            return ReaderError::ReaderGone {
                reader: self.name.to_string(),
                source: None,
            };
        }
        ReaderError::CardGone {
            reader: self.name.to_string(),
            source: None,
        }
    }

    /// Looks until `found` or the time is over.
    fn watch<T>(
        &self,
        timeout: Duration,
        found: impl Fn(&Self) -> Option<T>,
    ) -> Result<Option<T>, ReaderError> {
        let begun = Instant::now();
        loop {
            if self.cancelled.load(Ordering::SeqCst) {
                return Err(ReaderError::Cancelled);
            }
            if self.slot.is_unplugged() {
                return Err(self.gone());
            }
            if let Some(found) = found(self) {
                return Ok(Some(found));
            }
            if timeout != FOREVER && begun.elapsed() >= timeout {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl std::fmt::Debug for DirectReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DirectReader")
            .field(&self.slot.view())
            .finish()
    }
}

impl CardReader for DirectReader {
    fn name(&self) -> &str {
        &self.name
    }

    fn wait_for_card(&mut self, timeout: Duration) -> Result<Option<Presented>, ReaderError> {
        self.watch(timeout, Self::presented)
    }

    fn wait_for_removal(
        &mut self,
        card: &Presented,
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        let gone = self.watch(timeout, |reader| {
            let tap = reader.slot.lying().map(|(tap, _)| tap);
            (tap != Some(card.tap)).then_some(())
        })?;
        Ok(gone.is_some())
    }

    fn connect(&mut self, card: &Presented) -> Result<Box<dyn CardSession + '_>, ReaderError> {
        let (line, atr) = self
            .slot
            .lying()
            .filter(|(tap, _)| *tap == card.tap)
            .ok_or_else(|| self.gone())?;
        if self.held.swap(true, Ordering::SeqCst) {
            return Err(ReaderError::InUse {
                reader: self.name.to_string(),
            });
        }
        Ok(Box::new(DirectSession {
            reader: self.clone(),
            line,
            atr,
            holds: true,
        }))
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        Arc::new(Hand(self.cancelled.clone()))
    }
}

struct Hand(Arc<AtomicBool>);

impl Cancel for Hand {
    fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct DirectSession {
    reader: DirectReader,
    line: u64,
    atr: Vec<u8>,
    holds: bool,
}

impl CardSession for DirectSession {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        match self.reader.slot.serve(self.line, command) {
            Served::Answer(answer, delay) => {
                std::thread::sleep(delay);
                // One byte or none is what PC/SC makes of a card that is going.
                match answer.len() {
                    0 => Err(self.reader.gone()),
                    1 => Err(ReaderError::Garbled { step: "an answer" }),
                    _ => Ok(answer),
                }
            }
            Served::Left => Err(self.reader.gone()),
        }
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reader(&self) -> &str {
        &self.reader.name
    }
}

impl Drop for DirectSession {
    fn drop(&mut self) {
        if self.holds {
            self.reader.held.store(false, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests;
