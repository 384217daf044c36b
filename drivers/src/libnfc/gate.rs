//! The pause between two polls, and the way out of it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Cancel;

/// A poll ends by itself; after so long the port hangs, and its thread is left to it.
const LONGEST_POLL: Duration = Duration::from_secs(3);

#[derive(Default)]
struct State {
    cancelled: bool,
    inside: bool,
}

/// Whether the owner thread is in a wait, and whether it shall be.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

/// Being in a wait; it ends with the drop.
pub(super) struct Inside<'g>(&'g Gate);

impl Gate {
    /// Begins a wait. `None` if waits are over.
    pub(super) fn enter(&self) -> Option<Inside<'_>> {
        let mut state = self.state();
        if state.cancelled {
            return None;
        }
        state.inside = true;
        Some(Inside(self))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside<'_> {
    /// Sleeps for `pause`. `false`, and at once, when cancelled.
    pub(super) fn sleep(&self, pause: Duration) -> bool {
        let state = self.0.state();
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(state, pause, |state| !state.cancelled)
            .unwrap_or_else(PoisonError::into_inner);
        !state.cancelled
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside = false;
        self.0.changed.notify_all();
    }
}

impl Cancel for Gate {
    fn cancel(&self) {
        let mut state = self.state();
        state.cancelled = true;
        self.changed.notify_all();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, LONGEST_POLL, |state| state.inside)
            .unwrap_or_else(PoisonError::into_inner);
        if state.inside {
            tracing::warn!("a port does not let a waiting thread go");
        }
    }
}
