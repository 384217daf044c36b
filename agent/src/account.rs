//! Accounts at HQ: movements that wait for HQ's answer, asked for as soon as the line is up.
//!
//! What waits is in the store, so that nothing is forgotten over a restart: this only wakes whoever
//! asks. Asking again with the same txid is answered by HQ as before, so it is never moved twice.

use std::sync::Arc;
use tokio::sync::Notify;

/// Wakes the one that asks HQ.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts(Arc<Notify>);

impl Accounts {
    /// A movement of an account is on the disk: HQ is to be asked.
    pub(crate) fn ask(&self) {
        self.0.notify_one();
    }

    /// Done when there may be something to ask.
    pub(crate) async fn asked(&self) {
        self.0.notified().await;
    }
}
