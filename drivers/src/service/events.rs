//! The bounded way out for events.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use super::ReaderEvent;
use super::stop::Stop;

/// Pause between two looks at a full queue.
const FULL_PAUSE: Duration = Duration::from_millis(5);

/// Sends events; when the queue is full it waits for room, or for the end of the service.
pub(super) struct Sender<T> {
    queue: SyncSender<ReaderEvent<T>>,
    service: Arc<Stop>,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            service: self.service.clone(),
        }
    }
}

impl<T> Sender<T> {
    pub(super) fn new(queue: SyncSender<ReaderEvent<T>>, service: Arc<Stop>) -> Self {
        Self { queue, service }
    }

    /// Sends one event. A receiver that is gone ends the service.
    pub(super) fn send(&self, event: ReaderEvent<T>) {
        let mut event = event;
        let mut told = false;
        loop {
            event = match self.queue.try_send(event) {
                Ok(()) => return,
                Err(TrySendError::Disconnected(_)) => return self.service.stop(),
                Err(TrySendError::Full(event)) => event,
            };
            if !told {
                tracing::warn!("nobody takes the card readers' events: reading waits");
                told = true;
            }
            if self.service.sleep(FULL_PAUSE) {
                return;
            }
        }
    }
}
