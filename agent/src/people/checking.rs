//! Looking at PINs: one at a time, in a thread of its own.
//!
//! Each takes 7 MiB, so one thread does them all, in memory it keeps.

use super::{Pin, PinMemory};
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::Builder;
use tokio::sync::oneshot;

/// PINs that wait to be looked at, at most.
pub const CHECK_LIMIT: usize = 16;

struct Question {
    pin: Pin,
    kept: Option<String>,
    answer: oneshot::Sender<bool>,
}

/// The way to the thread. It ends with the last of these.
#[derive(Clone, Debug)]
pub struct PinCheck(SyncSender<Question>);

impl PinCheck {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (questions, queue) = sync_channel::<Question>(CHECK_LIMIT);
        Builder::new().name("pins".to_owned()).spawn(move || {
            let mut memory = PinMemory::default();
            while let Ok(question) = queue.recv() {
                let right = question.pin.matches(question.kept.as_deref(), &mut memory);
                let _ = question.answer.send(right);
            }
        })?;
        Ok(Self(questions))
    }

    /// Whether a PIN is the one that was hashed ([`Pin::matches`]); none if too many wait.
    pub async fn matches(&self, pin: Pin, kept: Option<String>) -> Option<bool> {
        let (answer, right) = oneshot::channel();
        let question = Question { pin, kept, answer };
        self.0.try_send(question).ok()?;
        right.await.ok()
    }
}
