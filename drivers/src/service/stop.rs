//! Stopping a thread that may be in a wait: the sign, the hand that wakes it, and the join.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{Cancel, ReaderError};

/// Tells one thread to end, wherever it waits.
#[derive(Default)]
pub(super) struct Stop {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    ended: bool,
    wait: Option<Arc<dyn Cancel>>,
}

impl Stop {
    /// Names the wait that [`Stop::stop`] has to end from now on.
    pub(super) fn arm(&self, wait: Arc<dyn Cancel>) {
        let mut state = self.state();
        if state.stopped {
            drop(state);
            wait.cancel();
        } else {
            state.wait = Some(wait);
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Sleeps for `pause`. `true`, and at once, when stopped.
    pub(super) fn sleep(&self, pause: Duration) -> bool {
        self.wait_until(pause, |state| state.stopped)
    }

    /// Tells the thread to end.
    pub(super) fn stop(&self) {
        let wait = {
            let mut state = self.state();
            state.stopped = true;
            self.changed.notify_all();
            state.wait.take()
        };
        if let Some(wait) = wait {
            wait.cancel();
        }
    }

    fn wait_until(&self, limit: Duration, done: impl Fn(&State) -> bool) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.state();
        while !done(&state) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that the thread has ended, also when it panicked.
struct EndSign(Arc<Stop>);

impl Drop for EndSign {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.changed.notify_all();
    }
}

/// A thread and its stop sign.
pub(super) struct Worker {
    stop: Arc<Stop>,
    thread: JoinHandle<()>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("thread", &self.thread.thread().name())
            .finish()
    }
}

impl Worker {
    /// Starts `work` in a thread that `stop` ends.
    pub(super) fn spawn(
        name: &str,
        stop: Arc<Stop>,
        work: impl FnOnce(&Arc<Stop>) + Send + 'static,
    ) -> Result<Self, ReaderError> {
        let theirs = stop.clone();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _end = EndSign(theirs.clone());
                work(&theirs);
            })
            .map_err(|error| ReaderError::Other {
                step: "starting a thread",
                source: Arc::new(error),
            })?;
        Ok(Self { stop, thread })
    }

    /// Tells the thread to end without waiting for it.
    pub(super) fn tell(&self) {
        self.stop.stop();
    }

    /// Whether the thread has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Tells the thread to end and joins it. `false` if it did not end within `patience`; it is
    /// then left to end by itself.
    pub(super) fn stop(self, patience: Duration) -> bool {
        self.stop.stop();
        let ended = self.stop.wait_until(patience, |state| state.ended);
        if !ended {
            tracing::warn!(
                ?self,
                "a card reader thread is inside a call that cannot be cancelled"
            );
            return false;
        }
        if self.thread.join().is_err() {
            tracing::error!("a card reader thread panicked");
        }
        true
    }
}
