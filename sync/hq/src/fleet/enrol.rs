//! Letting a terminal in, and renewing its certificate.

use super::authority::{Authority, AuthorityError};
use super::invite::secret_hash;
use super::{FleetStore, Peer, Refused};
use crate::store::StoreError;
use tillside_core::{TerminalId, Timestamp};
use tillside_protocol::{EnrolRequest, EnrolResponse, RenewRequest, RenewResponse};

/// Why a terminal is not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The invite is no good.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The request is wrong, or signing failed.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lets the holder of an invite in, as `fresh`. The same key asking again (its answer was lost) gets
/// the same answer.
pub async fn enrol(
    store: &(impl FleetStore + ?Sized),
    authority: &Authority,
    bundle_root: String,
    request: EnrolRequest,
    fresh: TerminalId,
    now: Timestamp,
) -> Result<EnrolResponse, EnrolError> {
    let secret_hash = secret_hash(&request.secret);
    let invited = store.invited(secret_hash).await?;
    let invited = invited.ok_or(Refused::Unknown)?;
    if let Some((terminal, issued)) = invited.used {
        if Authority::request_key(&request.request_pem)? != issued.key_hash {
            return Err(Refused::Used.into());
        }
        return Ok(EnrolResponse {
            terminal,
            certificate_pem: issued.pem,
            ca_pem: authority.pem().to_owned(),
            bundle_root,
        });
    }
    if now > invited.valid_until {
        return Err(Refused::TooOld.into());
    }
    let admitted = match (invited.terminal, request.terminal) {
        (None, None) => fresh,
        (Some(invited), Some(asks)) if invited == asks => invited,
        (Some(invited), _) => return Err(Refused::ForTerminal(invited).into()),
        (None, Some(asks)) => return Err(Refused::ForNew(asks).into()),
    };
    let issued = authority.sign_terminal(
        &request.request_pem,
        admitted,
        invited.certificate_seconds,
        now,
    )?;
    let certificate_pem = issued.pem.clone();
    let terminal = store
        .admit(secret_hash, request.lane, issued, now)
        .await??;
    Ok(EnrolResponse {
        terminal,
        certificate_pem,
        ca_pem: authority.pem().to_owned(),
        bundle_root,
    })
}

/// Gives an enrolled terminal a new certificate, over its present one.
pub async fn renew(
    store: &(impl FleetStore + ?Sized),
    authority: &Authority,
    peer: &Peer,
    request: RenewRequest,
    now: Timestamp,
) -> Result<RenewResponse, EnrolError> {
    let issued = authority.sign_terminal(
        &request.request_pem,
        peer.profile.terminal,
        peer.certificate_seconds,
        now,
    )?;
    let certificate_pem = issued.pem.clone();
    store.renewed(issued, now).await?;
    Ok(RenewResponse { certificate_pem })
}
