//! Taking in journals: where a record stands in HQ's copy, and what it books.
//!
//! Everything but the store's own queries is pure: [`chain`] places the records of a batch,
//! [`book`] decides what each changes. A record that cannot be booked becomes a case and blocks
//! nothing behind it (invariant 7); sending twice changes nothing (invariant 6).

pub mod book;
pub mod chain;
mod fault;
mod plan;
pub mod points;
pub mod returns;
mod route;
mod shares;
pub mod signing;
mod store;
mod working;

pub use fault::Fault;
pub use plan::{Batch, Step, plan};
pub(crate) use route::push;
pub use store::{IngestStore, Standing};
pub use working::{Needs, SaleAtHq, Working};

use crate::store::StoreError;
use tillside_core::{TerminalId, Timestamp};
use tillside_protocol::{BATCH_RECORD_LIMIT, PushRequest, PushResponse};

/// Why a batch is not taken at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// It speaks of another terminal than the certificate.
    #[error("this batch is from terminal {claimed}, but the certificate is {certified}'s")]
    OtherTerminal {
        /// Whose journal it says it is.
        claimed: TerminalId,
        /// Whose certificate it came with.
        certified: TerminalId,
    },
    /// More than [`BATCH_RECORD_LIMIT`] records.
    #[error("this batch has {0} records, and {BATCH_RECORD_LIMIT} is the most: send it in parts")]
    TooMany(usize),
    /// A position that no journal has.
    #[error("epochs and positions in a journal count from 1")]
    Position,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// As [`take`], under both signatures: the till's is checked before, and HQ's stands under what was kept.
///
/// A till's signature that does not hold leaves its records taken and unacknowledged.
pub async fn take_signed(
    store: &(impl IngestStore + ?Sized),
    key: &signing::JournalKey,
    terminal: TerminalId,
    mut request: PushRequest,
    now: Timestamp,
) -> Result<PushResponse, IngestError> {
    let held = signing::holds(&request);
    if !held {
        tracing::error!(%terminal, "a till's signature under its journal does not hold");
        request.signed = None;
    }
    let mut response = take(store, terminal, request, now).await?;
    if held {
        response.acknowledged = Some(key.acknowledge(terminal, &response.head, now));
    }
    Ok(response)
}

/// Takes in one batch of `terminal`, exactly once; its signature was checked. The answer can be given again by sending it again.
pub async fn take(
    store: &(impl IngestStore + ?Sized),
    terminal: TerminalId,
    request: PushRequest,
    now: Timestamp,
) -> Result<PushResponse, IngestError> {
    if request.terminal != terminal {
        return Err(IngestError::OtherTerminal {
            claimed: request.terminal,
            certified: terminal,
        });
    }
    if request.records.len() > BATCH_RECORD_LIMIT {
        return Err(IngestError::TooMany(request.records.len()));
    }
    let fits = |number: u64| number >= 1 && i64::try_from(number).is_ok();
    if request.epoch == 0 || !request.records.iter().all(|record| fits(record.seq)) {
        return Err(IngestError::Position);
    }
    Ok(store.take(request, now).await?)
}
