//! One reader behind a port, polled.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::air::Air;
use super::gate::Gate;
use super::lying::Lying;
use super::session::LibnfcSession;
use crate::{Cancel, CardReader, CardSession, Presented, ReaderError};

/// Pause between two looks at the field.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A reader that libnfc drives. It holds its port until it is dropped.
pub struct LibnfcReader {
    air: Air,
    gate: Arc<Gate>,
    seen: Option<Seen>,
    taps: u64,
}

/// The card that was seen last, and which tap it belongs to.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) lying: Lying,
    tap: u64,
}

impl LibnfcReader {
    /// Opens the port that `name` names: a connection string of libnfc, such as
    /// `pn532_uart:/dev/ttyUSB0`. Takes about 50 ms.
    ///
    /// # Errors
    /// `InUse` if another program holds the port; `ReaderGone` if it is not there, or if what is
    /// there is no reader.
    pub fn open(name: &str) -> Result<Self, ReaderError> {
        Ok(Self {
            air: Air::open(name)?,
            gate: Arc::default(),
            seen: None,
            taps: 0,
        })
    }

    /// Looks at the field once. A card that was there and is missed gets another chance, with its
    /// power taken away and given back: one missed call is not a card that left.
    pub(super) fn look(&mut self) -> Result<Option<Seen>, ReaderError> {
        let mut found = self.air.find()?;
        if found.is_none() && self.seen.is_some() {
            self.air.power_cycle()?;
            found = self.air.find()?;
        }
        self.seen = found.map(|lying| match self.seen.take() {
            Some(before) if before.lying.is_same(&lying) => before,
            _ => {
                self.taps += 1;
                Seen {
                    lying,
                    tap: self.taps,
                }
            }
        });
        Ok(self.seen.clone())
    }

    /// After an exchange that brought no answer: whether `card` still lies there. It has lost its
    /// power meanwhile, and so whatever it was doing. If not, this tap is over.
    pub(super) fn is_still_there(&mut self, card: &Lying) -> Result<bool, ReaderError> {
        self.air.power_cycle()?;
        let still = self
            .air
            .find()?
            .is_some_and(|lying| lying.is_same(card) && !lying.is_random());
        if !still {
            self.seen = None;
        }
        Ok(still)
    }

    /// A session saw the card leave: this tap is over.
    pub(super) fn forget(&mut self) {
        self.seen = None;
    }

    pub(super) fn air(&mut self) -> &mut Air {
        &mut self.air
    }

    /// Polls until `enough` says stop. `None` after `timeout`.
    fn watch<T>(
        &mut self,
        timeout: Duration,
        mut enough: impl FnMut(Option<&Seen>) -> Option<T>,
    ) -> Result<Option<T>, ReaderError> {
        let gate = self.gate.clone();
        let Some(inside) = gate.enter() else {
            return Err(ReaderError::Cancelled);
        };
        let end = Instant::now().checked_add(timeout);
        loop {
            if let Some(found) = enough(self.look()?.as_ref()) {
                return Ok(Some(found));
            }
            let left = end.map_or(LOOK_AGAIN, |end| {
                end.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Ok(None);
            }
            if !inside.sleep(left.min(LOOK_AGAIN)) {
                return Err(ReaderError::Cancelled);
            }
        }
    }

    fn presented(name: &str, seen: &Seen) -> Presented {
        Presented {
            reader: name.to_owned(),
            atr: seen.lying.atr.clone(),
            tap: seen.tap,
        }
    }
}

impl CardReader for LibnfcReader {
    fn name(&self) -> &str {
        self.air.name()
    }

    fn wait_for_card(&mut self, timeout: Duration) -> Result<Option<Presented>, ReaderError> {
        let name = self.air.name().to_owned();
        self.watch(timeout, |seen| Some(Self::presented(&name, seen?)))
    }

    fn wait_for_removal(
        &mut self,
        card: &Presented,
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        // A tap that a session saw end is over even if the card is back.
        if self.seen.as_ref().is_none_or(|seen| seen.tap != card.tap) {
            return Ok(true);
        }
        let gone = self.watch(timeout, |seen| {
            seen.is_none_or(|seen| seen.tap != card.tap).then_some(())
        })?;
        Ok(gone.is_some())
    }

    fn connect(&mut self, card: &Presented) -> Result<Box<dyn CardSession + '_>, ReaderError> {
        match self.look()? {
            Some(seen) if seen.tap == card.tap => {
                Ok(Box::new(LibnfcSession::new(self, seen.lying)))
            }
            _ => Err(ReaderError::CardGone {
                reader: self.air.name().to_owned(),
                source: None,
            }),
        }
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        self.gate.clone()
    }
}
