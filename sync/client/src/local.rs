//! What the engine needs of the terminal's own store. The agent implements it over its database.

use std::error::Error;
use tillside_protocol::tillside_core::{Bundle, Head, Sealed, SignedHead};
use tillside_protocol::{EpochRequest, LeaseRequest, LeaseResponse, PurseSettlement};

/// Where the terminal's journal and bundle stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalView {
    /// The journal's own end.
    pub head: Head,
    /// The oldest record that HQ has not settled; none when HQ has everything.
    pub oldest_unconfirmed: Option<u64>,
    /// The version of the bundle in force; 0 before the first.
    pub bundle: u64,
}

/// A place in the terminal's history, across its epochs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The epoch.
    pub epoch: u32,
    /// The position in it; 0 before its first record.
    pub seq: u64,
}

impl Place {
    /// Before every record: epochs count from 1.
    pub const FIRST: Self = Self::new(1, 0);

    /// A place.
    pub const fn new(epoch: u32, seq: u64) -> Self {
        Self { epoch, seq }
    }

    /// Where a journal ends.
    pub const fn of(head: &Head) -> Self {
        Self::new(head.epoch, head.seq)
    }
}

/// The store could not do what was asked; the words are for a person.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub struct LocalError {
    /// What happened and what to do.
    pub words: String,
    /// Why.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl LocalError {
    /// Takes an error whose own text is fit for a person.
    pub fn new(source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            words: source.to_string(),
            source: Some(Box::new(source)),
        }
    }
}

/// The terminal's store, as sync sees it. Calls come one at a time, from one task.
pub trait Local: Send + Sync {
    /// Where things stand now.
    fn view(&self) -> impl Future<Output = Result<LocalView, LocalError>> + Send;

    /// Records of the terminal's history after a place, oldest first, at most `limit`, all of one epoch,
    /// which comes with them. What a later epoch tells again is not in it.
    fn journal(
        &self,
        after: Place,
        limit: usize,
    ) -> impl Future<Output = Result<(u32, Vec<Sealed>), LocalError>> + Send;

    /// What to ask HQ for an epoch with, since the present one has two histories after position `from`.
    /// Its key is kept, so that a question whose answer was lost is asked again in the same words.
    fn epoch_request(
        &self,
        from: u64,
    ) -> impl Future<Output = Result<EpochRequest, LocalError>> + Send;

    /// Goes on in the epoch that HQ gave, and tells there again what it has not.
    fn begin_epoch(
        &self,
        from: Head,
        epoch: u32,
    ) -> impl Future<Output = Result<(), LocalError>> + Send;

    /// Marks records as settled by HQ, whose copy of this journal now ends at `head`. Positions
    /// that are settled already are fine. `acknowledged` is HQ's signature under `head`, to be kept with
    /// the journal; none from an older HQ.
    fn confirm(
        &self,
        epoch: u32,
        settled: Vec<u64>,
        head: Head,
        acknowledged: Option<SignedHead>,
    ) -> impl Future<Output = Result<(), LocalError>> + Send;

    /// Puts a verified bundle in force; on an error the one before stays.
    fn adopt(&self, bundle: Bundle) -> impl Future<Output = Result<(), LocalError>> + Send;

    /// Records how HQ settled movements of purses that this terminal had left open. HQ tells each
    /// again until the journal says that it is known: one that is settled already, or was never
    /// begun here, changes nothing and is no error.
    fn settle(
        &self,
        settled: Vec<PurseSettlement>,
    ) -> impl Future<Output = Result<(), LocalError>> + Send;

    /// What to tell HQ of shares of quotas, and what to ask for; none while there is nothing to say. It is
    /// asked after each status: how often it answers bounds how often HQ is called.
    fn lease_request(
        &self,
    ) -> impl Future<Output = Result<Option<LeaseRequest>, LocalError>> + Send {
        async { Ok(None) }
    }

    /// Keeps what HQ allowed in answer to [`Local::lease_request`].
    fn lease_answer(
        &self,
        _answer: LeaseResponse,
    ) -> impl Future<Output = Result<(), LocalError>> + Send {
        async { Ok(()) }
    }
}
