//! Looks after the vault on a thread of its own: a token may be slow, unplugged, or come back.

use super::Keys;
use std::io;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// How often the vault is looked at.
const EVERY: Duration = Duration::from_secs(5);
/// How long a till waits for its keys at the start. It sells without them, too.
const PATIENCE: Duration = Duration::from_secs(3);

/// A vault that is looked after until this is dropped. Its thread is not waited for: a token that hangs
/// must not keep the till from ending.
#[derive(Debug)]
pub(crate) struct Watch {
    _end: SyncSender<()>,
}

impl Keys {
    /// Opens the vault, and looks at it again and again: what cannot be opened now is tried again.
    /// Returns when that was done once, or has taken long enough.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn watch(&self) -> io::Result<Watch> {
        self.watch_every(EVERY, PATIENCE)
    }

    pub(super) fn watch_every(&self, every: Duration, patience: Duration) -> io::Result<Watch> {
        let (end, ended) = sync_channel::<()>(0);
        let (looked, first) = sync_channel(1);
        let keys = self.clone();
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                loop {
                    keys.look();
                    let _ = looked.try_send(());
                    if ended.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        if first.recv_timeout(patience).is_err() {
            tracing::warn!("the key vault is slow: the till begins without keys for cards");
        }
        Ok(Watch { _end: end })
    }
}
