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
    CardSpec, Exchange, FaultSetting, ReaderModel, ReaderView, SavedCard, Shelf, SimError,
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Fault;
    use tillside_drivers::contract::{Hands, check};

    struct Bench(DirectReader, CardSpec);

    impl Hands for Bench {
        fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
            let mut reader = self.0.clone();
            reader.cancelled = Arc::default();
            Ok(Box::new(reader))
        }

        fn lay(&mut self) {
            self.0.lay(&self.1).unwrap();
        }

        fn lift(&mut self) {
            self.0.lift();
        }

        fn lift_in_next_command(&mut self) {
            let fault = Fault::RemoveAt { apdu: 1 };
            self.0
                .set_fault(Some(FaultSetting { fault, once: true }))
                .unwrap();
        }

        fn question(&self) -> (Vec<u8>, Vec<u8>) {
            let uid = [self.1.uid.as_slice(), &[0x90, 0x00]].concat();
            (vec![0xFF, 0xCA, 0x00, 0x00, 0x00], uid)
        }
    }

    fn bench(card: &str) -> Bench {
        let reader = DirectReader::new(ReaderModel::Acr1252, &Shelf::default());
        Bench(reader, card.parse().unwrap())
    }

    #[test]
    fn it_keeps_the_readers_contract() {
        check(&mut bench("anna")).unwrap();
    }

    #[test]
    fn a_card_remembers_what_was_written_and_can_be_played_back() {
        let Bench(reader, card) = bench("anna");
        let write = [0xFF, 0xD6, 0x00, 0x08, 0x04, 1, 2, 3, 4];
        let read = [0xFF, 0xB0, 0x00, 0x08, 0x04];
        reader.lay(&card).unwrap();
        let before = reader.card(&card).unwrap();
        let answer = reader.session().unwrap().transmit(&write).unwrap();
        assert_eq!(answer, [0x90, 0x00]);
        reader.lift();
        reader.lay(&card).unwrap();
        let answer = reader.session().unwrap().transmit(&read).unwrap();
        assert_eq!(answer[..4], [1, 2, 3, 4]);
        reader.lift();
        reader.shelf.put(&card, before);
        reader.lay(&card).unwrap();
        let answer = reader.session().unwrap().transmit(&read).unwrap();
        assert_eq!(answer[..4], [0, 0, 0, 0]);
    }

    #[test]
    fn faults_around_a_write_leave_the_card_on_the_right_side_of_it() {
        let cases = [
            (Fault::RemoveAt { apdu: 1 }, false),
            (Fault::LoseAnswer { apdu: 1 }, true),
            (
                Fault::TearWrite {
                    apdu: 1,
                    after: false,
                },
                false,
            ),
            (
                Fault::TearWrite {
                    apdu: 1,
                    after: true,
                },
                true,
            ),
        ];
        for (fault, written) in cases {
            let Bench(reader, card) = bench("anna");
            reader.lay(&card).unwrap();
            reader
                .set_fault(Some(FaultSetting { fault, once: true }))
                .unwrap();
            let write = [0xFF, 0xD6, 0x00, 0x08, 0x04, 1, 2, 3, 4];
            let answer = reader.session().unwrap().transmit(&write);
            assert!(
                matches!(answer, Err(ReaderError::CardGone { .. })),
                "{fault:?}"
            );
            assert!(reader.session().is_err(), "{fault:?}: the card left");
            reader.lay(&card).unwrap();
            let read = [0xFF, 0xB0, 0x00, 0x08, 0x04];
            let answer = reader.session().unwrap().transmit(&read).unwrap();
            assert_eq!(answer[..4] == [1, 2, 3, 4], written, "{fault:?}");
        }
    }
}
