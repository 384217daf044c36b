//! Whether who calls may come in: what the certificate says, that TLS has verified, beside what HQ knows.

use super::{FleetStore, IssuedCertificate, Peer};
use crate::store::StoreError;
use tillside_core::{TerminalId, Timestamp};

/// Why a caller may not come in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoEntry {
    /// HQ knows neither the certificate nor the terminal.
    #[error(
        "HQ does not know this terminal. Ask HQ for an invite for this till and run `tillside enrol --renew`."
    )]
    Unknown,
    /// HQ took its right.
    #[error("HQ took the right of terminal {0} to connect. Call HQ.")]
    Revoked(TerminalId),
    /// The certificate has ended.
    #[error(
        "The terminal's certificate has ended. Ask HQ for an invite for this till and run `tillside enrol --renew`."
    )]
    Ended,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who calls. A certificate that HQ signed and forgot, because an older database was put back, counts again.
///
/// # Errors
/// If the caller may not come in.
pub async fn enter(
    store: &(impl FleetStore + ?Sized),
    shown: &IssuedCertificate,
    now: Timestamp,
) -> Result<Peer, NoEntry> {
    let peer = match store.peer(shown.serial.clone()).await? {
        Some(peer) => peer,
        None => recalled(store, shown, now).await?,
    };
    if peer.revoked {
        return Err(NoEntry::Revoked(peer.profile.terminal));
    }
    // The handshake refuses an ended certificate; a connection may outlive one.
    if peer.certificate_until < now {
        return Err(NoEntry::Ended);
    }
    Ok(peer)
}

async fn recalled(
    store: &(impl FleetStore + ?Sized),
    shown: &IssuedCertificate,
    now: Timestamp,
) -> Result<Peer, NoEntry> {
    match store.renewed(shown.clone(), now).await {
        Ok(()) => tracing::warn!(
            terminal = %shown.terminal,
            "this database is older than a terminal's certificate, which counts again"
        ),
        Err(StoreError::NotFound(_)) => return Err(NoEntry::Unknown),
        // It may have come on another connection at the same moment.
        Err(error) => tracing::debug!(%error, "a certificate was not recorded again"),
    }
    let peer = store.peer(shown.serial.clone()).await?;
    peer.ok_or(NoEntry::Unknown)
}
