//! The list of readers, and the wait for it to change.

use std::sync::Arc;
use std::time::Duration;

use pcsc::{Error, PNP_NOTIFICATION, ReaderState, State};

use super::gate::Gate;
use super::words::translate_wait;
use crate::{Cancel, ReaderError};

/// Sees which readers the service has.
pub struct Directory {
    gate: Arc<Gate>,
    readers_changed: [ReaderState; 1],
}

impl Directory {
    /// Connects to the service.
    ///
    /// # Errors
    /// `ServiceUnavailable` if it does not run, `ServiceRefused` if it has no room for us.
    pub fn open() -> Result<Self, ReaderError> {
        Ok(Self {
            gate: Arc::new(Gate::open()?),
            readers_changed: [ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)],
        })
    }

    /// Names of the readers that are there now, in the service's order.
    ///
    /// # Errors
    /// `ServiceUnavailable` if the service went away.
    pub fn list(&self) -> Result<Vec<String>, ReaderError> {
        match self.gate.context().list_readers_owned() {
            Ok(names) => Ok(names
                .iter()
                .map(|name| name.to_string_lossy().into_owned())
                .collect()),
            Err(Error::NoReadersAvailable) => Ok(Vec::new()),
            Err(error) => Err(translate_wait(error, "")),
        }
    }

    /// Waits until a reader came or went since the last wait, or `timeout` is over. May wake early.
    ///
    /// # Errors
    /// `Cancelled`, or `ServiceUnavailable` if the service went away.
    pub fn wait_for_change(&mut self, timeout: Duration) -> Result<(), ReaderError> {
        let changed = self.gate.wait(timeout, &mut self.readers_changed, "")?;
        if changed {
            self.readers_changed[0].sync_current_state();
        }
        Ok(())
    }

    /// The hand that ends [`Directory::wait_for_change`].
    pub fn canceller(&self) -> Arc<dyn Cancel> {
        self.gate.clone()
    }
}
