//! One PC/SC reader on a context of its own.

use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pcsc::{Protocols, ReaderState, ShareMode, State};

use super::gate::Gate;
use super::session::PcscSession;
use super::words::translate;
use crate::{Cancel, CardReader, CardSession, Presented, ReaderError};

/// A reader behind the operating system's PC/SC service.
pub struct PcscReader {
    name: String,
    c_name: CString,
    gate: Arc<Gate>,
}

/// What the reader showed last.
enum Seen {
    Nothing,
    Card(Presented),
}

impl PcscReader {
    /// Opens the reader called `name` (see [`Directory::list`](super::Directory::list)). That it
    /// exists shows at the first wait.
    ///
    /// # Errors
    /// `ServiceUnavailable` if the service does not run, `ServiceRefused` if it has no room.
    pub fn open(name: &str) -> Result<Self, ReaderError> {
        let c_name = CString::new(name).map_err(|error| ReaderError::ReaderGone {
            reader: name.to_owned(),
            source: Some(Arc::new(error)),
        })?;
        Ok(Self {
            name: name.to_owned(),
            c_name,
            gate: Arc::new(Gate::open()?),
        })
    }

    /// Waits from a fresh look at the reader, until `enough` says stop. `None` after `timeout`.
    fn watch<T>(
        &self,
        timeout: Duration,
        mut enough: impl FnMut(Seen) -> Option<T>,
    ) -> Result<Option<T>, ReaderError> {
        let deadline = Instant::now().checked_add(timeout);
        let mut states = [ReaderState::new(self.c_name.clone(), State::UNAWARE)];
        loop {
            let left = deadline.map_or(Duration::MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            if !self.gate.wait(left, &mut states, &self.name)? {
                return Ok(None);
            }
            states[0].sync_current_state();
            if let Some(found) = enough(self.look(&states[0])?) {
                return Ok(Some(found));
            }
        }
    }

    fn look(&self, state: &ReaderState) -> Result<Seen, ReaderError> {
        let event = state.event_state();
        if event.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return Err(ReaderError::ReaderGone {
                reader: self.name.clone(),
                source: None,
            });
        }
        if !event.contains(State::PRESENT) {
            return Ok(Seen::Nothing);
        }
        Ok(Seen::Card(Presented {
            reader: self.name.clone(),
            atr: state.atr().to_vec(),
            tap: u64::from(state.event_count()),
        }))
    }
}

impl CardReader for PcscReader {
    fn name(&self) -> &str {
        &self.name
    }

    fn wait_for_card(&mut self, timeout: Duration) -> Result<Option<Presented>, ReaderError> {
        self.watch(timeout, |seen| match seen {
            Seen::Nothing => None,
            Seen::Card(card) => Some(card),
        })
    }

    fn wait_for_removal(
        &mut self,
        card: &Presented,
        timeout: Duration,
    ) -> Result<bool, ReaderError> {
        let gone = self.watch(timeout, |seen| match seen {
            Seen::Nothing => Some(()),
            Seen::Card(now) => (now.tap != card.tap).then_some(()),
        })?;
        Ok(gone.is_some())
    }

    fn connect(&mut self, card: &Presented) -> Result<Box<dyn CardSession + '_>, ReaderError> {
        let connected = self
            .gate
            .context()
            .connect(&self.c_name, ShareMode::Shared, Protocols::ANY)
            .map_err(|error| translate(error, &self.name, "connecting to the card"))?;
        let session = PcscSession::begin(connected, &self.name)?;
        if !card.atr.is_empty() && session.atr() != card.atr {
            return Err(ReaderError::CardGone {
                reader: self.name.clone(),
                source: None,
            });
        }
        Ok(Box::new(session))
    }

    fn canceller(&self) -> Arc<dyn Cancel> {
        self.gate.clone()
    }
}
