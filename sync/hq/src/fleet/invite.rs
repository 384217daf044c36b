//! Invites: one-time codes that let a terminal in.

use super::authority::{Authority, AuthorityError};
use super::{FleetStore, Invitation};
use crate::store::StoreError;
use tillside_core::{Hash, StoreId, TerminalId, Timestamp};
use tillside_protocol::InviteCode;

/// How long a terminal's certificate lives unless the invite says otherwise, in days.
pub const CERTIFICATE_DAYS: u32 = 397;
const HOUR: i64 = 3_600_000;

/// Why no invite could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// No randomness.
    #[error("the system gives no random numbers")]
    Random,
    /// The CA is damaged.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The database failed, or there is no such store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What HQ keeps of an invite's secret: dashes, case and look-alikes do not matter in it.
pub fn secret_hash(secret_text: &str) -> Hash {
    let canonical: String = secret_text
        .chars()
        .filter(|c| *c != '-' && !c.is_whitespace())
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    Hash::of(canonical.as_bytes())
}

/// Makes an invite to a store: for a new terminal, or for one that has been in before, whose journal goes on.
pub async fn invite(
    store: &(impl FleetStore + ?Sized),
    authority: &Authority,
    to: StoreId,
    terminal: Option<TerminalId>,
    valid_hours: u32,
    certificate_seconds: u32,
    now: Timestamp,
) -> Result<InviteCode, InviteError> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|_| InviteError::Random)?;
    let code = InviteCode::new(secret, authority.fingerprint());
    let invitation = Invitation {
        secret_hash: secret_hash(&code.secret_text()),
        store: to,
        made_at: now,
        valid_until: Timestamp(now.0.saturating_add(i64::from(valid_hours) * HOUR)),
        certificate_seconds,
        terminal,
    };
    store.invite(invitation).await?;
    Ok(code)
}
