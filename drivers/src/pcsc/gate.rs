//! The one place that blocks in PC/SC, and the way out of it.
//!
//! PC/SC forgets a cancel that comes just before the wait begins, so cancelling repeats until the
//! waiting thread has left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use pcsc::{Context, Error, ReaderState};

use super::establish::establish;
use super::words::translate_wait;
use crate::{Cancel, ReaderError};

/// Longer waits than this are waits without an end (PC/SC counts in 32-bit milliseconds).
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// First pause between two cancels; it doubles up to `CANCEL_PAUSE_CAP`.
const CANCEL_PAUSE: Duration = Duration::from_millis(1);
const CANCEL_PAUSE_CAP: Duration = Duration::from_millis(50);
/// After so many cancels the service itself hangs; the waiting thread is left to it.
const CANCEL_TRIES: u32 = 60;

/// A context, and whether a thread waits in it.
pub(super) struct Gate {
    context: Context,
    cancelled: AtomicBool,
    inside: Mutex<bool>,
    left: Condvar,
}

impl Gate {
    /// Opens a context of its own.
    pub(super) fn open() -> Result<Self, ReaderError> {
        let context = establish()?;
        Ok(Self {
            context,
            cancelled: AtomicBool::new(false),
            inside: Mutex::new(false),
            left: Condvar::new(),
        })
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// Waits until a state differs from what `states` says. `false` after `timeout`.
    pub(super) fn wait(
        &self,
        timeout: Duration,
        states: &mut [ReaderState],
        reader: &str,
    ) -> Result<bool, ReaderError> {
        self.enter()?;
        let limit = (timeout <= LONGEST_WAIT).then(|| whole_milliseconds(timeout));
        let outcome = self.context.get_status_change(limit, states);
        self.leave();
        if self.cancelled.load(Ordering::SeqCst) {
            return Err(ReaderError::Cancelled);
        }
        match outcome {
            Ok(()) => Ok(true),
            Err(Error::Timeout) => Ok(false),
            Err(error) => Err(translate_wait(error, reader)),
        }
    }

    fn enter(&self) -> Result<(), ReaderError> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cancelled.load(Ordering::SeqCst) {
            return Err(ReaderError::Cancelled);
        }
        *inside = true;
        Ok(())
    }

    fn leave(&self) {
        *self.inside.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.left.notify_all();
    }
}

/// Rounded up: PC/SC cuts off what is less than a millisecond, and who waits until a moment would ask it
/// again and again, without a wait, through the last one.
fn whole_milliseconds(timeout: Duration) -> Duration {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

impl Cancel for Gate {
    fn cancel(&self) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        self.cancelled.store(true, Ordering::SeqCst);
        let mut pause = CANCEL_PAUSE;
        for _ in 0..CANCEL_TRIES {
            if !*inside {
                return;
            }
            if let Err(error) = self.context.cancel() {
                tracing::debug!(%error, "cancelling a wait");
            }
            inside = self
                .left
                .wait_timeout(inside, pause)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            pause = (pause * 2).min(CANCEL_PAUSE_CAP);
        }
        tracing::warn!("the card reader service does not let a waiting thread go");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_cut_short() {
        for (nanos, millis) in [
            (0, 0),
            (1, 1),
            (999_999, 1),
            (1_000_000, 1),
            (49_000_001, 50),
        ] {
            let whole = whole_milliseconds(Duration::from_nanos(nanos));
            assert_eq!(whole, Duration::from_millis(millis), "{nanos}");
        }
    }
}
